# -*- test-case-name: tests.media.test_udp -*-
"""
What C{bcast}, C{mcast} and C{ucast} share: a medium made of two UDP sockets.

They differ in a L{Recipe} only.  A medium whose interface was taken away and
came back under another number opens its sockets anew by itself, at the next
datagram it is asked to send; there is always one, each keepalive.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from attrs import frozen
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import MessageLengthError
from twisted.internet.interfaces import IReactorFDSet, IReactorTime
from twisted.internet.protocol import DatagramProtocol
from zope.interface import implementer

from hatwist.cluster.names import Level
from hatwist.errors import MediumError
from hatwist.interfaces import IMedium, IMediumFactory, IMediumReceiver
from hatwist.media.datagram import DatagramDescriptor
from hatwist.media.discarded import Discarded
from hatwist.media.link import LinkReporter
from hatwist.media.sockets import open_sockets

if TYPE_CHECKING:
    from collections.abc import Callable

    from hatwist.config.model import MediumSpec
    from hatwist.media.sockets import Plan

    Say = Callable[[Level, str], None]


def as_written(spec: MediumSpec) -> str:
    """Return the address of the directive; for media whose address is a number."""
    return spec.address


def nothing_to_say(_spec: MediumSpec, _plan: Plan) -> tuple[str, ...]:
    """Say nothing."""
    return ()


@frozen
class Recipe:
    """
    How one kind of medium differs from the others.

    @ivar name: the directive.
    @ivar plan: makes the socket plan from the spec and the resolved address;
        raises L{MediumError}.
    @ivar started: the historical lines said when it is open.
    @ivar closed: and when it is closed.
    @ivar resolve: turns the address as written into a number; called once.
    """

    name: str
    plan: Callable[[MediumSpec, str], Plan]
    started: Callable[[MediumSpec, Plan], tuple[str, ...]]
    closed: Callable[[MediumSpec, Plan], tuple[str, ...]] = nothing_to_say
    resolve: Callable[[MediumSpec], str] = as_written


class _Hearing(DatagramProtocol):
    """Passes on what arrives."""

    noisy = False

    def __init__(self, spec: MediumSpec, receiver: IMediumReceiver) -> None:
        self.spec = spec
        self.receiver = receiver

    def datagramReceived(self, datagram: bytes, addr: tuple[str, int]) -> None:
        self.receiver.datagramReceived(self.spec.link, datagram, f"{addr[0]}:{addr[1]}")


@implementer(IMedium)
class UdpMedium:
    """One open, or not yet open, UDP medium."""

    def __init__(
        self, spec: MediumSpec, recipe: Recipe, reactor: object, receiver: IMediumReceiver, say: Say
    ) -> None:
        self.spec = spec
        self._recipe = recipe
        self._reactor = IReactorFDSet(reactor)
        self._receiver = receiver
        self._reporter = LinkReporter(spec.link, receiver, reactor)
        self._say = say
        self._discarded = Discarded(recipe.name, spec.interface, IReactorTime(reactor), say)
        self._address = ""
        self._plan: Plan | None = None
        self._descriptor: DatagramDescriptor | None = None
        self._deaf = False
        self._stopped = False

    def start(self) -> None:
        """
        Open it; a name is resolved now and never again.

        @raise MediumError: names the interface and says why; also once stopped.
        """
        if self._stopped or self._descriptor is not None:
            raise MediumError(f"{self._recipe.name} {self.spec.interface}: can be started only once")
        self._address = self._recipe.resolve(self.spec)
        self._open()

    def send(self, data: bytes) -> None:
        """Send one datagram; see L{IMedium.send}."""
        if self._stopped or self._plan is None:
            return
        if self._must_reopen(self._plan) and not self._reopen():
            return
        try:
            self._transmit(data, self._plan.destination)
        except MessageLengthError as problem:
            self._say(Level.ERROR, f"{self._recipe.name} {self.spec.interface}: {problem}")
        except OSError as problem:
            reason = problem.strerror or str(problem)
            self._discarded.refused(":".join(map(str, self._plan.destination)), len(data), reason)
            self._reporter.down(reason)
        else:
            self._discarded.sent()
            self._reporter.up()

    def stop(self) -> Deferred[None]:
        """Close it for good; nothing is delivered from now on."""
        self._stopped = True
        self._reporter.stop()
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None or self._plan is None:
            return succeed(None)
        done = descriptor.stopListening()
        self._say_all(self._recipe.closed(self.spec, self._plan))
        return done

    def _open(self) -> None:
        """Make the sockets and begin to read."""
        plan = self._recipe.plan(self.spec, self._address)
        hearing = _Hearing(self.spec, self._receiver)
        self._descriptor = DatagramDescriptor(open_sockets(plan), hearing, self._reactor, self._broken)
        self._descriptor.startListening()
        self._plan = plan
        self._deaf = False
        self._say_all(self._recipe.started(self.spec, plan))

    def _must_reopen(self, plan: Plan) -> bool:
        """Say whether these sockets will never work again."""
        return self._deaf or (not self._reporter.working and self._replaced(plan))

    def _reopen(self) -> bool:
        """Try to open it anew; if that fails the next datagram tries again."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            descriptor.stopListening()
        self._deaf = True
        try:
            self._open()
        except MediumError as problem:
            self._reporter.down(str(problem))
        return not self._deaf

    def _transmit(self, data: bytes, destination: tuple[str, int]) -> None:
        if self._descriptor is not None:
            self._descriptor.write(data, destination)

    def _replaced(self, plan: Plan) -> bool:
        """Say whether the interface's name stands for another one than when we opened."""
        try:
            return socket.if_nametoindex(self.spec.interface) != plan.index
        except OSError:
            return False

    def _broken(self, reason: str) -> None:
        self._deaf = True
        self._reporter.down(reason)

    def _say_all(self, lines: tuple[str, ...]) -> None:
        for line in lines:
            self._say(Level.INFO, line)


@implementer(IMediumFactory)
class UdpFactory:
    """Makes the media of one recipe; C{say} takes their lines for ha-log."""

    def __init__(self, recipe: Recipe, say: Say) -> None:
        self.name = recipe.name
        self._recipe = recipe
        self._say = say

    def make(self, spec: MediumSpec, reactor: object, receiver: IMediumReceiver) -> IMedium:
        """Make a medium, not yet open."""
        return UdpMedium(spec, self._recipe, reactor, receiver, self._say)

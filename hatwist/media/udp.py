# -*- test-case-name: tests.media.test_udp -*-
"""
What C{bcast}, C{mcast}, C{ucast}, C{mcast6} and C{ucast6} share: a medium made of two UDP sockets.

They differ in a L{Recipe} only.  When a medium is asked to send it looks at its
interface, at most once a second: whether it is still the same, with the same
broadcast address, a member of the group.  If not, it opens its sockets anew.
There is always something to send, each keepalive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

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
from hatwist.media.membership import member
from hatwist.media.pace import Pace
from hatwist.media.sockets import open_sockets, written

if TYPE_CHECKING:
    from collections.abc import Callable

    from hatwist.config.model import MediumSpec
    from hatwist.media.sockets import Address, Plan

    Say = Callable[[Level, str], None]

LOOK_EVERY: Final = 1.0
"""
Seconds between two looks at the interface, and so between two attempts to open it
anew, however much is sent; the first after trouble began is made at once.
"""

STEADY: Final = 1.0
"""Seconds without a failure after which a medium works again."""


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

    def datagramReceived(self, datagram: bytes, addr: Address) -> None:
        self.receiver.datagramReceived(self.spec.link, datagram, written(addr))


@implementer(IMedium)
class UdpMedium:
    """One open, or not yet open, UDP medium."""

    def __init__(
        self, spec: MediumSpec, recipe: Recipe, reactor: object, receiver: IMediumReceiver, say: Say
    ) -> None:
        self.spec = spec
        self._recipe = recipe
        self._reactor = IReactorFDSet(reactor)
        self._clock = IReactorTime(reactor)
        self._receiver = receiver
        self._reporter = LinkReporter(spec.link, receiver, reactor)
        self._say = say
        self._discarded = Discarded(recipe.name, spec.interface, self._clock, say)
        self._calm, self._urgent = Pace(LOOK_EVERY), Pace(LOOK_EVERY)
        self._address = ""
        self._plan: Plan | None = None
        self._descriptor: DatagramDescriptor | None = None
        self._unfit = ""
        "Why the interface cannot carry, whatever the kernel says of a datagram; empty when it can."
        self._troubled = float("-inf")
        self._deaf = False
        self._stopped = False

    def start(self) -> None:
        """
        Open it; a name is resolved now and never again.

        @raise MediumError: names the interface and says why; also once stopped.
        """
        if self._stopped or self._descriptor is not None:
            raise MediumError(f"{self._title}: can be started only once")
        self._address = self._recipe.resolve(self.spec)
        self._open(self._recipe.plan(self.spec, self._address))

    def send(self, data: bytes) -> None:
        """Send one datagram; see L{IMedium.send}."""
        if self._stopped or self._plan is None:
            return
        troubled = self._deaf or not self._reporter.working
        if (self._urgent if troubled else self._calm).due(self._clock.seconds()):
            self._look(self._plan)
        try:
            self._transmit(data, self._plan.destination)
        except MessageLengthError as problem:
            self._say(Level.ERROR, f"{self._title}: {problem}")
        except OSError as problem:
            reason = problem.strerror or str(problem)
            self._discarded.refused(self._where(self._plan), len(data), reason)
            self._down(reason)
        else:
            self._discarded.sent()
            self._carried()

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

    def _open(self, plan: Plan) -> None:
        """Make the sockets and begin to read."""
        hearing = _Hearing(self.spec, self._receiver)
        self._descriptor = DatagramDescriptor(open_sockets(plan), hearing, self._reactor, self._broken)
        self._descriptor.startListening()
        self._plan = plan
        self._deaf = False
        self._say_all(self._recipe.started(self.spec, plan))

    def _look(self, plan: Plan) -> None:
        """Compare the interface with what it was when we opened, and answer what has changed."""
        try:
            fresh = self._recipe.plan(self.spec, self._address)
        except MediumError as problem:
            self._unfit = str(problem)
        else:
            lost = bool(plan.address) and not fresh.address
            self._unfit = f"{self._title}: the interface has lost its IPv4 address" if lost else ""
        if self._unfit:
            self._down(self._unfit)
            return
        why = self._outdated(plan, fresh)
        if why:
            self._reopen(fresh, why)
            return
        if fresh.destination != plan.destination:
            self._say(Level.INFO, f"{self._title}: it sends to {written(fresh.destination)} now")
        self._plan = fresh

    def _outdated(self, plan: Plan, fresh: Plan) -> str:
        """Say why our sockets are of no use any more; empty when they are."""
        if self._deaf:
            return "it could not be read"
        if fresh.index != plan.index:
            return "the interface is another one"
        if plan.group and not member(plan.group, plan.index):
            return f"the interface has forgotten group {plan.group}"
        return ""

    def _reopen(self, plan: Plan, why: str) -> None:
        """
        Try to open it anew; if that fails a later datagram tries again.

        The old sockets are closed first: when a socket ends the kernel takes one
        member off its group, and with it the only one of the new socket.
        """
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            descriptor.stopListening()
        self._deaf = True
        try:
            self._open(plan)
        except MediumError as problem:
            self._down(str(problem))
            return
        self._say(Level.INFO, f"{self._title}: opened anew: {why}")

    def _transmit(self, data: bytes, destination: Address) -> None:
        if self._descriptor is None:
            raise OSError("it is not open")
        self._descriptor.write(data, destination)

    def _down(self, reason: str) -> None:
        self._troubled = self._clock.seconds()
        self._reporter.down(reason)

    def _carried(self) -> None:
        """Say that it works, once it has for a while: it may work for every other datagram only."""
        if not self._unfit and self._clock.seconds() - self._troubled >= STEADY:
            self._reporter.up()

    def _broken(self, reason: str) -> None:
        self._deaf = True
        self._down(reason)

    @property
    def _title(self) -> str:
        return f"{self._recipe.name} {self.spec.interface}"

    @staticmethod
    def _where(plan: Plan) -> str:
        """Return the destination as it follows the interface's name in heartbeat's line."""
        text = written(plan.destination)
        return text if text.startswith("[") else f" {text}"

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

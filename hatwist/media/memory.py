# -*- test-case-name: tests.media.test_memory -*-
"""
A cable in memory, which passes the same conformance suite as the real media.

A L{Hub} joins the nodes that are plugged in: what one sends, each other
hears, in order, in a later turn of the clock, C{callLater(0)}.  It loses and cuts
on order, and only then.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime
from zope.interface import implementer

from hatwist.errors import MediumError
from hatwist.interfaces import IMedium, IMediumFactory, IMediumReceiver
from hatwist.media.link import LinkReporter

if TYPE_CHECKING:
    from hatwist.config.model import MediumSpec

MAX_DELIVERIES: Final = 64
"""Datagrams a turn, as with the real ones."""


class Hub:
    """
    One cable.

    @ivar echo: whether a node hears itself, as with C{bcast}.
    @ivar losses: how many of the datagrams to come are lost.
    """

    def __init__(self, echo: bool = False) -> None:
        self.echo = echo
        self.losses = 0
        self._members: list[MemoryMedium] = []
        self._unplugged: set[str] = set()
        self._cuts: set[tuple[str, str]] = set()

    def plug(self, node: str) -> MemoryFactory:
        """Return what makes this node's end of the cable."""
        return MemoryFactory(self, node)

    def unplug(self, node: str) -> None:
        """Take the node's interface away: it cannot start, and what it sends fails."""
        self._unplugged.add(node)

    def replug(self, node: str) -> None:
        """Give it back."""
        self._unplugged.discard(node)

    def cut(self, sender: str, hearer: str) -> None:
        """Let the one no longer hear the other, and nobody notice."""
        self._cuts.add((sender, hearer))

    def heal(self) -> None:
        """Undo every cut and every loss still to come."""
        self._cuts.clear()
        self.losses = 0

    def has(self, node: str) -> bool:
        """Say whether the node's interface is there."""
        return node not in self._unplugged

    def join(self, member: MemoryMedium) -> None:
        """Let a medium hear from now on."""
        self._members.append(member)

    def leave(self, member: MemoryMedium) -> None:
        """Let it hear nothing more."""
        if member in self._members:
            self._members.remove(member)

    def carry(self, sender: MemoryMedium, data: bytes) -> None:
        """Put a datagram on its way to everybody who is to hear it."""
        if self.losses:
            self.losses -= 1
            return
        for member in self._members:
            if member is sender and not self.echo:
                continue
            if (sender.node, member.node) not in self._cuts and self.has(member.node):
                member.arrive(data, sender.node)


@implementer(IMedium)
class MemoryMedium:
    """One node's end of a L{Hub}."""

    def __init__(
        self, hub: Hub, node: str, spec: MediumSpec, reactor: object, receiver: IMediumReceiver
    ) -> None:
        self.spec = spec
        self.node = node
        self._hub = hub
        self._clock = IReactorTime(reactor)
        self._receiver = receiver
        self._reporter = LinkReporter(spec.link, receiver, reactor)
        self._arrived: deque[tuple[bytes, str]] = deque()
        self._due = False
        self._open = False
        self._stopped = False

    def start(self) -> None:
        """
        Join the hub.

        @raise MediumError: the node is unplugged, or this was started before.
        """
        if self._open or self._stopped:
            raise MediumError(f"{self.spec.kind} {self.spec.interface}: can be started only once")
        if not self._hub.has(self.node):
            raise MediumError(f"{self.spec.kind} {self.spec.interface}: there is no such interface")
        self._open = True
        self._hub.join(self)

    def send(self, data: bytes) -> None:
        """Send one datagram; see L{IMedium.send}."""
        if not self._open:
            return
        if not self._hub.has(self.node):
            self._reporter.down("No such device")
            return
        self._reporter.up()
        self._hub.carry(self, bytes(data))

    def stop(self) -> Deferred[None]:
        """Leave the hub for good."""
        self._open = False
        self._stopped = True
        self._arrived.clear()
        self._reporter.stop()
        self._hub.leave(self)
        return succeed(None)

    def arrive(self, data: bytes, source: str) -> None:
        """Take a datagram from the hub, to be delivered in a later turn."""
        self._arrived.append((data, source))
        if not self._due:
            self._due = True
            self._clock.callLater(0, self._deliver)

    def _deliver(self) -> None:
        """Deliver what has arrived, at most L{MAX_DELIVERIES}."""
        self._due = False
        for _ in range(min(len(self._arrived), MAX_DELIVERIES)):
            if self._arrived:
                data, source = self._arrived.popleft()
                self._receiver.datagramReceived(self.spec.link, data, source)
        if self._arrived and not self._due:
            self._due = True
            self._clock.callLater(0, self._deliver)


@implementer(IMediumFactory)
class MemoryFactory:
    """Makes one node's ends of a L{Hub}, whatever the directive."""

    name = "memory"

    def __init__(self, hub: Hub, node: str) -> None:
        self._hub = hub
        self._node = node

    def make(self, spec: MediumSpec, reactor: object, receiver: IMediumReceiver) -> MemoryMedium:
        """Make a medium, not yet joined."""
        return MemoryMedium(self._hub, self._node, spec, reactor, receiver)

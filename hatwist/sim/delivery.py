# -*- test-case-name: tests.sim.test_delivery -*-
"""
Audit what is delivered, what is acknowledged, and what is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from attrs import define, field

from hatwist.cluster.facts import MessageArrived, MessageDelivered, PeerDied, Send
from hatwist.cluster.ledger import Number, number_of
from hatwist.cluster.sequence import MAX_LOST, MAX_MISSING
from hatwist.sim.auditor import Auditor, violate

if TYPE_CHECKING:
    from hatwist.cluster.events import Event
    from hatwist.cluster.facts import Fact
    from hatwist.config.model import NodeName
    from hatwist.sim.host import Host
    from hatwist.sim.world import World
    from hatwist.wire.message import Message


@define
class _Stream:
    """
    What one daemon got from one peer in one life.

    @ivar newest: the greatest number that arrived.
    @ivar holes: sequence numbers below it that did not; they were not given up.
    @ivar based: one arrived since the stream began or was reset.
    @ivar delivered: the sequence numbers that were delivered, by generation.
    """

    life: int
    newest: Number = (0, 0)
    holes: set[int] = field(factory=set)
    based: bool = False
    delivered: dict[int, set[int]] = field(factory=dict)

    def arrive(self, number: Number) -> bool:
        """
        Take note of an arrival.

        @return: whether the message has to be delivered at once.
        """
        generation, sequence = number
        if generation == self.newest[0] and sequence in self.holes:
            self.holes.discard(sequence)
            return True
        if number <= self.newest:
            return False
        if generation > self.newest[0]:
            self.reset()
        lost = sequence - self.newest[1] - 1 if self.based else 0
        if lost > MAX_LOST or lost + len(self.holes) > MAX_MISSING:
            self.holes.clear()
        elif lost:
            self.holes.update(range(self.newest[1] + 1, sequence))
        self.newest, self.based = number, True
        return True

    def reset(self) -> None:
        """The peer died or restarted: what is missing stays missing."""
        self.holes.clear()
        self.based = False


@define(eq=False)
class OnceEach(Auditor):
    """
    Each sequenced message of a node's generation is delivered at most once; what
    is newer than all before it, or was missing, is delivered at once; nothing
    stays missing for ever; and acknowledgements never exceed what was received.
    """

    sees: ClassVar[tuple[type, ...]] = (MessageArrived, MessageDelivered, PeerDied, Send)
    _streams: dict[tuple[NodeName, str], _Stream] = field(factory=dict)
    _expected: tuple[str, Number] | None = None

    def look(self, world: World, host: Host, item: Event | Fact) -> None:
        """Follow arrivals, deliveries and acknowledgements."""
        match item:
            case MessageArrived(_, sender, message):
                self._arrived(host, sender, message)
            case MessageDelivered(sender, message, False) if message.has("seq"):
                self._delivered(world, host, sender, message)
            case PeerDied(peer):
                self._stream(host, peer).reset()
            case Send(message) if message.get("t") == "NS_ackmsg":
                self._acknowledged(world, host, message)
            case _:
                pass

    def check(self, world: World, host: Host) -> None:
        """Look whether the message was delivered in the event that brought it."""
        expected, self._expected = self._expected, None
        if expected is not None:
            sender, (generation, sequence) = expected
            violate(world, f"{host.name} holds back {sender} {generation:x}/{sequence:x}")

    def settled(self, world: World) -> None:
        """Look for what is still missing."""
        for (name, peer), stream in self._streams.items():
            host = world.hosts[name]
            if host.node is not None and host.life == stream.life and stream.holes:
                violate(world, f"{name} still misses {min(stream.holes):x} of {peer}")

    def _stream(self, host: Host, sender: str) -> _Stream:
        stream = self._streams.get((host.name, sender))
        if stream is None or stream.life != host.life:
            stream = self._streams[host.name, sender] = _Stream(host.life)
        return stream

    def _arrived(self, host: Host, sender: str, message: Message) -> None:
        stream = self._stream(host, sender)
        if message.get("t") == "NS_nak_rexmit":
            stream.holes.discard(message.hexadecimal("firstseq") or 0)
        elif message.has("seq"):
            number = number_of(message)
            due = stream.arrive(number)
            if due and message.get("dest", host.name) == host.name:
                self._expected = (sender, number)

    def _delivered(self, world: World, host: Host, sender: str, message: Message) -> None:
        generation, sequence = number = number_of(message)
        if self._expected == (sender, number):
            self._expected = None
        delivered = self._stream(host, sender).delivered.setdefault(generation, set())
        if sequence in delivered:
            violate(world, f"{host.name} acts twice on {sender} {generation:x}/{sequence:x}")
        delivered.add(sequence)

    def _acknowledged(self, world: World, host: Host, message: Message) -> None:
        peer, sequence = message.get("dest"), message.hexadecimal("ackseq") or 0
        if sequence > self._stream(host, peer).newest[1]:
            violate(world, f"{host.name} acknowledges {sequence:x} of {peer}, which it never received")

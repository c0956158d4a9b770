# -*- test-case-name: tests.sim.test_deaths -*-
"""
Audit who is declared dead: not too early, not too late, not for the wrong reason.

The auditor keeps its own book of what each judge heard, and believes nothing
that the machines say of themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from attrs import define, field

from hatwist.cluster.confirmations import confirmed
from hatwist.cluster.events import DeadlinePassed
from hatwist.cluster.facts import MessageDelivered, PeerAnswered, PeerDied
from hatwist.cluster.ledger import Number, number_of
from hatwist.cluster.patience import MAX_PATIENCE
from hatwist.sim.auditor import Auditor, violate

if TYPE_CHECKING:
    from hatwist.cluster.events import Event
    from hatwist.cluster.facts import Fact
    from hatwist.config.model import HaCf, NodeName, Seconds
    from hatwist.sim.host import Host
    from hatwist.sim.world import World
    from hatwist.wire.message import Message

_ROUNDING: Final = 1e-6


@define
class _Pulse:
    """What one judge knows of one peer; times are the judge's own."""

    heard: Seconds
    asked: Seconds | None = None
    newest: Number = (0, 0)
    met: bool = False
    deaf: bool = False
    dead: bool = False


@define
class _Book:
    """What one daemon heard in its life."""

    life: int
    pulses: dict[NodeName, _Pulse]

    def limit(self, peer: NodeName, cf: HaCf) -> Seconds:
        """Return the silence after which a peer is dead: C{initdead} until each was heard or is dead."""
        if not all(pulse.met for pulse in self.pulses.values()):
            return cf.initdead
        asked = self.pulses[peer].asked
        limit = cf.deadtime if asked is None else asked
        return max(limit, cf.initdead) if self.pulses[peer].deaf else limit


@define(eq=False)
class TrueDeaths(Auditor):
    """
    A peer is declared dead after its deadtime of silence on the judge's own clock,
    not before, and not later than one keepalive after it; after initdead if it says
    itself that it hears nothing of the judge, where there are guardians.

    A status that was overtaken by a newer one breaks no silence; an answer does,
    from when it was asked for.  A judge that
    was paused has its keepalive from the moment it goes on.  One whose alarms
    ring late may be late by two of them, the second for the moment it gives
    everybody.
    """

    sees: ClassVar[tuple[type, ...]] = (MessageDelivered, PeerAnswered, PeerDied)
    _books: dict[NodeName, _Book] = field(factory=dict)

    def look(self, world: World, host: Host, item: Event | Fact) -> None:
        """Follow statuses and deaths."""
        now = host.now(world.time)
        match item:
            case MessageDelivered(sender, message, False) if message.get("t") == "status":
                pulse = self._book(host, now).pulses[sender]
                self._hear(pulse, message, now)
                if host.guarded and host.node is not None:
                    number = confirmed(message, host.name)
                    pulse.deaf = number is not None and number[0] != host.node.identity.generation
            case PeerAnswered(peer, _, delay):
                pulse = self._book(host, now).pulses[peer]
                pulse.heard = max(pulse.heard, now - delay)
            case PeerDied(peer, silence):
                self._judge(world, host, peer, silence, now)
            case _:
                pass

    def check(self, world: World, host: Host) -> None:
        """Look for peers that should have been declared dead."""
        if host.node is None or host.paused:
            return
        now = host.now(world.time)
        book = self._book(host, now)
        allowed = host.config.cf.keepalive + 2 * host.lateness + _ROUNDING
        for peer, pulse in book.pulses.items():
            late = now - max(pulse.heard + book.limit(peer, host.config.cf), host.resumed)
            if late > allowed and not pulse.dead:
                violate(world, f"{host.name} has not declared {peer} dead, {late:.3f} s late")

    def _book(self, host: Host, now: Seconds) -> _Book:
        book = self._books.get(host.name)
        if book is None or book.life != host.life:
            pulses = {name: _Pulse(now) for name in host.config.cf.nodes if name != host.name}
            book = self._books[host.name] = _Book(host.life, pulses)
        return book

    @staticmethod
    def _hear(pulse: _Pulse, message: Message, now: Seconds) -> None:
        number, asked = number_of(message), message.hexadecimal("dt")
        if number < pulse.newest:
            return
        pulse.newest, pulse.heard, pulse.met, pulse.dead = number, now, True, False
        if asked:
            pulse.asked = min(asked / 1000, MAX_PATIENCE)

    def _judge(self, world: World, host: Host, peer: NodeName, silence: Seconds, now: Seconds) -> None:
        book = self._book(host, now)
        pulse = book.pulses[peer]
        true, limit = now - pulse.heard, book.limit(peer, host.config.cf)
        if pulse.dead:
            violate(world, f"{host.name} declared {peer} dead, which was dead already")
        if abs(true - silence) > _ROUNDING:
            violate(world, f"{host.name} says {peer} was silent for {silence:.6f} s; it was {true:.6f} s")
        if true < limit - _ROUNDING:
            violate(world, f"{host.name} declared {peer} dead after {true:.3f} s, not {limit:.3f} s")
        pulse.dead, pulse.met, pulse.asked, pulse.deaf = True, True, None, False


@define(eq=False)
class Promptness(Auditor):
    """
    A node asks to be woken in the future once it was woken, and at the latest when
    its next heartbeat is due.
    """

    sees: ClassVar[tuple[type, ...]] = (DeadlinePassed,)
    _woken: Host | None = None

    def look(self, world: World, host: Host, item: Event | Fact) -> None:
        """Take note of who was woken."""
        self._woken = host

    def check(self, world: World, host: Host) -> None:
        """Look at the next deadline."""
        woken, self._woken = self._woken, None
        if host.node is None or host.paused:
            return
        now, deadline = host.now(world.time), host.node.next_deadline()
        if host is woken and deadline <= now:
            violate(world, f"{host.name} was woken at {now:.3f} and wants to be woken at {deadline:.3f}")
        if deadline > now + host.config.cf.keepalive + _ROUNDING:
            violate(world, f"{host.name} sleeps from {now:.3f} to {deadline:.3f}, longer than a keepalive")

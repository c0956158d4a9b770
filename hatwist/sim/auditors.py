# -*- test-case-name: tests.sim.test_auditors -*-
"""
What must always hold, asked after every event.

An auditor that finds a violation raises L{Violation}; the scenario or storm
that provoked it fails, and its seed replays it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import define, field

from hatwist.cluster.events import DeadlinePassed
from hatwist.cluster.facts import MessageArrived, MessageDelivered, PeerDied, Send
from hatwist.cluster.history import MAX_HISTORY
from hatwist.cluster.ledger import Number, number_of
from hatwist.cluster.names import NodeStatus
from hatwist.cluster.patience import LATENESS

if TYPE_CHECKING:
    from hatwist.cluster.events import Event
    from hatwist.cluster.facts import Fact
    from hatwist.config.model import NodeName, Seconds
    from hatwist.sim.host import Host
    from hatwist.sim.world import World
    from hatwist.wire.message import Message

    _Stream = tuple[str, int, str, int]

GRACE: Final = 10 * LATENESS
"""By how much a judge that was late may be later still."""


class Violation(AssertionError):
    """Something happened that must never happen."""


class Auditor:
    """Sees each item before the machines of a node do, and the world after each event."""

    def look(self, world: World, host: Host, item: Event | Fact) -> None:
        """See an item."""

    def check(self, world: World) -> None:
        """See the world."""


@define(eq=False)
class OneOwner(Auditor):
    """
    No group runs on two hosts.

    Excused is what neither fencing, quorum nor witness could prevent when none
    is configured: a living node was declared dead (the network was cut or lost
    a deadtime's worth of statuses, or the node was paused that long), or a
    daemon was killed beside its running resources.  The excuse ends when no
    group runs twice any more.

    @ivar excuse: why two owners are possible now; empty when they are not.
    """

    excuse: str = ""

    def look(self, world: World, host: Host, item: Event | Fact) -> None:
        """Take note of a death that was none."""
        if isinstance(item, PeerDied):
            other = world.hosts[item.peer]
            if other.node is not None:
                self.excuse = f"{host.name} declared {item.peer} dead, which lives"
            elif other.agents.running:
                self.excuse = f"the daemon of {item.peer} was killed beside its resources"

    def check(self, world: World) -> None:
        """Count the owners."""
        twice = [
            group.key
            for group in world.config.groups
            if sum(group.key in host.agents.running for host in world.hosts.values()) > 1
        ]
        if twice and not self.excuse:
            raise Violation(f"{world.time:.3f}: {twice[0]} runs on two hosts")
        if not twice and self.excuse and self._whole(world):
            self.excuse = ""

    @staticmethod
    def _whole(world: World) -> bool:
        """Nobody holds a living node for dead, and nothing runs without a daemon."""
        if any(host.node is None and host.agents.running for host in world.hosts.values()):
            return False
        return not any(
            peer.status is NodeStatus.DEAD and world.hosts[peer.name].node is not None
            for host in world.hosts.values()
            if host.node is not None
            for peer in host.node.membership.peers.values()
        )


@define(eq=False)
class TrueDeaths(Auditor):
    """
    A peer is declared dead only after its deadtime of silence on the judge's own
    clock.  A status that was overtaken by a newer one breaks no silence.
    """

    _heard: dict[tuple[str, str], Seconds] = field(factory=dict)
    _newest: dict[tuple[str, str], Number] = field(factory=dict)
    _born: dict[str, tuple[int, Seconds]] = field(factory=dict)

    def look(self, world: World, host: Host, item: Event | Fact) -> None:
        """Follow statuses and deaths."""
        now = host.now(world.time)
        life = self._born.get(host.name)
        if life is None or life[0] != host.life:
            self._born[host.name] = (host.life, now)
            for key in [key for key in self._newest if key[0] == host.name]:
                self._newest.pop(key)
                self._heard.pop(key, None)
        match item:
            case MessageDelivered(sender, message, False) if message.get("t") == "status":
                key = (host.name, sender)
                if number_of(message) >= self._newest.get(key, (0, 0)):
                    self._newest[key] = number_of(message)
                    self._heard[key] = now
            case PeerDied(peer, silence):
                self._judge(host, peer, silence, now)
            case _:
                pass

    def _judge(self, host: Host, peer: NodeName, silence: Seconds, now: Seconds) -> None:
        assert host.node is not None
        true = now - self._heard.pop((host.name, peer), self._born[host.name][1])
        limit = host.node.patience.deadtime(peer)
        if abs(true - silence) > 1e-6:
            raise Violation(f"{host.name} says {peer} was silent for {silence:.6f} s; it was {true:.6f} s")
        if true < limit - 1e-6:
            raise Violation(f"{host.name} declared {peer} dead after {true:.3f} s, not {limit:.3f} s")


@define(eq=False)
class Promptness(Auditor):
    """
    A silent peer is not left unjudged, and a node that was woken asks to be woken
    in the future.
    """

    _woken: Host | None = None

    def look(self, world: World, host: Host, item: Event | Fact) -> None:
        """Take note of who was woken."""
        if isinstance(item, DeadlinePassed):
            self._woken = host

    def check(self, world: World) -> None:
        """Look for peers that are overdue by more than a keepalive."""
        woken, self._woken = self._woken, None
        for host in world.hosts.values():
            if host.node is None or host.paused:
                continue
            now, deadline = host.now(world.time), host.node.next_deadline()
            if host is woken and deadline <= now:
                raise Violation(f"{host.name} was woken at {now:.3f} and wants to be woken at {deadline:.3f}")
            for peer in host.node.membership.peers.values():
                self._judge(host, peer.name, peer.status, peer.heard, now)

    @staticmethod
    def _judge(host: Host, name: NodeName, status: NodeStatus, heard: Seconds | None, now: Seconds) -> None:
        assert host.node is not None
        if status is NodeStatus.DEAD or heard is None:
            return
        late = now - max(heard + host.node.patience.deadtime(name), host.resumed)
        if late > host.config.cf.keepalive + GRACE:
            raise Violation(f"{host.name} has not declared {name} dead, {late:.3f} s late")


@define(eq=False)
class OnceEach(Auditor):
    """
    Each sequenced message of a node's generation is delivered at most once, and
    acknowledgements never exceed what was received.
    """

    _seen: dict[_Stream, set[int]] = field(factory=dict)
    _newest: dict[tuple[str, int, str], tuple[int, int]] = field(factory=dict)

    def look(self, world: World, host: Host, item: Event | Fact) -> None:
        """Follow arrivals, deliveries and acknowledgements."""
        match item:
            case MessageArrived(_, sender, message) if message.has("seq"):
                arrived = message.hexadecimal("hg") or 0, message.hexadecimal("seq") or 0
                key = (host.name, host.life, sender)
                self._newest[key] = max(arrived, self._newest.get(key, (0, 0)))
            case MessageDelivered(sender, message, False) if message.has("seq"):
                self._delivered(host, sender, message)
            case Send(message) if message.get("t") == "NS_ackmsg":
                self._acknowledged(host, message)
            case _:
                pass

    def _delivered(self, host: Host, sender: str, message: Message) -> None:
        sequence, generation = message.hexadecimal("seq") or 0, message.hexadecimal("hg") or 0
        seen = self._seen.setdefault((host.name, host.life, sender, generation), set())
        if sequence in seen:
            raise Violation(f"{host.name} acts twice on {sender} {generation:x}/{sequence:x}")
        seen.add(sequence)

    def _acknowledged(self, host: Host, message: Message) -> None:
        peer, sequence = message.get("dest"), message.hexadecimal("ackseq") or 0
        if sequence > self._newest[host.name, host.life, peer][1]:
            raise Violation(f"{host.name} acknowledges {sequence:x} of {peer}, which it never received")


@define(eq=False)
class Bounds(Auditor):
    """Nothing grows without limit, and the core's own invariants hold."""

    def check(self, world: World) -> None:
        """Look at every queue."""
        for host in world.hosts.values():
            if host.node is None:
                continue
            if host.node.history.length > MAX_HISTORY:
                raise Violation(f"{host.name} keeps {host.node.history.length} messages")
            broken = host.node.check()
            if broken:
                raise Violation(f"{host.name}: {broken[0]}")


def every() -> tuple[Auditor, ...]:
    """Return one of each."""
    return (OneOwner(), TrueDeaths(), Promptness(), OnceEach(), Bounds())


def agreement(world: World) -> None:
    """
    Make sure that a cluster that was left in peace agrees with itself.

    Every living daemon sees every other, each group runs on exactly one host
    and only where its node claims it.

    @raise Violation: when it does not.
    """
    living = [host for host in world.hosts.values() if host.node is not None]
    for host in living:
        assert host.node is not None
        for name, peer in host.node.membership.peers.items():
            if (world.hosts[name].node is not None) is not (peer.status is NodeStatus.ACTIVE):
                raise Violation(f"{host.name} says {name} is {peer.status.value}")
    for group in world.config.groups:
        runs = [host.name for host in world.hosts.values() if group.key in host.agents.running]
        if living and len(runs) != 1:
            raise Violation(f"{group.key} runs on {runs or 'no host'}")
        owners = {host.node.ledger.owner(group) for host in living if host.node is not None}
        if living and owners != {runs[0]}:
            raise Violation(
                f"{group.key} runs on {runs[0]}, and is said to be owned by {sorted(map(str, owners))}"
            )

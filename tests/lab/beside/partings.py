# -*- test-case-name: tests.lab.test_beside -*-
"""
A node with hatwist and one with heartbeat 3.0.6 do not hear each other for a while; needs root.

heartbeat restarts itself when it hears a node again that it had declared dead, and
only then.  Whoever of both was deaf, each group has one owner in the end.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from scripts.lab.nodes import Node
from scripts.lab.observe import ArpSeen
from scripts.lab.watch import now
from tests.lab.beside.pair import (
    ADDRESSES,
    HOME,
    MIXED,
    SETTLED,
    Pair,
    everything_on,
    generation,
    groups,
    quick,
)

RETURNING = "returning after partition"


class Parting:
    """
    A pair that is cut in two.

    @ivar ours: the node with hatwist.
    @ivar theirs: the node with heartbeat.
    @ivar failback: C{on}, C{off} or C{legacy}.
    """

    def __init__(self, pair: Pair, failback: str) -> None:
        self.pair = pair
        self.failback = failback
        self.ours, self.theirs = pair.ours, pair.theirs

    def begin(self) -> None:
        """Start both; each has the group that is at home there."""
        self.pair.boot(groups(quick(auto_failback=self.failback)))
        self.pid = self.process(self.ours)
        self.began = now()
        self.generations = {node.name: generation(node) for node in self.pair.nodes}

    @staticmethod
    def process(node: Node) -> int | None:
        """Return the process of a daemon."""
        assert node.process is not None
        return node.process.pid

    def await_owners(self, home: Node, *owners: Node) -> float:
        """Wait until just these have the group that is at home on a node."""
        names = tuple(sorted(node.name for node in owners))
        return self.pair.await_(
            lambda: tuple(sorted(self.pair.owners(home.name))) == names,
            f"{' and '.join(names)} own the group of {home.name}",
        )

    def cut(self, node: Node, direction: str = "both") -> None:
        """Let nothing arrive at a node any more (C{in}), or pull its cable out."""
        self.parted = now()
        if direction == "in":
            node.host.lose("eth1", 1.0, "in")
        else:
            node.host.cut("eth1")

    def heal(self, node: Node) -> None:
        """Let everything arrive again."""
        self.healed = now()
        node.host.heal("eth1")

    def announced(self, home: Node, since: float) -> bool:
        """Tell whether our node has told the neighbours where the address of a group is, since a time."""
        self.pair.watch.look()
        arps = [event for event in self.pair.watch.events if isinstance(event, ArpSeen)]
        ours = [arp for arp in arps if arp.host == self.ours.name and arp.when >= since]
        return any(arp.announcement and arp.address == ADDRESSES[home.name] for arp in ours)

    def await_announcement(self, home: Node, since: float) -> None:
        """Wait until it has."""
        self.pair.await_(lambda: self.announced(home, since), f"the group of {home.name} is announced")

    def end(self, restarts: int) -> None:
        """Nobody was started, but heartbeat by itself as often as it had to; nobody complains."""
        assert self.process(self.ours) == self.pid
        lived = {node.name: generation(node) for node in self.pair.nodes}
        assert lived[self.ours.name] == self.generations[self.ours.name], "we have restarted"
        found = lived[self.theirs.name] - self.generations[self.theirs.name]
        assert found == restarts, f"heartbeat has restarted {found} times"
        self.pair.assert_blameless()
        for node in self.pair.nodes:
            # Two owners at a time are the price of a split, and of nothing else.
            for overlap in self.pair.watch.judge(ADDRESSES[node.name]).overlaps:
                assert self.parted < overlap.start < self.healed, f"{overlap}"
                assert overlap.end is not None

    def tenures(self, home: Node) -> list[tuple[str, bool]]:
        """Return who has owned a group since the beginning, see L{Pair.tenures}."""
        return self.pair.tenures(home.name, self.began)

    def expect(self, home: Node, *tenures: Node) -> None:
        """These have owned the group of a node, one after the other; the last one does."""
        found = [host for host, _ in self.tenures(home)]
        assert found == [node.name for node in tenures], f"the group of {home.name} was on {found}"

    def await_restart(self) -> None:
        """Wait until heartbeat has restarted itself, and we have heard so."""
        self.ours.await_log(f"Heartbeat restart on node {self.theirs.name}", SETTLED)

    def expect_home_or_here(self) -> None:
        """What is at home with heartbeat is back there, or stays with us, as is configured."""
        ours, theirs, goes_home = self.ours, self.theirs, self.failback != "off"
        self.await_restart()
        self.pair.settle(HOME if goes_home else everything_on(ours.name))
        self.expect(theirs, theirs, ours, *([theirs] if goes_home else []))


def both_deaf(parting: Parting) -> None:
    """
    Each takes over from the other; heartbeat restarts itself, we keep everything meanwhile.

    Addresses are announced again at the heal, and when heartbeat has let go.
    """
    ours, theirs = parting.ours, parting.theirs
    parting.cut(ours)
    parting.await_owners(ours, ours, theirs)
    parting.await_owners(theirs, ours, theirs)
    parting.heal(ours)
    for home in (ours, theirs):
        parting.await_announcement(home, parting.healed)
    let_go = max(parting.await_owners(home, ours) for home in (ours, theirs))
    for home in (ours, theirs):
        parting.await_announcement(home, let_go)
    parting.expect_home_or_here()
    assert parting.tenures(ours) == [(ours.name, False), (theirs.name, True)]
    parting.end(restarts=1)


def we_are_deaf(parting: Parting) -> None:
    """We take over from a node that lives and hears us: at the heal we let go, and it never restarts."""
    ours, theirs = parting.ours, parting.theirs
    parting.cut(ours, "in")
    parting.await_owners(theirs, ours, theirs)
    parting.heal(ours)
    parting.await_owners(theirs, theirs)
    parting.pair.settle(HOME)
    parting.expect(ours, ours)
    assert parting.tenures(theirs) == [(theirs.name, False), (ours.name, True)]
    parting.end(restarts=0)
    assert theirs.count(RETURNING) == 0


def heartbeat_is_deaf(parting: Parting) -> None:
    """We hear that it takes over from us, and let go; when it hears us again it restarts itself."""
    ours, theirs = parting.ours, parting.theirs
    parting.cut(theirs, "in")
    parting.await_owners(ours, theirs)
    parting.await_owners(theirs, theirs)
    parting.heal(theirs)
    parting.await_owners(ours, ours)
    parting.expect_home_or_here()
    parting.expect(ours, ours, theirs, ours)
    assert ours.count(f"node {theirs.name}: is dead") == 0
    parting.end(restarts=1)


def one_heals_first(parting: Parting, first: str) -> None:
    """
    Both are deaf, and one of them hears the other again while it is not yet heard itself.

    When it is heartbeat that hears first, its verdict about us falls into our deafness: its
    group may go by way of nobody then, but never has two owners again.

    @param first: C{we} or C{heartbeat}.
    """
    ours, theirs = parting.ours, parting.theirs
    parting.cut(ours, "in")
    theirs.host.lose("eth1", 1.0, "in")
    parting.await_owners(ours, ours, theirs)
    parting.await_owners(theirs, ours, theirs)
    early, late = (ours, theirs) if first == "we" else (theirs, ours)
    early.host.heal("eth1")
    early.await_log(RETURNING, SETTLED)
    parting.heal(late)
    parting.await_restart()
    parting.pair.settle(HOME)
    parting.end(restarts=1)


def _play(what: Callable[..., None], place: str, failback: str, *more: str) -> None:
    name = " ".join((what.__name__, *more)).replace("_", " ")
    label = f"{name}, hatwist on {place}, auto_failback {failback}"
    with Pair(label, *MIXED[place]) as pair:
        it = Parting(pair, failback)
        it.begin()
        what(it, *more)


LABS = [
    *(
        partial(_play, what, place, "on")
        for what in (both_deaf, we_are_deaf, heartbeat_is_deaf)
        for place in MIXED
    ),
    *(
        partial(_play, what, "node01", failback)
        for what in (both_deaf, heartbeat_is_deaf)
        for failback in ("off", "legacy")
    ),
    partial(_play, one_heals_first, "node01", "on", "we"),
    partial(_play, one_heals_first, "node02", "on", "heartbeat"),
]

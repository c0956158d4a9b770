# -*- test-case-name: tests.lab.test_ipfail -*-
"""
Who does not see the gateway any more gives up its groups: hatwist as ipfail, and ipfail itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Final

from scripts.lab.nodes import HatwistNode, Node
from scripts.lab.watch import now
from tests.lab.beside.networks import COUNTED, GATEWAY, SECOND, Networks
from tests.lab.beside.pair import HOME, MIXED, SETTLED, HeirNode, Pair, ScriptedNode, everything_on

OURS: Final = "respawn hacluster /usr/lib/heartbeat/ipfail"
"""Not a path of this machine: hatwist needs no program there."""

REAL: Final = "respawn hacluster /usr/libexec/heartbeat/ipfail"

PINGD: Final = (
    "apiauth pingd gid=haclient uid=hacluster\nrespawn hacluster /usr/lib/heartbeat/pingd -m 100 -d 1s"
)

FLAPS: Final = 2
"""How often the gateway comes and goes."""

KNOWN: Final = "|".join(
    (
        r"Cannot lock ourselves into memory",
        # When a ping node is back, see protocol 9.4.
        r"Late heartbeat: Node " + re.escape(GATEWAY),
    )
)
"""What heartbeat has to complain of in any pair of its kind."""


def goes_and_comes() -> None:
    """
    A node loses the gateway: its group moves once, and is home when the gateway has come to stay.

    A gateway that comes and goes moves nothing.
    """
    with Pair("goes and comes", HatwistNode, HatwistNode) as pair:
        net = Networks(pair, f"{OURS}\nping {GATEWAY}\ndeadping 1500ms")
        net.begin()
        cut = net.lose(pair.one)
        pair.settle(everything_on("node02"))
        net.expect("node01", "node02")
        net.tell(net.outage("node01", cut))
        for flap in range(FLAPS):
            net.find(pair.one)
            net.await_found(pair.one, 2 + flap)
            net.lose(pair.one)
            net.await_lost(pair.one, times=2 + flap)
        net.await_silence(pair.one)
        net.expect("node01", "node02")
        seen = now()
        net.find(pair.one)
        pair.settle(HOME)
        net.expect("node01", "node02", "node01")
        net.tell(f"gateway back: {net.outage('node01', seen)}")


def nothing_returns() -> None:
    """With pingd and without auto_failback: who loses the gateway gives up, and gets nothing back for it."""
    with Pair("nothing returns, pingd", HatwistNode, HatwistNode) as pair:
        net = Networks(pair, f"{PINGD}\nping {GATEWAY}\ndeadping 1500ms", auto_failback="off")
        net.begin()
        cut = net.lose(pair.one)
        pair.settle(everything_on("node02"))
        net.tell(net.outage("node01", cut))
        net.find(pair.one)
        pair.one.await_log(COUNTED, SETTLED)
        net.lose(pair.two)
        pair.settle(everything_on("node01"))
        net.expect_path("node01", "node01", "node02", "node01")
        net.expect_path("node02", "node02", "node01")


def both_lose_it() -> None:
    """A gateway that nobody sees is no reason to move."""
    with Pair("both lose it", HatwistNode, HatwistNode) as pair:
        net = Networks(pair, f"{OURS}\nping {GATEWAY}\ndeadping 1500ms")
        net.begin()
        net.both_lose_it()
        net.expect()


def a_group_of_hosts() -> None:
    """A ping group is seen while one of its hosts is; when none is, groups move."""
    with Pair("a group of hosts", HatwistNode, HatwistNode) as pair:
        net = Networks(pair, f"{OURS}\nping_group routers {GATEWAY} {SECOND}\ndeadping 1500ms")
        net.begin()
        net.lose(pair.one)
        net.await_silence(pair.one)
        net.expect()
        net.lose(pair.one, host=SECOND)
        net.await_lost(pair.one, "routers")
        pair.settle(everything_on("node02"))
        net.expect("node01", "node02")


def starts_without_it(one: str, two: str) -> None:
    """
    A node that comes back and does not see the gateway ends up without groups, and has them when it does.

    @param one: C{ours} or C{theirs}, on node01, which comes back.
    @param two: the same of node02.
    """
    kinds: Mapping[str, type[Node]] = {"ours": ScriptedNode, "theirs": HeirNode}
    with Pair(f"starts without it, {one} and {two}", kinds[one], kinds[two]) as pair:
        net = Networks(pair, f"{REAL}\nping {GATEWAY}\ndeadping 1500ms", initdead="4000ms")
        net.begin()
        pair.one.stop()
        pair.settle(everything_on("node02"))
        net.lose(pair.one)
        pair.one.start()
        pair.one.await_log(f"node {re.escape(GATEWAY)}: is dead", SETTLED)
        net.await_silence(pair.one)
        pair.settle(everything_on("node02"))
        net.find(pair.one)
        pair.settle(HOME)
        net.expect_never_two()


def beside_heartbeat(who: str, place: str, deadping: str) -> None:
    """
    hatwist, or heartbeat with its own ipfail, loses the gateway: its group moves once, and comes home.

    When both lose it nothing moves, though heartbeat's ipfail says "you see less" before
    it has noticed that it sees as little.

    @param who: C{ours}, C{theirs} or C{both}.
    @param deadping: below deadtime heartbeat's ipfail looks after the node's death, above it before.
    """
    with Pair(f"{who} lost it, hatwist on {place}, deadping {deadping}", *MIXED[place]) as pair:
        net = Networks(
            pair, f"{REAL}\nping {GATEWAY}\ndeadping {deadping}", keepalive="500ms", deadtime="3000ms"
        )
        net.begin()
        if who == "both":
            net.both_lose_it()
            net.expect()
        else:
            loser = pair.ours if who == "ours" else pair.theirs
            heir = pair.other(loser)
            cut = net.lose(loser)
            pair.settle(everything_on(heir.name))
            net.expect(loser.name, heir.name)
            net.tell(net.outage(loser.name, cut))
            net.expect_peace(loser)
            net.expect(loser.name, heir.name)
            seen = now()
            net.find(loser)
            pair.settle(HOME)
            net.expect(loser.name, heir.name, loser.name)
            net.tell(f"gateway back: {net.outage(loser.name, seen)}")
        wrong = complaints(pair.theirs)
        assert not wrong, f"{pair.label}: {wrong}"
        pair.assert_blameless()


def complaints(node: Node) -> list[str]:
    """Return the errors in a log that are not known."""
    lines = re.findall(r"(?m)^.*(?:ERROR|CRIT):.*$", node.log())
    return [line for line in lines if not re.search(KNOWN, line)]


PAIRS: Final = [
    partial(goes_and_comes),
    partial(nothing_returns),
    partial(both_lose_it),
    partial(a_group_of_hosts),
    partial(starts_without_it, "ours", "ours"),
]
"""Two nodes with hatwist."""

MIXED_PAIRS: Final = [
    partial(beside_heartbeat, who, place, deadping)
    for place, deadping in (("node01", "2000ms"), ("node02", "4000ms"))
    for who in ("ours", "theirs", "both")
] + [
    partial(starts_without_it, "ours", "theirs"),
    partial(starts_without_it, "theirs", "ours"),
]
"""One with heartbeat; needs root."""

LABS: Final = [*MIXED_PAIRS, *PAIRS]

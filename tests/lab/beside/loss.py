# -*- test-case-name: tests.lab.test_beside -*-
"""
A quarter of everything is lost in both directions, for two minutes.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from scripts.lab.nodes import Node
from tests.lab.beside.pair import HOME, MIXED, SETTLED, Pair, everything_on, groups, quick

LOST: Final = r"lost packet\(s\) for"
FOUND: Final = r"No pkts missing from"

ENOUGH: Final = 160
"""Messages that are lost each way: in two minutes it is a quarter of all."""


def loss(place: str) -> None:
    """Nobody is declared dead, every hole is filled, and what is asked for is done."""
    with Pair(f"loss, hatwist on {place}", *MIXED[place]) as pair:
        ours, theirs = pair.ours, pair.theirs
        pair.boot(groups(quick(keepalive="300ms", deadtime="3000ms")))
        for direction in ("in", "out"):
            ours.host.lose("eth1", 0.25, direction)
        for node in pair.nodes:
            pair.await_(lambda node=node: node.count(LOST) > 0, f"{node.name} loses something")  # type: ignore[misc]
        status, text = ours.control("standby", "--wait", "25", "all")
        assert status == 0, text
        pair.settle(everything_on(theirs.name))
        status, text = ours.control("takeover", "--wait", "25", "local")
        assert status == 0, text
        pair.settle(HOME)
        pair.await_(lambda: all(dropped(ours, way) > ENOUGH for way in "io"), "enough is lost", 2 * SETTLED)
        ours.host.heal("eth1")
        for node in pair.nodes:
            pair.await_(lambda node=node: nothing_missing(node), f"nothing is missing on {node.name}")  # type: ignore[misc]
        pair.settle(HOME)
        for node in pair.nodes:
            assert node.count(r"WARN: node \w+: is dead") == 0, f"{node.name}: a false death"
        pair.assert_blameless()


def dropped(node: Node, way: str) -> int:
    """Count what was lost on the way into a node (C{i}) or out of it (C{o})."""
    found = re.search(
        r"(?m)^\s*(\d+)", node.host.do("iptables", "-nvxL", f"lose-{way}-eth1").split("\n", 2)[2]
    )
    return int(found[1]) if found else 0


def nothing_missing(node: Node) -> bool:
    """Tell whether the last hole that a node speaks of was filled."""
    said = re.findall(f"{LOST}|{FOUND}", node.log())
    return bool(re.fullmatch(FOUND, said[-1]))


LABS = [partial(loss, "node01")]

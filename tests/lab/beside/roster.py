# -*- test-case-name: tests.lab.test_beside -*-
"""
addnode, delnode, setweight, setsite: heartbeat's scripts on either node, their effect on both.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from scripts.lab.nodes import Node
from scripts.lab.watch import now
from tests.lab.beside.pair import (
    HOME,
    MIXED,
    SETTLED,
    Pair,
    cl_status,
    everything_on,
    groups,
    quick,
)

STOCK: Final = "/usr/share/heartbeat"


def labels(place: str) -> None:
    """Weights and sites that are set on one node are known to both; who lives is not taken away."""
    with Pair(f"labels, hatwist on {place}", *MIXED[place]) as pair:
        pair.boot(groups(quick()))
        for number, node in enumerate(pair.nodes):
            for other in pair.nodes:
                weight, site = f"{number + 1}7", f"attic{number}"
                script(node, "hb_setweight", other.name, weight)
                script(node, "hb_setsite", other.name, site)
                for asked in pair.nodes:
                    _await_answer(pair, asked, weight, "nodeweight", other.name)
                    _await_answer(pair, asked, site, "nodesite", other.name)
        script(pair.one, "hb_delnode", pair.two.name)
        script(pair.one, "hb_addnode", pair.two.name)
        for told in pair.nodes:
            told.await_log(f"deletion failed: node {pair.two.name} is not dead", SETTLED)
            told.await_log(rf"node\({pair.two.name}\) already exists", SETTLED)
            assert sorted(cl_status(told, "listnodes").split()) == sorted(HOME)
        pair.settle(HOME)


def survivor(place: str, kind: str) -> None:
    """
    Who is left alone takes the other one out, refuses it when it returns, and lets it in again.

    Until then it is told so, and nothing moves.
    """
    with Pair(f"{kind} survives, hatwist on {place}", *MIXED[place]) as pair:
        pair.boot(groups(quick()))
        node = pair.ours if kind == "ours" else pair.theirs
        peer = pair.other(node)
        peer.cut_power()
        pair.settle(everything_on(node.name))
        script(node, "hb_delnode", peer.name)
        node.await_log(rf"Removing node \[{peer.name}\] from configuration", SETTLED)
        assert cl_status(node, "listnodes").split() == [node.name]
        since = now()
        peer.boot()
        node.await_log(rf"bad node \[{peer.name}\] in message", SETTLED)
        peer.await_log(f"Status update for node {node.name}: status active", SETTLED, times=2)
        script(node, "hb_addnode", peer.name)
        node.await_log(rf"Adding new node\s?\[{peer.name}\] to configuration", SETTLED)
        added = now()
        pair.settle(HOME)
        assert pair.tenures(node.name, since) == [(node.name, False)]
        moved = pair.watch.judge(pair.address(peer.name)).tenures[-1].start
        assert moved > added, f"{peer.name} has taken its group before it was let in"
        assert sorted(cl_status(node, "listnodes").split()) == sorted(HOME)


def script(node: Node, name: str, *arguments: str) -> None:
    """Run one of heartbeat's scripts on a node."""
    node.host.do(f"{STOCK}/{name}", *arguments)


def _await_answer(pair: Pair, node: Node, answer: str, *question: str) -> None:
    """Wait until a daemon answers something."""
    pair.await_(
        lambda: cl_status(node, *question) == answer, f"{' '.join(question)} is {answer} on {node.name}"
    )


LABS = [
    *(partial(survivor, place, kind) for place, kind in zip(MIXED, ("ours", "theirs"), strict=True)),
    *(partial(labels, place) for place in MIXED),
]

# -*- test-case-name: tests.lab.test_soak_views -*-
"""
What each node says of the cluster, and whether all of it agrees; pure.

A placement says by which node each group is owned; groups are called by their home.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from scripts.lab.soak.choices import ADDRESSES, NODES, peer

Placement = Mapping[str, str]

HOME: Final[Placement] = {node: node for node in NODES}


@dataclass(frozen=True)
class View:
    """
    The cluster as one node tells it.

    @ivar holds: what it claims, C{none}, C{local}, C{foreign} or C{all}; C{None}
        when its kind does not say.
    @ivar peer_holds: what it believes of its peer, likewise.
    @ivar stable: nothing moves.
    @ivar active: the nodes that it sees as active, itself among them.
    @ivar owners: the owner of each group; C{None} when its kind does not say.
    """

    node: str
    holds: str | None
    peer_holds: str | None
    stable: bool
    active: frozenset[str]
    owners: Mapping[str, str | None] | None = None


@dataclass(frozen=True)
class Facts:
    """
    The cluster as it is.

    @ivar addresses: who has the address of each group.
    @ivar script: who runs the script.
    """

    addresses: Mapping[str, tuple[str, ...]]
    script: tuple[str, ...]

    def placement(self) -> Placement | None:
        """Return who has which group; C{None} unless each has one owner."""
        if any(len(owners) != 1 for owners in self.addresses.values()):
            return None
        return {home: owners[0] for home, owners in self.addresses.items()}


def everything_on(node: str) -> Placement:
    """Return the placement with both groups on one node."""
    return dict.fromkeys(NODES, node)


def claim(node: str, placement: Placement) -> str:
    """Return the word for what a node holds."""
    local, foreign = placement[node] == node, placement[peer(node)] == node
    return {(True, True): "all", (True, False): "local", (False, True): "foreign"}.get(
        (local, foreign), "none"
    )


def hatwist_view(status: Mapping[str, Any], nice: bool) -> View:
    """
    Return what a snapshot of hatwist says.

    @param nice: whether the nodes speak of what they hold.
    """
    homes = {address: home for home, address in ADDRESSES.items()}
    owners = {
        home: group["owner"]
        for group in status["groups"]
        for address, home in homes.items()
        if address in group["key"]
    }
    return View(
        status["node"],
        status["holding"] if nice else None,
        status["peer_holding"] if nice else None,
        status["stable"],
        frozenset(node["name"] for node in status["nodes"] if node["status"] == "active"),
        owners,
    )


def client_view(node: str, resources: str, statuses: Mapping[str, str], nice: bool) -> View:
    """
    Return what C{cl_status} is told by a daemon of either kind.

    @param resources: of C{rscstatus}; without nice heartbeat does not count them.
    @param statuses: of C{nodestatus}, by node.
    """
    stable = resources in ("none", "local", "foreign", "all")
    active = frozenset(name for name, status in statuses.items() if status == "active")
    return View(node, resources if nice else None, None, stable, active)


def disagreements(
    placement: Placement, facts: Facts, views: Iterable[View], running: Iterable[str]
) -> list[str]:
    """
    Compare what is, and what nodes say, with a placement.

    @param running: the nodes that should be active.
    @return: every difference in words; nothing when the cluster is settled like that.
    """
    return [*_differing_facts(placement, facts), *_differing_views(placement, views, frozenset(running))]


def _differing_facts(placement: Placement, facts: Facts) -> Iterator[str]:
    for home, owners in facts.addresses.items():
        if owners != (placement[home],):
            yield f"{ADDRESSES[home]} is on {_names(owners)}, not on {placement[home]} alone"
    if facts.script != (placement["node02"],):
        yield f"the script runs on {_names(facts.script)}, not on {placement['node02']} alone"


def _names(nodes: tuple[str, ...]) -> str:
    return " and ".join(nodes) or "no node"


def _differing_views(placement: Placement, views: Iterable[View], running: frozenset[str]) -> Iterator[str]:
    for view in views:
        said = ((view.node, view.holds), (peer(view.node), view.peer_holds))
        for node, holds in said:
            if holds is not None and holds != claim(node, placement):
                yield f"{view.node} says that {node} holds {holds}, not {claim(node, placement)}"
        for home, owner in (view.owners or {}).items():
            if owner != placement[home]:
                yield f"{view.node} says that {owner} owns the group of {home}, not {placement[home]}"
        if not view.stable:
            yield f"{view.node} says that something moves"
        if view.active != running:
            yield f"{view.node} sees {', '.join(sorted(view.active)) or 'nobody'} as active"

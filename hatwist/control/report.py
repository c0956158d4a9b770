# -*- test-case-name: tests.control.test_report -*-
"""
A status as plain lists and dictionaries, for Perspective Broker and for JSON.

This is what scripts read, so it only ever grows; what changes its meaning
gets a new L{VERSION}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypedDict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hatwist.cluster.status import GroupView, LinkView, NodeView, Status

VERSION: Final = 1
"""Of the report's form."""


class LinkReport(TypedDict):
    """
    One link; C{heard} is an age in seconds, None for never; C{loss} is a part of 1,
    C{jitter} and C{delay} (there and back) are seconds, None where nobody knows;
    C{trouble} is why our own medium does not carry.  The links of this node itself
    are up while its media carry.
    """

    link: str
    status: str
    heard: float | None
    loss: float | None
    jitter: float | None
    delay: float | None
    trouble: str


class NodeReport(TypedDict):
    """
    One member; C{heard} and C{deadtime} are seconds, C{unheard} is how many of our
    newest messages it has not acknowledged.
    """

    name: str
    status: str
    generation: int
    heard: float | None
    deadtime: float
    links: list[LinkReport]
    unheard: int
    left: bool


class GroupReport(TypedDict):
    """One resource group; C{state} is its state on this node, C{since} the age of that."""

    key: str
    home: str
    resources: list[str]
    owner: str | None
    state: str
    since: float | None
    why: str
    failures: int


class Report(TypedDict):
    """
    Everything there is to show of a node; C{newest} has the ages of the newest of
    what C{counters} counts, where they are known.
    """

    version: int
    node: str
    uuid: str
    generation: int
    status: str
    mode: str
    auto_failback: str
    holding: str
    peer_holding: str
    stable: bool
    leaving: bool
    nodes: list[NodeReport]
    groups: list[GroupReport]
    counters: dict[str, int]
    newest: dict[str, float]
    voided: list[str]
    deadline: float | None
    troubles: list[str]


def plain(text: str) -> str:
    """
    Make text that can be encoded.

    What peers send may hold bytes that are not UTF-8, as surrogate escapes;
    they are shown as a question mark.
    """
    return text.encode("utf-8", "replace").decode("utf-8")


def report(status: Status, troubles: Sequence[str] = ()) -> Report:
    """
    Turn a snapshot into plain values; ages are rounded to milliseconds.

    @param troubles: what an operator should look at beyond what the snapshot shows.
    """
    return {
        "version": VERSION,
        "node": plain(status.node),
        "uuid": plain(status.uuid),
        "generation": status.generation,
        "status": status.status.value,
        "mode": plain(status.mode),
        "auto_failback": plain(status.auto_failback),
        "holding": status.holding.word,
        "peer_holding": status.peer_holding.word,
        "stable": status.stable,
        "leaving": status.leaving,
        "nodes": [_node(one, own=one.name == status.node) for one in status.nodes],
        "groups": [_group(one) for one in status.groups],
        "counters": {plain(name): count for name, count in status.counters.items()},
        "newest": {plain(name): round(seconds, 3) for name, seconds in status.newest.items()},
        "voided": [plain(one) for one in status.voided],
        "deadline": None if status.deadline is None else round(status.deadline, 3),
        "troubles": [plain(one) for one in troubles],
    }


def _node(view: NodeView, *, own: bool) -> NodeReport:
    return {
        "name": plain(view.name),
        "status": view.status.value,
        "generation": view.generation,
        "heard": _age(view.heard),
        "deadtime": view.deadtime,
        "links": [_link(one, own=own) for one in view.links],
        "unheard": view.unheard,
        "left": view.left,
    }


def _link(view: LinkView, *, own: bool) -> LinkReport:
    carries = "dead" if view.trouble else "up"
    return {
        "link": plain(view.link),
        "status": carries if own else view.status.value,
        "heard": _age(view.heard),
        "loss": None if view.loss is None else round(view.loss, 4),
        "jitter": None if view.jitter is None else round(view.jitter, 6),
        "delay": None if view.delay is None else round(view.delay, 6),
        "trouble": plain(view.trouble),
    }


def _group(view: GroupView) -> GroupReport:
    return {
        "key": plain(view.key),
        "home": plain(view.home),
        "resources": [plain(one) for one in view.resources],
        "owner": None if view.owner is None else plain(view.owner),
        "state": view.state.value,
        "since": _age(view.since),
        "why": plain(view.why),
        "failures": view.failures,
    }


def _age(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)

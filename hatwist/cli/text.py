# -*- test-case-name: tests.cli.test_text -*-
"""
A status report in words, for an operator at three in the morning.

What is wrong comes first, in whole sentences; then everything there is.
Nothing here asks anybody anything: a report goes in, lines come out.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from hatwist.control.report import GroupReport, LinkReport, NodeReport, Report

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR

_HOLDINGS: Final = {
    "none": "no groups",
    "local": "the groups at home here",
    "foreign": "the groups at home at its peer",
    "all": "all groups",
}

_TROUBLED: Final = {
    "failed": "could not be started here: a resource failed, and the group was stopped again",
    "blocked": "could not be stopped here: parts of it may still run, and it is started nowhere",
}

_REFUSED: Final = {
    "not authentic": ("failed authentication", "is authkeys the same on both nodes?"),
    "not authentic on a line": ("failed authentication on a serial line", "noise, or another authkeys?"),
    "malformed": ("could not be read", "does something else send to our port?"),
    "unknown node": ("came from a node that is not in ha.cf", "does another cluster use this port and key?"),
    "twin": ("came from a second machine with the name of a node", "switch one of both off"),
    "our name": ("came from another host with the name of this node", "names of nodes must differ"),
}
"""What is counted and needs a look; the words for it, and where to look."""

_BORNE: Final = {"not authentic on a line": 9}
"""So many are no trouble yet: lines have noise."""

RECENT: Final = 10 * _MINUTE
"""What was counted so long ago that nobody need look at it now is not among the troubles."""

UNHEARD: Final = 25
"""
Messages that a peer has not acknowledged, and seems not to hear us: it should
acknowledge one in ten, and some are lost.
"""


def one_line(text: str) -> str:
    """
    Make text safe to print on one line.

    Peers and scripts write what we show: a line end becomes C{|}, and what
    could steer a terminal becomes C{?}.
    """
    joined = " | ".join(text.splitlines())
    return "".join(letter if letter.isprintable() else "?" for letter in joined)


def age(seconds: float) -> str:
    """Write a duration in its two largest units, such as C{1 h 2 min}."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"


def event_line(kind: str, text: str, when: float, zone: tzinfo | None = None) -> str:
    """
    Write one happening.

    @param when: seconds since the epoch.
    @param zone: None for the local time of this host.
    """
    return f"{moment(when, zone)} {kind:<8} {one_line(text)}"


def moment(when: float, zone: tzinfo | None = None) -> str:
    """Write seconds since the epoch as the time of a zone, None for that of this host."""
    return datetime.fromtimestamp(when, UTC).astimezone(zone).isoformat(sep=" ", timespec="milliseconds")[:23]


def status_lines(report: Report) -> list[str]:
    """Write a whole report: what is wrong, this node, all nodes, all groups, what was counted."""
    wrong = troubles(report)
    heading = [f"! {line}" for line in wrong] if wrong else ["All is well."]
    lines = [*heading, "", *_self_lines(report), "", "Nodes:"]
    for node in report["nodes"]:
        lines.extend(_node_lines(node, own=node["name"] == report["node"]))
    lines.extend(["", "Groups:"])
    lines.extend(group_lines(report))
    counted = [f"{one_line(name)} {count}" for name, count in sorted(report["counters"].items()) if count]
    if counted:
        lines.extend(["", f"Counted since the start: {', '.join(counted)}"])
    return lines


def troubles(report: Report) -> list[str]:
    """Say what an operator should look at; nothing if all is well."""
    found: list[str] = []
    if report["leaving"]:
        found.append("This node is leaving the cluster.")
    elif report["status"] != "active":
        found.append(f"This node is not active yet, but {report['status']}.")
    elif not report["stable"]:
        found.append("Resources are moving, or it is not agreed yet who has them.")
    for node in report["nodes"]:
        if node["name"] != report["node"]:
            found.extend(_node_troubles(node))
        else:
            found.extend(_media_troubles(node))
    found.extend(_twice(report))
    found.extend(_alone(report))
    for group in report["groups"]:
        found.extend(_group_troubles(group, report))
    found.extend(one_line(text) for text in report["troubles"])
    found.extend(_refused(report["counters"], report["newest"]))
    return found


def group_lines(report: Report) -> list[str]:
    """Write every group: what it is, who has it since when, and why."""
    lines: list[str] = []
    for group in report["groups"]:
        lines.append(f"  {one_line(' '.join(group['resources']))}")
        lines.append(f"      {_whereabouts(group, report['node'])}")
        if group["why"]:
            lines.append(f"      why: {one_line(group['why'])}")
    return lines or ["  none: haresources names no resources"]


def _guardian_lines(deadline: float | None) -> list[str]:
    if deadline is None:
        return []
    return [f"  guardian:      releases what runs here in {age(max(0.0, deadline))}, if it hears no more"]


def _self_lines(report: Report) -> list[str]:
    name = one_line(report["node"])
    return [
        f"This is node {name}: {report['status']}, has {_HOLDINGS.get(report['holding'], 'unknown groups')}.",
        f"  mode:          {one_line(report['mode'])}",
        *(f"      not kept there: {one_line(promise)}" for promise in report["voided"]),
        f"  auto_failback: {one_line(report['auto_failback'])}",
        *_guardian_lines(report["deadline"]),
        f"  generation:    {report['generation']}, uuid {one_line(report['uuid'])}",
    ]


def _node_lines(node: NodeReport, own: bool) -> Iterator[str]:
    name = one_line(node["name"])
    if own:
        yield f"  {name}  {node['status']}, this node"
        return
    tail = ""
    if node["status"] not in ("dead", "ping"):
        tail = f", dead after {age(node['deadtime'])} of silence"
    yield f"  {name}  {node['status']}, {_heard(node['heard'])}{tail}"
    for link in node["links"]:
        yield f"      over {_link(link)}: {link['status']}, {_heard(link['heard'])}{_measured(link)}"


def _node_troubles(node: NodeReport) -> Iterator[str]:
    name = one_line(node["name"])
    if _is_ping(node) and node["status"] == "dead":
        yield f"Ping node {name} does not answer, {_heard(node['heard'])}."
        return
    if node["left"]:
        yield f"Node {name} was stopped in order, {_heard(node['heard'])}: it takes nothing over."
        return
    if node["status"] == "dead":
        yield f"Node {name} is dead, {_heard(node['heard'])}."
        return
    if node["unheard"] > UNHEARD:
        missed = f"has acknowledged none of our last {node['unheard']} messages"
        yield f"Node {name} {missed}: it seems not to hear us."
    for link in node["links"]:
        if link["status"] == "dead":
            yield f"The link to node {name} over {_link(link)} is dead, {_heard(link['heard'])}."


def _media_troubles(node: NodeReport) -> Iterator[str]:
    for link in node["links"]:
        if link["trouble"]:
            yield f"Medium {_link(link)} of this node does not carry: {one_line(link['trouble'])}."


def _is_ping(node: NodeReport) -> bool:
    """A ping node has one link, which has its name."""
    return [link["link"] for link in node["links"]] == [node["name"]]


def _alone(report: Report) -> Iterator[str]:
    """Doubt that it is the others who are gone, when nobody at all is heard."""
    others = [node for node in report["nodes"] if node["name"] != report["node"]]
    peers = [node for node in others if not _is_ping(node)]
    if peers and all(node["status"] == "dead" for node in others):
        what = "no other node" if len(peers) == len(others) else "no other node and no ping node"
        yield f"We hear {what}: it may be we who are cut off, and they may serve the same groups."


def _twice(report: Report) -> Iterator[str]:
    """Find groups that both nodes claim; each says it in its own words of local and foreign."""
    living = any(
        node["status"] in ("up", "active") for node in report["nodes"] if node["name"] != report["node"]
    )
    if not living or not report["stable"]:
        return
    for group in report["groups"]:
        ours, theirs = ("local", "foreign") if group["home"] == report["node"] else ("foreign", "local")
        if report["holding"] in (ours, "all") and report["peer_holding"] in (theirs, "all"):
            yield f"Both nodes say that they have group {one_line(group['key'])}: clients may reach either."


def _refused(counters: dict[str, int], newest: dict[str, float]) -> Iterator[str]:
    for kind, (what, question) in _REFUSED.items():
        number, seconds = counters.get(kind, 0), newest.get(kind, 0.0)
        if number > _BORNE.get(kind, 0) and seconds < RECENT:
            messages = "1 message" if number == 1 else f"{number} messages"
            yield f"{messages} {what} since the start, the last {age(seconds)} ago: see ha-log; {question}"


def _measured(link: LinkReport) -> str:
    """Write how well a link carries, as far as it is known; of a dead one it does not matter."""
    if link["status"] == "dead" or link["loss"] is None:
        return ""
    words = [f"{100 * link['loss']:.0f} % lost"]
    for seconds, meaning in ((link["delay"], "there and back"), (link["jitter"], "early or late")):
        if seconds is not None:
            words.append(f"{1000 * seconds:.1f} ms {meaning}")
    return f", {', '.join(words)}"


def _link(link: LinkReport) -> str:
    return one_line(link["link"])


def _group_troubles(group: GroupReport, report: Report) -> Iterator[str]:
    key = one_line(group["key"])
    if group["state"] in _TROUBLED:
        yield f"Group {key} {_TROUBLED[group['state']]}."
    elif group["failures"]:
        times = "once" if group["failures"] == 1 else f"{group['failures']} times"
        yield f"Something of group {key} failed here {times}, and was started again."
    elif group["owner"] is None and report["stable"] and not report["leaving"]:
        yield f"Nobody is known to have group {key}."


def _whereabouts(group: GroupReport, here: str) -> str:
    """Say who has a group, and what we know of it on this node."""
    owner = group["owner"]
    since = "" if group["since"] is None else f", for {age(group['since'])}"
    home = "its home" if owner == group["home"] else f"away from its home {one_line(group['home'])}"
    if owner is None:
        return f"has no owner, {group['state']} here{since}; at home on {one_line(group['home'])}"
    if owner == here:
        return f"on this node, {home}: {group['state']}{since}"
    return f"on {one_line(owner)}, {home}; {group['state']} here{since}"


def _heard(seconds: float | None) -> str:
    return "never heard" if seconds is None else f"heard {age(seconds)} ago"

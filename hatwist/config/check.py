# -*- test-case-name: tests.config.test_check -*-
"""
Rules across the directives of ha.cf, and between ha.cf and haresources.

Each rule adds every problem it finds; what they may know of the host comes in
as L{Seen}.  The order is that of the original.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from attrs import field, frozen

from hatwist.config.directive import Medium
from hatwist.config.directives import TABLE
from hatwist.config.durations import milliseconds
from hatwist.config.findings import Findings, listed, shown, suggestion
from hatwist.config.fitness import LOOPBACK
from hatwist.config.hacf import Reading
from hatwist.config.ipfail import check_ipfail
from hatwist.config.lines import check_speed
from hatwist.config.model import AutoFailback, HaCf, MediumSpec, NodeName, Position, ResourceGroup

MIN_INITDEAD: Final = 10.0
"""Seconds; with less, slow network starts are taken for deaths."""

OUR_SERVICE: Final = "ha-cluster"
"""Our port's name in /etc/services."""

_MISSING_INTERFACE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "bcast": "IP interface [%s] does not exist",
        "mcast": "mcast device [%s] is invalid or not set up properly",
        "mcast6": "mcast6 device [%s] is invalid or not set up properly",
        "ucast": "ucast: interface [%s] does not exist",
        "ucast6": "ucast6 device [%s] is invalid or not set up properly",
    }
)

_MEDIA: Final = frozenset(name for name, row in TABLE.items() if isinstance(row, Medium))


@frozen
class Seen:
    """
    What is known of the host.

    @ivar node: the local node.
    @ivar interfaces: that exist; C{None} where nobody has looked.
    @ivar hosts: addresses by name, as /etc/hosts has them.
    @ivar services: names of UDP ports, as /etc/services has them.
    """

    node: NodeName
    interfaces: frozenset[str] | None = None
    hosts: Mapping[str, tuple[str, ...]] = field(factory=lambda: MappingProxyType({}))
    services: Mapping[int, str] = field(factory=lambda: MappingProxyType({}))


def check_hacf(reading: Reading, seen: Seen, findings: Findings) -> None:
    """Apply every rule that needs ha.cf alone, but for those of ping nodes."""
    file = next(iter(reading.places.values()), Position("ha.cf")).file
    _check_media(reading, Position(file), findings)
    _check_interfaces(reading.cf, seen, findings)
    _check_nodes(reading, seen, Position(file), findings)
    _check_times(reading, findings)
    _check_failback(reading, Position(file), findings)
    _check_logging(reading, Position(file), findings)
    _check_port(reading, seen, findings)
    if _known(reading, "keepalive", "baud"):
        check_speed(reading.cf, findings)
    check_ipfail(reading.cf, findings)


def check_groups(
    groups: Sequence[ResourceGroup], reading: Reading, seen: Seen, file: str, findings: Findings
) -> None:
    """Apply every rule between ha.cf and haresources."""
    nodes = reading.cf.nodes
    strange = {group.node for group in groups} - set(nodes)
    for group in groups:
        if group.node in nodes or not nodes:
            continue
        if strange == {seen.node} and findings.has("not-a-node"):
            continue
        remedy = suggestion(group.node, nodes) or f"the nodes are {listed(nodes)}"
        if group.node in reading.cf.ping_nodes:
            remedy = "a ping node cannot own anything"
        text = f"Bad nodename in {file} [{shown(group.node)}]"
        findings.error(group.where, "unknown-node", text, remedy)
    if not groups:
        findings.note(Position(file), "no-groups", "there is no resource group", "nothing will be started")


def _check_media(reading: Reading, file: Position, findings: Findings) -> None:
    media = reading.cf.media
    carrying = reading.cf.heartbeat_media
    remedy = "add a line such as: bcast eth1"
    if not media:
        if reading.refused.isdisjoint(_MEDIA):
            findings.error(file, "no-media", "No heartbeat media defined", remedy)
    elif not carrying:
        text = "No heartbeat media defined that reaches a node"
        findings.error(media[0].where, "no-media", text, remedy)
    elif len({spec.link for spec in carrying}) == 1:
        text = f"a single medium: when {carrying[0].link} fails, both nodes take everything"
        findings.warn(carrying[0].where, "single-medium", text, "add one on another interface")
    else:
        _check_links(carrying, findings)
    _check_names(reading.cf, carrying, findings)
    seen: dict[tuple[str, str, str, int], MediumSpec] = {}
    for spec in media:
        first = seen.setdefault((spec.kind, spec.link, spec.address, spec.port), spec)
        if first is not spec:
            remedy = f"it is in line {first.where.line} already"
            if spec.is_serial:
                text = f"cannot lock line {shown(spec.link)}"
                findings.error(spec.where, "duplicate-medium", text, remedy)
            else:
                text = f"{spec.kind} {shown(spec.link)} again"
                findings.warn(spec.where, "duplicate-medium", text, remedy)


def _check_links(carrying: Sequence[MediumSpec], findings: Findings) -> None:
    """Two kinds of medium on one interface fail together; several peers of one kind are usual."""
    kinds: dict[str, MediumSpec] = {}
    for spec in carrying:
        first = kinds.setdefault(spec.link, spec)
        if first.kind != spec.kind:
            text = f"{spec.kind} and {first.kind} on {shown(spec.link)} are one link"
            findings.note(spec.where, "one-link", text, f"{first.kind} is in line {first.where.line}")


def _check_names(cf: HaCf, carrying: Sequence[MediumSpec], findings: Findings) -> None:
    """A ping node is a node and a link; whatever had its name as well would be taken for it."""
    links = {spec.link: spec for spec in reversed(carrying)}
    for spec in cf.media:
        if spec in carrying:
            continue
        if spec.link in links:
            other = links[spec.link]
            text = f"{spec.kind} {shown(spec.link)} has the name of a link"
            remedy = f"{other.kind} is in line {other.where.line}; choose another name"
            findings.error(spec.where, "ping-name", text, remedy)
        if NodeName(spec.link) in cf.nodes:
            text = f"{spec.kind} {shown(spec.link)} has the name of a node"
            findings.error(spec.where, "ping-name", text, "choose another name, or write the address")


def _check_interfaces(cf: HaCf, seen: Seen, findings: Findings) -> None:
    for spec in cf.media:
        if spec.kind == "bcast" and spec.interface == LOOPBACK:
            text = f"bcast: interface {spec.interface} cannot broadcast"
            findings.error(spec.where, "unfit-interface", text, "it reaches nobody; take that of a network")
    if seen.interfaces is None:
        return
    for spec in cf.media:
        if spec.interface and spec.interface not in seen.interfaces:
            remedy = suggestion(spec.interface, seen.interfaces)
            if not remedy and seen.interfaces:
                remedy = f"this host has {listed(sorted(seen.interfaces))}"
            text = _MISSING_INTERFACE[spec.kind].replace("%s", spec.interface)
            findings.error(spec.where, "unknown-interface", text, remedy)


def _check_nodes(reading: Reading, seen: Seen, file: Position, findings: Findings) -> None:
    nodes = reading.cf.nodes
    if not nodes:
        if "node" not in reading.refused:
            findings.error(file, "no-nodes", "no nodes defined", "add a line: node NAME NAME")
        return
    first = reading.node_places[nodes[0]]
    if seen.node not in nodes:
        near = suggestion(seen.node, nodes)
        where = next((reading.node_places[node] for node in nodes if f" {node}?" in near), first)
        text = f"Current node [{shown(seen.node)}] not in configuration!"
        remedy = "nodes are named as uname -n prints it, each in a node line"
        findings.error(where, "not-a-node", text, f"{near} {remedy}".strip())
    elif len(nodes) == 1:
        findings.warn(first, "one-node", "a cluster of one node", "nobody can take over")
    if len(nodes) > 2:
        where = reading.node_places[nodes[2]]
        text = f"{len(nodes)} nodes: takeover is between two"
        findings.error(where, "many-nodes", text, "list two nodes")


def _check_times(reading: Reading, findings: Findings) -> None:
    if reading.places:
        _check_deadtimes(reading, findings)
        _check_initdead(reading, findings)
        _check_warntime(reading, findings)


def _check_deadtimes(reading: Reading, findings: Findings) -> None:
    keepalive, remedy = milliseconds(reading.cf.keepalive), "more than twice keepalive"
    deadtime, deadping = milliseconds(reading.cf.deadtime), milliseconds(reading.cf.deadping)
    if _known(reading, "keepalive", "deadtime") and deadtime <= 2 * keepalive:
        text = f"Dead time [{deadtime}] is too small compared to keeplive [{keepalive}]"
        findings.error(_place(reading, "deadtime", "keepalive"), "deadtime", text, remedy)
    where = reading.places.get("deadping")
    if where and _known(reading, "keepalive", "deadping") and deadping <= 2 * keepalive:
        text = f"Ping dead time [{deadping}] is too small compared to keeplive [{keepalive}]"
        findings.error(where, "deadping", text, remedy)
    elif where and reading.cf.ipfail is not None and _known(reading, "deadtime", "deadping"):
        _check_deadping(where, deadping, deadtime, findings)


def _check_deadping(where: Position, deadping: int, deadtime: int, findings: Findings) -> None:
    """heartbeat's ipfail looks after a deadtime, and sees nothing of a ping node that dies later."""
    if deadping > deadtime:
        text = f"deadping [{deadping}] is more than deadtime [{deadtime}]"
        findings.note(where, "deadping", text, "ipfail of heartbeat may do nothing: docs/media.md")


def _check_initdead(reading: Reading, findings: Findings) -> None:
    initdead, deadtime = milliseconds(reading.cf.initdead), milliseconds(reading.cf.deadtime)
    where, remedy = _place(reading, "initdead", "deadtime"), "at least twice deadtime, and 10 seconds"
    if not _known(reading, "deadtime", "initdead"):
        return
    if initdead < deadtime:
        text = f"Initial dead time [{initdead}] is smaller than deadtime [{deadtime}]"
        findings.error(where, "initdead", text, remedy)
    elif initdead < milliseconds(MIN_INITDEAD):
        text = f"Initial dead time [{initdead} ms] may be too small!"
        findings.warn(where, "initdead", text, f"{remedy}: networks start slowly")
    elif "initdead" in reading.places and initdead < 2 * deadtime:
        text = f"initdead [{initdead}] is less than twice deadtime [{deadtime}]"
        findings.note(where, "initdead", text, remedy)


def _check_warntime(reading: Reading, findings: Findings) -> None:
    cf, where = reading.cf, reading.places.get("warntime")
    if not where or not _known(reading, "warntime", "keepalive", "deadtime"):
        return
    if not cf.keepalive < cf.warntime < cf.deadtime:
        text = f"warntime [{milliseconds(cf.warntime)}] is not between keepalive and deadtime"
        findings.warn(where, "warntime", text, "half of deadtime is a good value")


def _known(reading: Reading, *names: str) -> bool:
    """Whether none of these directives has a finding of its own."""
    return reading.refused.isdisjoint(names)


def _place(reading: Reading, *names: str) -> Position:
    """Return where the first of these directives stands that does, else any."""
    return next(reading.places[name] for name in (*names, *reading.places) if name in reading.places)


def _check_failback(reading: Reading, file: Position, findings: Findings) -> None:
    if reading.cf.parameters["autojoin"] != "none":
        text = "R1 style resource management conflicts with  autojoin set"
        findings.error(reading.places["autojoin"], "autojoin", text, "write autojoin none")
    if reading.cf.auto_failback is AutoFailback.LEGACY and _is_meant_legacy(reading):
        where = reading.places.get("auto_failback", file)
        text = "Deprecated 'legacy' auto_failback option selected."
        findings.warn(where, "legacy-failback", text, "write auto_failback on, or off")


def _is_meant_legacy(reading: Reading) -> bool:
    """Whether legacy is what was asked for, and not what is left of a directive that has its own finding."""
    return "nice_failback" not in reading.places and "auto_failback" not in reading.refused


def _check_logging(reading: Reading, file: Position, findings: Findings) -> None:
    log = reading.cf.log
    written = [name for name in ("logfile", "debugfile", "logfacility") if name in reading.places]
    for name, path in (("logfile", log.logfile), ("debugfile", log.debugfile)):
        if path and not path.startswith("/"):
            text = f"{name} [{shown(path)}] is not a full path"
            findings.warn(reading.places[name], "logging", text, f"write {name} /var/log/{path}")
    where = reading.places.get("use_logd", file)
    if log.use_logd and written:
        text = f"logd is enabled but {'/'.join(written)} is still configured in ha.cf"
        findings.warn(where, "logging", text, "remove one or the other")
    elif not log.use_logd and not written:
        remedy = "add a line: logfile /var/log/ha-log"
        if "use_logd" in reading.places:
            text = "No log entry found in ha.cf and use_logd is set to off"
            findings.error(where, "logging", text, remedy)
        else:
            findings.note(where, "logging", "No log entry found in ha.cf", remedy)


def _check_port(reading: Reading, seen: Seen, findings: Findings) -> None:
    port = reading.cf.udpport
    service = seen.services.get(port, OUR_SERVICE)
    if service != OUR_SERVICE and "udpport" in reading.places:
        text = f'udpport: udp port {port} reserved for service "{service}".'
        findings.warn(reading.places["udpport"], "port-reserved", text, "694 is ours")

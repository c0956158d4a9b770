# -*- test-case-name: tests.config.test_live -*-
"""
What can be seen on the host and is not in the files: its clock, its names, its
firewall, its services.

L{check_live} judges, through L{Probes}; L{hatwist.config.probes} looks, and
changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from ipaddress import ip_address, ip_interface
from typing import Final, Protocol

from attrs import frozen

from hatwist.config.addresses import check_held, check_peers
from hatwist.config.findings import Findings, listed
from hatwist.config.firewall import Packet, blocked_by_iptables, blocked_by_nft
from hatwist.config.fitness import check_fitness, parse_fitness
from hatwist.config.haresources import ADDRESS_SCRIPTS
from hatwist.config.hosts import parse_hosts
from hatwist.config.lines import check_locks
from hatwist.config.metadata import Agent, Answer, check_agents
from hatwist.config.model import HaCf, NodeName, Position, ResourceGroup, Seconds, node_name
from hatwist.config.ping import PING_CODES, Neighbourhood, Network, check_pings, written_neighbourhood
from hatwist.config.reach import check_devices, check_names
from hatwist.config.units import check_loaded, unit_name

HOST: Final = Position("this host")
HOSTS: Final = Position("/etc/hosts")

PID_FILE: Final = "/run/heartbeat.pid"
"""Held by the daemon that runs, of either kind."""

_UNSYNCHRONISED: Final = 5
"""What adjtimex(2) returns (C{TIME_ERROR}) while nothing keeps the clock."""


class Probes(Protocol):
    """Ways to look at a host."""

    def read(self, path: str) -> str | None:
        """Return the text of a file, C{None} if it cannot be read."""

    def run(self, *command: str) -> str | None:
        """Return what a program prints, C{None} if it is not there or takes too long."""

    def ask(self, command: Sequence[str], environment: Mapping[str, str], timeout: Seconds) -> Answer:
        """Return how a program ended that was given an environment and a time."""

    def names_in(self, directory: str) -> tuple[str, ...]:
        """Return what is in a directory; nothing if it is not there."""

    def clock_state(self) -> int | None:
        """Return the state of the kernel's clock as adjtimex(2) has it, C{None} if unknown."""


@frozen
class Subject:
    """
    What is checked.

    @ivar hostname: as C{uname -n} prints it.
    @ivar agents: the OCF agents of the groups' resources.
    """

    cf: HaCf
    groups: tuple[ResourceGroup, ...]
    node: NodeName
    hostname: str
    agents: tuple[Agent, ...] = ()


@frozen
class Interfaces:
    """
    The addresses of this host.

    @ivar addresses: each with its interface.
    """

    addresses: tuple[tuple[str, str], ...] = ()
    networks: tuple[Network, ...] = ()


def check_live(subject: Subject, probes: Probes, findings: Findings) -> None:
    """
    Look at the host, and add what does not fit the configuration.

    @param findings: those of the files; what they say already is not said again.
    """
    shown = probes.run("ip", "-j", "address", "show") or ""
    interfaces = parse_addresses(shown)
    _check_names(subject, interfaces, probes, findings)
    _check_clock(probes, findings)
    _check_firewall(subject, probes, findings)
    _check_services(subject, probes, findings)
    _check_pings(subject, interfaces, probes, findings)
    check_locks(subject.cf, probes.read, findings)
    check_names(subject.cf, probes.run, findings)
    check_devices(subject.cf, probes.run, findings)
    check_fitness(subject.cf, parse_fitness(shown), findings)
    own = dict(interfaces.addresses)
    check_peers(subject.cf, subject.node, own.keys(), findings)
    check_held(subject.groups, own, _missing_daemon(probes), findings)
    check_loaded(subject.groups, probes.run, findings)
    check_agents(subject.agents, probes.ask, findings)


def parse_addresses(text: str) -> Interfaces:
    """Read what C{ip -j address show} prints; what is not as expected is left out."""
    addresses: list[tuple[str, str]] = []
    networks: list[Network] = []
    try:
        entries = json.loads(text)
        for entry in entries:
            for one in entry.get("addr_info", ()):
                interface = ip_interface(f"{one['local']}/{one['prefixlen']}")
                addresses.append((str(interface.ip), str(entry["ifname"])))
                if not interface.ip.is_loopback and not interface.ip.is_link_local:
                    networks.append(interface.network)
    except (ValueError, TypeError, AttributeError, KeyError):
        pass  # another version of ip: what was read until here is true
    return Interfaces(tuple(addresses), tuple(dict.fromkeys(networks)))


def _missing_daemon(probes: Probes) -> str:
    """Say that no daemon runs here which could have added a service address; empty if one does."""
    pid = (probes.read(PID_FILE) or "").strip()
    if pid.isdecimal() and pid.isascii() and probes.names_in(f"/proc/{pid}"):
        return ""
    return f"{PID_FILE} names no daemon that could have put it there"


def _check_names(subject: Subject, interfaces: Interfaces, probes: Probes, findings: Findings) -> None:
    if node_name(subject.hostname) != subject.node:
        text = f"this host is called {subject.hostname}, and is node {subject.node} here"
        findings.note(HOST, "hostname", text, "nodes are named as uname -n prints it, or by nodeinfo")
    hosts = parse_hosts(probes.read("/etc/hosts") or "")
    own = {address for address, _ in interfaces.addresses}
    for node in subject.cf.nodes:
        addresses = hosts.get(node, ())
        local = node == subject.node
        loopback = [one for one in addresses if ip_address(one).is_loopback]
        if not addresses:
            findings.warn(HOSTS, "hosts", f"node {node} is not in /etc/hosts", f"add a line: ADDRESS {node}")
        elif loopback:
            remedy = "write the address that the other node sees"
            findings.warn(HOSTS, "hosts", f"node {node} is {loopback[0]} in /etc/hosts", remedy)
        elif local and own and not own.intersection(addresses):
            text = f"node {node} is {listed(addresses)} in /etc/hosts, and no interface has it"
            findings.warn(HOSTS, "hosts", text, f"this host has {listed(sorted(own))}")
        elif not local and own.intersection(addresses):
            text = f"node {node} is {listed(addresses)} in /etc/hosts, which is this host"
            findings.warn(HOSTS, "hosts", text, "write the address of that node")


def _check_clock(probes: Probes, findings: Findings) -> None:
    said = (probes.run("timedatectl", "show", "--property=NTPSynchronized", "--value") or "").strip()
    state = probes.clock_state()
    unmeasured = "how far it is from the peers' is known once they are heard"
    if said == "yes" or (not said and state is not None and state != _UNSYNCHRONISED):
        findings.note(HOST, "clock", "the clock of this host is synchronised", unmeasured)
    elif said == "no" or state == _UNSYNCHRONISED:
        text = "the clock of this host is not synchronised"
        findings.warn(HOST, "clock", text, f"run chrony or systemd-timesyncd; {unmeasured}")
    else:
        findings.note(HOST, "clock", "nothing tells whether this host's clock is right", unmeasured)


def _check_firewall(subject: Subject, probes: Probes, findings: Findings) -> None:
    four, six = probes.run("iptables", "-S"), probes.run("ip6tables", "-S")
    nft = probes.run("nft", "list", "ruleset")
    if four is None and six is None and nft is None:
        text = "the firewall could not be looked at"
        findings.note(HOST, "firewall", text, "run this as root")
    for spec in subject.cf.heartbeat_media:
        if not spec.port:
            continue
        packet = Packet(spec.port, spec.interface, six=spec.kind.endswith("6"))
        rules = six if packet.six else four
        rule = blocked_by_iptables(rules or "", packet) or blocked_by_nft(nft or "", packet)
        if rule:
            text = f"the firewall drops UDP port {spec.port} on {spec.interface}: {rule}"
            remedy = f"let UDP port {spec.port} in on {spec.interface}"
            findings.warn(spec.where, "firewall", text, remedy)


def _check_services(subject: Subject, probes: Probes, findings: Findings) -> None:
    seen: set[str] = set(ADDRESS_SCRIPTS)
    for resource in (one for group in subject.groups for one in group.resources):
        if resource.script in seen:
            continue
        seen.add(resource.script)
        unit = unit_name(resource.script)
        name = unit or resource.script
        how = _enabled(name, probes)
        if how:
            text = f"{name} is started at boot ({how}), and by the cluster"
            remedy = f"systemctl disable {name}" + (f", or update-rc.d {name} disable" if not unit else "")
            findings.warn(resource.where, "enabled-at-boot", text, remedy)


def _enabled(name: str, probes: Probes) -> str:
    if name.startswith("-"):
        return ""
    said = (probes.run("systemctl", "is-enabled", name) or "").strip().split("\n")[-1]
    if said in ("enabled", "enabled-runtime"):
        return f"systemctl: {said}"
    for level in "2345":
        directory = f"/etc/rc{level}.d"
        for link in probes.names_in(directory):
            if link[:1] == "S" and link[1:3].isdigit() and link[3:] == name:
                return f"{directory}/{link}"
    return ""


def _check_pings(subject: Subject, interfaces: Interfaces, probes: Probes, findings: Findings) -> None:
    """Judge the ping nodes again, with the addresses of this host instead of those that are written."""
    if not interfaces.networks:
        return
    hosts = parse_hosts(probes.read("/etc/hosts") or "")
    written = written_neighbourhood(subject.cf, subject.groups, hosts)
    own = {address: f"an address of this host ({name})" for address, name in interfaces.addresses}
    places = {spec.where for spec in subject.cf.ping_media}
    findings.problems[:] = [
        one for one in findings.problems if one.where not in places or one.code not in PING_CODES
    ]
    around = Neighbourhood({**written.members, **own}, interfaces.networks)
    check_pings(subject.cf, around, hosts, findings)

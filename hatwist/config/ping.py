# -*- test-case-name: tests.config.test_ping -*-
"""
Rules about ping nodes: a good one is neither a member nor out of reach.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final

from attrs import frozen

from hatwist.config.findings import Findings, listed, shown
from hatwist.config.haresources import service_address
from hatwist.config.model import HaCf, MediumSpec, ResourceGroup, node_name
from hatwist.config.values import host, is_address

Network = IPv4Network | IPv6Network

PING_CODES: Final = frozenset({"ping-member", "ping-outside", "ping-host"})
"""The codes of L{check_pings}."""


@frozen
class Neighbourhood:
    """
    What is known of who has which address.

    @ivar members: what is known by which address: nodes, and groups.
    @ivar networks: that the cluster's hosts are in, as far as is known; empty
        where nothing is.
    """

    members: Mapping[str, str]
    networks: tuple[Network, ...]


def written_neighbourhood(
    cf: HaCf, groups: Sequence[ResourceGroup], hosts: Mapping[str, tuple[str, ...]]
) -> Neighbourhood:
    """Return what the configuration and /etc/hosts tell of addresses."""
    members: dict[str, str] = {}
    networks: list[Network] = []
    for node in cf.nodes:
        for address in hosts.get(node, ()):
            members[address] = f"an address of node {node}"
    for spec in cf.media:
        if spec.kind.startswith("ucast"):
            members.setdefault(spec.address, f"the peer of ucast {spec.interface}")
    for group in groups:
        for service in map(service_address, group.resources):
            if service is None:
                continue
            members.setdefault(str(service.ip), f"the service address of group {group.key}")
            if service.network.prefixlen < service.network.max_prefixlen:
                networks.append(service.network)
    return Neighbourhood(members, tuple(dict.fromkeys(networks)))


def check_pings(
    cf: HaCf, around: Neighbourhood, hosts: Mapping[str, tuple[str, ...]], findings: Findings
) -> None:
    """Find ping nodes that are members, out of every known network, or cannot be."""
    for spec in cf.ping_media:
        title = f"{spec.kind} {spec.link}"
        unreadable = [host for host in ping_hosts(spec) if not _is_host(host)]
        if unreadable:
            text = f"{title}: {shown(listed(unreadable))} cannot be a host"
            remedy = "write addresses, with blanks between them"
            findings.warn(spec.where, "ping-host", text, remedy)
            continue
        members = list(_members(spec, cf, around, hosts))
        strangers = _strangers(spec, around)
        if members:
            text = f"{title}: {members[0]}"
            remedy = "choose a host that is not of the cluster, such as the router"
            findings.warn(spec.where, "ping-member", text, remedy)
        elif strangers:
            verb = "is" if len(strangers) == 1 else "are"
            known = listed(str(network) for network in around.networks)
            text = f"{title}: {listed(strangers)} {verb} in no network known here ({known})"
            findings.warn(spec.where, "ping-outside", text, "choose hosts that answer, such as the router")


def ping_hosts(spec: MediumSpec) -> tuple[str, ...]:
    """Return the hosts of a ping medium, as written."""
    return spec.members or (spec.address,)


def _is_host(text: str) -> bool:
    try:
        host(text)
    except ValueError:
        return False
    return True


def _members(
    spec: MediumSpec, cf: HaCf, around: Neighbourhood, hosts: Mapping[str, tuple[str, ...]]
) -> Iterator[str]:
    if spec.kind == "ping_group" and node_name(spec.link) in cf.nodes:
        yield f"{spec.link} is the name of a node"
    for name in ping_hosts(spec):
        if node_name(name) in cf.nodes:
            yield f"{name} is a node"
        for address in (name, *hosts.get(name.lower(), ())):
            if address in around.members:
                yield f"{name} is {around.members[address]}"


def _strangers(spec: MediumSpec, around: Neighbourhood) -> tuple[str, ...]:
    """Return the addresses of the ping medium outside of every network, if any network is known."""
    if not around.networks:
        return ()
    versions = {network.version for network in around.networks}
    addresses = [ip_address(one) for one in ping_hosts(spec) if is_address(one)]
    return tuple(
        str(address)
        for address in addresses
        if address.version in versions and not any(address in network for network in around.networks)
    )

# -*- test-case-name: tests.config.test_addresses -*-
"""
Rules about addresses: those that move, and those that belong to a host.

What a host has is a mapping of each address to words for whose it is, from
/etc/hosts, or from the host itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from ipaddress import ip_address
from typing import Final

from hatwist.config.findings import Findings, listed, shown, suggestion
from hatwist.config.haresources import service_address
from hatwist.config.model import HaCf, NodeName, Resource, ResourceGroup, node_name

_OWN_ADDRESS: Final = (
    "take an address that no host has: a service address is removed when its group is stopped"
)


def service_interface(resource: Resource) -> str:
    """
    Return the network interface that a service address names.

    @return: without the number of an alias; empty where none is named, or the
        resource is no address.
    """
    address = service_address(resource)
    if address is None:
        return ""
    third, fourth = [*resource.arguments[0].split("/"), "", "", ""][2:4]
    if address.version == 4 and third[:1].isdigit() and not fourth:
        return ""  # a broadcast address stands there
    return third.partition(":")[0]


def check_interfaces(
    groups: Sequence[ResourceGroup], interfaces: Set[str] | None, findings: Findings
) -> None:
    """
    Report service addresses on interfaces that do not exist.

    @param interfaces: that exist; C{None} where nobody has looked.
    """
    if interfaces is None:
        return
    for resource in _resources(groups):
        name = service_interface(resource)
        if not name or name in interfaces:
            continue
        remedy = suggestion(name, interfaces)
        if not remedy and interfaces:
            remedy = f"this host has {listed(sorted(interfaces))}"
        text = f"[{shown(resource.text)}]: interface [{shown(name)}] does not exist"
        findings.error(resource.where, "unknown-interface", text, remedy)


def check_addresses(groups: Sequence[ResourceGroup], owners: Mapping[str, str], findings: Findings) -> None:
    """
    Report service addresses that belong to a host; those reported already are left out.

    @param owners: words such as C{the address of node alpha}, by address.
    """
    for resource, owner in _owned(groups, owners, findings):
        text = f"[{shown(resource.text)}] is {owner}"
        findings.warn(resource.where, "own-address", text, _OWN_ADDRESS)


def check_held(
    groups: Sequence[ResourceGroup], held: Mapping[str, str], daemon: str, findings: Findings
) -> None:
    """
    Report service addresses that this host has now; those reported already are left out.

    @param held: the interface of each address.
    @param daemon: where a daemon was looked for that may have put them there;
        empty if one runs.
    """
    for resource, interface in _owned(groups, held, findings):
        text = f"[{shown(resource.text)}] is on {interface} of this host"
        if daemon:
            findings.warn(resource.where, "own-address", f"{text}, and {daemon}", _OWN_ADDRESS)
        else:
            remedy = (
                "as it should if its group runs here, else take it out of the host's network configuration"
            )
            findings.note(resource.where, "own-address", text, remedy)


def check_peers(cf: HaCf, node: NodeName, own: Set[str], findings: Findings) -> None:
    """
    Report C{ucast} and C{ucast6} lines that all name the local node.

    @param own: the addresses of this host, as far as they are known.
    """
    lines = [spec for spec in cf.media if spec.kind in ("ucast", "ucast6")]
    if not lines or findings.has("own-ucast"):
        return
    if all(_canonical(spec.address) in own or node_name(spec.address) == node for spec in lines):
        names = listed(dict.fromkeys(spec.address for spec in lines))
        text = f"no ucast line names a peer, but only this host: {names}"
        remedy = "add a ucast line with the address of the other node"
        findings.warn(lines[0].where, "own-ucast", text, remedy)


def _canonical(address: str) -> str:
    """Return an address as this host's are written; a name as it is."""
    return str(ip_address(address)) if ":" in address else address


def written_owners(cf: HaCf, hosts: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Return what /etc/hosts tells of the addresses of nodes."""
    return {
        address: f"the address of node {node} in /etc/hosts"
        for node in cf.nodes
        for address in hosts.get(node, ())
    }


def _owned(
    groups: Sequence[ResourceGroup], owners: Mapping[str, str], findings: Findings
) -> Iterator[tuple[Resource, str]]:
    """Yield each service address that has an owner and was not reported yet."""
    reported = {one.where for one in findings.problems if one.code == "own-address"}
    for resource in _resources(groups):
        service = service_address(resource)
        owner = owners.get(str(service.ip)) if service is not None else None
        if owner is not None and resource.where not in reported:
            yield resource, owner


def _resources(groups: Sequence[ResourceGroup]) -> Iterator[Resource]:
    for group in groups:
        yield from group.resources

# -*- test-case-name: tests.config.test_haresources -*-
"""
haresources: text in, resource groups out.

One logical line is one group: its home node, then its resources.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Interface, IPv6Address, IPv6Interface, ip_interface
from typing import Final

from hatwist.config import values
from hatwist.config.findings import Findings, shown
from hatwist.config.lexer import Word, resource_lines
from hatwist.config.model import Position, Resource, ResourceGroup, node_name

ADDRESS_SCRIPTS: Final = frozenset({"IPaddr", "IPaddr2", "IPv6addr"})
"""Scripts whose first argument is a service address."""

_SHORTHAND: Final = re.compile(r"[0-9].*\.[0-9].*\.[0-9].*\.[0-9].*")
_BRACKETS: Final = re.compile(r"\[([^\[\]]*)\]")


def parse_haresources(text: str, file: str, findings: Findings) -> tuple[ResourceGroup, ...]:
    """
    Read haresources to its end, whatever is wrong with it.

    @param findings: gets every problem that the file has in itself; whether
        the nodes exist is for L{hatwist.config.check}.
    """
    groups: list[ResourceGroup] = []
    for words in resource_lines(text, file, findings):
        home, *rest = words
        if not rest:
            message = f"the line of {shown(home.text)} has no resource"
            findings.warn(home.where, "empty-group", message, "write NODE RESOURCE ...")
            continue
        resources = tuple(_read_resource(word, findings) for word in rest)
        groups.append(ResourceGroup(node_name(home.text), resources, home.where))
    _check_duplicates(groups, findings)
    return tuple(groups)


def split(text: str) -> tuple[str, ...]:
    """
    Split a resource at every C{::} that is not inside of brackets.

    @return: the script and its arguments, the brackets of an IPv6 address removed.
    """
    pieces: list[str] = []
    rest = text
    while True:
        bracket = rest.find("[")
        colons = rest.find("::")
        if 0 <= bracket < colons:
            closing = rest.find("]", bracket)
            colons = rest.find("::", closing) if closing > bracket else colons
        if colons < 0:
            pieces.append(rest)
            break
        pieces.append(rest[:colons])
        rest = rest[colons + 2 :]
    return tuple(_BRACKETS.sub(_unbracket, piece, count=1) for piece in pieces)


def service_address(resource: Resource) -> IPv4Interface | IPv6Interface | None:
    """
    Return the address that a resource brings, with its network.

    @return: C{None} for a resource that is no address, or a malformed one; the
        network is the address alone where the prefix is not written.
    """
    if resource.script not in ADDRESS_SCRIPTS or not resource.arguments:
        return None
    address, _, rest = resource.arguments[0].partition("/")
    bits = rest.partition("/")[0]
    try:
        return ip_interface(f"{address}/{bits}" if bits.isdigit() else address)
    except ValueError:
        return None


def bracketed(resource: Resource) -> str:
    """Return how to write a resource that looks like a bare IPv6 address; empty if it does not."""
    address, slash, rest = resource.text.partition("/")
    return f"write IPv6addr::[{address}]{slash}{rest}" if _is_ipv6(address) else ""


def _unbracket(found: re.Match[str]) -> str:
    inner = found[1]
    return inner if ":" in inner and values.is_address(inner) else found[0]


def _read_resource(word: Word, findings: Findings) -> Resource:
    if _SHORTHAND.fullmatch(word.text):
        resource = Resource(word.text, "IPaddr", split(word.text), word.where)
    elif word.text.startswith("["):
        resource = Resource(word.text, "IPv6addr", split(word.text), word.where)
    else:
        script, *arguments = split(word.text)
        resource = Resource(word.text, script, tuple(arguments), word.where)
    _check_resource(resource, word.where, findings)
    return resource


def _check_resource(resource: Resource, where: Position, findings: Findings) -> None:
    if not resource.script or "/" in resource.script:
        text = f"[{shown(resource.text)}] does not name a script"
        remedy = bracketed(resource) or "write SCRIPT or SCRIPT::ARGUMENT::ARGUMENT"
        findings.error(where, "bad-resource", text, remedy)
    elif resource.script in ADDRESS_SCRIPTS:
        _check_address(resource, where, findings)
    elif "" in resource.arguments:
        text = f"[{shown(resource.text)}] has an empty argument"
        findings.warn(where, "empty-argument", text, "arguments stand between double colons")


def _check_address(resource: Resource, where: Position, findings: Findings) -> None:
    if service_address(resource) is not None:
        return
    written = "::".join(resource.arguments)
    address = written.partition("/")[0]
    if _is_ipv6(address):
        text = f"[{shown(resource.text)}]: the double colon of the address separates arguments"
        remedy = f"write {resource.script}::[{address}]{written[len(address) :]}"
        findings.error(where, "unbracketed-address", text, remedy)
        return
    text = f"[{shown(resource.text)}] has no valid address"
    remedy = f"write {resource.script}::ADDRESS/BITS/INTERFACE, as {resource.script}::192.168.1.5/24/eth0"
    if not address or address[0].isdigit() or ":" in address:
        findings.error(where, "bad-address", text, remedy)
    else:
        findings.warn(where, "bad-address", text, remedy)


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True


def _check_duplicates(groups: list[ResourceGroup], findings: Findings) -> None:
    keys: dict[str, ResourceGroup] = {}
    for group in groups:
        first = keys.setdefault(group.key, group)
        if first is not group:
            text = f"a second group with the key {shown(group.key)}"
            remedy = f"the first is in line {first.where.line}; the first resource of a line must be unique"
            findings.error(group.resources[0].where, "duplicate-group", text, remedy)
    seen: dict[str, Resource] = {}
    for group in groups:
        here: dict[str, Resource] = {}
        for resource in group.resources:
            identity = _identity(resource)
            if identity in here:
                text = f"{shown(identity)} twice in one group"
                findings.warn(resource.where, "duplicate-resource", text, "once is enough")
            here.setdefault(identity, resource)
        for identity, resource in here.items():
            first_one = seen.setdefault(identity, resource)
            if first_one is not resource and keys[group.key] is group:
                _report_in_two_groups(identity, resource, first_one, findings)


def _identity(resource: Resource) -> str:
    """Return the same text for what cannot be had twice."""
    address = service_address(resource)
    return f"address {address.ip}" if address else resource.text


def _report_in_two_groups(identity: str, resource: Resource, first: Resource, findings: Findings) -> None:
    place = f"it is in line {first.where.line} already"
    text = f"{shown(identity)} in two groups"
    if identity.startswith("address "):
        remedy = f"{place}; two nodes could have it at once"
        findings.error(resource.where, "duplicate-address", text, remedy)
    else:
        remedy = f"{place}; stopping one group stops it for the other"
        findings.warn(resource.where, "duplicate-resource", text, remedy)

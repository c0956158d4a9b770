# -*- test-case-name: tests.resources.test_wanted -*-
"""
What the argument of C{IPaddr}, C{IPaddr2} and C{IPv6addr} says.

The forms are C{ip}, C{ip/bits}, C{ip/bits/interface}, C{ip/bits/broadcast} and
C{ip/bits/interface/broadcast}, with or without a C{/} at the end; the
interface may be an alias, C{eth0:0}.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from ipaddress import IPv4Address, ip_address, ip_interface, ip_network

from attrs import frozen

from hatwist.config.guardian import ADDRESSES
from hatwist.config.model import ResourceGroup
from hatwist.errors import AgentError
from hatwist.resources.network import IPAddress

MAX_PARTS = 4


@frozen
class Wanted:
    """
    An address as asked for.

    @ivar prefix: bits; None when the routes are to tell.
    @ivar device: the interface; empty when the routes are to tell.
    @ivar label: the alias, C{eth0:0}; empty if there is none.
    @ivar broadcast: None when it follows from the prefix.
    """

    ip: IPAddress
    prefix: int | None = None
    device: str = ""
    label: str = ""
    broadcast: IPv4Address | None = None

    def broadcast_at(self, prefix: int) -> IPv4Address | None:
        """Return the broadcast address; None where there is none."""
        if self.broadcast is not None:
            return self.broadcast
        network = ip_interface((self.ip, prefix)).network
        address = network.broadcast_address
        return address if isinstance(address, IPv4Address) and network.num_addresses > 2 else None


def read_wanted(arguments: Sequence[str]) -> Wanted:
    """
    Read the arguments of an address resource.

    haresources splits at each C{::}, IPv6 addresses included, so they are
    joined again.

    @raise AgentError: says what is wrong.
    """
    text = "::".join(arguments)
    first, *rest = text.split("/")
    ip = _address(first, text)
    if len(rest) >= MAX_PARTS and any(rest[MAX_PARTS - 1 :]):
        raise AgentError(f"more than ip/bits/interface/broadcast: {text}")
    bits, third, fourth = (*rest, "", "", "")[:3]
    prefix = _prefix(bits, ip, text) if bits else None
    if ip.version == 4 and third[:1].isdigit() and not fourth:
        third, fourth = "", third
    label = third if ":" in third else ""
    device = third.partition(":")[0]
    return Wanted(ip, prefix, device, label if ip.version == 4 else "", _broadcast(fourth, ip, text))


def addresses_of(group: ResourceGroup) -> Iterator[IPAddress]:
    """Yield the addresses of a group; what makes no sense cannot be started either."""
    for resource in group.resources:
        if resource.script in ADDRESSES:
            with suppress(AgentError):
                yield read_wanted(resource.arguments).ip


def _address(word: str, text: str) -> IPAddress:
    try:
        return ip_address(word)
    except ValueError:
        raise AgentError(f"not an IP address: {text or 'nothing'}") from None


def _prefix(word: str, ip: IPAddress, text: str) -> int:
    """Read a number of bits, or a netmask in dots."""
    try:
        prefix = ip_network(f"0.0.0.0/{word}").prefixlen if "." in word else int(word)
    except ValueError:
        prefix = 0
    if not 0 < prefix <= ip.max_prefixlen:
        raise AgentError(f"not a netmask: {word!r} in {text}")
    return prefix


def _broadcast(word: str, ip: IPAddress, text: str) -> IPv4Address | None:
    if not word:
        return None
    try:
        if ip.version == 4:
            return IPv4Address(word)
    except ValueError:
        pass
    raise AgentError(f"not a broadcast address: {word!r} in {text}")

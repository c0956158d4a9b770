# -*- test-case-name: tests.cli.test_frames -*-
"""
Unwrap packets: link headers, VLAN tags, IPv4 and IPv6 with its extensions.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv6Address
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from attrs import frozen

from hatwist.cli.pcap import CaptureError

if TYPE_CHECKING:
    from hatwist.cli.pcap import Packet

MAX_TAGS: Final = 4
"""VLAN tags on one frame."""

MAX_HEADERS: Final = 16
"""Extension headers of one IPv6 packet."""

_IPV4: Final = 0x0800
_IPV6: Final = 0x86DD
_VLAN: Final = frozenset({0x8100, 0x88A8, 0x9100})
_FAMILIES: Final = {2: _IPV4, 10: _IPV6, 24: _IPV6, 28: _IPV6, 30: _IPV6}
_VERSIONS: Final = {4: _IPV4, 6: _IPV6}
_FRAGMENT: Final = 44
_EXTENSIONS: Final = frozenset({0, 43, 60})

_Unwrapped = tuple[int, int, str]
"""The kind of what a link carries, where it starts, and on which interface."""


@frozen
class Datagram:
    """
    One IP packet, or a part of one.

    @ivar offset: of this part.
    @ivar more: parts follow.
    @ivar number: which datagram it is a part of.
    @ivar size: how many bytes C{data} should have.
    """

    packet: Packet
    interface: str
    source: IPv4Address | IPv6Address
    destination: IPv4Address | IPv6Address
    protocol: int
    data: bytes
    size: int
    offset: int = 0
    more: bool = False
    number: int = 0


def unwrap(packet: Packet) -> Datagram | None:
    """
    Find the IP packet in what was captured.

    @return: None when there is none, or it is cut off in a header.
    @raise CaptureError: when the kind of link is not known.
    """
    if packet.linktype not in _LINKS:
        raise CaptureError(f"it was taken on links of type {packet.linktype}, which are not known")
    try:
        return _unwrap(packet)
    except (struct.error, IndexError):
        return None


def _unwrap(packet: Packet) -> Datagram | None:
    kind, start, interface = _LINKS[packet.linktype](packet.data)
    for _ in range(MAX_TAGS):
        if kind not in _VLAN:
            break
        (kind,) = struct.unpack_from(">H", packet.data, start + 2)
        start += 4
    known = packet.interface if packet.interface != "any" else ""
    if kind == _IPV4:
        return _ipv4(packet, known or interface, packet.data[start:])
    if kind == _IPV6:
        return _ipv6(packet, known or interface, packet.data[start:])
    return None


def _ethernet(data: bytes) -> _Unwrapped:
    return struct.unpack_from(">H", data, 12)[0], 14, ""


def _cooked(data: bytes) -> _Unwrapped:
    return struct.unpack_from(">H", data, 14)[0], 16, ""


def _cooked_2(data: bytes) -> _Unwrapped:
    kind, index = struct.unpack_from(">HxxI", data)
    return kind, 20, f"if{index}"


def _raw(data: bytes) -> _Unwrapped:
    return _VERSIONS.get(data[0] >> 4, 0), 0, ""


def _null(data: bytes) -> _Unwrapped:
    # The family is in the order of the host that took the capture.
    family = min(struct.unpack_from("<I", data)[0], struct.unpack_from(">I", data)[0])
    return _FAMILIES.get(family, 0), 4, ""


_LINKS: Final[Mapping[int, Callable[[bytes], _Unwrapped]]] = MappingProxyType(
    {0: _null, 1: _ethernet, 101: _raw, 113: _cooked, 276: _cooked_2}
)
"""By the numbers of the pcap registry."""


def _ipv4(packet: Packet, interface: str, data: bytes) -> Datagram:
    first, total, number, flags, protocol, source, destination = struct.unpack_from(">BxHHHxBxx4s4s", data)
    header = (first & 15) * 4
    end = total or len(data)
    return Datagram(
        packet,
        interface,
        IPv4Address(source),
        IPv4Address(destination),
        protocol,
        data[header:end],
        max(0, end - header),
        offset=(flags & 0x1FFF) * 8,
        more=bool(flags & 0x2000),
        number=number,
    )


def _ipv6(packet: Packet, interface: str, data: bytes) -> Datagram:
    length, following, source, destination = struct.unpack_from(">4xHBx16s16s", data)
    start, end = 40, 40 + length if length else len(data)
    offset, more, number = 0, False, 0
    for _ in range(MAX_HEADERS):
        if following not in _EXTENSIONS:
            break
        following, size = struct.unpack_from(">BB", data, start)
        start += (size + 1) * 8
    if following == _FRAGMENT:
        following, place, number = struct.unpack_from(">BxHI", data, start)
        offset, more = place & 0xFFF8, bool(place & 1)
        start += 8
    return Datagram(
        packet,
        interface,
        IPv6Address(source),
        IPv6Address(destination),
        following,
        data[start:end],
        max(0, end - start),
        offset,
        more,
        number,
    )

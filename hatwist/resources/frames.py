# -*- test-case-name: tests.resources.test_frames -*-
"""
The Ethernet frames that tell neighbours who has an address now: pure functions.
"""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from hatwist.resources.network import IPAddress

BROADCAST: Final = b"\xff" * 6
NOBODY: Final = b"\0" * 6
ALL_NODES: Final = IPv6Address("ff02::1")
ALL_NODES_MAC: Final = bytes.fromhex("333300000001")

ETH_P_ARP: Final = 0x0806
ETH_P_IPV6: Final = 0x86DD

ARP_REQUEST: Final = 1
ARP_REPLY: Final = 2

NEXT_HEADER_ICMPV6: Final = 58
HOP_LIMIT: Final = 255
"""Neighbours ignore an advertisement with any other: it came through a router."""

NEIGHBOUR_ADVERTISEMENT: Final = 136
OVERRIDE: Final = 0x20000000
TARGET_LINK_ADDRESS: Final = 2

_ETHERNET: Final = struct.Struct("!6s6sH")
_ARP: Final = struct.Struct("!HHBBH6s4s6s4s")
_IPV6: Final = struct.Struct("!IHBB16s16s")


def announcements(hardware: bytes, ip: IPAddress) -> tuple[bytes, ...]:
    """
    Return the frames that announce an address.

    For IPv4 both forms of gratuitous ARP, since some neighbours heed only
    requests and others only replies; for IPv6 one neighbour advertisement.

    @param hardware: the MAC of the interface, 6 bytes.
    """
    if isinstance(ip, IPv6Address):
        return (_advertisement(hardware, ip),)
    # RFC 5227 leaves the target of a request empty; RFC 5944, 4.6, has a reply
    # carry the MAC to be learnt there as well.
    return (_arp(ARP_REQUEST, hardware, ip, NOBODY), _arp(ARP_REPLY, hardware, ip, hardware))


def _arp(operation: int, hardware: bytes, ip: IPv4Address, target: bytes) -> bytes:
    body = _ARP.pack(1, 0x0800, 6, 4, operation, hardware, ip.packed, target, ip.packed)
    return _ETHERNET.pack(BROADCAST, hardware, ETH_P_ARP) + body


def _advertisement(hardware: bytes, ip: IPv6Address) -> bytes:
    """Return an unsolicited neighbour advertisement to all nodes (RFC 4861, 7.2.6)."""
    option = struct.pack("!BB6s", TARGET_LINK_ADDRESS, 1, hardware)
    body = struct.pack("!I16s", OVERRIDE, ip.packed) + option
    size = 4 + len(body)
    pseudo = ip.packed + ALL_NODES.packed + struct.pack("!II", size, NEXT_HEADER_ICMPV6)
    head = struct.pack("!BB", NEIGHBOUR_ADVERTISEMENT, 0)
    checksum = internet_checksum(pseudo + head + b"\0\0" + body)
    header = _IPV6.pack(6 << 28, size, NEXT_HEADER_ICMPV6, HOP_LIMIT, ip.packed, ALL_NODES.packed)
    packet = header + head + struct.pack("!H", checksum) + body
    return _ETHERNET.pack(ALL_NODES_MAC, hardware, ETH_P_IPV6) + packet


def internet_checksum(data: bytes) -> int:
    """Return the checksum of RFC 1071 over an even number of bytes."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF

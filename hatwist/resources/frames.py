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
SOLICITED_NODE: Final = int(IPv6Address("ff02::1:ff00:0"))
MULTICAST_MAC: Final = bytes.fromhex("3333")

ETH_P_ARP: Final = 0x0806
ETH_P_IPV6: Final = 0x86DD

ARP_REQUEST: Final = 1
ARP_REPLY: Final = 2

NEXT_HEADER_ICMPV6: Final = 58
HOP_LIMIT: Final = 255
"""Neighbours ignore an advertisement with any other: it came through a router."""

NEIGHBOUR_SOLICITATION: Final = 135
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


def probe(hardware: bytes, ip: IPAddress) -> bytes:
    """
    Return the frame that makes whoever else has the address say so.

    It comes from no address, so nobody learns anything of it: the probe of RFC 5227,
    2.1.1, and the solicitation of RFC 4862, 5.4.2.

    @param hardware: the MAC of the interface, 6 bytes.
    """
    if isinstance(ip, IPv4Address):
        return _arp(ARP_REQUEST, hardware, IPv4Address(0), NOBODY, ip)
    group = IPv6Address(SOLICITED_NODE | int(ip) & 0xFFFFFF)
    body = struct.pack("!I16s", 0, ip.packed)
    return _icmp6(NEIGHBOUR_SOLICITATION, hardware, IPv6Address(0), group, body)


def claim(frame: bytes) -> tuple[IPAddress, bytes] | None:
    """
    Read who claims an address by ARP or by a neighbour advertisement.

    @param frame: whatever came in.
    @return: the address and the MAC; None for a frame that claims nothing.
    """
    if len(frame) < _ETHERNET.size:
        return None
    _, source, kind = _ETHERNET.unpack_from(frame)
    body = frame[_ETHERNET.size :]
    if kind == ETH_P_ARP and len(body) >= _ARP.size:
        form = _ARP.unpack_from(body)
        good = form[:4] == (1, 0x0800, 6, 4) and form[4] in (ARP_REQUEST, ARP_REPLY) and any(form[6])
        return (IPv4Address(form[6]), form[5]) if good else None
    if kind == ETH_P_IPV6 and len(body) >= _IPV6.size + 24:
        _, _, following, hops, _, _ = _IPV6.unpack_from(body)
        packet = body[_IPV6.size :]
        if (following, hops, packet[0]) != (NEXT_HEADER_ICMPV6, HOP_LIMIT, NEIGHBOUR_ADVERTISEMENT):
            return None
        named = packet[24:26] == bytes((TARGET_LINK_ADDRESS, 1)) and len(packet) >= 32
        return IPv6Address(packet[8:24]), packet[26:32] if named else source
    return None


def _arp(
    operation: int, hardware: bytes, sender: IPv4Address, target: bytes, asked: IPv4Address | None = None
) -> bytes:
    wanted = sender if asked is None else asked
    body = _ARP.pack(1, 0x0800, 6, 4, operation, hardware, sender.packed, target, wanted.packed)
    return _ETHERNET.pack(BROADCAST, hardware, ETH_P_ARP) + body


def _advertisement(hardware: bytes, ip: IPv6Address) -> bytes:
    """Return an unsolicited neighbour advertisement to all nodes (RFC 4861, 7.2.6)."""
    option = struct.pack("!BB6s", TARGET_LINK_ADDRESS, 1, hardware)
    body = struct.pack("!I16s", OVERRIDE, ip.packed) + option
    return _icmp6(NEIGHBOUR_ADVERTISEMENT, hardware, ip, ALL_NODES, body)


def _icmp6(kind: int, hardware: bytes, source: IPv6Address, group: IPv6Address, body: bytes) -> bytes:
    """Return a message to a group, with what follows its checksum."""
    size = 4 + len(body)
    pseudo = source.packed + group.packed + struct.pack("!II", size, NEXT_HEADER_ICMPV6)
    head = struct.pack("!BB", kind, 0)
    checksum = internet_checksum(pseudo + head + b"\0\0" + body)
    header = _IPV6.pack(6 << 28, size, NEXT_HEADER_ICMPV6, HOP_LIMIT, source.packed, group.packed)
    packet = header + head + struct.pack("!H", checksum) + body
    return _ETHERNET.pack(MULTICAST_MAC + group.packed[-4:], hardware, ETH_P_IPV6) + packet


def internet_checksum(data: bytes) -> int:
    """Return the checksum of RFC 1071 over an even number of bytes."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF

"""
Make packets and capture files, byte by byte.
"""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address
from typing import Final

SECOND: Final = 1_700_000_000
MOMENT: Final = SECOND * 10**9 + 123_456_000
"""Nanoseconds; a time that microseconds can tell."""

ALPHA: Final = "10.0.0.1"
EVERYBODY: Final = "10.0.0.255"
ALPHA6: Final = "fe80::1"
EVERYBODY6: Final = "ff12::75:1"


def udp(payload: bytes, source: int = 40000, destination: int = 694) -> bytes:
    """Put a header in front, without checksum."""
    return struct.pack(">HHHH", source, destination, 8 + len(payload), 0) + payload


def echo(payload: bytes, kind: int = 8) -> bytes:
    """Make an ICMP echo, without checksum."""
    return struct.pack(">BBHHH", kind, 0, 0, 0x1234, 7) + payload


def ipv4(body: bytes, protocol: int = 17, offset: int = 0, more: bool = False, number: int = 1) -> bytes:
    """Put an IPv4 header in front; C{offset} is in bytes."""
    flags = offset // 8 | (0x2000 if more else 0)
    addresses = IPv4Address(ALPHA).packed + IPv4Address(EVERYBODY).packed
    return (
        struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), number, flags, 64, protocol, 0) + addresses + body
    )


def ipv6(body: bytes, following: int = 17) -> bytes:
    """Put an IPv6 header in front."""
    addresses = IPv6Address(ALPHA6).packed + IPv6Address(EVERYBODY6).packed
    return struct.pack(">IHBB", 6 << 28, len(body), following, 1) + addresses + body


def fragment6(body: bytes, offset: int, more: bool, number: int = 1, following: int = 17) -> bytes:
    """Make an IPv6 packet with a fragment header."""
    return ipv6(struct.pack(">BBHI", following, 0, offset | more, number) + body, 44)


def ethernet(body: bytes, kind: int = 0x0800, tags: tuple[int, ...] = ()) -> bytes:
    """Put an Ethernet header in front, with VLAN tags if there are any."""
    tagged = b"".join(struct.pack(">HH", tag, 5) for tag in tags)
    return bytes(12) + tagged + struct.pack(">H", kind) + body


def pcap(*packets: bytes, linktype: int = 1, order: str = "<", unit: int = 1000, when: int = MOMENT) -> bytes:
    """Make a capture file whose times count in C{unit} nanoseconds."""
    magic = 0xA1B2C3D4 if unit == 1000 else 0xA1B23C4D
    parts = [struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 262144, linktype)]
    for one in packets:
        seconds, rest = divmod(when, 10**9)
        parts.append(struct.pack(f"{order}IIII", seconds, rest // unit, len(one), len(one)) + one)
    return b"".join(parts)


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """Make a block of a pcapng file."""
    padded = body + bytes(-len(body) % 4)
    length = struct.pack(f"{order}I", len(padded) + 12)
    return struct.pack(f"{order}I", kind) + length + padded + length


def section(order: str = "<") -> bytes:
    """Begin a section of a pcapng file."""
    return block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(linktype: int = 1, options: bytes = b"", order: str = "<", snaplen: int = 0) -> bytes:
    """Describe an interface in a pcapng file."""
    return block(1, struct.pack(f"{order}HHI", linktype, 0, snaplen) + options, order)


def option(code: int, value: bytes, order: str = "<") -> bytes:
    """Make an option of a pcapng block."""
    return struct.pack(f"{order}HH", code, len(value)) + value + bytes(-len(value) % 4)


def enhanced(data: bytes, ticks: int, number: int = 0, order: str = "<") -> bytes:
    """Make a packet block of a pcapng file."""
    head = struct.pack(f"{order}IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    return block(6, head + data, order)


def simple(data: bytes, order: str = "<") -> bytes:
    """Make a simple packet block of a pcapng file."""
    return block(3, struct.pack(f"{order}I", len(data)) + data, order)

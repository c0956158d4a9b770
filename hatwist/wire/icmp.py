# -*- test-case-name: tests.wire.test_icmp -*-
"""
ICMP echo, of IPv4 and of IPv6 (RFC 792, RFC 4443; protocol section 7.4).

The header of both is type, code, checksum, identifier and number, then comes
what the other host returns as it got it.  The identifier means something to
its owner only; heartbeat stores it little-endian, all else is in network order.
"""

from __future__ import annotations

import struct
from typing import Final

from attrs import frozen

from hatwist.errors import MalformedError
from hatwist.wire.limits import MAX_DATAGRAM

MAX_NUMBER: Final = 0xFFFF
"""The largest identifier, and the largest number of a request."""

_HEADER: Final = 8
_IP_HEADER: Final = 20


@frozen
class Variant:
    """
    What differs between the two.

    @ivar request: the type of an echo request.
    @ivar reply: the type of its reply.
    @ivar summed: whether the checksum is ours to make and to verify; that of
        ICMPv6 covers the addresses, and the kernel does both.
    """

    request: int
    reply: int
    summed: bool


ICMP: Final = Variant(request=8, reply=0, summed=True)
ICMP6: Final = Variant(request=128, reply=129, summed=False)


@frozen
class Echo:
    """
    An echo request or its reply.

    @ivar identifier: whose it is, 0 to L{MAX_NUMBER}.
    @ivar number: which of its owner's it is, 0 to L{MAX_NUMBER}.
    @ivar payload: what goes there and back.
    """

    identifier: int
    number: int
    payload: bytes


def encode_request(variant: Variant, echo: Echo) -> bytes:
    """
    Make an echo request, without an IP header.

    @raise MalformedError: the payload has more than L{MAX_DATAGRAM} bytes, which
        no packet can carry.
    """
    if len(echo.payload) > MAX_DATAGRAM:
        raise MalformedError(f"an echo of {len(echo.payload)} bytes, more than {MAX_DATAGRAM}")
    rest = struct.pack("<H", echo.identifier) + struct.pack(">H", echo.number) + echo.payload
    start = bytes((variant.request, 0))
    total = checksum(start + b"\0\0" + rest) if variant.summed else 0
    return start + struct.pack(">H", total) + rest


def decode_reply(variant: Variant, data: bytes) -> Echo:
    """
    Read an echo reply, without an IP header.

    @raise MalformedError: it is something else, too short, or its checksum is wrong.
    """
    if len(data) < _HEADER:
        raise MalformedError(f"an ICMP packet of {len(data)} bytes, less than {_HEADER}")
    if (data[0], data[1]) != (variant.reply, 0):
        raise MalformedError(f"no echo reply: type {data[0]} code {data[1]}")
    if variant.summed and checksum(data) != 0:
        raise MalformedError("an echo reply with a wrong checksum")
    (identifier,) = struct.unpack_from("<H", data, 4)
    (number,) = struct.unpack_from(">H", data, 6)
    return Echo(identifier, number, data[_HEADER:])


def without_ip_header(data: bytes) -> bytes:
    """
    Take the IP header off, which a raw socket of IPv4 delivers with the rest.

    @raise MalformedError: there is none.
    """
    if len(data) < _IP_HEADER:
        raise MalformedError(f"an IP packet of {len(data)} bytes, less than {_IP_HEADER}")
    length = (data[0] & 15) * 4
    if data[0] >> 4 != 4 or not _IP_HEADER <= length <= len(data):
        raise MalformedError("not the header of an IPv4 packet")
    return data[length:]


def checksum(data: bytes) -> int:
    """
    Compute the Internet checksum; 0 of what contains its own, if it is right.

    @param data: an odd last byte counts as if a zero followed.
    """
    padded = data + b"\0" if len(data) % 2 else data
    total: int = sum(struct.unpack(f">{len(padded) // 2}H", padded))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF

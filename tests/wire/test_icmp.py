# -*- test-case-name: tests.wire.test_icmp -*-
"""
ICMP echo, against what a real heartbeat sent and got back.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cli.frames import unwrap
from hatwist.cli.pcap import read_packets
from hatwist.errors import MalformedError
from hatwist.wire.icmp import (
    ICMP,
    ICMP6,
    Echo,
    checksum,
    decode_reply,
    encode_request,
    without_ip_header,
)
from tests.wire.captures import capture

_ICMP_PROTOCOL = 1


def captured() -> Iterator[bytes]:
    """Return each ICMP packet of the capture, without its IP header."""
    for packet in read_packets(io.BytesIO(capture("ping-icmp"))):
        datagram = unwrap(packet)
        if datagram is not None and datagram.protocol == _ICMP_PROTOCOL:
            yield datagram.data


class CapturedTests(SynchronousTestCase):
    """What heartbeat sent, and what the pinged host made of it."""

    def test_requests_are_made_again_to_the_byte(self) -> None:
        """From identifier, number and payload each request of heartbeat comes out."""
        count = 0
        for data in captured():
            if data[0] != ICMP.request:
                continue
            (number,) = struct.unpack_from(">H", data, 6)
            self.assertEqual(encode_request(ICMP, Echo(22, number, data[8:])), data)
            count += 1
        self.assertEqual(count, 708)

    def test_replies_bring_back_what_was_sent(self) -> None:
        """Each reply decodes to what some request was made of."""
        sent, returned = set(), set()
        for data in captured():
            if data[0] == ICMP.request:
                (number,) = struct.unpack_from(">H", data, 6)
                sent.add(Echo(22, number, data[8:]))
            else:
                returned.add(decode_reply(ICMP, data))
        self.assertEqual(returned, sent)


class EchoTests(SynchronousTestCase):
    """Requests and replies."""

    def test_identifier_is_little_endian(self) -> None:
        """The identifier is stored as x86 has it, the number in network order."""
        request = encode_request(ICMP6, Echo(0x1234, 7, b"x"))
        self.assertEqual(request, b"\x80\x00\x00\x00\x34\x12\x00\x07x")

    def test_request_of_icmp_is_summed(self) -> None:
        """The checksum is there, also over an odd number of bytes."""
        request = encode_request(ICMP, Echo(0x1234, 7, b"odd"))
        self.assertEqual(request, b"\x08\x00\xf0\x81\x34\x12\x00\x07odd")
        self.assertEqual(checksum(request), 0)

    def test_reply_of_icmp6(self) -> None:
        """The kernel has verified the checksum of ICMPv6; it is not looked at."""
        self.assertEqual(decode_reply(ICMP6, b"\x81\x00\xab\xcd\x34\x12\x00\x07x"), Echo(0x1234, 7, b"x"))

    def test_whatever_is_something_else(self) -> None:
        """A request, another code, a short packet and a wrong sum are refused."""
        request = encode_request(ICMP, Echo(1, 2, b"x"))
        for data, why in (
            (request, "no echo reply: type 8 code 0"),
            (b"\x00\x01" + request[2:], "no echo reply: type 0 code 1"),
            (b"\x00\x00\x00", "an ICMP packet of 3 bytes, less than 8"),
            (b"\x00\x00" + request[2:], "an echo reply with a wrong checksum"),
        ):
            problem = self.assertRaises(MalformedError, decode_reply, ICMP, data)
            self.assertEqual(str(problem), why)

    def test_too_long_a_payload(self) -> None:
        """What no packet can carry is not made."""
        problem = self.assertRaises(MalformedError, encode_request, ICMP, Echo(1, 2, b"x" * 65508))
        self.assertEqual(str(problem), "an echo of 65508 bytes, more than 65507")

    def test_ip_header(self) -> None:
        """The IP header is taken off, with its options."""
        self.assertEqual(without_ip_header(b"\x45" + b"." * 19 + b"rest"), b"rest")
        self.assertEqual(without_ip_header(b"\x46" + b"." * 23 + b"rest"), b"rest")

    def test_bad_ip_headers(self) -> None:
        """A header that is short, of another version or longer than the packet is refused."""
        for data, why in (
            (b"\x45", "an IP packet of 1 bytes, less than 20"),
            (b"\x65" + b"." * 30, "not the header of an IPv4 packet"),
            (b"\x44" + b"." * 30, "not the header of an IPv4 packet"),
            (b"\x4f" + b"." * 30, "not the header of an IPv4 packet"),
        ):
            problem = self.assertRaises(MalformedError, without_ip_header, data)
            self.assertEqual(str(problem), why)

    @given(st.binary(max_size=64))
    def test_foreign_bytes(self, data: bytes) -> None:
        """Whatever arrives is read or refused, and nothing else happens."""
        for variant in (ICMP, ICMP6):
            try:
                decode_reply(variant, without_ip_header(data))
            except MalformedError:
                continue

    @given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.binary(max_size=64))
    def test_a_reply_says_what_the_request_said(self, identifier: int, number: int, payload: bytes) -> None:
        """A host makes a reply by changing the type, and mends the sum."""
        echo = Echo(identifier, number, payload)
        for variant in (ICMP, ICMP6):
            reply = bytearray(encode_request(variant, echo))
            reply[0] = variant.reply
            reply[2:4] = b"\0\0"
            reply[2:4] = struct.pack(">H", checksum(bytes(reply)))
            self.assertEqual(decode_reply(variant, bytes(reply)), echo)

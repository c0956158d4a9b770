# -*- test-case-name: tests.resources.test_frames -*-
"""
Announcements, byte for byte.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from hypothesis import given
from hypothesis import strategies as some
from twisted.trial.unittest import SynchronousTestCase

from hatwist.resources.frames import announcements, claim, internet_checksum, probe

MAC = bytes.fromhex("0200ac100001")


class FramesTests(SynchronousTestCase):
    """L{announcements}."""

    def test_gratuitous_arp(self) -> None:
        """An IPv4 address is announced by a broadcast request and a broadcast reply for itself."""
        request, reply = announcements(MAC, IPv4Address("172.16.0.210"))
        ethernet = "ffffffffffff 0200ac100001 0806"
        kind = "0001 0800 06 04"
        ours = "0200ac100001 ac1000d2"
        self.assertEqual(request, bytes.fromhex(f"{ethernet} {kind} 0001 {ours} 000000000000 ac1000d2"))
        self.assertEqual(reply, bytes.fromhex(f"{ethernet} {kind} 0002 {ours} 0200ac100001 ac1000d2"))

    def test_neighbour_advertisement(self) -> None:
        """An IPv6 address is announced to all nodes, to override what they know."""
        (frame,) = announcements(MAC, IPv6Address("2001:db8::5"))
        ours = "20010db8000000000000000000000005"
        self.assertEqual(
            frame,
            bytes.fromhex(
                "333300000001 0200ac100001 86dd"
                f"60000000 0020 3a ff {ours} ff020000000000000000000000000001"
                f"88 00 4d12 20000000 {ours} 02 01 0200ac100001"
            ),
        )

    def test_the_checksum_covers_the_pseudo_header(self) -> None:
        """A receiver that sums pseudo header and packet gets zero."""
        (frame,) = announcements(MAC, IPv6Address("2001:db8::5"))
        pseudo = frame[22:54] + bytes.fromhex("00000020 0000003a")
        self.assertEqual(internet_checksum(pseudo + frame[54:]), 0)


class ProbeTests(SynchronousTestCase):
    """L{probe}."""

    def test_arp(self) -> None:
        """It comes from no address, so nobody learns anything."""
        expected = (
            "ffffffffffff 0200ac100001 0806 0001 0800 06 04 00010200ac100001 00000000 000000000000 ac1000d2"
        )
        self.assertEqual(probe(MAC, IPv4Address("172.16.0.210")), bytes.fromhex(expected))

    def test_neighbour_solicitation(self) -> None:
        """It goes to those whose address has the same end."""
        frame = probe(MAC, IPv6Address("2001:db8::aabb:ccdd"))
        group = "ff0200000000000000000001ffbbccdd"
        self.assertEqual(
            frame[:54],
            bytes.fromhex(f"3333ffbbccdd 0200ac100001 86dd 60000000 0018 3a ff {'00' * 16} {group}"),
        )
        self.assertEqual(
            frame[54:56] + frame[58:], bytes.fromhex(f"8700 00000000 20010db8{'00' * 8}aabbccdd")
        )
        self.assertEqual(internet_checksum(frame[22:54] + bytes.fromhex("00000018 0000003a") + frame[54:]), 0)


class ClaimTests(SynchronousTestCase):
    """L{claim}."""

    def test_claims(self) -> None:
        """Announcements and answers say who has an address."""
        for ip in (IPv4Address("172.16.0.210"), IPv6Address("2001:db8::5")):
            for frame in announcements(MAC, ip):
                self.assertEqual(claim(frame + bytes(18)), (ip, MAC))

    def test_an_advertisement_without_its_mac(self) -> None:
        """Then it is the frame's."""
        (frame,) = announcements(MAC, IPv6Address("2001:db8::5"))
        self.assertEqual(claim(frame[:-8]), (IPv6Address("2001:db8::5"), MAC))

    def test_no_claims(self) -> None:
        """Probes claim nothing, nor does what is cut, of another kind, or came through a router."""
        request, _ = announcements(MAC, IPv4Address("172.16.0.210"))
        (advertisement,) = announcements(MAC, IPv6Address("2001:db8::5"))
        frames = [
            probe(MAC, IPv4Address("172.16.0.210")),
            probe(MAC, IPv6Address("2001:db8::5")),
            request[:20] + b"\0\3" + request[22:],
            request[:14] + b"\0\6" + request[16:],
            request[:12] + b"\x08\0" + request[14:],
            advertisement[:21] + b"\x40" + advertisement[22:],
            *(request[:length] for length in range(42)),
            *(advertisement[:length] for length in range(78)),
        ]
        self.assertEqual({claim(frame) for frame in frames}, {None})

    @given(some.binary(max_size=100))
    def test_any_bytes(self, data: bytes) -> None:
        """Whatever comes in is read or left."""
        for kind in (b"\x08\x06", b"\x86\xdd"):
            claim(bytes(12) + kind + data)

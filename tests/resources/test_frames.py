# -*- test-case-name: tests.resources.test_frames -*-
"""
Announcements, byte for byte.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from twisted.trial.unittest import SynchronousTestCase

from hatwist.resources.frames import announcements, internet_checksum

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

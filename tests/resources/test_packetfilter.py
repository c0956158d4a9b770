# -*- test-case-name: tests.resources.test_packetfilter -*-
"""
What the kernel lets through, over a pair of ordinary sockets.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address

from twisted.trial.unittest import SynchronousTestCase

from hatwist.resources.frames import announcements, probe
from hatwist.resources.network import IPAddress
from hatwist.resources.packetfilter import (
    MAX_ADDRESSES,
    Step,
    attach,
    claims_by_advertisement,
    claims_by_arp,
)

MAC = bytes.fromhex("0200ac100009")
FOUR: Sequence[IPAddress] = [IPv4Address("10.0.0.0") + n for n in range(MAX_ADDRESSES)]
SIX: Sequence[IPAddress] = [IPv6Address("2001:db8::") + n for n in range(200)]


class FilterTests(SynchronousTestCase):
    """Programs for the kernel."""

    def setUp(self) -> None:
        self.ours, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.ours.setblocking(False)
        self.addCleanup(self.ours.close)
        self.addCleanup(self.theirs.close)

    def passes(self, steps: Sequence[Step], *frames: bytes) -> list[bool]:
        """Return for each frame whether it is let through."""
        attach(self.ours, steps)
        found = []
        for frame in frames:
            self.theirs.send(frame)
            try:
                found.append(self.ours.recv(2000) == frame)
            except BlockingIOError:
                found.append(False)
        return found

    def test_arp(self) -> None:
        """Requests and replies of those who say that they have one of the addresses, and nothing else."""
        frames = [*announcements(MAC, FOUR[0]), *announcements(MAC, FOUR[-1])]
        others = [*announcements(MAC, IPv4Address("10.1.0.0")), probe(MAC, FOUR[0]), b"short"]
        self.assertEqual(self.passes(claims_by_arp(FOUR), *frames), [True] * 4)
        self.assertEqual(self.passes(claims_by_arp(FOUR), *others), [False] * 4)

    def test_advertisements(self) -> None:
        """Neighbour advertisements of one of the addresses, and nothing else."""
        frames = [*announcements(MAC, SIX[0]), *announcements(MAC, SIX[-1])]
        others = [*announcements(MAC, IPv6Address("2001:db8::ffff")), probe(MAC, SIX[0]), b"short"]
        self.assertEqual(self.passes(claims_by_advertisement(SIX), *frames), [True] * 2)
        self.assertEqual(self.passes(claims_by_advertisement(SIX), *others), [False] * 3)

    def test_more_than_the_kernel_takes(self) -> None:
        """Then every claim is let through, and sorted out by us."""
        many = [*FOUR, IPv4Address("10.9.9.9")]
        self.assertEqual(
            self.passes(claims_by_arp(many), *announcements(MAC, IPv4Address("10.1.0.0"))), [True] * 2
        )

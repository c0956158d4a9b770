# -*- test-case-name: tests.cli.test_frames -*-
"""
Link and IP headers.
"""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cli.frames import MAX_HEADERS, Datagram, unwrap
from hatwist.cli.pcap import CaptureError, Packet
from tests.cli.packets import ALPHA, ALPHA6, EVERYBODY, EVERYBODY6, ethernet, fragment6, ipv4, ipv6
from tests.wire.strategies import QUICK


def taken(data: bytes, linktype: int = 1, name: str = "") -> Datagram | None:
    """Unwrap one packet."""
    return unwrap(Packet(1, 0, name, linktype, data))


class LinkTests(SynchronousTestCase):
    """What stands in front of IP."""

    def carries(self, data: bytes, linktype: int = 1, name: str = "", shown: str = "") -> None:
        """Expect the body, seen on the interface."""
        found = taken(data, linktype, name)
        assert found is not None
        self.assertEqual((found.data, found.interface), (b"body", shown))

    def test_ethernet(self) -> None:
        """Ethernet, with its padding cut off."""
        self.carries(ethernet(ipv4(b"body")))
        self.carries(ethernet(ipv4(b"body")) + bytes(18))
        self.carries(ethernet(ipv6(b"body"), 0x86DD))

    def test_vlan_tags(self) -> None:
        """Tags in front of IP, also several."""
        self.carries(ethernet(ipv4(b"body"), tags=(0x8100,)))
        self.carries(ethernet(ipv6(b"body"), 0x86DD, tags=(0x88A8, 0x8100)))
        self.assertIsNone(taken(ethernet(ipv4(b"body"), tags=(0x8100,) * 5)))

    def test_cooked(self) -> None:
        """What Linux puts in front when all interfaces are captured; the newer kind tells which."""
        self.carries(bytes(14) + b"\x08\x00" + ipv4(b"body"), 113)
        header = struct.pack(">HHIHBB8x", 0x0800, 0, 7, 1, 0, 6)
        self.carries(header + ipv4(b"body"), 276, shown="if7")
        self.carries(header + ipv4(b"body"), 276, name="any", shown="if7")

    def test_interface_of_the_file(self) -> None:
        """Where the file names the interface, its name is shown."""
        self.carries(ethernet(ipv4(b"body")), name="eth1", shown="eth1")

    def test_raw(self) -> None:
        """Nothing stands in front."""
        self.carries(ipv4(b"body"), 101)
        self.carries(ipv6(b"body"), 101)

    def test_loopback(self) -> None:
        """The family in the order of whoever captured, with the numbers of several systems."""
        for order in "<>":
            self.carries(struct.pack(f"{order}I", 2) + ipv4(b"body"), 0)
            for family in (10, 24, 28, 30):
                self.carries(struct.pack(f"{order}I", family) + ipv6(b"body"), 0)

    def test_something_else(self) -> None:
        """What is not IP is passed over, and so is what ends too early."""
        self.assertIsNone(taken(ethernet(b"who has", 0x0806)))
        self.assertIsNone(taken(b"\x50" + bytes(40), 101))
        self.assertIsNone(taken(struct.pack("<I", 99) + ipv4(b"body"), 0))
        for data in (b"", bytes(12), ethernet(b""), ethernet(ipv4(b""))[:30], ethernet(b"", 0x8100)):
            self.assertIsNone(taken(data))
        for linktype in (0, 101, 113, 276):
            self.assertIsNone(taken(b"", linktype))

    def test_unknown_kind_of_link(self) -> None:
        """A kind of link that we do not know is an error, not silence."""
        self.assertRaises(CaptureError, taken, b"", 105)

    @QUICK
    @given(st.binary(max_size=120), st.sampled_from([0, 1, 101, 113, 276]))
    def test_any_bytes(self, data: bytes, linktype: int) -> None:
        """Any bytes are a datagram or nothing."""
        taken(data, linktype)
        taken(ethernet(data), 1)
        taken(ethernet(data, 0x86DD), 1)


class InternetTests(SynchronousTestCase):
    """IP headers."""

    def test_ipv4(self) -> None:
        """Addresses, protocol, and the place of a fragment."""
        found = taken(ipv4(b"body", 1, offset=1480, more=True, number=77), 101)
        assert found is not None
        self.assertEqual((str(found.source), str(found.destination)), (ALPHA, EVERYBODY))
        self.assertEqual((found.protocol, found.offset, found.more, found.number), (1, 1480, True, 77))
        self.assertEqual((found.data, found.size), (b"body", 4))

    def test_ipv4_without_length(self) -> None:
        """A length of 0, written by a card that cuts packets itself, means all there is."""
        data = bytearray(ipv4(b"body"))
        data[2:4] = b"\0\0"
        found = taken(bytes(data), 101)
        assert found is not None
        self.assertEqual((found.data, found.size), (b"body", 4))

    def test_ipv4_cut_off(self) -> None:
        """The size tells how long the data should be."""
        found = taken(ipv4(b"body" * 10)[:30], 101)
        assert found is not None
        self.assertEqual((len(found.data), found.size), (10, 40))

    def test_ipv6(self) -> None:
        """Addresses and protocol."""
        found = taken(ipv6(b"body", 58), 101)
        assert found is not None
        self.assertEqual((str(found.source), str(found.destination)), (ALPHA6, EVERYBODY6))
        self.assertEqual((found.protocol, found.data, found.size), (58, b"body", 4))

    def test_ipv6_without_length(self) -> None:
        """A length of 0 means all there is."""
        data = bytearray(ipv6(b"body"))
        data[4:6] = b"\0\0"
        found = taken(bytes(data), 101)
        assert found is not None
        self.assertEqual((found.data, found.size), (b"body", 4))

    def test_ipv6_extensions(self) -> None:
        """Headers between IPv6 and what it carries are passed over, up to a bound."""
        body = bytes([60, 1]) + bytes(14) + bytes([17, 0]) + bytes(6) + b"body"
        found = taken(ipv6(body, 0), 101)
        assert found is not None
        self.assertEqual((found.protocol, found.data, found.size), (17, b"body", 4))
        endless = (bytes([0, 0]) + bytes(6)) * (MAX_HEADERS + 1)
        found = taken(ipv6(endless, 0), 101)
        assert found is not None
        self.assertEqual(found.protocol, 0)

    def test_ipv6_fragments(self) -> None:
        """The fragment header tells place and number."""
        found = taken(fragment6(b"body", 1448, more=True, number=77), 101)
        assert found is not None
        self.assertEqual((found.protocol, found.offset, found.more, found.number), (17, 1448, True, 77))
        self.assertEqual((found.data, found.size), (b"body", 4))

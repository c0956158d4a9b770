# -*- test-case-name: tests.cli.test_pcap -*-
"""
Capture files.
"""

from __future__ import annotations

import io
import struct

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cli.pcap import MAX_BLOCK, CaptureError, CutOffError, Packet, is_capture, read_packets
from tests.cli.packets import MOMENT, block, enhanced, interface, option, pcap, section, simple
from tests.wire.captures import capture
from tests.wire.strategies import QUICK


def read(data: bytes) -> list[Packet]:
    """Read a whole capture."""
    return list(read_packets(io.BytesIO(data)))


class PcapTests(SynchronousTestCase):
    """The older format."""

    def test_orders_and_units(self) -> None:
        """Both orders of bytes are read, times in micro- and in nanoseconds."""
        for order in "<>":
            for unit in (1000, 1):
                data = pcap(b"one", b"two", order=order, unit=unit)
                expected = [Packet(n, MOMENT, "", 1, one) for n, one in ((1, b"one"), (2, b"two"))]
                self.assertEqual(read(data), expected)
                self.assertTrue(is_capture(data[:4]))

    def test_link_type_without_its_flags(self) -> None:
        """What stands above the link type, such as the length of a checksum, is no part of it."""
        self.assertEqual(read(pcap(b"x", linktype=0x24000001))[0].linktype, 1)

    def test_no_packets(self) -> None:
        """A capture may be empty."""
        self.assertEqual(read(pcap()), [])

    def test_cut_off(self) -> None:
        """A file that ends inside a packet gives the packets before it."""
        data = pcap(b"one", b"two")
        for cut in (1, 3, 4, 18):
            found: list[bytes] = []
            with self.assertRaises(CutOffError):
                for packet in read_packets(io.BytesIO(data[:-cut])):
                    found.append(packet.data)
            self.assertEqual(found, [b"one"])

    def test_cut_off_in_the_header(self) -> None:
        """A file that ends inside its own header is cut off too."""
        self.assertRaises(CutOffError, read, pcap()[:10])

    def test_impossible_length(self) -> None:
        """A packet that says it is enormous is not waited for."""
        data = pcap() + struct.pack("<IIII", 0, 0, MAX_BLOCK + 1, 0)
        error = self.assertRaises(CaptureError, read, data)
        self.assertNotIsInstance(error, CutOffError)

    def test_something_else(self) -> None:
        """What begins otherwise is no capture."""
        for data in (b"", b"\xa1\xb2", b"hello world", b">>>\n"):
            self.assertRaises(CaptureError, read, data)
            self.assertFalse(is_capture(data[:4]))


class PcapngTests(SynchronousTestCase):
    """The newer format."""

    def test_orders(self) -> None:
        """Both orders of bytes are read, each section in its own; packets are numbered on."""
        data = b""
        for order in "<>":
            options = option(2, b"eth1", order) + option(0, b"", order)
            data += section(order) + interface(options=options, order=order)
            data += enhanced(b"odd", MOMENT // 1000, order=order)
        self.assertEqual(read(data), [Packet(n, MOMENT, "eth1", 1, b"odd") for n in (1, 2)])
        self.assertTrue(is_capture(data[:4]))

    def test_resolutions(self) -> None:
        """An interface says how finely it measures time, in tens or in twos."""
        for value, ticks in ((9, MOMENT), (3, MOMENT // 10**6), (0x80 | 10, MOMENT * 1024 // 10**9)):
            data = section() + interface(options=option(9, bytes([value]))) + enhanced(b"x", ticks)
            (packet,) = read(data)
            self.assertLess(abs((packet.when or 0) - MOMENT), 10**6)

    def test_several_interfaces(self) -> None:
        """Each packet names its interface."""
        data = section() + interface(1, option(2, b"a")) + interface(276, option(2, b"b"))
        data += enhanced(b"x", 0, 1) + enhanced(b"y", 0, 0)
        found = [(one.interface, one.linktype) for one in read(data)]
        self.assertEqual(found, [("b", 276), ("a", 1)])

    def test_simple_packets(self) -> None:
        """A simple packet has no time, and is of the first interface."""
        data = section() + interface(101) + simple(b"abcde")
        self.assertEqual(read(data), [Packet(1, None, "", 101, b"abcde")])
        data = section() + interface(101, snaplen=3) + simple(b"abcde")
        self.assertEqual(read(data), [Packet(1, None, "", 101, b"abc")])

    def test_other_blocks(self) -> None:
        """Blocks of other kinds are passed over."""
        data = section() + block(4, b"names") + interface() + block(5, b"") + enhanced(b"x", 0)
        self.assertEqual([one.data for one in read(data)], [b"x"])

    def test_impossible_time(self) -> None:
        """A time that no calendar has is none."""
        data = section() + interface(options=option(9, b"\0")) + enhanced(b"x", 1 << 63)
        self.assertIsNone(read(data)[0].when)

    def test_unknown_interface(self) -> None:
        """A packet of an interface that was not described cannot be read; sections forget theirs."""
        for data in (
            section() + enhanced(b"x", 0),
            section() + simple(b"x"),
            section() + interface() + section() + enhanced(b"x", 0),
        ):
            self.assertRaises(CaptureError, read, data)

    def test_broken_blocks(self) -> None:
        """A block that is too short, or says so, breaks the file."""
        for data in (
            section()[:8] + b"\0\0\0\0",
            section() + block(1, b"1234"),
            section() + interface() + block(6, b"1234"),
            section() + interface() + block(3, b""),
            section() + struct.pack("<II", 4, 8),
            section() + struct.pack("<II", 4, 13),
            section() + struct.pack("<II", 4, MAX_BLOCK + 64),
            struct.pack("<II", 0x0A0D0D0A, 12) + section()[8:12],
        ):
            self.assertRaises(CaptureError, read, data)

    def test_cut_off(self) -> None:
        """A file that ends inside a block is cut off."""
        data = section() + interface() + enhanced(b"x", 0)
        for cut in (1, 4, len(enhanced(b"x", 0)) - 1):
            self.assertRaises(CutOffError, read, data[:-cut])


class AnyFileTests(SynchronousTestCase):
    """Damaged files."""

    @QUICK
    @given(st.integers(0, 4000), st.binary(min_size=1, max_size=8), st.booleans())
    def test_damage(self, place: int, new: bytes, newer: bool) -> None:
        """Whatever is damaged, a file is read or refused."""
        data = bytearray(section() + interface() + enhanced(b"x" * 50, 5) * 3)
        if not newer:
            data = bytearray(capture("join-crc-bcast")[:3000])
        place %= len(data)
        data[place : place + len(new)] = new
        try:
            read(bytes(data))
        except CaptureError:
            return

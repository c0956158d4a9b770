# -*- test-case-name: tests.lab.test_tempo -*-
"""
The bench of media in trouble: its sums, what it takes for a heartbeat, and one real run.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from scripts.lab.stamps import is_heartbeat
from scripts.lab.tempo import TROUBLES, Bench, Intervals, Result
from tests.lab.base import LabTestCase


def ip_packet(port: int, protocol: int = 17, fragment: bytes = b"\0\0") -> bytes:
    """Return an IPv4 packet with ports."""
    head = b"\x45\0\0\x1c\0\0" + fragment + b"\x40" + bytes([protocol]) + bytes(10)
    return head + bytes(2) + port.to_bytes(2, "big") + bytes(4)


class SumTests(SynchronousTestCase):
    """What is made of the intervals."""

    def test_intervals(self) -> None:
        """The median, what 99 of 100 stay within, and the worst."""
        some = Intervals((*[0.05] * 197, 0.06, 0.07, 0.2))
        self.assertEqual((some.median, some.most, some.worst), (0.05, 0.07, 0.2))

    def test_line(self) -> None:
        """Both hosts, and their ratio; more than the bar is marked."""
        fine = Result("fine", Intervals((0.05, 0.052)), Intervals((0.05, 0.055)))
        self.assertAlmostEqual(fine.added, 0.003)
        self.assertEqual(
            fine.line().split(), ["fine", "51.0", "52.0", "52.0", "52.5", "55.0", "55.0", "1.06"]
        )
        self.assertIn("too much", Result("slow", Intervals((0.05,)), Intervals((0.056,))).line())

    def test_heartbeats(self) -> None:
        """A datagram to port 694 that is not a later fragment."""
        self.assertTrue(is_heartbeat(ip_packet(694)))
        for packet in (ip_packet(695), ip_packet(694, 6), ip_packet(694, 17, b"\0\x10"), b"", b"\x60" * 40):
            self.assertFalse(is_heartbeat(packet))


class RunTests(LabTestCase):
    """One short measurement, without a claim about the machine."""

    def test_a_medium_in_trouble_is_measured_beside_one_that_is_fine(self) -> None:
        """Each host sends all the time, whatever happens to the second medium."""
        bench = Bench(self.rack)
        bench.start()
        for result in bench.measure(TROUBLES[1], 1.0):
            self.assertLess(result.alone.median, 1.0)
            self.assertLess(result.beside.median, 1.0)

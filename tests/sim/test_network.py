# -*- test-case-name: tests.sim.test_network -*-
"""
What happens to a datagram on its way.
"""

from __future__ import annotations

from random import Random

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.model import LinkName
from hatwist.sim.network import Network
from tests.sim.builders import ALPHA, BETA

THERE = (ALPHA, BETA, LinkName("eth0"))
BACK = (BETA, ALPHA, LinkName("eth0"))
DATA = bytes(100)


class NetworkTests(SynchronousTestCase):
    """Conditions of paths."""

    def setUp(self) -> None:
        """Make a network in which nothing goes wrong."""
        self.network = Network(Random(1))

    def test_nothing_goes_wrong(self) -> None:
        """By itself a network brings each datagram after a millisecond."""
        self.assertEqual(self.network.carry(THERE, DATA, 0.0), [(0.001, DATA)])

    def test_cut_is_one_way(self) -> None:
        """A cut path carries nothing; the way back carries, and a heal ends the cut."""
        self.network.cut(THERE)
        self.assertEqual(self.network.carry(THERE, DATA, 0.0), [])
        self.assertEqual(len(self.network.carry(BACK, DATA, 0.0)), 1)
        self.network.heal()
        self.assertEqual(len(self.network.carry(THERE, DATA, 0.0)), 1)

    def test_conditions_last(self) -> None:
        """What is said of every path holds for a cut one as well, and after its heal."""
        self.network.cut(THERE)
        self.network.everywhere(shortest=0.5, longest=0.5)
        self.network.heal()
        self.assertEqual(self.network.carry(THERE, DATA, 0.0), [(0.5, DATA)])
        self.assertEqual(self.network.carry(BACK, DATA, 0.0), [(0.5, DATA)])

    def test_delay(self) -> None:
        """Delays differ within their range, so that datagrams overtake each other."""
        self.network.everywhere(shortest=0.1, longest=0.2)
        delays = [self.network.carry(THERE, DATA, 0.0)[0][0] for _ in range(50)]
        self.assertTrue(all(0.1 <= delay <= 0.2 for delay in delays))
        self.assertNotEqual(delays, sorted(delays))

    def test_line(self) -> None:
        """A slow line carries one after the other, each way for itself."""
        self.network.everywhere(line=0.3, shortest=0.0, longest=0.0)
        delays = [self.network.carry(THERE, DATA, now)[0][0] for now in (1.0, 1.0, 1.5, 9.0)]
        self.assertEqual([round(delay, 3) for delay in delays], [0.3, 0.6, 0.4, 0.3])
        self.assertEqual(self.network.carry(BACK, DATA, 1.0), [(0.30000000000000004, DATA)])

    def test_loss(self) -> None:
        """About as many are lost as is said."""
        self.network.everywhere(loss=0.25)
        arrived = sum(len(self.network.carry(THERE, DATA, 0.0)) for _ in range(1000))
        self.assertTrue(700 < arrived < 800, arrived)

    def test_duplicate(self) -> None:
        """A datagram can come twice."""
        self.network.everywhere(duplicate=1.0)
        self.assertEqual([data for _, data in self.network.carry(THERE, DATA, 0.0)], [DATA, DATA])

    def test_flip(self) -> None:
        """One bit can be turned over."""
        self.network.everywhere(flip=1.0)
        ((_, data),) = self.network.carry(THERE, DATA, 0.0)
        self.assertEqual((len(data), sum(byte.bit_count() for byte in data)), (100, 1))

    def test_truncate(self) -> None:
        """The end can be missing."""
        self.network.everywhere(truncate=1.0)
        ((_, data),) = self.network.carry(THERE, DATA, 0.0)
        self.assertLess(len(data), 100)
        self.assertTrue(DATA.startswith(data))

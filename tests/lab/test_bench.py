# -*- test-case-name: tests.lab.test_bench -*-
"""
The bench: its sums, and one real run.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from scripts.lab import sweep
from scripts.lab.bench import Result, takeover
from scripts.lab.nodes import HatwistNode
from tests.lab.base import LabTestCase


class ResultTests(SynchronousTestCase):
    """Sums over the runs of one program."""

    def test_line(self) -> None:
        """Median, worst, and how many were within 600 ms."""
        result = Result("hatwist", (0.45, 0.6, 0.7))
        self.assertEqual(
            result.line(), "hatwist          median   600 ms   worst   700 ms   at most 600 ms: 2 of 3"
        )


class SweptTests(SynchronousTestCase):
    """Many addresses."""

    def test_line(self) -> None:
        """Median, worst, and how many were within the bar of so many addresses."""
        swept = sweep.Swept(10, 1, (0.012, 0.04, 0.041))
        self.assertEqual(
            swept.line(),
            "10 addresses in 10 groups   median  40.0 ms   worst   41.0 ms   at most 40 ms: 2 of 3",
        )
        self.assertFalse(swept.good)

    def test_first_answers(self) -> None:
        """What counts is when the survivor first answered for each address."""
        lines = ["- 1.0 172.16.0.10 node01", "4.0 5.5 172.16.0.10 node02", "5.6 5.7 172.16.0.10 node02", "-"]
        self.assertEqual(sweep.first_answers(lines, "node02"), {"172.16.0.10": 5.5})

    def test_configuration(self) -> None:
        """Each group has its own addresses."""
        self.assertEqual(
            sweep.configuration(2, 1).haresources,
            "node01 IPaddr::172.16.0.10/24/eth0\nnode01 IPaddr::172.16.0.11/24/eth0\n",
        )


class TakeoverTests(LabTestCase):
    """One measurement, without a claim about the machine."""

    def test_takeover_is_measured(self) -> None:
        """A host's death costs about deadtime, and not minutes."""
        outage = takeover(HatwistNode, "IPaddr")
        self.assertGreater(outage, 0.35)
        self.assertLess(outage, 10)

    def test_many_addresses_are_measured(self) -> None:
        """So are several groups of several addresses."""
        beyond = sweep.takeover(2, 3)
        self.assertGreater(beyond, -0.1)
        self.assertLess(beyond, 10)

# -*- test-case-name: tests.lab.test_bench -*-
"""
The bench: its sums, and one real run.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

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


class TakeoverTests(LabTestCase):
    """One measurement, without a claim about the machine."""

    def test_takeover_is_measured(self) -> None:
        """A host's death costs about deadtime, and not minutes."""
        outage = takeover(HatwistNode, "IPaddr")
        self.assertGreater(outage, 0.35)
        self.assertLess(outage, 10)

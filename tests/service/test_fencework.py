# -*- test-case-name: tests.service.test_fencework -*-
"""
From orders to fence to devices.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.actions import Fence
from hatwist.cluster.events import Event, FenceConfirmed, FenceFinished
from hatwist.cluster.names import Ticket
from hatwist.config.model import NodeName
from hatwist.fencing.memory import MemoryFencer
from hatwist.fencing.results import FenceOutcome, FenceResult
from hatwist.service.fencework import FenceWork

NODE = NodeName("node02")
ORDER = Fence(Ticket(3), NODE, "silence")


class FenceWorkTests(SynchronousTestCase):
    """One life's fencings."""

    def setUp(self) -> None:
        self.fencer = MemoryFencer()
        self.fed: list[Event] = []
        self.work = FenceWork(self.fencer, self.fed.append)

    def test_how_it_ends(self) -> None:
        """The core hears of it, with the same ticket."""
        self.work.begin(ORDER)
        self.assertEqual(self.fencer.journal, [(NODE, "silence")])
        self.fencer.end(NODE, FenceResult(FenceOutcome.CONFIRMED, "pdu", "done", 1.0))
        self.assertEqual(self.fed, [FenceFinished(Ticket(3), True, "pdu", "done")])

    def test_cancelled(self) -> None:
        """What nobody wants any more ends; what has ended is no longer there."""
        self.work.begin(ORDER)
        self.work.close()
        self.assertEqual(self.fencer.fencings[NODE], [])
        self.assertEqual(self.fed, [FenceFinished(Ticket(3), False, "", "no longer wanted")])
        self.work.cancel(Ticket(3))

    def test_a_person(self) -> None:
        """A word ends the fencing that goes on; otherwise it is for the core."""
        self.work.begin(ORDER)
        self.work.confirm(NODE, "operator")
        self.assertEqual(self.fed, [FenceFinished(Ticket(3), True, "operator", "confirmed by a person")])
        self.work.confirm(NODE, "operator")
        self.assertEqual(self.fed[1:], [FenceConfirmed(NODE, "operator")])

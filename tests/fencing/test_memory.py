# -*- test-case-name: tests.fencing.test_memory -*-
"""
The fencer in memory is like the real one.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from hatwist.fencing.memory import MemoryFencer
from hatwist.fencing.results import FenceOutcome, FenceResult
from hatwist.interfaces import IFencingDevice
from tests.fencing.conformance import BETA, FencerConformance
from tests.fencing.fakes import memory


class MemoryTests(FencerConformance, SynchronousTestCase):
    """L{MemoryFencer}."""

    def make_fencer(self) -> MemoryFencer:
        """Make one."""
        return MemoryFencer()

    def test_ends_on_order(self) -> None:
        """The test says how a fencing ends; the journal has each once."""
        fencer = MemoryFencer()
        done = fencer.fence(BETA, "silent")
        fencer.fence(BETA, "again")
        failed = FenceResult(FenceOutcome.FAILED, "pdu", "no")
        self.assertTrue(fencer.end(BETA, failed))
        self.assertEqual(self.successResultOf(done), failed)
        self.assertEqual(fencer.journal, [(BETA, "silent")])
        self.assertEqual(self.successResultOf(fencer.status()), ())

    def test_device(self) -> None:
        """The device in memory is one."""
        verifyObject(IFencingDevice, memory("pdu"))

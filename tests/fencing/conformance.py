"""
What every L{IFencer} does, the one with devices and the one in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zope.interface.verify import verifyObject

from hatwist.config.model import NodeName
from hatwist.fencing.results import FenceOutcome, FenceResult
from hatwist.interfaces import IFencer

if TYPE_CHECKING:
    from twisted.trial.unittest import SynchronousTestCase

    _Case = SynchronousTestCase
else:
    _Case = object

ALPHA = NodeName("alpha")
BETA = NodeName("beta")


class FencerConformance(_Case):
    """The suite; the fencer is alpha's, and its fencings do not end by themselves."""

    def make_fencer(self) -> IFencer:
        """Return the fencer."""
        raise NotImplementedError

    def test_interface(self) -> None:
        """It provides all of the seam."""
        verifyObject(IFencer, self.make_fencer())

    def test_confirmed_by_a_person(self) -> None:
        """All who wait for one fencing get the result of one."""
        fencer = self.make_fencer()
        waiting = [fencer.fence(BETA, why) for why in ("silent", "its stop failed")]
        self.assertTrue(fencer.confirm(BETA, "root"))
        expected = FenceResult(FenceOutcome.CONFIRMED, "root", "confirmed by a person")
        self.assertEqual([self.successResultOf(one) for one in waiting], [expected] * 2)

    def test_nothing_to_confirm(self) -> None:
        """A word about a node that is not being fenced counts for nothing, also later."""
        fencer = self.make_fencer()
        self.assertFalse(fencer.confirm(BETA, "root"))
        done = fencer.fence(BETA, "silent")
        self.assertNoResult(done)
        fencer.confirm(BETA, "root")
        self.assertFalse(fencer.confirm(BETA, "root"))

    def test_no_longer_wanted(self) -> None:
        """Who waits no longer gets a result at once; when nobody waits the fencing ends."""
        fencer = self.make_fencer()
        first, second = fencer.fence(BETA, "silent"), fencer.fence(BETA, "silent")
        expected = FenceResult(FenceOutcome.FAILED, words="no longer wanted")
        first.cancel()
        self.assertEqual(self.successResultOf(first).words, expected.words)
        self.assertNoResult(second)
        second.cancel()
        self.assertEqual(self.successResultOf(second).outcome, expected.outcome)
        self.assertFalse(fencer.confirm(BETA, "root"))

# -*- test-case-name: tests.fencing.test_turns -*-
"""
One at a time at a device.
"""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from hatwist.fencing.dialects import Order
from hatwist.fencing.results import Answer, FenceOutcome
from hatwist.fencing.turns import BROKEN_OFF, GRACE, LATE, Turn
from tests.fencing.fakes import memory

YES = Answer(FenceOutcome.CONFIRMED)


class TurnTests(SynchronousTestCase):
    """L{Turn}."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.device = memory("pdu", slow=True)
        self.turn = Turn(self.device, self.clock)

    def test_one_after_the_other(self) -> None:
        """The second order waits for the first."""
        first, second = self.turn.act(Order.OFF, "beta"), self.turn.act(Order.ON, "beta")
        self.assertEqual(self.device.journal, [(Order.OFF, "beta")])
        self.device.answer()
        self.assertEqual(self.successResultOf(first), YES)
        self.assertEqual(self.device.journal[1:], [(Order.ON, "beta")])
        self.device.answer()
        self.assertEqual(self.successResultOf(second), YES)

    def test_a_look_makes_room(self) -> None:
        """A fencing does not wait for a look that goes on, nor for one that waits."""
        look = self.turn.look()
        act = self.turn.act(Order.RESET, "beta")
        self.assertIs(self.successResultOf(look), BROKEN_OFF)
        self.assertEqual(self.device.journal[1:], [(Order.RESET, "beta")])
        waits = self.turn.look()
        again = self.turn.act(Order.RESET, "beta")
        self.assertIs(self.successResultOf(waits), BROKEN_OFF)
        self.device.answer()
        self.device.answer()
        self.assertEqual([self.successResultOf(one) for one in (act, again)], [YES, YES])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_look_ends_in_time(self) -> None:
        """A look whose turn does not come, or whose device is silent, ends as one that is late."""
        look = self.turn.look()
        self.clock.advance(60.0 + GRACE)
        self.assertEqual(self.successResultOf(look), LATE)
        self.assertEqual(self.device.waiting, [])

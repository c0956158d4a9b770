# -*- test-case-name: tests.cluster.test_deadlines -*-
"""
Named deadlines.
"""

from __future__ import annotations

from math import inf

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.deadlines import Deadlines


class DeadlinesTests(SynchronousTestCase):
    """A handful of deadlines by name."""

    def test_nothing_is_due_when_nothing_is_set(self) -> None:
        """Without deadlines the first is infinitely far, and none expires."""
        deadlines = Deadlines()
        self.assertEqual(deadlines.first(), inf)
        self.assertFalse(deadlines.pending("a"))
        self.assertFalse(deadlines.expire("a", 1e9))

    def test_earliest_comes_first(self) -> None:
        """The first deadline is the earliest, whatever the order of setting."""
        deadlines = Deadlines()
        deadlines.set("a", 3.0)
        deadlines.set("b", 2.0)
        deadlines.set("c", 4.0)
        self.assertEqual(deadlines.first(), 2.0)

    def test_setting_again_moves(self) -> None:
        """A deadline that is set again is moved, not doubled."""
        deadlines = Deadlines()
        deadlines.set("a", 1.0)
        deadlines.set("a", 5.0)
        self.assertFalse(deadlines.expire("a", 4.9))
        self.assertEqual(deadlines.remaining("a", 4.5), 0.5)
        self.assertTrue(deadlines.expire("a", 5.0))

    def test_expires_once(self) -> None:
        """A deadline that has come is said to have come once."""
        deadlines = Deadlines()
        deadlines.set("a", 1.0)
        self.assertTrue(deadlines.expire("a", 1.0))
        self.assertFalse(deadlines.expire("a", 2.0))
        self.assertFalse(deadlines.pending("a"))

    def test_cleared_never_comes(self) -> None:
        """A deadline that was cleared does not come; clearing twice is no error."""
        deadlines = Deadlines()
        deadlines.set("a", 1.0)
        deadlines.clear("a")
        deadlines.clear("a")
        self.assertFalse(deadlines.expire("a", 2.0))
        self.assertEqual(deadlines.first(), inf)

# -*- test-case-name: tests.media.test_pace -*-
"""
How often something may be tried.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.media.pace import Pace


class PaceTests(SynchronousTestCase):
    """Once a second."""

    def test_at_once_and_then_at_most_once_a_second(self) -> None:
        """The first time is free; asking in between does not put the next one off."""
        pace = Pace(1.0)
        times = (5.0, 5.0, 5.5, 5.99, 6.0, 6.5, 9.0, 9.9)
        self.assertEqual([now for now in times if pace.due(now)], [5.0, 6.0, 9.0])

# -*- test-case-name: tests.lab.test_soak_jobs -*-
"""
Several pieces of work side by side.
"""

from __future__ import annotations

import threading

from twisted.trial.unittest import SynchronousTestCase

from scripts.lab.soak.jobs import side_by_side


class SideBySideTests(SynchronousTestCase):
    """Threads that work through a list."""

    def test_everything_is_done(self) -> None:
        """Whatever the number of jobs."""
        for jobs in (1, 2, 9):
            pieces = [lambda number=number: number * number for number in range(5)]
            self.assertEqual(sorted(side_by_side(pieces, jobs)), [0, 1, 4, 9, 16])

    def test_it_is_done_at_the_same_time(self) -> None:
        """Two pieces that wait for each other come to an end."""
        barrier = threading.Barrier(2, timeout=60)
        self.assertEqual(sorted(side_by_side([barrier.wait, barrier.wait], 2)), [0, 1])

    def test_failure(self) -> None:
        """It is raised where the results are waited for."""

        def fail() -> int:
            raise ValueError("so it is")

        self.assertRaises(ValueError, list, side_by_side([fail], 1))

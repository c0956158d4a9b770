# -*- test-case-name: tests.resources.test_watching -*-
"""
What is told of a watched resource, and when nothing is.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.events import ResourceFailed
from hatwist.cluster.names import Outcome
from hatwist.resources.watching import MAX_LOOKS, Watched
from tests.resources.fakes import LogBook

FAILED = ResourceFailed("web", "apache", "stopped")
RUNNING, STOPPED, TROUBLE = Outcome.RUNNING, Outcome.STOPPED, Outcome.FAILED


class WatchedTests(SynchronousTestCase):
    """L{Watched}."""

    def setUp(self) -> None:
        self.told: list[ResourceFailed] = []
        self.log = LogBook()
        self.watched = Watched("web", "apache", self.told.append, self.log)

    def start(self, before: Outcome = STOPPED, after: Outcome = RUNNING) -> None:
        """Start it, with what its status says before and after."""
        self.watched.before_start(before)
        self.watched.started()
        self.watched.look(after, "as it is")

    def look(self, *outcomes: Outcome) -> None:
        """Let it be looked at."""
        for outcome in outcomes:
            self.watched.look(outcome, "stopped")

    def test_each_change_is_told_once(self) -> None:
        """A failure is told once; that it runs again is logged."""
        self.start()
        self.look(RUNNING, STOPPED, TROUBLE, RUNNING, RUNNING)
        self.assertEqual(self.told, [FAILED])
        self.assertEqual(self.log.signed, ["ResourceManager(default): info: Resource apache runs again."])

    def test_a_status_that_did_not_prove_itself(self) -> None:
        """A status that was not stopped before is reported once; nothing is told."""
        for before in (RUNNING, TROUBLE):
            self.start(before)
            self.assertTrue(self.watched.judged)
            self.look(STOPPED)
        self.assertEqual(self.told, [])
        self.assertEqual(len(self.log.signed), 1)
        self.assertIn("The status of apache did not prove itself", self.log.signed[0])

    def test_a_service_that_is_slow_to_show_itself(self) -> None:
        """It has some looks to say that it runs; then its status counts for nothing."""
        self.start(after=STOPPED)
        self.assertFalse(self.watched.judged)
        self.look(TROUBLE, RUNNING, STOPPED)
        self.assertEqual(self.told, [FAILED])
        self.watched.stopping()
        self.start(after=STOPPED)
        self.look(*[STOPPED] * MAX_LOOKS, RUNNING, STOPPED)
        self.assertEqual(self.told, [FAILED])
        self.assertIn("did not prove itself", self.log.signed[-1])

    def test_our_own_stop(self) -> None:
        """What is seen before our start, during it and after our stop is no failure."""
        self.look(STOPPED)
        self.watched.before_start(STOPPED)
        self.look(STOPPED)
        self.watched.started()
        self.look(RUNNING)
        self.watched.stopping()
        self.assertFalse(self.watched.here)
        self.look(STOPPED)
        self.assertEqual(self.told, [])

    def test_started_again(self) -> None:
        """What failed and was started again may fail again; what ran meanwhile stays as it was."""
        self.start()
        self.look(STOPPED)
        self.watched.stopping()
        self.start()
        self.look(STOPPED)
        self.watched.before_start(RUNNING)
        self.watched.started()
        self.look(STOPPED)
        self.assertEqual(self.told, [FAILED] * 3)

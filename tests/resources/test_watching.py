# -*- test-case-name: tests.resources.test_watching -*-
"""
What is told of a watched resource, and when nothing is.
"""

from __future__ import annotations

from typing import cast

from twisted.logger import ILogObserver, LogEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.names import Outcome
from hatwist.resources.watching import ResourceFailed, ResourceRecovered, Seen, Watched

FAILED = ResourceFailed("web", "apache", "stopped", proven=True)
RECOVERED = ResourceRecovered("web", "apache")


class WatchedTests(SynchronousTestCase):
    """L{Watched}."""

    def setUp(self) -> None:
        self.told: list[Seen] = []
        self.warnings: list[LogEvent] = []
        observer = cast(ILogObserver, self.warnings.append)
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)
        self.watched = Watched("web", "apache", self.told.append)

    def start(self, before: Outcome = Outcome.STOPPED, after: Outcome = Outcome.RUNNING) -> None:
        """Start it, with what its status says before and after."""
        self.watched.before_start(before)
        self.watched.after_start(after)

    def unreliable(self) -> int:
        """Return how often its status was called unreliable."""
        return sum("unreliable" in str(event.get("log_format")) for event in self.warnings)

    def test_each_change_is_told_once(self) -> None:
        """A failure is told once, and so is that it runs again."""
        self.start()
        for outcome in (Outcome.RUNNING, Outcome.STOPPED, Outcome.FAILED, Outcome.RUNNING, Outcome.RUNNING):
            self.watched.look(outcome, "stopped")
        self.assertEqual(self.told, [FAILED, RECOVERED])
        self.assertEqual(self.unreliable(), 0)

    def test_a_status_that_did_not_prove_itself(self) -> None:
        """A status that is not stopped before or not running after is reported once; nothing is told."""
        for before, after in (
            (Outcome.RUNNING, Outcome.RUNNING),
            (Outcome.FAILED, Outcome.RUNNING),
            (Outcome.STOPPED, Outcome.STOPPED),
            (Outcome.STOPPED, Outcome.FAILED),
        ):
            self.start(before, after)
            self.watched.look(Outcome.STOPPED, "stopped")
        self.assertEqual(self.told, [])
        self.assertEqual(self.unreliable(), 1)

    def test_our_own_stop(self) -> None:
        """What is seen before our start, during it and after our stop is no failure."""
        self.watched.look(Outcome.STOPPED, "stopped")
        self.watched.before_start(Outcome.STOPPED)
        self.watched.look(Outcome.STOPPED, "stopped")
        self.watched.after_start(Outcome.RUNNING)
        self.watched.stopping()
        self.watched.look(Outcome.STOPPED, "stopped")
        self.assertEqual(self.told, [])

    def test_a_new_start_begins_anew(self) -> None:
        """What failed before a new start may fail again after it."""
        self.start()
        self.watched.look(Outcome.STOPPED, "stopped")
        self.start()
        self.watched.look(Outcome.STOPPED, "stopped")
        self.assertEqual(self.told, [FAILED, FAILED])

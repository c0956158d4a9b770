# -*- test-case-name: tests.media.test_link -*-
"""
Saying once that a medium fails.
"""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.model import LinkName
from hatwist.media.link import LinkReporter
from tests.media.conformance import Ear


class LinkReporterTests(SynchronousTestCase):
    """Changes, and nothing but changes."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.ear = Ear()
        self.reporter = LinkReporter(LinkName("eth0"), self.ear, self.clock)

    def test_a_working_link_is_not_news(self) -> None:
        """A medium begins as working: up is not said before a down."""
        self.reporter.up()
        self.clock.advance(0)
        self.assertEqual(self.ear.reports, [])

    def test_changes_are_said_once_and_in_order(self) -> None:
        """However many datagrams fail, down is said once, with the first reason; so is up."""
        self.reporter.down("No buffer space available")
        self.reporter.down("Network is down")
        self.reporter.up()
        self.reporter.up()
        self.assertEqual(self.ear.reports, [])
        self.clock.advance(0)
        self.assertEqual(self.ear.reports, [("down", "No buffer space available"), ("up", "")])

    def test_nothing_is_said_after_stop(self) -> None:
        """A stopped reporter takes back what it has not said yet."""
        self.reporter.down("gone")
        self.clock.advance(0)
        self.reporter.up()
        self.reporter.stop()
        self.clock.advance(0)
        self.assertEqual(self.ear.reports, [("down", "gone")])
        self.assertEqual(self.clock.getDelayedCalls(), [])

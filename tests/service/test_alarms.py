# -*- test-case-name: tests.service.test_alarms -*-
"""
Errors of Twisted's log in ha-log.
"""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.logger import ILogObserver, Logger, LogPublisher
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from hatwist.cluster.names import Level
from hatwist.service.alarms import MAX_ALARMS, MAX_TRACEBACK, PERIOD, Alarms
from tests.service.fakes import Bug, LogBook


def dig(depth: int) -> None:
    """Fail deep down."""
    if not depth:
        raise Bug("at the bottom")
    dig(depth - 1)


class AlarmTests(SynchronousTestCase):
    """From an event of Twisted's log to lines of ours."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.book = LogBook()
        self.alarms = Alarms(self.book, self.clock)
        publisher = LogPublisher(self.alarms)
        self.log = Logger("test", observer=publisher)

    def test_it_is_an_observer(self) -> None:
        """It provides ILogObserver."""
        self.assertTrue(verifyObject(ILogObserver, self.alarms))

    def test_errors(self) -> None:
        """An error is an ERROR line, a critical event a CRIT line."""
        self.log.error("{what} is gone", what="eth1")
        self.log.critical("all is lost")
        self.assertEqual(self.book.lines, ["ERROR: eth1 is gone", "CRIT: all is lost"])

    def test_the_rest_is_not_for_ha_log(self) -> None:
        """Warnings, information and debugging stay in Twisted's log."""
        self.log.warn("so")
        self.log.info("so")
        self.log.debug("so")
        self.assertEqual(self.book.lines, [])

    def test_a_failure(self) -> None:
        """A failure comes with its kind and its words first, then its traceback."""
        with self.log.failuresHandled("While digging:"):
            dig(0)
        self.assertEqual(self.book.lines[0], "CRIT: While digging: Bug: at the bottom")
        self.assertEqual(self.book.lines[1], "CRIT: Traceback (most recent call last):")
        self.assertIn('raise Bug("at the bottom")', "".join(self.book.lines))

    def test_a_traceback_is_bounded(self) -> None:
        """However deep it failed, twenty lines of it are enough."""
        with self.log.failuresHandled("While digging:"):
            dig(100)
        self.assertEqual(len(self.book.lines), 1 + MAX_TRACEBACK)

    def test_a_storm_is_bounded(self) -> None:
        """A few alarms a minute are repeated; the others are counted and said with the next one."""
        for number in range(MAX_ALARMS + 3):
            self.log.error("{number}", number=number)
        self.assertEqual(len(self.book.lines), MAX_ALARMS)
        self.clock.advance(PERIOD)
        self.log.error("again")
        self.assertEqual(
            self.book.lines[MAX_ALARMS:],
            ["ERROR: 3 more errors are in the daemon's own log only", "ERROR: again"],
        )

    def test_no_endless_echo(self) -> None:
        """An error while our own line is told is not repeated: that would never end."""
        told: list[str] = []

        def say(level: Level, text: str) -> None:
            told.append(text)
            log.error("a listener failed")

        log = Logger("test", observer=LogPublisher(Alarms(say, self.clock)))
        log.error("one")
        self.assertEqual(told, ["one"])

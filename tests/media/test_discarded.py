# -*- test-case-name: tests.media.test_discarded -*-
"""
The lines about datagrams that a medium did not take.
"""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.names import Level
from hatwist.media.discarded import QUIET, Discarded

REPORT = [
    "CRIT: glib: mcast_write: Unable to send HBcomm packet eth1 225.0.0.75:694 len=212 [-1]: Network is down",
    "WARN: Temporarily Suppressing write error messages",
    "WARN: Is a cable unplugged on mcast eth1?",
]


class DiscardedTests(SynchronousTestCase):
    """The medium C{mcast eth1}, whose cable is pulled out."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.lines: list[str] = []
        self.discarded = Discarded("mcast", "eth1", self.clock, self.say)

    def say(self, level: Level, text: str) -> None:
        """Keep a line."""
        self.lines.append(f"{level.value}: {text}")

    def refuse(self, times: int = 1) -> None:
        """Let the kernel refuse datagrams."""
        for _ in range(times):
            self.discarded.refused(" 225.0.0.75:694", 212, "Network is down")

    def test_the_first_is_reported(self) -> None:
        """The first that is refused is reported, the others are counted."""
        self.refuse(5)
        self.assertEqual(self.lines, REPORT)

    def test_the_end_is_reported(self) -> None:
        """When one is sent again, the log says how many were not; and nothing more of those after it."""
        self.refuse(5)
        self.discarded.sent()
        self.discarded.sent()
        self.assertEqual(
            self.lines, [*REPORT, "WARN: 5 messages discarded due to write errors on mcast eth1"]
        )

    def test_nothing_to_report(self) -> None:
        """A medium that works is not worth a line."""
        self.discarded.sent()
        self.assertEqual(self.lines, [])

    def test_one_that_flaps(self) -> None:
        """What follows a report within a minute is told with the next one."""
        self.refuse()
        self.discarded.sent()
        self.lines.clear()
        self.clock.advance(QUIET - 1)
        self.refuse()
        self.discarded.sent()
        self.assertEqual(self.lines, [])
        self.clock.advance(1)
        self.refuse()
        self.discarded.sent()
        self.assertEqual(
            self.lines, [*REPORT, "WARN: 2 messages discarded due to write errors on mcast eth1"]
        )

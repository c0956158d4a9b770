# -*- test-case-name: tests.media.test_nuisance -*-
"""
Counting trouble, and saying it now and then.
"""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.names import Level
from hatwist.media.nuisance import QUIET, Nuisance


class NuisanceTests(SynchronousTestCase):
    """One kind of trouble."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.lines: list[str] = []
        self.nuisance = Nuisance("%d bytes too many", self.clock, self.say)

    def say(self, level: Level, text: str) -> None:
        """Keep a line."""
        self.lines.append(f"{level.value}: {text}")

    def test_no_trouble(self) -> None:
        """Where there is none nothing is said."""
        self.nuisance.count(0)
        self.nuisance.tell()
        self.assertEqual(self.lines, [])

    def test_the_first_is_said_at_once(self) -> None:
        """The first is said, the next ones are counted for a minute."""
        for total in (3, 5, 9):
            self.nuisance.count(total)
        self.assertEqual(self.lines, ["WARN: 3 bytes too many"])
        self.clock.advance(QUIET)
        self.nuisance.count(10)
        self.assertEqual(self.lines[1:], ["WARN: 7 bytes too many"])
        self.assertEqual(self.nuisance.total, 10)

    def test_few(self) -> None:
        """Where it takes some to be worth a line, fewer in a minute are counted and forgotten."""
        self.nuisance.least = 3
        self.nuisance.count(2)
        self.nuisance.tell()
        self.clock.advance(QUIET)
        self.nuisance.count(4)
        self.assertEqual(self.lines, [])
        self.nuisance.count(5)
        self.assertEqual(self.lines, ["WARN: 3 bytes too many"])
        self.assertEqual(self.nuisance.total, 5)

    def test_excused(self) -> None:
        """What has another cause is counted, and not said."""
        self.nuisance.excuse(4)
        self.nuisance.tell()
        self.assertEqual(self.lines, [])
        self.nuisance.count(6)
        self.assertEqual(self.lines, ["WARN: 2 bytes too many"])
        self.assertEqual(self.nuisance.total, 6)

    def test_the_rest_is_said_at_the_end(self) -> None:
        """What was not said yet can be asked for."""
        self.nuisance.count(3)
        self.nuisance.count(5)
        self.nuisance.tell()
        self.nuisance.tell()
        self.assertEqual(self.lines, ["WARN: 3 bytes too many", "WARN: 2 bytes too many"])

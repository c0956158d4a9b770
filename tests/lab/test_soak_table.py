# -*- test-case-name: tests.lab.test_soak_table -*-
"""
How the outcome of a soak is shown, and what of it is known.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from scripts.lab.soak.choices import Choice
from scripts.lab.soak.known import Known, reason
from scripts.lab.soak.life import Outcome
from scripts.lab.soak.table import result, table

CHOICE = Choice.parse("bcast,crc,on,hatwist+heartbeat")
FINE = Outcome(CHOICE, "death node01", (), frozenset(), 4.0)
VOID = replace(FINE, void=True, seconds=5.0)
FAILED = replace(FINE, problems=("a", "b"), seconds=6.0, logs=Path("/logs"))


class TableTests(SynchronousTestCase):
    """Lines for people."""

    def test_result_of_a_configuration(self) -> None:
        """One line when all was well; below it what went wrong, and where the logs are."""
        line = "bcast,crc,on,hatwist+heartbeat             1 scenarios     4 s  ok"
        self.assertEqual(result([FINE]), line)
        self.assertEqual(
            result([FINE, FAILED]).splitlines()[1:],
            ["    death node01", "        a", "        b", "        logs: /logs"],
        )

    def test_table(self) -> None:
        """A line for each scenario, and one for all."""
        self.assertEqual(
            [line.split() for line in table([FINE, FAILED, VOID]).splitlines()],
            [
                ["scenario", "played", "fine", "void", "known", "failed", "seconds", "longest"],
                ["death", "node01", "3", "1", "1", "0", "1", "5.0", "6.0"],
                ["together", "3", "1", "1", "0", "1", "5.0", "6.0"],
            ],
        )


class KnownTests(SynchronousTestCase):
    """Failures that are known."""

    KNOWN = (Known(",on,", "^death", "^a", "because"), Known(",on,", "^death", "^b", "therefore"))

    def test_every_problem_must_be_known(self) -> None:
        """One that is not makes the failure a new one."""
        self.assertEqual(reason(CHOICE, "death node01", ["a", "b", "a"], self.KNOWN), "because; therefore")
        self.assertIsNone(reason(CHOICE, "death node01", ["a", "c"], self.KNOWN))
        self.assertIsNone(reason(CHOICE, "leave node01", ["a"], self.KNOWN))

    def test_no_problem(self) -> None:
        """What is fine is not known."""
        self.assertIsNone(reason(CHOICE, "death node01", [], self.KNOWN))

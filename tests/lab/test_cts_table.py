# -*- test-case-name: tests.lab.test_cts_table -*-
"""
How test classes that ended are shown, and what of it is known.
"""

from __future__ import annotations

from dataclasses import replace

from twisted.trial.unittest import SynchronousTestCase

from scripts.lab.cts.known import Known, reason
from scripts.lab.cts.run import Result
from scripts.lab.cts.table import detection, table, told
from scripts.lab.soak.choices import MIXED, PAIR, REFERENCE

FINE = Result(PAIR[0], "Flip", "node01", (), 9.5)
FAILED = replace(FINE, node="node02", problems=("a", "b"))


class TableTests(SynchronousTestCase):
    """Lines for people."""

    def rows(self, *results: Result) -> dict[str, list[str]]:
        """Return the cells of each row by its first."""
        rows = [line.strip("| ").split(" | ") for line in table(results).splitlines()]
        return {row[0]: row[1:] for row in rows}

    def test_cells(self) -> None:
        """Passed with every node, failed with some, failed with all, not played."""
        results = [FINE, FAILED, replace(FINE, daemons=MIXED[0]), replace(FAILED, daemons=MIXED[1])]
        rows = self.rows(*results)
        self.assertEqual(
            rows["test"], ["hatwist pair", "mixed (C second)", "mixed (C first)", "heartbeat pair"]
        )
        self.assertEqual(rows["Flip"], ["failed (1 of 2)", "passed", "failed", "not played"])

    def test_not_applicable(self) -> None:
        """What is left out; and what only hatwist does, for two nodes with heartbeat."""
        rows = self.rows()
        self.assertEqual(rows["Stonith"], ["not applicable"] * 4)
        self.assertEqual(rows["Split_brain, kept"], ["not played"] * 3 + ["not applicable"])

    def test_told(self) -> None:
        """One line, and what went wrong."""
        self.assertEqual(" ".join(told(FINE).split()), "hatwist pair: Flip with node01 9.5 s passed")
        self.assertEqual(told(FAILED).splitlines()[1:], ["    a", "    b"])
        self.assertIn("void", told(replace(FINE, void=True)))

    def test_detection(self) -> None:
        """How long deaths took to be seen, by kind of cluster."""
        self.assertEqual(
            detection([FINE, replace(FINE, detected=(2.0,)), replace(FINE, detected=(3.0,))]),
            "hatwist pair: death seen after 2000 to 3000 ms, mean 2500 ms",
        )


class KnownTests(SynchronousTestCase):
    """Failures that are known."""

    KNOWN = (Known("hatwist", "^Flip$", "^a", "because"), Known("hatwist", "^Flip$", "^b", "therefore"))

    def test_every_problem_must_be_known(self) -> None:
        """One that is not makes the failure a new one."""
        self.assertEqual(reason(FAILED, self.KNOWN), "because; therefore")
        self.assertIsNone(reason(replace(FAILED, problems=("a", "c")), self.KNOWN))
        self.assertIsNone(reason(replace(FAILED, name="Restart"), self.KNOWN))
        self.assertIsNone(reason(replace(FAILED, daemons=REFERENCE[0]), self.KNOWN))

    def test_no_problem(self) -> None:
        """What passed is not known."""
        self.assertIsNone(reason(FINE, self.KNOWN))

# -*- test-case-name: tests.lab.test_cts_patterns -*-
"""
What heartbeat's own test suite looks for, in lines that hatwist writes.
"""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.names import Level
from hatwist.service.logline import Form, Line
from scripts.lab.cts.journal import Journal
from scripts.lab.cts.patterns import (
    OF_A_SPLIT,
    all_stopped,
    bad,
    dead,
    gathered,
    missing,
    returned,
    seen_dead,
    started,
    stopped,
)

SAID = {
    started("node01"): "Initial resource acquisition complete (T_RESOURCES(us))",
    stopped("node01"): "node01 Heartbeat shutdown complete.",
    all_stopped("node01"): "node01 Heartbeat shutdown complete.",
    seen_dead("node02", by="node01"): "node node02: is dead",
    dead("node02"): "node node02: is dead",
    returned("node02"): "Cluster node node02 returning after partition.",
}
"""What each is to be found in."""


def line(text: str, syslog_style: bool = True, host: str = "node01", entity: str = "heartbeat") -> str:
    """Return a line of ha-log as the daemon of a host writes it, gathered on a log host."""
    form = Form(host, 5555, syslog_style)
    return gathered(host, form.logfile(Line(1437502202.0, Level.INFO, text, entity)))


class FoundTests(SynchronousTestCase):
    """Each is found in the line that it is for, and in no other."""

    def test_both_forms_of_a_line(self) -> None:
        """With syslogmsgfmt on the daemon names the host, else the log host does."""
        for syslog_style in (True, False):
            for expression, text in SAID.items():
                self.assertEqual(missing([expression], [line(text, syslog_style)]), [])

    def test_gathered(self) -> None:
        """The host's name is put before a line that has none."""
        self.assertEqual(
            gathered("node01", "heartbeat[5555]: 2015/07/21_18:10:02 info: x"),
            "- node01 heartbeat[5555]: 2015/07/21_18:10:02 info: x",
        )
        whole = "Jul 21 18:10:02 node01 heartbeat: [5555]: info: x"
        self.assertEqual(gathered("node01", whole), whole)

    def test_said_by_another(self) -> None:
        """Who says it counts: for a start the host, for a death both names."""
        for expression in (started("node01"), stopped("node01"), seen_dead("node02", by="node01")):
            self.assertEqual(missing([expression], [line(SAID[expression], host="node02")]), [expression])

    def test_said_by_a_script(self) -> None:
        """So does what the daemon calls itself."""
        farewell = line("node01 Heartbeat shutdown complete.", entity="harc(default)")
        self.assertEqual(missing([stopped("node01")], [farewell]), [stopped("node01")])


class BadTests(SynchronousTestCase):
    """Lines that must not be there."""

    def test_words(self) -> None:
        """Errors and worse, and some words."""
        fine = line("WARN: node node02: is dead")
        wrong = [
            line("ERROR: x"),
            line("CRIT: Cluster node node02 returning after partition."),
            line("Both machines own our resources!"),
            line("No one owns foreign resources!"),
            line("Something is wrong, exiting."),
        ]
        self.assertEqual(bad([fine, *wrong]), wrong)

    def test_exceptions(self) -> None:
        """A class may have some; for a split it is what a split makes daemons say."""
        lines = [line("CRIT: Cluster node node02 returning after partition."), line("ERROR: x")]
        self.assertEqual(bad(lines, OF_A_SPLIT), lines[1:])


class JournalTests(SynchronousTestCase):
    """The logs of all nodes in one."""

    def test_since(self) -> None:
        """What stands behind a place in whole lines; a log that is not there yet is empty."""
        place = Path(self.mktemp())
        place.mkdir()
        journal = Journal({"node01": place / "one", "node02": place / "two"})
        (place / "one").write_text("before\n")
        mark = journal.mark()
        with (place / "one").open("a") as file:
            file.write("x\ny\nbegun")
        self.assertEqual(journal.since(mark), ["- node01 x", "- node01 y"])
        (place / "two").write_text("z\n")
        self.assertEqual(journal.since(mark), ["- node01 x", "- node01 y", "- node02 z"])

# -*- test-case-name: tests.cli.test_past -*-
"""
Decisions as an operator reads them.
"""

from __future__ import annotations

import json
from datetime import UTC
from io import StringIO
from pathlib import Path

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cli.main import main
from hatwist.cli.past import journal_lines, operation_lines, show_journal, show_operations
from hatwist.cluster.names import Outcome, Verb
from hatwist.control.entries import Entry, write_entry
from hatwist.control.operations import OperationReport, operation_report
from hatwist.resources.operations import Operation

BEGUN = Entry(7, 1, 1767225600.125, "start", "httpd", "node01", ("its home is here", "node02 is dead"))
LEFT = Entry(8, 1, 1767225700.5, "leave", "node01", "node01", ("a\nsignal",))


class JournalTests(SynchronousTestCase):
    """C{hatwistctl journal}."""

    def test_words(self) -> None:
        """One line for each decision, below a line for each life of the daemon."""
        self.assertEqual(
            list(journal_lines([BEGUN, evolve(BEGUN, number=4, lost=2), LEFT], UTC)),
            [
                "generation 7:",
                "  2026-01-01 00:00:00.125 start httpd on node01: its home is here; node02 is dead",
                "  (2 before this are missing: the disk did not take them)",
                "  2026-01-01 00:00:00.125 start httpd on node01: its home is here; node02 is dead",
                "generation 8:",
                "  2026-01-01 00:01:40.500 leave node01 on node01: a | signal",
            ],
        )
        self.assertEqual(list(journal_lines([])), ["no decisions"])

    def test_for_programs(self) -> None:
        """One object; each entry is as the file has it."""
        out = StringIO()
        show_journal([BEGUN, LEFT], out, as_json=True)
        expected = {"version": 1, "entries": [json.loads(write_entry(one)) for one in (BEGUN, LEFT)]}
        self.assertEqual(json.loads(out.getvalue()), expected)


STARTED = operation_report(Operation(1767225600.125, "start", "httpd", Verb.START, Outcome.OK, 0.0124, "", 0))
FAILED: OperationReport = {**STARTED, "outcome": "failed", "status": None}


class OperationTests(SynchronousTestCase):
    """C{hatwistctl ops}."""

    def test_words(self) -> None:
        """One line for each operation, and below it what its program said, or else its words."""
        failed: OperationReport = {**FAILED, "took": 2.1, "status": 5, "output": "one\n\n\ttwo\x1b\n"}
        late: OperationReport = {
            **FAILED,
            "order": "recover",
            "took": 120.0,
            "status": 143,
            "timed_out": True,
        }
        built_in: OperationReport = {**FAILED, "words": "no interface has a route"}
        look: OperationReport = {
            **FAILED,
            "order": "look",
            "verb": "status",
            "outcome": "stopped",
            "times": 3,
        }
        start = "  2026-01-01 00:00:00.125"
        self.assertEqual(
            list(operation_lines({"a": [STARTED, failed, late, built_in, look], "b": []}, UTC)),
            [
                "a:",
                f"{start} start httpd: ok, exit status 0, 12 ms",
                f"{start} start httpd: failed, exit status 5, 2.1 s",
                "      one",
                "              two?",
                f"{start} start httpd (in a recover): out of time, exit status 143, 2 min 0 s",
                f"{start} start httpd: failed, 12 ms",
                "      no interface has a route",
                f"{start} status httpd (in a look): stopped, 12 ms, 3 times",
                "b:",
                "  nothing was done since the daemon's start",
            ],
        )

    def test_for_programs(self) -> None:
        """One object; the groups in their order."""
        out = StringIO()
        show_operations({"b": [STARTED], "a": []}, out, as_json=True)
        groups = [{"key": "b", "operations": [STARTED]}, {"key": "a", "operations": []}]
        self.assertEqual(json.loads(out.getvalue()), {"version": 1, "groups": groups})


class FileTests(SynchronousTestCase):
    """C{hatwistctl journal --file}."""

    def setUp(self) -> None:
        self.path = Path(self.mktemp())
        self.path.write_text(f"{write_entry(BEGUN)}\n{write_entry(LEFT)}\n", encoding="ascii")

    def run_main(self, *arguments: str) -> tuple[int, list[str], str]:
        """Run it, and return status, what each line is about, and complaints."""
        out, err = StringIO(), StringIO()
        status = main(("journal", *arguments), out, err)
        lines = [line for line in out.getvalue().splitlines() if not line.startswith("generation")]
        return status, [line.split()[2] for line in lines if line != "no decisions"], err.getvalue()

    def test_without_a_daemon(self) -> None:
        """The file is enough; options may stand before and behind what it is about."""
        file = f"--file={self.path}"
        self.assertEqual(self.run_main(file), (0, ["start", "leave"], ""))
        self.assertEqual(self.run_main(file, "-n", "1"), (0, ["leave"], ""))
        self.assertEqual(self.run_main("httpd", file), (0, ["start"], ""))
        self.assertEqual(self.run_main("node02", "-n5", "--file", str(self.path)), (0, ["start"], ""))
        self.assertEqual(self.run_main(file, "nobody"), (0, [], ""))

    def test_strange_lines(self) -> None:
        """What is no decision is counted where it does not disturb."""
        with self.path.open("a") as file:
            file.write("once upon a time\n")
        complaint = f"hatwistctl: {self.path}: 1 lines are no decisions\n"
        self.assertEqual(self.run_main("--file", str(self.path)), (0, ["start", "leave"], complaint))

    def test_a_file_that_cannot_be_read(self) -> None:
        """Status 1, and why."""
        missing = f"{self.path}-not"
        self.assertEqual(
            self.run_main("--file", missing), (1, [], f"hatwistctl: {missing}: No such file or directory\n")
        )
        folder = str(self.path.parent.resolve())
        self.assertEqual(self.run_main("--file", folder), (1, [], f"hatwistctl: {folder}: Is a directory\n"))

    def test_wrong_numbers(self) -> None:
        """How many is a number, 1 or more."""
        for number in ("0", "-1", "many"):
            self.assertEqual(self.run_main("-n", number)[0], 2)

# -*- test-case-name: tests.control.test_entries -*-
"""
The journal's lines, also those that nobody wrote on purpose.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.control.entries import (
    FORMER,
    KEPT,
    MAX_CAUSES,
    MAX_READ,
    MAX_TEXT,
    Entry,
    bounded,
    iso,
    newest,
    read_entry,
    read_journal,
    write_entry,
)

WEB = "IPaddr::10.0.0.5/24"
TAKEOVER = Entry(7, 3, 1767225600.125, "takeover", WEB, "node01", ("node02 is dead", "silent for 10 s"))
LINE = (
    '{"time": "2026-01-01T00:00:00.125Z", "generation": 7, "number": 3, "decision": "takeover",'
    ' "subject": "IPaddr::10.0.0.5/24", "node": "node01", "causes": ["node02 is dead", "silent for 10 s"]}'
)


class EntryTests(SynchronousTestCase):
    """One decision, one line."""

    def test_written(self) -> None:
        """A line is a JSON object with the time in UTC; what is missing before it is said only then."""
        self.assertEqual(write_entry(TAKEOVER), LINE)
        self.assertTrue(write_entry(evolve(TAKEOVER, lost=2)).endswith(', "lost": 2}'))

    def test_read_again(self) -> None:
        """What was written is read."""
        for entry in (TAKEOVER, evolve(TAKEOVER, lost=2), evolve(TAKEOVER, causes=("say \u201cno\u201d\n",))):
            self.assertEqual(read_entry(write_entry(entry)), entry)

    def test_no_entries(self) -> None:
        """Whatever else stands on a line is no entry, and harms nobody."""
        whole = json.loads(LINE)
        wrong = [LINE[:cut] for cut in range(len(LINE))]
        wrong += ["[]", "7", "null", "{}", "[" * 100_000]
        for name, value in (
            ("time", "noon"),
            ("time", "0001-01-01T00:00:00+14:00"),
            ("time", "9999-12-31T23:59:59Z"),
            ("time", 7),
            ("generation", -1),
            ("generation", True),
            ("number", "3"),
            ("lost", 1.5),
            ("decision", None),
            ("causes", "x"),
            ("causes", [1]),
        ):
            wrong.append(json.dumps({**whole, name: value}))
        for line in wrong:
            self.assertIsNone(read_entry(line), line[:200])

    def test_bounds(self) -> None:
        """Texts are cut, causes are counted, and bytes that are no text become question marks."""
        entry = bounded(evolve(TAKEOVER, subject="x" * 5000, causes=("\udcff",) * 100))
        self.assertEqual((len(entry.subject), entry.causes), (MAX_TEXT, ("?",) * MAX_CAUSES))

    def test_words(self) -> None:
        """In words it is what events show."""
        self.assertEqual(
            TAKEOVER.words, f"takeover {WEB} on node01: node02 is dead; silent for 10 s", TAKEOVER.words
        )

    def test_whom_it_concerns(self) -> None:
        """The subject, who acts, and whoever is named among the causes."""
        for name in (WEB, "node01", "node02"):
            self.assertTrue(TAKEOVER.concerns(name), name)
        for name in ("node", "node0", "IPaddr", "httpd"):
            self.assertFalse(TAKEOVER.concerns(name), name)
        named = evolve(TAKEOVER, causes=("asked by (node03), again",))
        self.assertTrue(named.concerns("node03"))

    def test_the_newest(self) -> None:
        """The newest of those that are meant, oldest first."""
        entries = [evolve(TAKEOVER, number=n, subject="ab"[n % 2]) for n in range(10)]
        self.assertEqual([one.number for one in newest(entries, "", 3)], [7, 8, 9])
        self.assertEqual([one.number for one in newest(entries, "a", 2)], [6, 8])
        self.assertEqual(newest(entries, "c", 2), [])
        self.assertEqual(newest(entries, "", -1), [])

    def test_times(self) -> None:
        """UTC, to the millisecond, in one form."""
        self.assertEqual(iso(0.0), "1970-01-01T00:00:00.000Z")


class ReadTests(SynchronousTestCase):
    """Files."""

    def setUp(self) -> None:
        self.path = Path(self.mktemp())

    def write(self, *numbers: int, former: bool = False, tail: bytes = b"") -> None:
        """Write a file with entries of these numbers."""
        path = Path(f"{self.path}{FORMER}" if former else self.path)
        lines = [f"{write_entry(evolve(TAKEOVER, number=one))}\n".encode() for one in numbers]
        path.write_bytes(b"".join(lines) + tail)

    def numbers(self) -> list[int]:
        """Read it, and return the numbers."""
        return [one.number for one in read_journal(str(self.path))[0]]

    def test_both_files(self) -> None:
        """The file before is read first, where there is one."""
        self.write(3, 4)
        self.assertEqual(self.numbers(), [3, 4])
        self.write(1, 2, former=True)
        self.assertEqual(self.numbers(), [1, 2, 3, 4])

    def test_a_torn_line(self) -> None:
        """A crash may tear the last line; it is not counted, the others are there."""
        self.write(1, 2, tail=LINE[:50].encode())
        entries, strange = read_journal(str(self.path))
        self.assertEqual(([one.number for one in entries], strange), ([1, 2], 0))

    def test_strange_lines(self) -> None:
        """What is no entry is counted, whatever bytes it is made of."""
        self.write(1, tail=b"\xff\xfe\n\nmore\n")
        entries, strange = read_journal(str(self.path))
        self.assertEqual(([one.number for one in entries], strange), ([1], 2))

    def test_at_most_so_many(self) -> None:
        """The newest are kept; of an endless file only the end is read."""
        self.write(*range(KEPT + 5))
        self.assertEqual(self.numbers(), list(range(5, KEPT + 5)))
        with self.path.open("r+b") as file:
            file.truncate(2 * MAX_READ)
            file.seek(0, os.SEEK_END)
            file.write(f"\n{LINE}\n".encode())
        self.assertEqual(self.numbers(), [3])

    def test_only_the_end(self) -> None:
        """Who wants to be quick reads the end of each file, from the beginning of a line."""
        self.write(1, 2, 3, former=True)
        self.write(4, 5, 6)
        entries, strange = read_journal(str(self.path), 2 * len(LINE) + 10)
        self.assertEqual(([one.number for one in entries], strange), ([2, 3, 5, 6], 0))

    def test_what_is_no_file(self) -> None:
        """A directory and a pipe are refused, and nobody waits for a writer."""
        self.assertRaises(FileNotFoundError, self.numbers)
        os.mkfifo(self.path)
        self.assertRaises(OSError, self.numbers)
        self.path.unlink()
        self.path.mkdir()
        self.assertRaises(OSError, self.numbers)

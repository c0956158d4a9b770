# -*- test-case-name: tests.service.test_journal -*-
"""
Decisions that outlive a daemon, whatever its disk does.
"""

from __future__ import annotations

import errno
import os
import stat
import threading
from pathlib import Path

from attrs import define, field
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.actions import Record
from hatwist.config.model import NodeName
from hatwist.control.entries import FORMER, Entry, read_journal, write_entry
from hatwist.service.journal import MAX_WAITING, NAME, PATIENCE, Journal, JournalFile

NODE01 = NodeName("node01")
LIMIT = 10.0
"""Seconds a thread may take for something that takes it no time."""


def entry(number: int, cause: str = "node02 is dead") -> Entry:
    """Make an entry."""
    return Entry(7, number, 0.0, "takeover", "httpd", "node01", (cause,))


def record(cause: str = "node02 is dead") -> Record:
    """Make a decision."""
    return Record("takeover", "httpd", NODE01, (cause,))


class FileTests(SynchronousTestCase):
    """The file, without a thread."""

    def setUp(self) -> None:
        self.path = Path(self.mktemp()) / NAME
        self.former = Path(f"{self.path}{FORMER}")
        self.file = JournalFile(str(self.path), limit=1000)

    def read(self) -> list[tuple[int, int]]:
        """Return the number of each entry, and how many are missing before it."""
        return [(one.number, one.lost) for one in read_journal(str(self.path))[0]]

    def test_nobody_else_reads_it(self) -> None:
        """It is for its owner only, also if somebody has opened it to others."""
        self.file.write([entry(1)])
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)
        self.path.chmod(0o644)
        self.file.write([entry(2)])
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)
        self.assertEqual(self.read(), [(1, 0), (2, 0)])

    def test_it_does_not_grow_without_end(self) -> None:
        """A full file becomes the one before; together they are bounded, and the newest are there."""
        for number in range(1, 51):
            self.file.write([entry(number)])
        self.assertEqual(sorted(os.listdir(self.path.parent)), [NAME, NAME + FORMER])
        self.assertTrue(self.former.stat().st_size <= 1000)
        self.assertTrue(self.path.stat().st_size <= 1000)
        numbers = [number for number, _ in self.read()]
        self.assertEqual(numbers, list(range(51 - len(numbers), 51)))
        self.assertTrue(len(numbers) > 5)

    def test_it_turns_in_the_middle_of_a_batch(self) -> None:
        """Many decisions at once are not too many for one file."""
        self.file.write([entry(number) for number in range(1, 11)])
        self.assertTrue(self.path.stat().st_size <= 1000)
        self.assertTrue(self.former.exists())
        self.assertEqual(self.read()[-1], (10, 0))

    def test_a_torn_line(self) -> None:
        """What a crash has torn is left alone, and the next line begins a new one."""
        self.file.write([entry(1)])
        with self.path.open("a") as file:
            file.write(write_entry(entry(2))[:40])
        JournalFile(str(self.path)).write([entry(1), entry(2)])
        entries, strange = read_journal(str(self.path))
        self.assertEqual(([one.number for one in entries], strange), ([1, 1, 2], 1))

    def test_what_is_missing_is_said(self) -> None:
        """The numbers tell how many decisions are not there."""
        self.file.write([entry(1)])
        self.file.write([entry(5), entry(6)])
        self.assertEqual(self.read(), [(1, 0), (5, 3), (6, 0)])

    def test_it_may_be_moved_away(self) -> None:
        """Whoever moves or removes it gets a new one."""
        self.file.write([entry(1)])
        self.path.unlink()
        self.file.write([entry(2)])
        self.assertEqual(self.read(), [(2, 0)])

    def test_a_link_is_not_followed(self) -> None:
        """Nothing is written where a link points to."""
        self.path.parent.mkdir()
        self.path.symlink_to(self.path.parent / "elsewhere")
        problem = self.assertRaises(OSError, self.file.write, [entry(1)])
        self.assertEqual(problem.errno, errno.ELOOP)


@define
class Gate:
    """A clock that shows what it is set to, and the words that were said, for whoever waits."""

    now: float = 0.0
    said: list[str] = field(factory=list)
    heard: threading.Event = field(factory=threading.Event)

    def tell(self, text: str) -> None:
        self.said.append(text)
        self.heard.set()


class JournalTests(SynchronousTestCase):
    """The journal with its thread; what waits is written when it is stopped."""

    def setUp(self) -> None:
        self.directory = Path(self.mktemp())
        self.path = self.directory / NAME
        self.gate = Gate()

    def begin(self, generation: int = 7) -> tuple[Journal, list[Entry]]:
        """Begin a life."""
        journal = Journal(str(self.directory), lambda: 1000.0, self.gate.tell, lambda: self.gate.now)
        self.addCleanup(journal.stop)
        return journal, journal.begin(generation)

    def causes(self) -> list[str]:
        """Return the causes that are in the file."""
        return [one.causes[0] for one in read_journal(str(self.path))[0]]

    def test_a_new_life_knows_the_former_ones(self) -> None:
        """What was decided is there after a restart, with its generation and number."""
        first, former = self.begin(7)
        self.assertEqual(former, [])
        first.record(record("one"))
        first.record(record("two"))
        first.stop()
        second, former = self.begin(8)
        expected = [(7, 1, 1000.0, ("one",)), (7, 2, 1000.0, ("two",))]
        self.assertEqual([(one.generation, one.number, one.when, one.causes) for one in former], expected)
        second.record(record("three"))
        shown = [(one.generation, one.number, one.causes[0]) for one in second.entries("httpd", 10)]
        self.assertEqual(shown, [(7, 1, "one"), (7, 2, "two"), (8, 1, "three")])
        self.assertEqual(len(second.entries("httpd", 1)), 1)
        second.stop()
        self.assertEqual(self.causes(), ["one", "two", "three"])

    def test_a_disk_that_takes_nothing(self) -> None:
        """It is said once, shown as long as it lasts, and the decisions are known all the same."""
        self.directory.write_text("a file is in the way")
        journal, _ = self.begin()
        for _ in range(3):
            self.gate.heard.clear()
            journal.record(record())
            self.gate.heard.wait(0.05 if self.gate.said else LIMIT)
        journal.stop()
        words = f"{self.path}: decisions of this node are not written: {os.strerror(errno.EEXIST)}"
        self.assertEqual((self.gate.said, journal.troubles()), ([words], [words]))
        self.assertEqual(len(journal.entries("", 10)), 3)

    def test_a_disk_that_takes_again(self) -> None:
        """The trouble is over, and the file says how many are missing."""
        self.directory.write_text("a file is in the way")
        journal, _ = self.begin()
        journal.record(record("lost"))
        self.assertTrue(self.gate.heard.wait(LIMIT))
        self.directory.unlink()
        journal.record(record("kept"))
        journal.stop()
        self.assertEqual((self.causes(), journal.troubles()), (["kept"], []))
        self.assertEqual(read_journal(str(self.path))[0][0].lost, 1)

    def test_a_disk_that_hangs(self) -> None:
        """Whoever decides goes on at once; what does not fit is lost and counted, and it is said once."""
        begun, free = threading.Event(), threading.Event()
        write = JournalFile.write

        def hang(file: JournalFile, entries: list[Entry]) -> None:
            begun.set()
            free.wait(LIMIT)
            write(file, entries)

        self.patch(JournalFile, "write", hang)
        self.addCleanup(free.set)
        journal, _ = self.begin()
        journal.record(record("first"))
        self.assertTrue(begun.wait(LIMIT))
        for _ in range(MAX_WAITING):
            journal.record(record("waits"))
        self.assertEqual(self.gate.said, [])
        self.gate.now = PATIENCE
        for _ in range(3):
            journal.record(record("too many"))
        words = f"{self.path}: the disk does not answer, decisions of this node do not get there"
        self.assertEqual((self.gate.said, journal.troubles()), ([words], [words]))
        journal.stop(0.01)
        free.set()
        self.assertEqual(self.numbers_at_the_end(), MAX_WAITING + 1)

    def numbers_at_the_end(self) -> int:
        """Wait for the thread, which was left behind; return the highest number in the file."""
        for thread in threading.enumerate():
            if thread.name == NAME:
                thread.join(0.5)
        return read_journal(str(self.path))[0][-1].number

    def test_a_journal_that_cannot_be_read(self) -> None:
        """A node begins all the same."""
        self.path.mkdir(parents=True)
        _, former = self.begin()
        self.assertEqual(former, [])

# -*- test-case-name: tests.service.test_journal -*-
"""
The journal: every decision on disk, where it outlives the daemon.

A full or hung disk must never delay a heartbeat, so entries go through a
bounded queue to a thread of their own.  What does not get there is lost: the
numbers of the entries tell how many, and it is said once.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from attrs import evolve

from hatwist.control.entries import FORMER, KEPT, Entry, bounded, newest, read_journal, write_entry
from hatwist.service.lastwords import CLOSE_LIMIT, finish

if TYPE_CHECKING:
    from collections.abc import Callable

    from hatwist.cluster.actions import Record

NAME: Final = "journal"

MAX_FILE: Final = 1024 * 1024
"""Bytes of the file; then it becomes the file before, and that one is gone."""

RECALLED: Final = 128 * 1024
"""Bytes of each file that a start reads, at its end: it must not take long."""

MODE: Final = 0o600
"""Of the file: arguments and the last words of programs are nobody else's business."""

MAX_WAITING: Final = 1000
"""Entries that may wait for the disk."""

PATIENCE: Final = 10.0
"""Seconds the disk has for a write before it is said that it hangs."""

_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW


class JournalFile:
    """
    The file and the one before it; lives in the journal's thread, where it may block.

    It is opened anew for each batch, so it may be moved away or removed at any time.

    @ivar path: where it is.
    """

    def __init__(self, path: str, limit: int = MAX_FILE) -> None:
        """
        @param limit: bytes of the file.
        """
        self.path = path
        self._limit = limit
        self._written = 0
        "Number of the newest entry that is in the file."

    def write(self, entries: list[Entry]) -> None:
        """
        Append entries, each with how many are missing before it.

        @raise OSError: the disk took not all of them.
        """
        os.makedirs(os.path.dirname(self.path), mode=0o755, exist_ok=True)
        descriptor = os.open(self.path, _FLAGS, MODE)
        try:
            os.fchmod(descriptor, MODE)
            for entry in entries:
                lost = entry.number - self._written - 1
                line = f"{write_entry(evolve(entry, lost=lost))}\n".encode("ascii")
                size = os.fstat(descriptor).st_size
                if size and size + len(line) > self._limit:
                    descriptor = self._turn(descriptor)
                elif size and os.pread(descriptor, 1, size - 1) != b"\n":
                    line = b"\n" + line  # a crash, or a full disk, has torn the line before
                _put(descriptor, line)
                self._written = entry.number
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)

    def _turn(self, descriptor: int) -> int:
        """Make the file the one before, and begin a new one."""
        os.replace(self.path, self.path + FORMER)
        begun = os.open(self.path, _FLAGS, MODE)
        os.close(descriptor)
        return begun


class Journal:
    """
    The decisions of one node, those of its daemon's former lives included.

    @ivar path: of the file.
    """

    def __init__(
        self,
        directory: str,
        wall: Callable[[], float],
        tell: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        @param wall: seconds since 1970.
        @param tell: hears what is wrong, once; is called in any thread.
        @param clock: seconds, of any beginning.
        """
        self.path = os.path.join(directory, NAME)
        self._wall = wall
        self._tell = tell
        self._clock = clock
        self._kept: deque[Entry] = deque(maxlen=KEPT)
        self._queue: queue.Queue[Entry | None] = queue.Queue(MAX_WAITING)
        self._thread: threading.Thread | None = None
        self._generation = 0
        self._number = 0
        self._told_hung = False
        # Written by the journal's thread alone.
        self._trouble = ""
        self._busy_since: float | None = None

    def begin(self, generation: int) -> list[Entry]:
        """
        Read what former lives decided, and begin to write; after the daemon has forked.

        @return: the newest decisions of former lives, oldest first.
        """
        if self._thread is not None:
            self._generation = generation  # another life of this process
            return []
        former: list[Entry] = []
        with suppress(OSError):
            former, _ = read_journal(self.path, RECALLED)
        self._kept.extend(former)
        self._generation = generation
        file = JournalFile(self.path)
        self._thread = threading.Thread(target=self._run, args=(file,), name=NAME, daemon=True)
        self._thread.start()
        return former

    def record(self, record: Record) -> None:
        """Keep a decision; never blocks, never raises."""
        self._number += 1
        subject, node = record.subject, record.node
        entry = bounded(
            Entry(self._generation, self._number, self._wall(), record.decision, subject, node, record.causes)
        )
        self._kept.append(entry)
        with suppress(queue.Full):
            self._queue.put_nowait(entry)
        hung = self._hung()
        if hung and not self._told_hung:
            self._tell(hung)
        self._told_hung = bool(hung)

    def entries(self, about: str, count: int) -> list[Entry]:
        """Return the newest decisions, oldest first; see L{newest}."""
        return newest(self._kept, about, count)

    def troubles(self) -> list[str]:
        """Say that decisions do not get to the disk, if they do not."""
        return [one for one in (self._trouble, self._hung()) if one]

    def stop(self, limit: float = CLOSE_LIMIT) -> None:
        """
        Write what waits, and end.

        @param limit: seconds that may take; it blocks the caller.
        """
        thread, self._thread = self._thread, None
        if thread is not None:
            finish(thread, self._queue, limit)

    def _hung(self) -> str:
        since = self._busy_since
        if since is None or self._clock() - since < PATIENCE:
            return ""
        return f"{self.path}: the disk does not answer, decisions of this node do not get there"

    def _run(self, file: JournalFile) -> None:
        while True:
            batch, last = self._take()
            self._busy_since = self._clock()
            if batch:
                self._write(file, batch)
            self._busy_since = None
            if last:
                return

    def _take(self) -> tuple[list[Entry], bool]:
        """Wait for entries; return those there are, and whether they are the last."""
        batch: list[Entry] = []
        entry = self._queue.get()
        while entry is not None:
            batch.append(entry)
            try:
                entry = self._queue.get_nowait()
            except queue.Empty:
                return batch, False
        return batch, True

    def _write(self, file: JournalFile, batch: list[Entry]) -> None:
        try:
            file.write(batch)
        except OSError as error:
            trouble = f"{self.path}: decisions of this node are not written: {error.strerror}"
            if not self._trouble:
                self._tell(trouble)
            self._trouble = trouble
        else:
            self._trouble = ""


def _put(descriptor: int, line: bytes) -> None:
    while line:
        line = line[os.write(descriptor, line) :]

# -*- test-case-name: tests.service.test_logfile -*-
"""
A file that lines are appended to, whatever happens to it meanwhile.

It may be rotated away, its directory may be missing, its disk may be full.
What it does not take is counted, and said in the file itself as soon as it
takes lines again.  Only the thread of L{hatwist.service.halog} writes: a file
may block.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

REOPEN_PERIOD: Final = 1.0
"""Seconds between two looks whether a file was rotated away."""

MODE: Final = 0o640
"""Of a file that we make: names, addresses and arguments are nobody else's business."""

_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOCTTY


class LogFile:
    """
    One file.

    @ivar path: where it is.
    @ivar missed: lines that it did not take, and has not been told of.
    """

    def __init__(
        self,
        path: str,
        apology: Callable[[int], str],
        trouble: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        @param apology: makes the line that says how many were missed.
        @param trouble: told, once, when the file begins to take no lines.
        @param clock: seconds, of any beginning.
        """
        self.path = path
        self.missed = 0
        self._apology = apology
        self._trouble = trouble
        self._clock = clock
        self._descriptor = -1
        self._torn = False
        self._looked = 0.0

    def write(self, text: str) -> None:
        """Append one line, given without newline; never raises."""
        try:
            self._ready()
            if self.missed:
                self._put(self._apology(self.missed))
                self.missed = 0
            self._put(text)
        except OSError as error:
            self.missed += 1
            if self.missed == 1:
                self._trouble(f"cannot write {self.path}: {error.strerror}")

    def close(self) -> None:
        """Close it; the next line opens it again."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _ready(self) -> None:
        now = self._clock()
        if self._descriptor >= 0 and now - self._looked >= REOPEN_PERIOD:
            self._looked = now
            if self._was_rotated():
                self.close()
        if self._descriptor < 0:
            self._descriptor = os.open(self.path, _FLAGS, MODE)
            self._torn = False
            self._looked = now

    def _was_rotated(self) -> bool:
        ours = os.fstat(self._descriptor)
        try:
            there = os.stat(self.path)
        except FileNotFoundError:
            return True
        return (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino)

    def _put(self, text: str) -> None:
        """Write a whole line, or leave a mark that the end of one is missing."""
        line = f"{text}\n".encode("utf-8", "backslashreplace")
        if self._torn:
            line = b"\n" + line
        while line:
            written = os.write(self._descriptor, line)
            line = line[written:]
            self._torn = bool(line)


def obstacle(path: str, access: Callable[[str, int], bool] = os.access) -> str:
    """
    Say why a log file cannot be written, before there is a daemon.

    @param access: answers as C{os.access} does.
    @return: in words; empty when nothing seems to be in the way.
    """
    directory = os.path.dirname(path) or "."
    if os.path.isdir(path):
        return f"cannot write {path}: it is a directory"
    if not os.path.isdir(directory):
        return f"cannot write {path}: there is no directory {directory}"
    if not access(path if os.path.exists(path) else directory, os.W_OK):
        return f"cannot write {path}: not permitted, or the file system is read-only"
    return ""

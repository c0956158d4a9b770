# -*- test-case-name: tests.guardian.test_log -*-
"""
Write ha-log without waiting for its disk: what hangs with the disk must not keep an address.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue

MAX_WAITING = 1000
"""Lines that wait for the disk; more are lost."""

STACK = 1 << 18
"""Bytes: all memory of the guardian is locked."""

LAST_WORDS = 1.0
"""Seconds that the disk has for what was said last."""


def _nothing() -> None:
    """Begin as any thread does."""


class Log:
    """Appends to ha-log, in its form; to stderr where there is none."""

    def __init__(self, path: str, host: str, begin: Callable[[], None] = _nothing) -> None:
        """
        @param begin: is called in the thread that writes, before it does.
        """
        self._path = path
        self._host = host
        self._begin = begin
        self._lines: SimpleQueue[str | None] = SimpleQueue()
        self._writer: threading.Thread | None = None

    def say(self, level: str, text: str) -> None:
        """Write one line, at some time; a disk that does not take it keeps nothing."""
        when = time.strftime("%b %d %H:%M:%S")
        if self._lines.qsize() < MAX_WAITING:
            self._lines.put(f"{when} {self._host} hatwist-guardian: [{os.getpid()}]: {level}: {text}\n")
        if self._writer is None:
            self._start()

    def close(self) -> None:
        """Wait until everything is written, but not for long."""
        if self._writer is not None:
            self._lines.put(None)
            self._writer.join(LAST_WORDS)
            self._writer = None

    def _start(self) -> None:
        writer = threading.Thread(target=self._write, name="log", daemon=True)
        before = threading.stack_size(STACK)
        try:
            writer.start()
        except RuntimeError:
            return  # there can be no more threads; with the next line we try again
        finally:
            threading.stack_size(before)
        self._writer = writer

    def _write(self) -> None:
        self._begin()
        while (line := self._lines.get()) is not None:
            try:
                if self._path:
                    with open(self._path, "a", encoding="utf-8", errors="backslashreplace") as log:
                        log.write(line)
                else:
                    sys.stderr.write(line)
            except OSError:
                pass

# -*- test-case-name: tests.guardian.test_log -*-
"""
The guardian's log, on disks that take it and on others.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.trial.unittest import SynchronousTestCase

from hatwist.guardian import log as log_module
from hatwist.guardian.log import MAX_WAITING, Log

LIMIT = 20.0
"""Seconds after which a thread that does not end is a fault."""


class LogTests(SynchronousTestCase):
    """L{Log}."""

    def write(self, path: str, text: str) -> None:
        """Write a line."""
        log = Log(path, "node01")
        log.say("WARN", text)
        log.close()

    def test_a_line(self) -> None:
        """It looks like the daemon's, with our number; what is no text does no harm."""
        with TemporaryDirectory() as place:
            path = Path(place, "log")
            self.write(str(path), "web is released")
            self.write(str(path), "a\udc80b")
            first, second = path.read_text().splitlines()
            line = rf"node01 hatwist-guardian: \[{os.getpid()}\]: WARN: web is released$"
            self.assertRegex(first, r"^\w{3} \d\d \d\d:\d\d:\d\d " + line)
            self.assertTrue(second.endswith("WARN: a\\udc80b"))

    def test_no_disk(self) -> None:
        """A disk that takes nothing keeps nothing."""
        for path in ("/no/such/directory/log", "/dev/full"):
            self.write(path, "lost")

    def test_in_order(self) -> None:
        """Whatever is said at once is written in its order."""
        with TemporaryDirectory() as place:
            path = Path(place, "log")
            log = Log(str(path), "node01")
            for number in range(500):
                log.say("INFO", f"line {number}")
            log.close()
            written = [line.rpartition(" ")[2] for line in path.read_text().splitlines()]
            self.assertEqual(written, [str(number) for number in range(500)])

    def test_a_disk_that_hangs(self) -> None:
        """Nobody waits for it; what it takes in the end is written, but for what was too much."""
        self.patch(log_module, "LAST_WORDS", 0.01)
        with TemporaryDirectory() as place:
            path = Path(place, "log")
            os.mkfifo(path)
            log = Log(str(path), "node01")
            for number in range(2 * MAX_WAITING):
                log.say("INFO", f"line {number}")
            writer = log._writer
            assert writer is not None
            log.close()
            self.assertTrue(writer.is_alive())
            reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            limit = time.monotonic() + LIMIT
            read = b""
            while writer.is_alive():
                self.assertLess(time.monotonic(), limit)
                with contextlib.suppress(BlockingIOError):
                    read += os.read(reader, 1 << 16)
            read += os.read(reader, 1 << 20)
            os.close(reader)
            lines = read.decode().splitlines()
            self.assertIn(len(lines), (MAX_WAITING, MAX_WAITING + 1))
            self.assertTrue(lines[0].endswith(" line 0"))

    def test_no_thread(self) -> None:
        """When there can be no thread the line waits for the next one."""

        def refuse(_: object) -> None:
            raise RuntimeError("can't start new thread")

        with TemporaryDirectory() as place:
            path = Path(place, "log")
            log = Log(str(path), "node01")
            start = threading.Thread.start
            self.patch(threading.Thread, "start", refuse)
            log.say("INFO", "first")
            self.patch(threading.Thread, "start", start)
            log.say("INFO", "second")
            log.close()
            self.assertEqual(
                [line.split()[-1] for line in path.read_text().splitlines()], ["first", "second"]
            )

    def test_its_beginning(self) -> None:
        """The thread begins with what it was given; one that has said nothing has none."""
        begun: list[str] = []
        log = Log("/dev/null", "node01", lambda: begun.append(threading.current_thread().name))
        log.close()
        self.assertEqual(begun, [])
        log.say("INFO", "x")
        log.close()
        self.assertEqual(begun, ["log"])

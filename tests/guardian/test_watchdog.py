# -*- test-case-name: tests.guardian.test_watchdog -*-
"""
Feeding the watchdog: a file, or a FIFO, in place of the device.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from hatwist.guardian.watchdog import WDIOC_SETTIMEOUT, Watchdog
from tests.resources.fakes import temporary


class WatchdogTests(SynchronousTestCase):
    """L{Watchdog}."""

    def setUp(self) -> None:
        self.path = Path(temporary(self), "watchdog")
        self.path.touch()

    def eaten(self) -> bytes:
        """Return what the device was given."""
        return self.path.read_bytes()

    def test_feeding(self) -> None:
        """It is fed four times in its time, not more often, however often it is asked."""
        watchdog = Watchdog(str(self.path), 2.0)
        self.assertEqual((watchdog.timeout, watchdog.period), (2.0, 0.5))
        for tenths in range(100, 120):
            watchdog.feed(tenths / 10)
        self.assertEqual(self.eaten(), bytes(4))
        watchdog.disarm()
        self.assertEqual(self.eaten(), bytes(4) + b"V")

    def test_its_time(self) -> None:
        """The device is told its time in whole seconds, and says which one it took."""
        asked: list[tuple[int, int]] = []

        def ioctl(_: int, request: int, argument: bytes) -> bytes:
            asked.append((request, struct.unpack("i", argument)[0]))
            return struct.pack("i", 60)

        self.patch(fcntl, "ioctl", ioctl)
        for timeout in (2.4, 0.3):
            watchdog = Watchdog(str(self.path), timeout)
            self.assertEqual(watchdog.timeout, 60.0)
            watchdog.disarm()
        self.assertEqual(asked, [(WDIOC_SETTIMEOUT, 2), (WDIOC_SETTIMEOUT, 1)])

    def test_one_that_takes_nothing(self) -> None:
        """One that does not take it stays hungry, and the guardian goes on."""
        self.path.unlink()
        os.mkfifo(self.path)
        reader = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        watchdog = Watchdog(str(self.path), 2.0)
        self.addCleanup(watchdog.disarm)
        size = fcntl.fcntl(reader, fcntl.F_GETPIPE_SZ)
        filler = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
        os.write(filler, bytes(size))
        os.close(filler)
        watchdog.feed(10.0)
        self.assertEqual(len(os.read(reader, size + 10)), size)
        watchdog.feed(10.5)
        self.assertEqual(os.read(reader, 10), b"\0")

    def test_it_cannot_be_disarmed(self) -> None:
        """The caller hears of it, and it is closed all the same."""
        self.path.unlink()
        os.mkfifo(self.path)
        reader = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        watchdog = Watchdog(str(self.path), 2.0)
        os.close(reader)
        before = len(os.listdir("/proc/self/fd"))
        self.assertRaises(BrokenPipeError, watchdog.disarm)
        self.assertEqual(len(os.listdir("/proc/self/fd")), before - 1)

    def test_no_device(self) -> None:
        """One that is not there is an error that names it."""
        self.path.unlink()
        error = self.assertRaises(FileNotFoundError, Watchdog, str(self.path), 2.0)
        self.assertEqual((error.errno, error.filename), (errno.ENOENT, str(self.path)))
        self.assertFalse(self.path.exists())

    def test_children_do_not_have_it(self) -> None:
        """A program that is started does not keep it open."""
        seen: list[int] = []
        really = os.open

        def remember(path: str, flags: int) -> int:
            seen.append(really(path, flags))
            return seen[-1]

        self.patch(os, "open", remember)
        watchdog = Watchdog(str(self.path), 2.0)
        self.addCleanup(watchdog.disarm)
        self.assertFalse(os.get_inheritable(seen[0]))

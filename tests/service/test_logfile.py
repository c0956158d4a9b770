# -*- test-case-name: tests.service.test_logfile -*-
"""
A log file, and everything that can happen to it.
"""

from __future__ import annotations

import os
import resource
import stat
from pathlib import Path

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from hatwist.service.logfile import REOPEN_PERIOD, LogFile, obstacle
from tests.service.fakes import live_in, temporary


class LogFileTests(SynchronousTestCase):
    """Appending lines."""

    def setUp(self) -> None:
        self.directory = Path(temporary(self))
        self.path = self.directory / "ha-log"
        self.clock = Clock()
        self.troubles: list[str] = []
        self.file = LogFile(str(self.path), "{} lost".format, self.troubles.append, clock=self.clock.seconds)
        self.addCleanup(self.file.close)

    def test_lines_are_appended(self) -> None:
        """What was there stays, each line gets an end."""
        self.path.write_text("before\n")
        self.file.write("one")
        self.file.write("zwei ä")
        self.assertEqual(self.path.read_text(encoding="utf-8"), "before\none\nzwei ä\n")

    def test_a_new_file_is_not_for_everybody(self) -> None:
        """The daemon's own file has mode 640, whatever the umask allows."""
        self.addCleanup(os.umask, os.umask(0))
        self.file.write("one")
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o640)

    def test_an_existing_file_keeps_its_mode(self) -> None:
        """What the administrator, or logrotate, has made is left as it is."""
        self.path.touch()
        self.path.chmod(0o604)
        self.file.write("one")
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o604)

    def test_rotation(self) -> None:
        """A file that was moved away is opened anew, within a second."""
        self.file.write("one")
        self.path.rename(self.directory / "ha-log.1")
        self.file.write("two")
        self.clock.advance(REOPEN_PERIOD)
        self.file.write("three")
        self.assertEqual((self.directory / "ha-log.1").read_text(), "one\ntwo\n")
        self.assertEqual(self.path.read_text(), "three\n")

    def test_another_file_in_its_place(self) -> None:
        """So is one that was replaced."""
        self.file.write("one")
        self.path.rename(self.directory / "ha-log.1")
        self.path.write_text("new\n")
        self.clock.advance(REOPEN_PERIOD)
        self.file.write("two")
        self.assertEqual(self.path.read_text(), "new\ntwo\n")

    def test_a_missing_directory(self) -> None:
        """It is reported once, and when the directory is there the file says how much it missed."""
        file = LogFile(str(self.directory / "log" / "ha-log"), "{} lost".format, self.troubles.append)
        self.addCleanup(file.close)
        file.write("one")
        file.write("two")
        self.assertEqual(
            self.troubles, [f"cannot write {self.directory}/log/ha-log: No such file or directory"]
        )
        (self.directory / "log").mkdir()
        file.write("three")
        self.assertEqual((self.directory / "log" / "ha-log").read_text(), "2 lost\nthree\n")
        self.assertEqual(file.missed, 0)

    def test_a_full_disk(self) -> None:
        """Lines that find no room are counted; trouble that comes back is reported again."""
        full = self.directory / "disk"
        full.symlink_to("/dev/full")
        file = LogFile(str(full), "{} lost".format, self.troubles.append, clock=self.clock.seconds)
        self.addCleanup(file.close)
        file.write("one")
        file.write("two")
        file.write("three")
        self.assertEqual(self.troubles, [f"cannot write {full}: No space left on device"])
        self.assertEqual(file.missed, 3)
        full.unlink()
        self.clock.advance(REOPEN_PERIOD)
        file.write("four")
        self.assertEqual(full.read_text(), "3 lost\nfour\n")
        full.unlink()
        full.symlink_to("/dev/full")
        self.clock.advance(REOPEN_PERIOD)
        file.write("five")
        self.assertEqual(len(self.troubles), 2)

    def test_a_line_cut_by_a_full_disk(self) -> None:
        """The line after one that was written in part begins on a line of its own."""
        self.file.write("one")
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_FSIZE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
        self.file.write("a line too long for the disk")
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        self.file.write("two")
        self.assertEqual(self.path.read_text(), "one\na line\n1 lost\ntwo\n")

    def test_it_can_be_closed_and_used_again(self) -> None:
        """Closing twice does no harm, and the next line opens it."""
        self.file.write("one")
        self.file.close()
        self.file.close()
        self.file.write("two")
        self.assertEqual(self.path.read_text(), "one\ntwo\n")


class ObstacleTests(SynchronousTestCase):
    """Seeing beforehand that a log file cannot be written."""

    def setUp(self) -> None:
        live_in(self, "UTC")
        self.directory = temporary(self)

    def test_none(self) -> None:
        """Where a file is, or can be made, nothing is in the way."""
        path = os.path.join(self.directory, "ha-log")
        self.assertEqual(obstacle(path), "")
        Path(path).touch()
        self.assertEqual(obstacle(path), "")
        self.assertEqual(obstacle("ha-log-in-the-working-directory"), "")

    def test_no_directory(self) -> None:
        """A missing directory is named."""
        path = os.path.join(self.directory, "log", "ha-log")
        expected = f"cannot write {path}: there is no directory {self.directory}/log"
        self.assertEqual(obstacle(path), expected)

    def test_a_directory_in_its_place(self) -> None:
        """A directory is no file."""
        self.assertEqual(obstacle(self.directory), f"cannot write {self.directory}: it is a directory")

    def test_not_permitted(self) -> None:
        """What we may not write, because of its mode or a read-only file system, is named."""
        path = os.path.join(self.directory, "ha-log")
        asked: list[tuple[str, int]] = []

        def refuse(name: str, mode: int) -> bool:
            asked.append((name, mode))
            return False

        expected = f"cannot write {path}: not permitted, or the file system is read-only"
        self.assertEqual(obstacle(path, refuse), expected)
        Path(path).touch()
        self.assertEqual(obstacle(path, refuse), expected)
        self.assertEqual(asked, [(self.directory, os.W_OK), (path, os.W_OK)])

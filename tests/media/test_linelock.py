# -*- test-case-name: tests.media.test_linelock -*-
"""
The lock files of serial lines.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from hatwist.errors import MediumError
from hatwist.media.linelock import LineLock, is_alive


def dead_process() -> int:
    """Return the id of a process that has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


class LineLockTests(SynchronousTestCase):
    """Locks in a directory of the test's own."""

    def setUp(self) -> None:
        self.directory = Path(self.mktemp())
        self.directory.mkdir()
        self.lock = LineLock("/dev/ttyS0", str(self.directory))

    def files(self) -> dict[str, str]:
        """Return everything in the directory."""
        return {path.name: path.read_text() for path in self.directory.iterdir()}

    def refusal(self) -> str:
        """Return why it cannot be locked."""
        return str(self.assertRaises(MediumError, self.lock.take)).replace(f"{self.directory}/", "")

    def test_it_is_made_and_removed(self) -> None:
        """The lock file holds our process id in ten characters; afterwards there is nothing."""
        self.lock.take()
        self.assertEqual(self.files(), {"LCK..ttyS0": f"{os.getpid():10d}\n"})
        self.lock.release()
        self.assertEqual(self.files(), {})
        self.lock.release()

    def test_somebody_elses(self) -> None:
        """A lock of a living process is respected, and its owner named."""
        owner = os.getppid()
        self.lock.path.write_text(f"{owner:10d} minicom root\n")
        self.assertEqual(self.refusal(), f"cannot lock line /dev/ttyS0 (process {owner} has it: LCK..ttyS0)")
        self.lock.release()
        self.assertEqual(list(self.files()), ["LCK..ttyS0"])

    def test_stale(self) -> None:
        """A lock of a dead process, or one of a former process of our number, is taken over."""
        for owner in (dead_process(), os.getpid()):
            self.lock.path.write_text(f"{owner:10d}\n")
            self.lock.take()
            self.assertEqual(self.files(), {"LCK..ttyS0": f"{os.getpid():10d}\n"})
            self.lock.release()

    def test_unreadable(self) -> None:
        """A lock that names no process is left to the administrator."""
        self.lock.path.write_text("")
        self.assertEqual(self.refusal(), "cannot lock line /dev/ttyS0 (LCK..ttyS0 names no process)")

    def test_no_directory(self) -> None:
        """Where there can be no lock, there is no line."""
        self.directory.rmdir()
        self.assertEqual(
            self.refusal(), "cannot lock line /dev/ttyS0 (LCK..ttyS0: No such file or directory)"
        )

    def test_comes_again(self) -> None:
        """Somebody who locks it anew again and again is left alone."""
        stale = self.directory / "stale"
        stale.write_text(f"{dead_process():10d}\n")

        class Again(LineLock):
            def _remove_if_stale(self) -> None:
                super()._remove_if_stale()
                os.link(stale, self.path)

        self.lock = Again("/dev/ttyS0", str(self.directory))
        os.link(stale, self.lock.path)
        self.assertIn("comes again and again", self.refusal())

    def test_gone_meanwhile(self) -> None:
        """A lock that was removed while we looked at it does not matter."""

        class Gone(LineLock):
            def _remove_if_stale(self) -> None:
                self.path.unlink()
                super()._remove_if_stale()

        self.lock = Gone("/dev/ttyS0", str(self.directory))
        self.lock.path.write_text("1\n")
        self.lock.take()
        self.assertEqual(self.files(), {"LCK..ttyS0": f"{os.getpid():10d}\n"})

    def test_living(self) -> None:
        """A process that is not ours to signal lives; a number that can be none is taken to live."""
        self.assertTrue(is_alive(os.getpid()))
        self.assertTrue(is_alive(1))
        self.assertFalse(is_alive(dead_process()))
        self.assertTrue(is_alive(2**40))

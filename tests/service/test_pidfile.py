# -*- test-case-name: tests.service.test_pidfile -*-
"""
heartbeat's pid file: a real one, in a directory of its own.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from hatwist.cluster.actions import Deliver
from hatwist.cluster.names import Delivery
from hatwist.interfaces import IPrograms
from hatwist.service.pidfile import PidFile, read_pid
from hatwist.wire.message import Message
from tests.service.fakes import LogBook, temporary

PID = 4711


class PidFileTests(SynchronousTestCase):
    """A daemon that holds the file, and what it finds there."""

    def setUp(self) -> None:
        self.path = Path(temporary(self), "heartbeat.pid")
        self.book = LogBook()
        self.file = PidFile(str(self.path), PID, self.book)

    def open(self) -> None:
        """Let the node begin."""
        self.file.open(lambda _: None)

    def test_it_keeps_its_promises(self) -> None:
        """It is what the node takes it for; nobody hears or says anything through it."""
        self.assertTrue(verifyObject(IPrograms, self.file))
        self.file.deliver(Deliver(Message.of(t="status"), Delivery.NEWS, own=True))
        self.file.pause(True)

    def test_held(self) -> None:
        """While the node lives the file is as heartbeat writes it, and everybody may read it."""
        self.open()
        self.assertEqual(self.path.read_text(), "      4711\n")
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode) & 0o400, 0o400)
        self.assertEqual(os.listdir(self.path.parent), ["heartbeat.pid"])
        self.successResultOf(self.file.close())
        self.assertFalse(self.path.exists())
        self.assertEqual(self.book.lines, [])

    def test_left_behind(self) -> None:
        """A file that a killed daemon has left is replaced."""
        self.path.write_text("        99\n")
        self.open()
        self.assertEqual(read_pid(str(self.path)), PID)

    def test_taken_away(self) -> None:
        """At the end the file of another stays, and one that is gone is nobody's trouble."""
        self.open()
        self.path.write_text("        99\n")
        self.successResultOf(self.file.close())
        self.assertEqual(read_pid(str(self.path)), 99)
        self.path.unlink()
        self.successResultOf(self.file.close())

    def test_not_ours_to_write(self) -> None:
        """The node goes on without it, and says what that means."""
        for obstacle in (self.path.parent / "nowhere" / "heartbeat.pid", self.path):
            if obstacle == self.path:
                self.path.mkdir()
            book = LogBook()
            PidFile(str(obstacle), PID, book).open(lambda _: None)
            self.assertIn(
                f"WARN: cannot write {obstacle}: heartbeat could be started beside us", str(book.lines)
            )
        self.assertEqual(os.listdir(self.path.parent), ["heartbeat.pid"])

    def test_no_number(self) -> None:
        """What holds no number names no process."""
        self.path.write_bytes(b"\xff\n")
        self.assertIsNone(read_pid(str(self.path)))
        self.assertIsNone(read_pid(str(self.path.parent / "nothing")))

# -*- test-case-name: tests.service.test_fifo -*-
"""
The FIFO of a node: a real one, with a reactor that reads when the test says.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IReadDescriptor
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from hatwist.cluster.actions import Deliver
from hatwist.cluster.events import Event, MessageWanted
from hatwist.cluster.names import Delivery
from hatwist.interfaces import IPrograms
from hatwist.service.fifo import COMPLAINT_PERIOD, PATIENCE, Fifo
from hatwist.wire.message import Message
from tests.service.fakes import LogBook, temporary

STANDBY = ">>>\nt=ask_resources\nrsc_hold=all\ninfo=me\n<<<\n"
WANTED = MessageWanted(Message.of(t="ask_resources", rsc_hold="all", info="me"), "fifo")


class FifoTests(SynchronousTestCase):
    """A node's FIFO, and scripts."""

    def setUp(self) -> None:
        self.path = Path(temporary(self), "fifo")
        self.reactor = MemoryReactorClock()
        self.book = LogBook()
        self.fed: list[Event] = []
        self.fifo = Fifo(str(self.path), self.reactor, self.book)
        self.addCleanup(self.fifo.close)

    def open(self) -> None:
        """Let the node begin."""
        self.fifo.open(self.fed.append)

    def write(self, text: str) -> None:
        """Do what a script does."""
        descriptor = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
        os.write(descriptor, text.encode())
        os.close(descriptor)

    def read(self) -> None:
        """Let the reactor do its part."""
        for reader in self.reactor.getReaders():
            reader.doRead()

    def test_it_keeps_its_promises(self) -> None:
        """It is what reactor and node take it for."""
        self.assertTrue(verifyObject(IPrograms, self.fifo))
        self.assertTrue(verifyObject(IReadDescriptor, self.fifo))
        self.assertEqual(self.fifo.logPrefix(), "fifo")

    def test_it_is_made(self) -> None:
        """A FIFO that is missing is made, for its owner alone, and the log says so."""
        self.open()
        mode = os.lstat(self.path).st_mode
        self.assertTrue(stat.S_ISFIFO(mode))
        self.assertEqual(stat.S_IMODE(mode), 0o600)
        self.assertEqual(self.book.lines, [f"info: Creating FIFO {self.path}."])

    def test_one_that_is_left(self) -> None:
        """One that a daemon has left is used, and nobody else may write into it any more."""
        os.mkfifo(self.path)
        self.path.chmod(0o666)
        self.open()
        self.assertEqual(stat.S_IMODE(os.lstat(self.path).st_mode), 0o600)
        self.assertEqual(self.book.lines, [])
        self.write(STANDBY)
        self.read()
        self.assertEqual(self.fed, [WANTED])

    def test_something_else_is_there(self) -> None:
        """What is no FIFO is left as it is: the node goes on without, and says what to do."""
        for make in (self.path.touch, self.path.mkdir, lambda: self.path.symlink_to("/dev/null")):
            make()
            self.open()
            self.assertEqual(self.reactor.getReaders(), [])
            self.assertIn("ERROR: no FIFO", self.book.lines[-1])
            self.assertIn("what is there is no FIFO; remove it", self.book.lines[-1])
            self.fifo.pause(True)
            self.fifo.pause(False)
            self.assertEqual(self.reactor.getReaders(), [])
            self.path.rmdir() if self.path.is_dir() else self.path.unlink()

    def test_somebody_elses(self) -> None:
        """Who owns the FIFO could write into it: it is not used."""
        os.mkfifo(self.path)
        self.patch(os, "geteuid", lambda: 65533)
        if os.getuid() == 0:
            os.chown(self.path, 65534, 65534)
        self.open()
        self.assertIn("it belongs to the user", self.book.lines[-1])

    def test_no_directory(self) -> None:
        """A FIFO that cannot be made is one line, in the system's words."""
        self.path.parent.rmdir()
        self.open()
        self.assertEqual(len(self.book.lines), 2)
        self.assertTrue(self.book.lines[-1].endswith("do not work: No such file or directory"))

    def test_messages(self) -> None:
        """What scripts write is what the node is told, from writer to writer."""
        self.open()
        self.write(STANDBY)
        self.read()
        self.write(STANDBY + STANDBY)
        self.read()
        self.assertEqual(self.fed, [WANTED] * 3)

    def test_nothing_to_read(self) -> None:
        """A wake-up without a cause does no harm."""
        self.open()
        self.read()
        self.assertEqual(self.fed, [])

    def test_an_unfinished_message(self) -> None:
        """Whoever died in the middle of a line spoils nothing for whoever comes later."""
        self.open()
        self.write(">>>\nt=x")
        self.read()
        self.reactor.advance(PATIENCE / 2)
        self.write("=")
        self.read()
        self.reactor.advance(PATIENCE / 2)
        self.assertEqual(len(self.book.lines), 1)
        self.reactor.advance(PATIENCE / 2)
        self.assertIn("8 bytes were no message, or one without end", self.book.lines[-1])
        self.write(STANDBY)
        self.read()
        self.assertEqual(self.fed, [WANTED])
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_complaints_are_few(self) -> None:
        """Whatever is written, the log gets one line a minute about it."""
        self.open()
        for _ in range(100):
            self.write("x\n")
            self.read()
        self.assertEqual(len(self.book.lines), 2)
        self.reactor.advance(COMPLAINT_PERIOD)
        self.write("x\n")
        self.read()
        self.assertEqual(len(self.book.lines), 3)

    def test_flow_control(self) -> None:
        """While peers do not acknowledge, scripts wait, and nothing of them is lost."""
        self.open()
        self.fifo.pause(True)
        self.fifo.pause(True)
        self.write(STANDBY)
        self.read()
        self.assertEqual(self.fed, [])
        self.fifo.pause(False)
        self.read()
        self.assertEqual(self.fed, [WANTED])

    def test_nobody_reads_it(self) -> None:
        """What the node tells programs is not for those who write here."""
        self.open()
        self.fifo.deliver(Deliver(Message.of(t="starting"), Delivery.NEWS))
        self.read()
        self.assertEqual(self.fed, [])

    def test_the_end(self) -> None:
        """It is closed, also while scripts wait, and left for the next start."""
        self.open()
        self.write(">>>\n")
        self.read()
        self.successResultOf(self.fifo.close())
        self.assertEqual((self.reactor.getReaders(), self.reactor.getDelayedCalls()), ([], []))
        self.assertEqual(self.fifo.fileno(), -1)
        self.open()
        self.fifo.pause(True)
        self.successResultOf(self.fifo.close())
        self.assertTrue(stat.S_ISFIFO(os.lstat(self.path).st_mode))

    def test_the_reactor_gives_up(self) -> None:
        """A descriptor that the reactor polls no more is closed, and the log says so, once."""
        self.open()
        self.fifo.connectionLost(Failure(ConnectionDone()))
        self.fifo.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(len(self.book.lines), 2)
        self.assertIn("cannot be read any more", self.book.lines[-1])
        self.assertEqual(self.fifo.fileno(), -1)

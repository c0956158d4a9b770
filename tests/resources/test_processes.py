# -*- test-case-name: tests.resources.test_processes -*-
"""
Waiting for processes that pid files name: those of this machine.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred, execute
from twisted.internet.testing import MemoryReactor
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase
from zope.interface.verify import verifyObject

from hatwist.interfaces import IProcesses
from hatwist.resources.processes import MAX_PID, Pidfd, Processes, read_pid, read_pids, watch_processes
from tests.resources.fakes import temporary


class FileTests(SynchronousTestCase):
    """What is read from a pid file."""

    def setUp(self) -> None:
        self.path = Path(temporary(self), "x.pid")

    def test_contents(self) -> None:
        """The first word, if it is the number of a process; 1 is not one of a resource."""
        for text, pid in (
            ("812\n", 812),
            ("  812 more", 812),
            ("812\n/var/lib/data\n5432\n", 812),
            ("", 0),
            ("\n", 0),
            ("-1", 0),
            ("1", 0),
            ("0", 0),
            ("8\u00b2", 0),
            (str(MAX_PID + 1), 0),
            ("9" * 1000, 0),
        ):
            self.path.write_text(text)
            self.assertEqual(read_pid(str(self.path)), pid, text)

    def test_no_file(self) -> None:
        """A file that is not there, and what is no file, names nobody; nothing waits for it."""
        self.assertEqual(read_pid(str(self.path)), 0)
        self.assertEqual(read_pid(str(self.path.parent)), 0)
        os.mkfifo(self.path)
        self.assertEqual(read_pids([str(self.path)]), [0])


class ProcessCase(SynchronousTestCase):
    """Two pid files, over a reactor that only remembers its readers."""

    def setUp(self) -> None:
        self.reactor = MemoryReactor()
        self.paths = [str(Path(temporary(self), name)) for name in ("a.pid", "b.pid")]
        self.ends = 0
        self.children: list[subprocess.Popen[bytes]] = []
        self.processes = self.make(execute)

    def make(self, in_thread: Callable[..., Deferred[list[int]]]) -> Processes:
        """Make what waits."""
        made = watch_processes(self.reactor, in_thread)(self.paths, self.ended)
        assert isinstance(made, Processes)
        self.addCleanup(made.forget)
        return made

    def ended(self) -> None:
        """Hear of an end."""
        self.ends += 1

    def start(self, number: int) -> int:
        """Start a process and let a file name it."""
        child = subprocess.Popen(["sleep", "60"])
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        self.children.append(child)
        Path(self.paths[number]).write_text(f"{child.pid}\n")
        return child.pid

    @property
    def held(self) -> list[int]:
        """The processes that are waited for."""
        return [one.pid for one in self.reactor.getReaders() if isinstance(one, Pidfd)]

    def end(self, place: int) -> None:
        """End a process, and let the reactor see it."""
        self.children[place].kill()
        self.children[place].wait()
        reader = next(one for one in self.reactor.getReaders() if one.pid == self.children[place].pid)
        reader.doRead()


class ProcessesTests(ProcessCase):
    """L{Processes}."""

    def test_the_seam(self) -> None:
        """It is what the monitor wants."""
        self.assertTrue(verifyObject(IProcesses, self.processes))

    def test_what_ends_is_heard(self) -> None:
        """Each of them, once."""
        pids = [self.start(0), self.start(1)]
        self.processes.look()
        self.processes.look()
        self.assertEqual(sorted(self.held), sorted(pids))
        self.end(0)
        self.assertEqual((self.ends, self.held), (1, pids[1:]))
        self.end(1)
        self.assertEqual((self.ends, self.held), (2, []))

    def test_a_file_that_still_names_it(self) -> None:
        """What has ended is not waited for again, until another has its place or the group its next start."""
        first = self.start(0)
        self.processes.look()
        zombie = self.children[0]
        self.end(0)
        self.processes.look()
        self.assertEqual(self.held, [])
        self.assertEqual(zombie.pid, first)
        second = self.start(0)
        self.processes.look()
        self.assertEqual(self.held, [second])

    def test_another_in_its_place(self) -> None:
        """The file counts: the old process is nobody's any more."""
        self.start(0)
        self.processes.look()
        second = self.start(0)
        self.processes.look()
        self.assertEqual(self.held, [second])
        self.assertEqual(self.ends, 0)

    def test_a_file_that_is_gone(self) -> None:
        """A service may remove it before it ends."""
        pid = self.start(0)
        self.processes.look()
        os.unlink(self.paths[0])
        self.processes.look()
        self.assertEqual(self.held, [pid])

    def test_a_process_that_is_not_there(self) -> None:
        """Nobody is waited for."""
        pid = self.start(0)
        self.children[0].kill()
        self.children[0].wait()
        self.assertRaises(OSError, os.pidfd_open, pid)
        self.processes.look()
        self.assertEqual(self.held, [])

    def test_forgotten(self) -> None:
        """What is ended by us is not heard of; not even if the files are being read at that moment."""
        reads: list[Deferred[list[int]]] = []

        def later(*_: object) -> Deferred[list[int]]:
            reads.append(Deferred())
            return reads[-1]

        pid = self.start(0)
        processes = self.make(later)
        processes.look()
        processes.look()
        processes.forget()
        reads[0].callback([pid, 0])
        self.assertEqual(self.held, [])
        processes.look()
        reads[1].callback([pid, 0])
        self.assertEqual((len(reads), self.held), (2, [pid]))
        processes.forget()
        self.assertEqual(self.held, [])

    def test_a_disk_that_hangs(self) -> None:
        """It takes one thread, however many groups have files on it."""
        reads: list[Deferred[list[int]]] = []

        def hanging(*_: object) -> Deferred[list[int]]:
            reads.append(Deferred())
            return reads[-1]

        make = watch_processes(self.reactor, hanging)
        groups = [make(self.paths, self.ended) for _ in range(3)]
        for group in groups:
            group.look()
        self.assertEqual(len(reads), 1)
        reads[0].callback([0, 0])
        self.assertEqual(len(reads), 2)

    def test_reading_breaks(self) -> None:
        """It is reported, and tried again at the next look."""

        def broken(*_: object) -> Deferred[list[int]]:
            return execute(int, "x")  # type: ignore[arg-type]

        processes = self.make(broken)
        processes.look()
        processes.look()
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 2)

    def test_the_reactor_gives_it_up(self) -> None:
        """Then it is closed, and not heard of."""
        self.start(0)
        self.processes.look()
        (reader,) = self.reactor.getReaders()
        self.assertEqual(reader.logPrefix(), "processes")
        self.assertGreater(reader.fileno(), 0)
        reader.connectionLost(Failure(OSError("gone")))
        self.assertEqual((self.ends, self.held, reader.fileno()), (0, [], -1))


class RealTests(TestCase):
    """In the reactor."""

    timeout = 30

    async def test_a_process_ends(self) -> None:
        """It is heard of as soon as it is dead, reaped or not."""
        path = Path(temporary(self), "x.pid")
        child = subprocess.Popen(["sleep", "60"])
        self.addCleanup(child.wait)
        path.write_text(str(child.pid))
        ended: Deferred[None] = Deferred()
        processes = watch_processes(reactor, execute)([str(path)], lambda: ended.callback(None))
        processes.look()
        child.kill()
        await ended
        processes.forget()

# -*- test-case-name: tests.control.test_listeners -*-
"""
The control socket as it is on a host.
"""

from __future__ import annotations

import os
import shutil
import socket
import stat
import tempfile
from pathlib import Path

from twisted.internet import reactor
from twisted.trial.unittest import SynchronousTestCase, TestCase

from hatwist.control.broker import MAX_CONNECTIONS
from hatwist.control.client import Dropped, NotRunning, connect
from hatwist.control.happenings import Happening
from hatwist.control.listeners import ControlService, prepare
from hatwist.control.report import report
from hatwist.errors import ControlError
from tests.control.fakes import STATUS, FakeControl


def room(case: SynchronousTestCase) -> Path:
    """Make a directory whose path is short enough for a socket."""
    made = Path(tempfile.mkdtemp(prefix="hatwist"))
    case.addCleanup(shutil.rmtree, made)
    return made


class PrepareTests(SynchronousTestCase):
    """Making room for the socket."""

    def setUp(self) -> None:
        self.path = room(self) / "run" / "control.sock"

    def test_directory_is_made(self) -> None:
        """The directory is made, closed to others."""
        prepare(str(self.path))
        self.assertEqual(stat.S_IMODE(self.path.parent.stat().st_mode) & 0o027, 0)

    def test_stale_socket_is_removed(self) -> None:
        """A socket that a dead daemon left behind is no obstacle."""
        self.path.parent.mkdir()
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(self.path))
        prepare(str(self.path))
        self.assertFalse(self.path.exists())

    def test_living_socket_is_kept(self) -> None:
        """A socket on which another daemon listens is left alone, and named."""
        self.path.parent.mkdir()
        with socket.socket(socket.AF_UNIX) as living:
            living.bind(str(self.path))
            living.listen()
            problem = self.assertRaises(ControlError, prepare, str(self.path))
        self.assertEqual(str(problem), f"another daemon listens on {self.path}")
        self.assertTrue(self.path.exists())

    def test_other_files_are_kept(self) -> None:
        """What is no socket is never removed."""
        self.path.parent.mkdir()
        self.path.write_text("important")
        problem = self.assertRaises(ControlError, prepare, str(self.path))
        self.assertIn("it is not a socket", str(problem))
        self.assertEqual(self.path.read_text(), "important")

    def test_impossible_directory(self) -> None:
        """A directory that cannot be made is named."""
        self.path.parent.write_text("a file where the directory should be")
        problem = self.assertRaises(ControlError, prepare, str(self.path))
        self.assertIn(str(self.path), str(problem))


class ServiceTests(TestCase):
    """A daemon's socket, the kernel, and clients."""

    def setUp(self) -> None:
        self.path = room(self) / "run" / "control.sock"
        self.node = FakeControl()
        self.service = ControlService(str(self.path), self.node, reactor)
        self.service.start()
        self.addCleanup(self.service.stop)

    def test_modes(self) -> None:
        """The directory is 0750 at most, the socket 0600."""
        self.assertEqual(stat.S_IMODE(self.path.parent.stat().st_mode) & 0o027, 0)
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)

    async def test_asking(self) -> None:
        """A client of the daemon's own user is served, and named by the kernel."""
        control = await connect(str(self.path), reactor)
        self.assertEqual(await control.status(), report(STATUS))
        self.assertEqual(control.daemon_pid, os.getpid())
        await control.standby("all")
        self.assertEqual(self.node.asked, [("standby", "all", f"uid {os.geteuid()} (pid {os.getpid()})")])
        await control.close()

    async def test_following_until_the_end(self) -> None:
        """A follower hears everything up to the last, and then that the daemon is gone."""
        control = await connect(str(self.path), reactor)
        heard: list[Happening] = []
        await control.follow(heard.append)
        self.node.happened("decision", "leave", 1.0)
        await self.service.stop()
        await control.closed
        self.assertEqual(heard, [("decision", "leave", 1.0)])
        self.assertFalse(self.path.exists())
        self.assertEqual(self.node.observers, [])

    async def test_nobody_listens(self) -> None:
        """Without a daemon the client says so, whether its socket was left behind or not."""
        await self.service.stop()
        with self.assertRaises(NotRunning) as missing:
            await connect(str(self.path), reactor)
        self.assertEqual(
            str(missing.exception), f"hatwist is not running here: nobody listens on {self.path}"
        )
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(self.path))
        with self.assertRaises(NotRunning):
            await connect(str(self.path), reactor)

    async def test_too_many_clients(self) -> None:
        """One client too many is told what may be the matter."""
        clients = [await connect(str(self.path), reactor) for _ in range(MAX_CONNECTIONS)]
        with self.assertRaises(Dropped) as refused:
            await connect(str(self.path), reactor)
        self.assertIn("too many clients", str(refused.exception))
        for client in clients:
            await client.close()

    def test_second_daemon(self) -> None:
        """A second daemon on the same path does not start, and does no harm."""
        second = ControlService(str(self.path), self.node, reactor)
        problem = self.assertRaises(ControlError, second.start)
        self.assertIn("another daemon listens", str(problem))
        self.assertTrue(self.path.exists())
        self.successResultOf(second.stop())

# -*- test-case-name: tests.service.test_neighbour -*-
"""
heartbeat runs on this host already, or does not.
"""

from __future__ import annotations

import shutil
import socket
from pathlib import Path
from tempfile import mkdtemp

from twisted.trial.unittest import SynchronousTestCase

from hatwist.service.neighbour import running_heartbeat


class NeighbourTests(SynchronousTestCase):
    """A directory in place of C{/run}, and one of C{/proc}."""

    def setUp(self) -> None:
        # Short, since the path of a socket may have no more than a hundred characters.
        self.run_directory = Path(mkdtemp(prefix="hb"))
        self.addCleanup(shutil.rmtree, self.run_directory)
        (self.run_directory / "heartbeat").mkdir()
        self.pid_file = self.run_directory / "heartbeat.pid"
        self.register = str(self.run_directory / "heartbeat" / "register")

    def look(self) -> str:
        """Look for it."""
        return running_heartbeat(self.register, str(self.pid_file), str(self.run_directory))

    def process(self, pid: int, name: str) -> None:
        """Let a process run."""
        (self.run_directory / str(pid)).mkdir()
        (self.run_directory / str(pid) / "comm").write_text(f"{name}\n")

    def test_nothing_runs(self) -> None:
        """No file, a file of a process that is gone, of another program, or without a number."""
        self.assertEqual(self.look(), "")
        self.process(12, "bash")
        for text in ("      4711\n", "        12\n", "x\n"):
            self.pid_file.write_text(text)
            self.assertEqual(self.look(), "")

    def test_a_process(self) -> None:
        """Its pid file names a process that is called so."""
        self.pid_file.write_text("      4711\n")
        self.process(4711, "heartbeat: mas")
        self.assertIn("process 4711", self.look())

    def test_a_socket(self) -> None:
        """Somebody listens where its clients ask; a socket that was left is nobody."""
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(self.register)
            listening.listen()
            self.assertEqual(self.look(), f"a daemon listens on {self.register}")
        self.assertEqual(self.look(), "")

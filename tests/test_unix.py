# -*- test-case-name: tests.test_unix -*-
"""
Who is at the other end of a socket, and whether a path is free.
"""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from hatwist.unix import Credentials, clear, peer_credentials


class CredentialsTests(SynchronousTestCase):
    """The kernel's word."""

    def test_kernel_knows_us(self) -> None:
        """The kernel's word about a socket pair of ours is: this process."""
        near, far = socket.socketpair(socket.AF_UNIX)
        with near, far:
            self.assertEqual(peer_credentials(near), Credentials(os.getpid(), os.geteuid(), os.getegid()))

    def test_not_a_unix_socket(self) -> None:
        """What has no credentials names nobody."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            self.assertNotEqual(peer_credentials(other).uid, 0)


class ClearTests(SynchronousTestCase):
    """A path to listen on."""

    def setUp(self) -> None:
        directory = Path(tempfile.mkdtemp(prefix="hatwist"))
        self.addCleanup(shutil.rmtree, directory)
        self.path = directory / "register"

    def test_nothing_is_there(self) -> None:
        """A path of nothing is free."""
        self.assertEqual(clear(str(self.path)), "")

    def test_what_a_dead_daemon_left(self) -> None:
        """A socket that nobody listens on is removed."""
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(self.path))
        self.assertEqual(clear(str(self.path)), "")
        self.assertFalse(self.path.exists())

    def test_another_daemon(self) -> None:
        """A socket that somebody listens on stays, even if he has no time for us."""
        with socket.socket(socket.AF_UNIX) as living:
            living.bind(str(self.path))
            living.listen(0)
            for _ in range(3):
                self.assertEqual(clear(str(self.path)), f"another daemon listens on {self.path}")
        self.assertTrue(self.path.exists())

    def test_something_else(self) -> None:
        """What is no socket stays, and so does a link to one."""
        self.path.write_text("important")
        self.assertEqual(clear(str(self.path)), f"{self.path} is in the way: it is not a socket")
        self.assertEqual(self.path.read_text(), "important")

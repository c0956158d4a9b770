# -*- test-case-name: tests.config.test_probes -*-
"""
Looking at the host, whatever its programs do.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.metadata import Answer
from hatwist.config.probes import MAX_OUTPUT, HostProbes, clock_state


class HostProbesTests(SynchronousTestCase):
    """The host that we run on; nothing on it is changed."""

    def test_read(self) -> None:
        """A file is read, what cannot be read is nothing."""
        path = Path(self.mktemp())
        path.write_bytes(b"a\xff")
        self.assertEqual(HostProbes().read(str(path)), "a\ufffd")
        self.assertIsNone(HostProbes().read("/nosuchfile"))

    def test_run(self) -> None:
        """A program's output is read; one that is not there, or says nothing and fails, is nothing."""
        probes = HostProbes()
        self.assertEqual(probes.run("echo", "-n", "x"), "x")
        self.assertEqual(probes.run("sh", "-c", "echo x; exit 3"), "x\n")
        self.assertIsNone(probes.run("false"))
        self.assertIsNone(probes.run("nosuchprogram"))
        self.assertIsNone(probes.run("echo", "\0"))

    def test_names(self) -> None:
        """The names in a directory; none if it is not there."""
        directory = self.mktemp()
        os.mkdir(directory)
        Path(directory, "b").touch()
        Path(directory, "a").touch()
        self.assertEqual(HostProbes().names_in(directory), ("a", "b"))
        self.assertEqual(HostProbes().names_in("/nosuchdirectory"), ())

    def test_clock(self) -> None:
        """The kernel tells the state of its clock."""
        state = HostProbes().clock_state()
        assert state is not None
        self.assertIn(state, range(6))

    def test_no_clock(self) -> None:
        """Where the C library cannot tell, nothing is known."""
        self.assertIsNone(clock_state(object()))


class AskTests(SynchronousTestCase):
    """Programs that do what they should not."""

    def ask(self, script: str, timeout: float = 30.0) -> Answer:
        """Ask a shell that does this."""
        return HostProbes().ask(("sh", "-c", script), {"PATH": os.environ["PATH"], "NAME": "value"}, timeout)

    def test_plain(self) -> None:
        """Status, both channels, and the environment that was given, alone."""
        self.assertEqual(self.ask("echo $NAME $HOME; echo no >&2; exit 3"), Answer(3, "value\n", "no\n"))

    def test_killed(self) -> None:
        """One that a signal ends has a negative status."""
        self.assertEqual(self.ask("kill -9 $$"), Answer(-9))

    def test_not_startable(self) -> None:
        """What is not there, or no program, says why."""
        self.assertEqual(HostProbes().ask(("/nosuchfile",), {}).refused, "No such file or directory")
        self.assertEqual(HostProbes().ask(("/etc",), {}).refused, "Permission denied")
        self.assertEqual(HostProbes().ask(("a\0",), {}).refused, "embedded null byte")

    def test_too_long(self) -> None:
        """One that does not end is killed with its children, and what it said is kept."""
        fifo = os.path.abspath(self.mktemp())
        os.mkfifo(fifo)
        # What has it open for writing lives; without a writer it is at its end.
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        answer = self.ask(f"exec 3>{fifo}; echo begun; sleep 1000 & wait", 1.0)
        self.assertEqual(answer, Answer(None, "begun\n", timed_out=True))
        os.set_blocking(reader, True)
        self.assertEqual(os.read(reader, 1), b"")

    def test_closed_pipes(self) -> None:
        """Nor does one gain time by closing its pipes."""
        self.assertTrue(self.ask("exec sleep 1000 >&- 2>&-", 0.5).timed_out)

    def test_held_pipes(self) -> None:
        """A child that is left behind with the pipes open is not waited for."""
        begin = time.monotonic()
        answer = self.ask("setsid sleep 20 & echo done; exit 0")
        self.assertEqual(answer, Answer(0, "done\n"))
        self.assertLess(time.monotonic() - begin, 15.0)

    def test_endless_output(self) -> None:
        """Of somebody who talks without end the beginning is kept, until his time is up."""
        answer = self.ask("exec yes", 0.5)
        self.assertTrue(answer.timed_out)
        self.assertEqual(len(answer.stdout), MAX_OUTPUT)

    def test_much_output(self) -> None:
        """Of much the beginning is kept, and the end is waited for."""
        answer = self.ask("head -c 3000000 /dev/zero; exit 7")
        self.assertEqual((answer.status, len(answer.stdout)), (7, MAX_OUTPUT))

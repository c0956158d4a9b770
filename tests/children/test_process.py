# -*- test-case-name: tests.children.test_process -*-
"""
One child: in memory, and for real.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorProcess, IReactorTime
from twisted.internet.task import deferLater
from twisted.trial.unittest import SynchronousTestCase, TestCase

from hatwist.children.process import (
    Account,
    ChildProcess,
    Ended,
    command_line,
    find_account,
    own_account,
)
from tests.resources.fakes import MemoryProcesses, temporary, write_program

ROOT = Account(0, 0)
SHELL = ["--", "/bin/sh", "-c", "exec /bin/x -y 'a b'"]


class WordsTests(SynchronousTestCase):
    """How a child is started."""

    def test_another_user(self) -> None:
        """It becomes that user, with the groups of that user; the rest is for a shell."""
        words = command_line("/bin/x -y 'a b'", Account(102, 105), ROOT)
        self.assertEqual(
            words,
            [
                *("setsid", "setpriv", "--pdeathsig", "TERM"),
                *("--reuid", "102", "--regid", "105", "--init-groups", *SHELL),
            ],
        )

    def test_the_same_user(self) -> None:
        """It stays who the daemon is, which an ordinary user may as well."""
        words = command_line("/bin/x -y 'a b'", ROOT, ROOT)
        self.assertEqual(words, ["setsid", "setpriv", "--pdeathsig", "TERM", *SHELL])

    def test_accounts(self) -> None:
        """A user is known with its own group; one that is not there is None."""
        self.assertEqual(find_account("root"), ROOT)
        self.assertIsNone(find_account("no-such-user"))

    def test_abnormal(self) -> None:
        """Whatever is not an exit with 0."""
        for ended, abnormal in ((Ended(0, None), False), (Ended(3, None), True), (Ended(None, 9), True)):
            self.assertIs(ended.abnormal, abnormal)


class MemoryTests(SynchronousTestCase):
    """A child that exists in memory only."""

    def setUp(self) -> None:
        self.processes = MemoryProcesses()
        self.ends: list[Ended] = []
        self.child = ChildProcess(self.ends.append, self.processes.kill_group)

    def begin(self) -> None:
        """Start it."""
        self.child.begin(self.processes, ["setsid", "x"], {"A": "b"})

    def test_it_runs_and_ends(self) -> None:
        """What it was given, and how it ended."""
        self.begin()
        (there,) = self.processes.children
        self.assertEqual((there.args, there.env), (["setsid", "x"], {"A": "b"}))
        self.assertTrue(self.child.running)
        self.assertEqual(self.child.pid, there.pid)
        there.exit(3)
        self.assertFalse(self.child.running)
        self.begin()
        self.child.send(signal.SIGTERM)
        self.assertEqual(self.ends, [Ended(3, None), Ended(None, signal.SIGTERM)])

    def test_signals(self) -> None:
        """They go to its group, to itself before there is one, to nobody when nobody is left."""
        self.begin()
        (there,) = self.processes.children
        self.processes.late = True
        self.child.send(signal.SIGTERM)
        self.assertEqual((there.direct, there.signals), ([signal.SIGTERM], []))
        self.processes.late = False
        there.deaf = {signal.SIGTERM}
        self.child.send(signal.SIGTERM)
        self.assertEqual(there.signals, [signal.SIGTERM])
        there.exit()
        self.child.send(signal.SIGKILL)
        self.assertEqual(there.signals, [signal.SIGTERM])

    def test_it_has_just_ended(self) -> None:
        """The reactor knows it before we do."""
        self.begin()
        (there,) = self.processes.children
        there.exit()
        self.child.running = True
        self.child.send(signal.SIGTERM)
        self.assertEqual(there.direct, [])

    def test_it_may_not_be_signalled(self) -> None:
        """Then it is left alone."""

        def refuse(_group: int, _number: int) -> None:
            raise PermissionError

        child = ChildProcess(self.ends.append, refuse)
        child.begin(self.processes, ["x"], {})
        child.send(signal.SIGTERM)
        self.assertTrue(child.running)

    def test_it_cannot_be_started(self) -> None:
        """That is said by an exception."""
        self.processes.refusal = OSError(11, "Resource temporarily unavailable")
        self.assertRaises(OSError, self.begin)
        self.assertFalse(self.child.running)


DAEMON = """
import subprocess, sys, time
child = subprocess.Popen(sys.argv[1:])
time.sleep(60)
"""


class RealTests(TestCase):
    """A child of this machine, as whoever runs the tests."""

    timeout = 60

    async def begin(self, child: ChildProcess, words: list[str]) -> None:
        """Start it when the reactor runs: an end before would upset trial."""
        await deferLater(IReactorTime(reactor), 0)
        child.begin(IReactorProcess(reactor), words, {"PATH": os.environ["PATH"], "COLOUR": "blue"})

    async def test_what_it_finds(self) -> None:
        """Its words went through a shell, its group is its own, nothing of ours is open."""
        where = temporary(self)
        program = write_program(where, "child", f"(printf '%s\\n' \"$@\"; ls /proc/$$/fd) > {where}/found")
        words = command_line(f"{program} $COLOUR 'two three'", own_account(), own_account())
        ended: Deferred[Ended] = Deferred()
        child = ChildProcess(ended.callback)
        await self.begin(child, words)
        self.assertEqual(await ended, Ended(0, None))
        found = Path(where, "found").read_text().splitlines()
        self.assertEqual(found[:2], ["blue", "two three"])
        # The shell reads its script through one more.
        self.assertEqual(found[2:5], ["0", "1", "10"])
        self.assertLessEqual(set(found[5:]), {"2"})

    async def test_it_is_told_to_end(self) -> None:
        """Its whole group is."""
        ended: Deferred[Ended] = Deferred()
        child = ChildProcess(ended.callback)
        words = command_line("sleep 60", own_account(), own_account())
        await self.begin(child, words)
        child.send(signal.SIGTERM)
        self.assertEqual(await ended, Ended(None, signal.SIGTERM))

    def test_the_daemon_dies(self) -> None:
        """The kernel ends the child."""
        mark = Path(temporary(self), "pid")
        command = f"/bin/sh -c 'echo $$ > {mark}; exec sleep 60'"
        words = command_line(command, own_account(), own_account())[1:]
        daemon = subprocess.Popen([sys.executable, "-c", DAEMON, *words])
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.kill)
        limit = time.monotonic() + 30
        while not (mark.exists() and mark.read_text().strip()) and time.monotonic() < limit:
            time.sleep(0.01)
        pid = int(mark.read_text())
        handle = os.pidfd_open(pid)
        self.addCleanup(os.close, handle)
        daemon.kill()
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        self.assertTrue(poll.poll(30_000), "it still runs")

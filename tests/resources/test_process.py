# -*- test-case-name: tests.resources.test_process -*-
"""
Running programs: first in memory, then for real.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IProcessTransport, IReactorProcess, IReactorTime
from twisted.internet.task import Clock, deferLater
from twisted.trial.unittest import SynchronousTestCase, TestCase
from zope.interface.verify import verifyObject

from hatwist.resources.process import (
    CANNOT_START,
    DRAIN_GRACE,
    KILL_GRACE,
    SETSID,
    TERM_GRACE,
    WATCH_INTERVAL,
    Ran,
    run_program,
)
from tests.resources.fakes import KILL, TERM, MemoryChild, MemoryProcesses, temporary, write_program


class RanTests(SynchronousTestCase):
    """L{Ran}."""

    def test_code_is_what_a_shell_reports(self) -> None:
        """The code is the exit status, or 128 and the signal."""
        self.assertEqual(Ran(3, None, "").code, 3)
        self.assertEqual(Ran(None, TERM, "").code, 143)

    def test_what_never_ended_counts_as_killed(self) -> None:
        """A program that not even SIGKILL ended is reported as if it had."""
        self.assertEqual(Ran(None, None, "", timed_out=True).code, 137)

    def test_success_is_0_in_time(self) -> None:
        """A program succeeded if it exited with 0 before its time was up."""
        self.assertTrue(Ran(0, None, "").succeeded)
        self.assertFalse(Ran(1, None, "").succeeded)
        self.assertFalse(Ran(0, None, "", timed_out=True).succeeded)
        self.assertFalse(Ran(None, TERM, "").succeeded)


class MemoryTests(SynchronousTestCase):
    """L{run_program}, with programs that exist in memory only."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.processes = MemoryProcesses()

    def begin(self, timeout: float = 20.0) -> tuple[Deferred[Ran], MemoryChild]:
        """Run a program."""
        words = ["/etc/init.d/httpd", "start"]
        kill = self.processes.kill_group
        done = run_program(self.processes, self.clock, words, {"LANG": "C"}, timeout, kill)
        return done, self.processes.children[-1]

    def test_the_twin_is_true(self) -> None:
        """The programs in memory offer what Twisted's do."""
        _, child = self.begin()
        verifyObject(IReactorProcess, self.processes)
        verifyObject(IProcessTransport, child)

    def test_how_it_is_started(self) -> None:
        """A program gets a session of its own, the given environment and an empty stdin."""
        _, child = self.begin()
        self.assertEqual(child.args, [SETSID, "/etc/init.d/httpd", "start"])
        self.assertEqual(child.env, {"LANG": "C"})
        self.assertTrue(child.stdin_closed)

    def test_what_it_may_read(self) -> None:
        """What a program may read is on its stdin, and then its end."""
        kill = self.processes.kill_group
        run_program(self.processes, self.clock, ["/sbin/x"], {}, 20.0, kill, stdin=b"a secret\n")
        child = self.processes.children[-1]
        self.assertEqual((child.stdin, child.stdin_closed), (b"a secret\n", True))

    def test_what_it_said(self) -> None:
        """stdout and stderr are kept as they came, and stdout on its own."""
        done, child = self.begin()
        child.say("starting\n")
        child.say("no such file\n", 2)
        child.say("done\n")
        child.exit(1)
        said = "starting\nno such file\ndone\n"
        self.assertEqual(self.successResultOf(done), Ran(1, None, said, stdout="starting\ndone\n"))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_daemon_that_keeps_the_pipe_does_not_hold_up_the_result(self) -> None:
        """After the exit there is a short time for what is still in the pipe, then the result."""
        done, child = self.begin()
        child.grandchildren = child.holders = 1
        child.exit()
        child.say("last words")
        self.clock.advance(DRAIN_GRACE / 2)
        self.assertNoResult(done)
        self.clock.advance(DRAIN_GRACE)
        self.assertEqual(self.successResultOf(done), Ran(0, None, "last words", stdout="last words"))

    def test_a_daemon_may_speak_on(self) -> None:
        """What a daemon says after the result is read and forgotten; nobody signals it."""
        done, child = self.begin()
        child.grandchildren = child.holders = 1
        child.exit()
        self.clock.advance(DRAIN_GRACE)
        child.say("GET / 200\n")
        child.release()
        self.assertEqual(self.successResultOf(done), Ran(0, None, ""))
        self.assertEqual(child.signals, [])

    def test_time_is_up(self) -> None:
        """A program that takes too long gets SIGTERM."""
        done, child = self.begin(timeout=20.0)
        child.say("waiting for the disk\n")
        self.clock.advance(19.9)
        self.assertEqual(child.signals, [])
        self.clock.advance(0.1)
        said = "waiting for the disk\n"
        self.assertEqual(self.successResultOf(done), Ran(None, TERM, said, timed_out=True, stdout=said))
        self.assertEqual(child.signals, [TERM])

    def test_nobody_waits_any_more(self) -> None:
        """A run that is cancelled ends as one whose time is up."""
        done, child = self.begin()
        done.cancel()
        self.assertEqual(self.successResultOf(done), Ran(None, TERM, "", timed_out=True))
        done, child = self.begin()
        child.deaf = {TERM}
        done.cancel()
        self.failureResultOf(done, CancelledError)
        self.clock.advance(TERM_GRACE)
        self.assertEqual(child.signals, [TERM, KILL])

    def test_who_ignores_sigterm_gets_sigkill(self) -> None:
        """A program that ignores SIGTERM gets SIGKILL a grace time later."""
        done, child = self.begin(timeout=20.0)
        child.deaf = {TERM}
        self.clock.pump([20.0, TERM_GRACE])
        self.assertEqual(self.successResultOf(done), Ran(None, KILL, "", timed_out=True))
        self.assertEqual(child.signals, [TERM, KILL])

    def test_grandchildren_are_waited_for_and_killed(self) -> None:
        """After SIGTERM the result waits until nobody is left in the group, or SIGKILL ends it."""
        done, child = self.begin(timeout=20.0)
        child.deaf = {TERM}
        child.grandchildren = 1
        self.clock.advance(20.0)
        child.exit(15)
        self.clock.advance(TERM_GRACE / 2)
        self.assertNoResult(done)
        self.clock.advance(TERM_GRACE / 2)
        self.assertEqual(self.successResultOf(done), Ran(15, None, "", timed_out=True))
        self.assertEqual(child.signals, [TERM, KILL])

    def test_a_group_that_ends_soon_does_not_wait_out_the_grace(self) -> None:
        """Once nobody is left in the group, the result is there at the next look."""
        done, child = self.begin(timeout=20.0)
        child.deaf = {TERM}
        child.grandchildren = 1
        self.clock.advance(20.0)
        child.exit(15)
        child.grandchildren = 0
        self.clock.advance(WATCH_INTERVAL)
        self.assertEqual(self.successResultOf(done).status, 15)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_who_cannot_even_be_killed_is_given_up(self) -> None:
        """A program stuck in the kernel does not hold up the result for ever."""
        done, child = self.begin(timeout=20.0)
        child.deaf = {TERM, KILL}
        self.clock.pump([20.0, TERM_GRACE])
        self.assertNoResult(done)
        self.clock.advance(KILL_GRACE)
        self.assertEqual(self.successResultOf(done), Ran(None, None, "", timed_out=True))
        child.exit()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_no_group_yet(self) -> None:
        """A program that has not come as far as a group of its own is signalled itself."""
        self.processes.late = True
        _, child = self.begin(timeout=20.0)
        self.clock.pump([20.0, TERM_GRACE, KILL_GRACE])
        self.assertEqual(child.direct, [TERM, KILL])

    def test_a_program_that_cannot_be_started(self) -> None:
        """What cannot be started ends like a command that a shell does not find."""
        self.processes.refusal = FileNotFoundError(2, "No such file or directory")
        done = run_program(self.processes, self.clock, ["/no/such"], {}, 1.0)
        ran = self.successResultOf(done)
        self.assertEqual(ran.status, CANNOT_START)
        self.assertEqual(ran.output, "cannot start /no/such: [Errno 2] No such file or directory")


class RealTests(TestCase):
    """L{run_program}, with real programs."""

    timeout = 30

    def setUp(self) -> None:
        self.directory = temporary(self)

    def run_script(
        self, body: str, timeout: float = 20.0, kill: Callable[[int, int], None] = os.killpg
    ) -> Deferred[Ran]:
        """Write and run a script."""
        path = write_program(self.directory, "program", body)
        environment = {"PATH": "/usr/bin:/bin", "WORD": "given"}
        clock, processes = IReactorTime(reactor), IReactorProcess(reactor)
        return run_program(processes, clock, [path, "a b"], environment, timeout, kill)

    async def test_result(self) -> None:
        """Arguments and environment go in; exit status and output come out."""
        os.environ["HATWIST_SECRET"] = "never inherited"
        self.addCleanup(os.environ.pop, "HATWIST_SECRET")
        ran = await self.run_script('echo "$1 $WORD $HATWIST_SECRET"; echo oops >&2; cat; exit 3')
        self.assertEqual(ran, Ran(3, None, ran.output, stdout="a b given \n"))
        self.assertIn("oops\n", ran.output)

    async def test_it_leads_a_session(self) -> None:
        """A program leads its own session and group, so that no other is ended with it."""
        ran = await self.run_script('echo $$; cut -d" " -f5,6 /proc/$$/stat')
        leader, numbers = ran.stdout.split("\n", 1)
        self.assertEqual(numbers.split(), [leader, leader])

    async def test_the_whole_group_dies(self) -> None:
        """When the time is up, children and grandchildren that ignore SIGTERM die too."""
        pids = Path(self.directory) / "pids"
        child = f"trap '' TERM; (echo $(exec sh -c 'echo $PPID') >> {pids}; sleep 300) & sleep 300"
        signals: list[int] = []

        def hurried(group: int, number: int) -> None:
            signals.append(number)
            os.killpg(group, signal.SIGKILL if number == signal.SIGTERM else number)

        ran = await self.run_script(f"echo $$ >> {pids}; {child}", timeout=0.3, kill=hurried)
        self.assertTrue(ran.timed_out)
        self.assertEqual(ran.signal, signal.SIGKILL)
        self.assertIn(signal.SIGTERM, signals)
        written = [int(word) for word in pids.read_text().split()]
        self.assertEqual(len(written), 2)
        for pid in written:
            self.assertFalse(self.lives(pid), pid)

    async def test_a_daemon_survives_its_script(self) -> None:
        """A daemon that keeps the pipe neither holds up the result nor dies of it."""
        began = time.monotonic()
        mark = Path(self.directory) / "mark"
        ran = await self.run_script(f"(sleep 0.4; echo alive && touch {mark}) & echo started")
        self.assertEqual(ran, Ran(0, None, "started\n", stdout="started\n"))
        self.assertLess(time.monotonic() - began, 0.4)
        await deferLater(IReactorTime(reactor), 0.8)
        self.assertTrue(mark.exists())

    async def test_a_flood_is_bounded(self) -> None:
        """A program may say more than is kept."""
        ran = await self.run_script("echo first; head -c 400000 /dev/zero | tr '\\0' x; echo; echo last")
        self.assertTrue(ran.output.startswith("first\n"))
        self.assertTrue(ran.output.endswith("\nlast\n"))
        self.assertIn("bytes left out", ran.output)
        self.assertLess(len(ran.output), 70_000)

    async def test_what_is_no_program(self) -> None:
        """A path that leads nowhere is a failed run, not an exception."""
        clock, processes = IReactorTime(reactor), IReactorProcess(reactor)
        ran = await run_program(processes, clock, ["/no/such"], {"PATH": "/usr/bin:/bin"}, 5.0)
        self.assertEqual(ran.status, CANNOT_START)
        self.assertIn("/no/such", ran.output)

    def lives(self, pid: int) -> bool:
        """Whether a process runs; a zombie does not."""
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return False
        return state != "Z"

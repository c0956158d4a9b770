# -*- test-case-name: tests.service.test_guardian_start -*-
"""
How the daemon gets its guardian: what may be in the way, and a real one.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from hatwist.errors import ControlError
from hatwist.guardian.main import boottime
from hatwist.service import guardian
from hatwist.service.guardian import GuardianLink, start_guardian
from tests.cluster.builders import WEB
from tests.service.guardians import PATIENCE, LinkTestCase, PlayedTestCase, Process, no_memory


class StartTests(PlayedTestCase):
    """Something is in the way."""

    def test_no_guardian_there(self) -> None:
        """Whoever answers nonsense at the start is none."""
        error = self.assertRaises(ControlError, self.attach, {"re": "nonsense"})
        self.assertIn("is no guardian", str(error))
        self.assertEqual(self.reactor.getReaders(), [])

    def test_one_that_is_frozen_at_the_start(self) -> None:
        """It is ended; without another one the node does not start, and does not wait for ever."""
        killed: list[tuple[int, int]] = []
        self.patch(os, "kill", lambda *what: killed.append(what))
        self.patch(guardian, "START_LIMIT", 0.05)
        self.patch(guardian, "ANSWER_LIMIT", 0.05)
        error = self.assertRaises(ControlError, self.link(self.start).attach)
        self.assertIn("does not start", str(error))
        self.assertEqual(killed, [(os.getpid(), signal.SIGKILL)])
        self.assertEqual(self.said, ["ERROR: the guardian of a former life does not answer; replacing it"])

    def test_nothing_can_be_started(self) -> None:
        """Neither does the node start if no process can be, or there can be no directory."""
        self.guardian.die()
        error = self.assertRaises(ControlError, self.link(no_memory).attach)
        self.assertIn("cannot be started: [Errno 12] Cannot allocate memory", str(error))
        os.rmdir(os.path.dirname(self.path))
        Path(self.path).parent.touch()
        error = self.assertRaises(ControlError, self.link(self.start).attach)
        self.assertIn("cannot be started: [Errno 17] File exists", str(error))
        self.assertEqual(self.started, [])

    def test_many_have_called(self) -> None:
        """Nobody waits at a door behind which nobody answers, however many have come before."""
        self.patch(guardian, "START_LIMIT", 0.05)
        for _ in range(10):
            one = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)
            self.addCleanup(one.close)
            with contextlib.suppress(BlockingIOError):
                one.connect(self.path)
        self.assertRaises(ControlError, self.link(self.start).attach)

    def test_one_that_ends_at_once(self) -> None:
        """Neither is it waited for."""
        self.guardian.die()
        error = self.assertRaises(ControlError, self.link(lambda _: Process(1)).attach)
        self.assertIn(self.path, str(error))

    def test_one_that_leaves_just_now(self) -> None:
        """It is waited for, and another one is started."""
        self.guardian.die()
        starts: list[object] = []

        def start(words: Sequence[str]) -> Process:
            starts.append(words)
            if len(starts) == 1:
                return Process(0)
            self.play()
            thread = threading.Thread(target=self.guardian.admit)
            thread.start()
            self.addCleanup(thread.join)
            return Process()

        self.link(start).attach()
        self.assertEqual(len(starts), 2)


class RealTests(LinkTestCase):
    """With a real guardian in a directory of its own."""

    def setUp(self) -> None:
        super().setUp()
        self.children: list[subprocess.Popen[bytes]] = []
        self.addCleanup(self.end)

    def start(self, words: Sequence[str]) -> subprocess.Popen[bytes]:
        """Start one and remember it."""
        self.children.append(start_guardian(words))
        return self.children[-1]

    def end(self) -> None:
        """End those that still run."""
        for child in self.children:
            child.kill()
            child.wait(PATIENCE)

    def until(self, done: Callable[[], object], link: GuardianLink) -> None:
        """Let the reactor do its part until something is so."""
        limit = boottime() + PATIENCE
        while not done():
            self.assertLess(boottime(), limit, self.said)
            if link.fileno() >= 0:
                select.select([link], [], [], 0.05)
                link.doRead()
            self.reactor.advance(boottime() - self.reactor.seconds())

    def attach(self) -> GuardianLink:
        """Make a link and attach it."""
        self.reactor.advance(boottime() - self.reactor.seconds())
        link = self.link(self.start)
        link.attach()
        return link

    def test_life(self) -> None:
        """It is started, holds what it is entrusted, outlives the daemon, and leaves when nothing is left."""
        self.plan = {"addresses": ["10.255.255.1"], "programs": []}
        one = self.attach()
        one.push(boottime() + 1000.0, solo=True)
        answered = one.entrust(WEB)
        self.until(lambda: answered.called, one)
        self.assertTrue(self.successResultOf(answered))
        one.close()
        two = self.link(self.start)
        inheritance = two.attach()
        self.assertEqual((inheritance.keys, inheritance.solo), ({WEB.key}, True))
        two.release(WEB.key)
        two.close()
        (child,) = self.children
        self.assertEqual(child.wait(PATIENCE), 0)
        self.assertFalse(os.path.exists(self.path))

    def test_killed(self) -> None:
        """Another one takes its place and is entrusted the same."""
        link = self.attach()
        link.push(boottime() + 1000.0, solo=False)
        answered = link.entrust(WEB)
        self.until(lambda: answered.called, link)
        self.children[0].kill()
        self.until(lambda: "info: there is a guardian again" in self.said, link)
        self.until(lambda: not link._waiting, link)
        self.assertEqual(len(self.children), 2)
        link.close()
        self.assertEqual(self.link(self.start).attach().keys, {WEB.key})

    def test_frozen(self) -> None:
        """One that stands still is ended; another one takes its place at once."""
        link = self.attach()
        self.children[0].send_signal(signal.SIGSTOP)
        link.push(boottime() + 1000.0, solo=False)
        self.reactor.advance(3.0)
        link.push(boottime() + 1000.0, solo=False)
        self.assertEqual(self.children[0].wait(PATIENCE), -signal.SIGKILL)
        self.until(lambda: "info: there is a guardian again" in self.said, link)
        self.until(lambda: link._unanswered is None, link)

    def test_frozen_at_the_start(self) -> None:
        """One that a former life has left, and that stands still, is ended and replaced."""
        link = self.attach()
        link.push(boottime() + 1000.0, solo=False)
        answered = link.entrust(WEB)
        self.until(lambda: answered.called, link)
        link.close()
        self.children[0].send_signal(signal.SIGSTOP)
        self.assertEqual(self.link(self.start).attach().keys, frozenset())
        self.assertEqual(self.children[0].wait(PATIENCE), -signal.SIGKILL)
        self.assertEqual(len(self.children), 2)

    def test_the_next_life_at_once(self) -> None:
        """A node that begins anew gets a guardian, though the one before is just leaving."""
        for _ in range(5):
            self.attach().close()
        link = self.attach()
        link.push(boottime() + 1000.0, solo=False)
        answered = link.entrust(WEB)
        self.until(lambda: answered.called, link)
        self.assertTrue(self.successResultOf(answered))

    def test_a_path_too_long(self) -> None:
        """No socket has such a path: the node does not start, and the log says why."""
        self.path = f"{os.path.dirname(self.path)}/{'x' * 108}"
        self.assertRaises(ControlError, self.attach)
        self.assertIn("AF_UNIX path too long", self.log.read_text())

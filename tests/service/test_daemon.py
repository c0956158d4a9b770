# -*- test-case-name: tests.service.test_daemon -*-
"""
The process: umask, signals, terminal, alarms.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from io import StringIO
from types import FrameType
from typing import TYPE_CHECKING

from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.task import Clock
from twisted.logger import Logger, LogPublisher
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from hatwist.cluster.actions import Stop
from hatwist.config.model import LinkName, MediumSpec, Position
from hatwist.media.memory import Hub
from hatwist.service.daemon import REFUSED, UMASK, Daemon, OperatingSystem
from hatwist.service.node_service import NotStarted
from hatwist.wire.auth import Key, Keyring
from hatwist.wire.envelope import open_datagram
from tests.service.fakes import Spy
from tests.service.host import Host

if TYPE_CHECKING:
    from hatwist.service.daemon import Handler


class System(OperatingSystem):
    """An operating system without a process."""

    def __init__(self) -> None:
        self.masks: list[int] = []
        self.ended: list[int] = []
        self.said: list[tuple[str, int]] = []
        self.handlers: dict[int, Handler] = {signal.SIGTERM: self.end, signal.SIGINT: self.end}

    def end(self, number: int, _frame: FrameType | None) -> None:
        """Do what the reactor does: stop."""
        self.ended.append(number)

    def umask(self, mask: int) -> None:
        self.masks.append(mask)

    def handler(self, number: int) -> Handler | None:
        return self.handlers.get(number)

    def answer(self, number: int, handler: Handler) -> None:
        self.handlers[number] = handler

    def last_words(self, words: str, status: int) -> None:
        self.said.append((words, status))

    def send(self, number: int) -> None:
        """Send a signal to the process."""
        self.handlers[number](number, None)


class Terminal(StringIO):
    """Remembers what was written when it is closed."""

    read_text = ""

    def close(self) -> None:
        self.read_text = self.read_text or self.getvalue()
        super().close()


class GoneTerminal(Terminal):
    """A terminal that was closed by whoever sat at it."""

    def write(self, text: str) -> int:
        raise OSError(5, "Input/output error")


class DaemonTests(SynchronousTestCase):
    """A daemon in a process of its own."""

    def setUp(self) -> None:
        self.hub = Hub()
        self.host = Host(self, "node01", self.hub)
        self.reactor = self.host.reactor
        self.system = System()
        self.terminal = Terminal()
        self.publisher = LogPublisher()
        self.log = Logger("test", observer=self.publisher)

    def make(self, umask: int | None = UMASK) -> Daemon:
        """Make the daemon."""
        self.host.build()
        assert self.host.built is not None
        return Daemon(self.reactor, self.host.built, self.terminal, umask, self.publisher, self.system)

    def run_daemon(self) -> Daemon:
        """Start it as twistd does."""
        daemon = self.make()
        daemon.privilegedStartService()
        daemon.startService()
        for hook, arguments, named in self.reactor.whenRunningHooks:
            hook(*arguments, **named)
        return daemon

    def test_the_umask_of_scripts(self) -> None:
        """Scripts inherit 022, not twistd's 077."""
        self.run_daemon()
        self.assertEqual(self.system.masks, [0o022])

    def test_another_umask(self) -> None:
        """If the administrator chose one it is left alone."""
        self.make(umask=None).privilegedStartService()
        self.assertEqual(self.system.masks, [])

    def test_the_fake_is_true(self) -> None:
        """The reactor here takes calls from threads as the real one does."""
        self.assertTrue(verifyObject(IReactorFromThreads, self.reactor))

    def test_a_start(self) -> None:
        """Nothing is said at the terminal, and it is let go."""
        daemon = self.run_daemon()
        self.assertTrue(daemon.running)
        self.assertTrue(self.terminal.closed)
        self.assertEqual(self.terminal.read_text, "")

    def test_a_failed_start(self) -> None:
        """The terminal is told why, in one line, and let go."""
        self.hub.unplug("node01")
        self.assertRaises(NotStarted, self.make().startService)
        self.assertTrue(self.terminal.closed)
        words = r"^Heartbeat not started: bcast eth1: there is no such interface \[.*/ha\.cf:7:7\]\n$"
        self.assertRegex(self.terminal.read_text, words)

    def test_an_order_to_leave(self) -> None:
        """A node that leaves because it was asked to ends its process, without a word and with status 0."""
        self.run_daemon()
        self.host.node.leave("uid 0")
        self.host.advance(10)
        self.assertTrue(self.reactor.hasStopped)
        self.assertEqual(self.system.said, [])

    def test_a_refusal_after_the_start(self) -> None:
        """A node that hears another one of its name says so, and ends with a status of its own."""
        self.run_daemon()
        self.host.node.stopped(Stop("another machine uses our name node01", refused=True))
        self.assertTrue(self.reactor.hasStopped)
        words = "Heartbeat not started: another machine uses our name node01\n"
        self.assertEqual(self.system.said, [(words, REFUSED)])

    def test_no_terminal(self) -> None:
        """Whoever started the daemon may have gone; that is no other failure."""
        self.terminal = GoneTerminal()
        self.hub.unplug("node01")
        self.assertRaises(NotStarted, self.make().startService)
        self.hub.replug("node01")
        self.terminal = GoneTerminal()
        self.assertTrue(self.run_daemon().running)

    def test_the_first_signal_ends_it(self) -> None:
        """SIGTERM and SIGINT reach the reactor, once."""
        for number in (signal.SIGTERM, signal.SIGINT):
            self.run_daemon()
            self.system.send(number)
            self.assertEqual(self.system.ended, [number])
            self.setUp()

    def test_a_second_signal(self) -> None:
        """While it is leaving another signal changes nothing, and the log says so."""
        daemon = self.run_daemon()
        self.system.send(signal.SIGTERM)
        done = daemon.stopService()
        self.system.send(signal.SIGTERM)
        self.system.send(signal.SIGINT)
        self.assertEqual(self.system.ended, [signal.SIGTERM])
        self.host.advance(10)
        self.successResultOf(done)
        self.assertEqual(self.host.lines.count("info: Heartbeat shutdown already underway."), 2)

    def test_a_signal_that_python_ignores(self) -> None:
        """Where a signal is ignored, as SIGINT under nohup, it stays so."""
        del self.system.handlers[signal.SIGINT]
        self.run_daemon()
        self.assertNotIn(signal.SIGINT, self.system.handlers)

    def test_the_debug_level(self) -> None:
        """SIGUSR1 raises it, SIGUSR2 lowers it, to 0 at the least; the log says what it is."""
        self.run_daemon()
        assert self.host.built is not None
        for number, expected in (
            (signal.SIGUSR1, 1),
            (signal.SIGUSR1, 2),
            (signal.SIGUSR2, 1),
            (signal.SIGUSR2, 0),
            (signal.SIGUSR2, 0),
        ):
            self.system.send(number)
            self.reactor.advance(0)
            self.assertEqual(self.host.built.halog.debug, expected)
            self.assertEqual(self.host.lines[-1], f"info: debug level is {expected} now ({number.name})")
        self.assertEqual(self.system.ended, [])

    def test_nothing_has_changed(self) -> None:
        """SIGHUP does not end it; it looks at the files, and says when there is nothing new."""
        self.run_daemon()
        self.system.send(signal.SIGHUP)
        self.reactor.advance(0)
        self.assertEqual(self.host.lines[-1], "info: Configuration unchanged.")
        self.assertEqual(self.system.ended, [])

    def test_a_signal_before_the_reactor_runs(self) -> None:
        """SIGHUP ends nothing from the start on, and is answered as soon as the reactor runs."""
        self.make().startService()
        self.system.send(signal.SIGHUP)
        self.reactor.advance(0)
        self.assertEqual(self.host.lines[-1], "info: Configuration unchanged.")

    def test_new_keys(self) -> None:
        """After SIGHUP the node signs with the new key."""
        self.run_daemon()
        self.host.write("authkeys", "auth 2\n2 sha1 another-key\n")
        self.system.send(signal.SIGHUP)
        self.reactor.advance(0)
        self.assertEqual(self.host.lines[-1], "info: Rereading authentication file.")
        spy, clock = Spy(), Clock()
        spec = MediumSpec("bcast", LinkName("eth1"), Position("ha.cf"), interface="eth1")
        self.hub.plug("spy").make(spec, clock, spy).start()
        self.host.advance(2)
        clock.advance(0)
        keys = Keyring(2, (Key(2, "sha1", b"another-key"),))
        self.assertEqual(open_datagram(spy.heard[-1], keys).get("src"), "node01")

    def test_broken_keys(self) -> None:
        """After SIGHUP with a broken file whoever asks for the status is told, until it was mended."""
        self.run_daemon()
        for text, expected in (("auth 2\n", 1), ("auth 3\n3 sha1 another-key\n", 0)):
            self.host.write("authkeys", text)
            self.system.send(signal.SIGHUP)
            self.reactor.advance(0)
            self.assertEqual(len(self.host.node.troubles()), expected)

    def test_a_signal_waits_for_the_reactor(self) -> None:
        """It comes in the middle of anything, so it only leaves a note."""
        self.run_daemon()
        before = self.host.lines
        self.system.send(signal.SIGHUP)
        self.assertEqual(self.host.lines, before)

    def test_alarms(self) -> None:
        """From its start to its end errors of Twisted's log are in ha-log too."""
        self.log.error("too early")
        daemon = self.run_daemon()
        self.log.error("in time")
        done = daemon.stopService()
        self.log.error("while leaving")
        self.host.advance(10)
        self.successResultOf(done)
        self.log.error("too late")
        errors = [line for line in self.host.lines if line.startswith("ERROR")]
        self.assertEqual(errors, ["ERROR: in time", "ERROR: while leaving"])


class OperatingSystemTests(SynchronousTestCase):
    """The real one."""

    def test_signals(self) -> None:
        """A handler can be set, and is found again; what is no function is none."""
        system = OperatingSystem()
        before = signal.getsignal(signal.SIGUSR2)
        self.addCleanup(signal.signal, signal.SIGUSR2, before)
        signal.signal(signal.SIGUSR2, signal.SIG_IGN)
        self.assertIsNone(system.handler(signal.SIGUSR2))
        got: list[int] = []
        system.answer(signal.SIGUSR2, lambda number, _: got.append(number))
        self.assertIsNotNone(system.handler(signal.SIGUSR2))
        signal.raise_signal(signal.SIGUSR2)
        self.assertEqual(got, [signal.SIGUSR2])

    def test_last_words(self) -> None:
        """They are on stderr, after what was said before, and the process has the status."""
        script = (
            "import sys; from hatwist.service.daemon import OperatingSystem;"
            "print('before'); OperatingSystem().last_words('why\\n', 7); sys.exit(0)"
        )
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual((done.returncode, done.stdout, done.stderr), (7, "before\n", "why\n"))

    def test_umask(self) -> None:
        """The process has the mask that was set."""
        system = OperatingSystem()
        before = os.umask(0o077)
        self.addCleanup(os.umask, before)
        system.umask(0o022)
        self.assertEqual(os.umask(before), 0o022)

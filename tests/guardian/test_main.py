# -*- test-case-name: tests.guardian.test_main -*-
"""
The guardian as a process, in a directory of its own, ended by its number.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.trial.unittest import SynchronousTestCase

from hatwist.guardian import main as program
from hatwist.guardian.main import Server, boottime, main
from hatwist.guardian.server import MAX_PACKET
from tests.resources.fakes import write_program

LIMIT = 20.0
"""Seconds after which what does not happen is a fault."""


class Fault(Exception):
    """What a fault of ours raises."""


def _fail(_: Server) -> None:
    raise Fault("why")


class ProcessTests(SynchronousTestCase):
    """A guardian that is started as the daemon starts it."""

    def setUp(self) -> None:
        place = TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = Path(place.name)
        self.path = str(self.place / "g.sock")
        self.log = self.place / "log"
        self.log.touch()
        self.stopped = self.place / "stopped"

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start one, and wait until it is to be found or has ended."""
        options = ["--socket", self.path, "--host", "node01", "--log", str(self.log), *words]
        child = subprocess.Popen([sys.executable, "-I", "-S", program.__file__, *options], cwd="/")
        self.addCleanup(child.wait, LIMIT)
        self.addCleanup(child.kill)
        limit = time.monotonic() + LIMIT
        while not os.path.exists(self.path) and child.poll() is None:
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.01)
        return child

    def connect(self) -> socket.socket:
        """Do what a daemon does; the socket is there before it is listened to."""
        daemon = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.addCleanup(daemon.close)
        daemon.settimeout(LIMIT)
        limit = time.monotonic() + LIMIT
        while daemon.connect_ex(self.path):
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.01)
        return daemon

    def ask(self, daemon: socket.socket, **words: object) -> dict[str, object]:
        """Say something and return the answer."""
        daemon.send(json.dumps(words).encode())
        answer: dict[str, object] = json.loads(daemon.recv(MAX_PACKET))
        return answer

    def push(self, daemon: socket.socket, seconds: float) -> None:
        """Move the deadline."""
        now = boottime()
        self.assertTrue(self.ask(daemon, do="push", at=now + seconds, solo=False, said=now)["ok"])

    def entrust(self, daemon: socket.socket, body: str = "exit 0") -> None:
        """Entrust a group that is stopped by a program."""
        path = write_program(self.place, "stop", f'echo "$@" >>{self.stopped}\n{body}')
        stop = {"words": [path, "stop"], "environment": {"PATH": os.defpath}, "timeout": 10}
        plan = {"addresses": [], "programs": [stop]}
        self.assertTrue(self.ask(daemon, do="entrust", n=1, key="web", plan=plan)["ok"])

    def test_nobody_needs_it(self) -> None:
        """Without a daemon and without anything entrusted it ends by itself, not before."""
        child = self.start("--idle", "0.2")
        daemon = self.connect()
        self.push(daemon, 60.0)
        self.entrust(daemon)
        daemon.close()
        other = self.connect()
        self.assertEqual(self.ask(other, do="attach")["held"], ["web"])
        other.send(json.dumps({"do": "release", "key": "web"}).encode())
        other.close()
        self.assertEqual(child.wait(LIMIT), 0)

    def logged(self, text: str) -> None:
        """Wait until the log has it."""
        limit = time.monotonic() + LIMIT
        while text not in self.log.read_text():
            self.assertLess(time.monotonic(), limit, self.log.read_text())
            time.sleep(0.01)

    def test_a_life(self) -> None:
        """It answers, and ends when it is not needed."""
        child, daemon = self.start(), self.connect()
        self.assertEqual(self.ask(daemon, do="attach")["held"], [])
        self.push(daemon, 1000.0)
        self.entrust(daemon)
        self.assertFalse(self.ask(daemon, do="bye")["ok"])
        daemon.send(b'{"do": "release", "key": "web"}')
        self.assertTrue(self.ask(daemon, do="bye")["ok"])
        self.assertEqual(child.wait(LIMIT), 0)
        self.assertFalse(os.path.exists(self.path))
        self.assertFalse(self.stopped.exists())

    def test_its_name(self) -> None:
        """An administrator finds it among the processes."""
        child = self.start()
        self.ask(self.connect(), do="attach")
        self.assertEqual(Path(f"/proc/{child.pid}/comm").read_text(), "hatwist-guard\n")

    def test_the_daemon_dies(self) -> None:
        """When the deadline passes the group is stopped, and the next daemon hears that it is."""
        self.start()
        daemon = self.connect()
        self.push(daemon, 0.2)
        self.entrust(daemon)
        daemon.close()
        self.logged("WARN: web is released")
        self.assertEqual(self.stopped.read_text(), "stop\n")
        self.assertIn("CRIT: the deadline has passed", self.log.read_text())
        answer = self.ask(self.connect(), do="attach")
        self.assertEqual((answer["held"], answer["lapsed"]), ([], []))

    def test_a_disk_that_hangs(self) -> None:
        """Everything is released, and the next daemon served, though no line can be written."""
        self.log.unlink()
        os.mkfifo(self.log)
        child, daemon = self.start(), self.connect()
        self.push(daemon, 0.2)
        self.entrust(daemon)
        daemon.close()
        limit = time.monotonic() + LIMIT
        while not self.stopped.exists():
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.01)
        daemon = self.connect()
        self.ask(daemon, do="attach")
        daemon.send(b'{"do": "release", "key": "web"}')
        self.assertTrue(self.ask(daemon, do="bye")["ok"])
        self.assertEqual(child.wait(LIMIT), 0)

    def test_a_fault_of_ours(self) -> None:
        """A guardian that cannot go on says so before it ends."""
        self.patch(Server, "turn", _fail)
        words = ["--socket", self.path, "--host", "node01", "--log", str(self.log)]
        self.patch(program, "harden", lambda _: None)
        self.patch(program, "hasten", lambda: None)
        self.patch(program, "_rename", lambda: None)
        self.assertRaises(Fault, main, words)
        self.assertIn(
            "CRIT: the guardian ends, and nobody guards this host: Fault('why')", self.log.read_text()
        )

    def test_programs_are_no_guardians(self) -> None:
        """What it starts has neither its priority nor its files."""
        self.start()
        daemon = self.connect()
        self.push(daemon, 0.2)
        body = (
            f"readlink /proc/$$/fd/* >{self.place}/files\ncut -d' ' -f41 /proc/$$/stat >{self.place}/policy"
        )
        self.entrust(daemon, body)
        self.logged("WARN: web is released")
        self.assertEqual((self.place / "policy").read_text().strip(), str(os.SCHED_OTHER))
        files = (self.place / "files").read_text()
        self.assertNotIn("socket:", files)
        self.assertNotIn(".lock", files)

    def test_frozen(self) -> None:
        """One that was frozen beyond the deadline releases everything as soon as it runs."""
        child, daemon = self.start(), self.connect()
        self.push(daemon, 0.3)
        self.entrust(daemon)
        child.send_signal(signal.SIGSTOP)
        deadline = boottime() + 0.3
        while boottime() < deadline:
            select.select([], [], [], deadline - boottime())
        child.send_signal(signal.SIGCONT)
        self.logged("WARN: web is released")

    def test_killed(self) -> None:
        """The next one finds its way past the socket that is left."""
        child = self.start()
        child.kill()
        child.wait(LIMIT)
        self.assertTrue(os.path.exists(self.path))
        self.start()
        self.ask(self.connect(), do="attach")

    def test_two(self) -> None:
        """The second one ends, and the first one keeps its daemon."""
        self.start()
        daemon = self.connect()
        self.push(daemon, 1000.0)
        options = ["--socket", self.path, "--log", str(self.log)]
        second = [sys.executable, "-I", "-S", program.__file__, *options]
        self.assertEqual(subprocess.run(second, check=False, timeout=LIMIT).returncode, 1)
        self.assertIn("another guardian has", self.log.read_text())
        self.push(daemon, 1000.0)

    def test_the_watchdog(self) -> None:
        """It is fed from the start, and let go at the end."""
        device = self.place / "watchdog"
        device.touch()
        child = self.start("--watchdog", str(device), "--watchdog-timeout", "1")
        daemon = self.connect()
        self.assertEqual(self.ask(daemon, do="attach")["watchdog"], 1.0)
        limit = time.monotonic() + LIMIT
        while len(device.read_bytes()) < 3:
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.01)
        self.ask(daemon, do="bye")
        self.assertEqual(child.wait(LIMIT), 0)
        fed = device.read_bytes()
        self.assertEqual(fed, bytes(len(fed) - 1) + b"V")

    def test_no_watchdog(self) -> None:
        """Without the device that is asked for it does not start, and says why."""
        child = self.start("--watchdog", str(self.place / "none"), "--watchdog-timeout", "1")
        self.assertEqual(child.wait(LIMIT), 1)
        self.assertIn("ERROR: the guardian cannot start: [Errno 2]", self.log.read_text())


class OptionTests(SynchronousTestCase):
    """What it is started with."""

    def test_an_odd_word(self) -> None:
        """Each option has a value."""
        words: Sequence[str] = ("--socket",)
        self.assertRaises(ValueError, main, list(words))

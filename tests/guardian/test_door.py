# -*- test-case-name: tests.guardian.test_door -*-
"""
The guardian's socket, and daemons that behave badly at it.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.trial.unittest import SynchronousTestCase

from hatwist.guardian import main
from hatwist.guardian.main import Server, boottime
from hatwist.guardian.server import MAX_PACKET, Guardian

WRONG: tuple[tuple[str, object], ...] = (
    ("words", []),
    ("words", [7]),
    ("words", 7),
    ("environment", {"A": 7}),
    ("environment", 7),
    ("timeout", "soon"),
)

PLAN = {"addresses": ["10.0.0.1", "2001:db8::1"], "programs": []}


class Nothing:
    """Removes no address."""

    def remove(self, addresses: frozenset[bytes]) -> list[str]:
        """Remove nothing."""
        return []


class DoorTestCase(SynchronousTestCase):
    """
    A guardian in this process, at a socket of its own.

    @ivar path: short, as the path of a socket must be.
    """

    def setUp(self) -> None:
        place = TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.path = f"{place.name}/g.sock"
        self.said: list[str] = []
        self.guardian = Guardian(Nothing(), None, lambda level, text: self.said.append(f"{level}: {text}"))
        self.server = Server(self.path, self.guardian)
        self.addCleanup(self.server.close)

    def connect(self) -> socket.socket:
        """Do what a daemon does at its start."""
        daemon = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.addCleanup(daemon.close)
        daemon.settimeout(5.0)
        daemon.connect(self.path)
        return daemon

    def send(self, daemon: socket.socket, **words: object) -> None:
        """Say something."""
        daemon.send(json.dumps(words).encode())

    def push(self, daemon: socket.socket, seconds: float) -> float:
        """Move the deadline so many seconds from now; return where it is."""
        at = boottime() + seconds
        self.send(daemon, do="push", at=at, solo=False, said=boottime())
        return at

    def heard(self, daemon: socket.socket) -> dict[str, object]:
        """Return the next answer."""
        self.server.turn()
        answer: dict[str, object] = json.loads(daemon.recv(MAX_PACKET))
        return answer


class DoorTests(DoorTestCase):
    """L{Server}; it does not wait, for what is sent to a UNIX socket has arrived."""

    def setUp(self) -> None:
        super().setUp()
        self.patch(self.guardian, "wait", lambda _: 0.0)

    def test_a_daemon(self) -> None:
        """What it says is answered, in order."""
        daemon = self.connect()
        self.send(daemon, do="attach")
        answer = self.heard(daemon)
        self.assertEqual((answer["re"], answer["held"], answer["deadline"]), ("attach", [], float("-inf")))
        at = self.push(daemon, 100.0)
        self.assertEqual(self.heard(daemon), {"re": "push", "ok": True})
        self.assertEqual(self.guardian.guard.deadline, at)

    def test_for_nobody_else(self) -> None:
        """Only its own user may open the socket."""
        self.assertEqual(os.stat(self.path).st_mode & 0o777, 0o600)

    def test_another_user(self) -> None:
        """Whoever gets there as somebody else is sent away, and the daemon stays."""
        daemon = self.connect()
        self.send(daemon, do="attach")
        self.heard(daemon)
        self.patch(main, "peer_of", lambda _: os.getuid() + 1)
        stranger = self.connect()
        self.server.turn()
        self.assertEqual(stranger.recv(1), b"")
        self.push(daemon, 100.0)
        self.assertEqual(self.heard(daemon)["re"], "push")

    def test_the_next_daemon(self) -> None:
        """It takes the place of the one before, which hears of it."""
        before, after = self.connect(), self.connect()
        self.server.turn()
        self.send(after, do="attach")
        self.server.turn()
        self.assertEqual(self.heard(after)["re"], "attach")
        self.assertEqual(before.recv(1), b"")

    def test_last_words(self) -> None:
        """A daemon that leaves without reading the answers has said what it said."""
        daemon = self.connect()
        self.push(daemon, 100.0)
        self.send(daemon, do="entrust", n=1, key="web", plan=PLAN)
        self.server.turn()
        self.assertEqual(self.guardian.guard.held, ("web",))
        self.push(daemon, 200.0)
        self.send(daemon, do="release", key="web")
        self.send(daemon, do="bye")
        daemon.close()
        self.server.turn()
        self.assertTrue(self.guardian.over)

    def test_a_daemon_that_does_not_read(self) -> None:
        """Its answers are lost when there is no room for them, and what it says counts."""
        daemon = self.connect()
        daemon.setblocking(False)
        at = 0.0
        for _ in range(2000):
            with contextlib.suppress(BlockingIOError):
                at = self.push(daemon, 100.0)
            self.server.turn()
        self.assertEqual(self.guardian.guard.deadline, at)

    def test_a_daemon_that_dies(self) -> None:
        """The guardian waits for the next one."""
        self.connect().close()
        self.server.turn()
        self.server.turn()
        daemon = self.connect()
        self.push(daemon, 100.0)
        self.assertEqual(self.heard(daemon)["ok"], True)

    def test_a_second_guardian(self) -> None:
        """There is one only, and the daemon of the first does not notice."""
        daemon = self.connect()
        self.push(daemon, 100.0)
        self.heard(daemon)
        self.patch(main, "PREDECESSOR", 0.0)
        error = self.assertRaises(OSError, Server, self.path, self.guardian)
        self.assertIn("another guardian", str(error))
        self.push(daemon, 100.0)
        self.assertEqual(self.heard(daemon), {"re": "push", "ok": True})

    def test_a_stale_socket(self) -> None:
        """What a dead guardian has left is in nobody's way."""
        self.server.close()
        Path(self.path).touch()
        self.server = Server(self.path, self.guardian)
        self.addCleanup(self.server.close)
        daemon = self.connect()
        self.push(daemon, 100.0)
        self.assertEqual(self.heard(daemon)["ok"], True)

    def test_it_leaves_no_socket(self) -> None:
        """After its end nobody finds it."""
        self.server.close()
        self.assertFalse(os.path.exists(self.path))


class NonsenseTests(DoorTestCase):
    """Whatever a packet says, the guardian goes on."""

    def test_nonsense(self) -> None:
        """It is answered as such, and changes nothing."""
        program = {"words": ["true"], "environment": {}, "timeout": 1}
        for packet in (
            b"{",
            b"\xff",
            b"[]",
            b'"attach"',
            b"7",
            b"{}",
            b"[" * 100_000,
            b'{"do": "dance"}',
            b'{"do": "push", "at": 1e400, "solo": false}',
            b'{"do": "push", "at": NaN, "solo": false, "said": 0}',
            b'{"do": "push", "at": 1%s, "solo": false, "said": 0}' % (b"0" * 400),
            json.dumps({"do": "entrust", "key": "web", "plan": PLAN}).encode(),
        ):
            self.assertEqual(self.guardian.take(packet, 0.0), b'{"re": "nonsense"}', packet[:60])
        plans: tuple[object, ...] = (
            None,
            [],
            {},
            {**PLAN, "addresses": ["10.0.0.300"]},
            {**PLAN, "addresses": [7]},
            {**PLAN, "programs": [[]]},
            *({**PLAN, "programs": [{**program, name: value}]} for name, value in WRONG),
        )
        for plan in plans:
            packet = json.dumps({"do": "entrust", "n": 5, "key": "web", "plan": plan}).encode()
            self.assertEqual(
                json.loads(self.guardian.take(packet, 0.0)), {"re": "entrust", "n": 5, "ok": False}
            )
        self.assertEqual(self.guardian.guard.groups, {})
        self.assertEqual({one.partition(":")[0] for one in self.said}, {"ERROR"})
        self.assertTrue(all(len(one) < 300 for one in self.said))

    def test_for_ever(self) -> None:
        """A deadline may be never, and the guardian waits no longer than it can."""
        self.guardian.take(b'{"do": "push", "at": Infinity, "solo": true, "said": 0}', 0.0)
        self.guardian.take(json.dumps({"do": "entrust", "n": 1, "key": "web", "plan": PLAN}).encode(), 0.0)
        self.assertEqual(self.guardian.guard.held, ("web",))
        self.assertEqual(self.guardian.wait(0.0), 3600.0)


class StartTests(SynchronousTestCase):
    """A process that cannot start."""

    def test_the_watchdog_is_let_go(self) -> None:
        """A guardian that cannot start resets no host."""
        with TemporaryDirectory() as place:
            device, log = Path(place, "watchdog"), Path(place, "log")
            device.touch()
            path = f"{place}/{'x' * 108}"
            words = [
                "--socket",
                path,
                "--log",
                str(log),
                "--watchdog",
                str(device),
                "--watchdog-timeout",
                "5",
            ]
            command = [sys.executable, "-I", "-S", main.__file__, *words]
            self.assertEqual(subprocess.run(command, check=False, timeout=60).returncode, 1)
            self.assertEqual(device.read_bytes(), b"V")
            self.assertIn("the guardian cannot start: AF_UNIX path too long", log.read_text())

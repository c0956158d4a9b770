"""
A guardian that the test plays, and a link to it.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.adoption import Inheritance
from hatwist.cluster.names import Level
from hatwist.config.model import ResourceGroup
from hatwist.guardian.server import MAX_PACKET
from hatwist.service import guardian
from hatwist.service.guardian import GuardianLink, start_guardian

PATIENCE = 20.0
"""Seconds that a guardian may really take."""

FRESH = {"re": "attach", "held": [], "lapsed": [], "deadline": -1.0, "solo": False, "watchdog": 0}


def no_memory(words: Sequence[str]) -> Process:
    """Start nothing."""
    raise OSError(12, "Cannot allocate memory")


class Process:
    """
    A process of a guardian that the test plays.

    @ivar status: how it ended; None while it runs.
    """

    def __init__(self, status: int | None = None) -> None:
        self.status = status

    def poll(self) -> int | None:
        """Say how it ended."""
        return self.status


class Played:
    """A guardian's socket, where the test reads and answers."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.door = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.door.settimeout(PATIENCE)
        self.door.bind(path)
        self.door.listen(4)
        self.daemon: socket.socket | None = None

    def accept(self) -> None:
        """Take the next daemon that has come."""
        self.daemon, _ = self.door.accept()
        self.daemon.settimeout(PATIENCE)

    def hear(self) -> dict[str, object]:
        """Return the next thing it was told."""
        assert self.daemon is not None
        said: dict[str, object] = json.loads(self.daemon.recv(MAX_PACKET) or b"null")
        return said

    def answer(self, **words: object) -> None:
        """Answer."""
        assert self.daemon is not None
        self.daemon.send(json.dumps(words).encode())

    def admit(self, answer: bytes = json.dumps(FRESH).encode()) -> None:
        """Answer the first question of a daemon that will come, while it waits."""
        self.accept()
        self.hear()
        assert self.daemon is not None
        self.daemon.send(answer)

    def die(self) -> None:
        """Be gone."""
        self.door.close()
        if self.daemon is not None:
            self.daemon.close()
        if os.path.exists(self.path):
            os.unlink(self.path)


class LinkTestCase(SynchronousTestCase):
    """A link, and what it says."""

    def setUp(self) -> None:
        place = TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.path = f"{place.name}/run/guardian.sock"
        self.log = Path(place.name, "log")
        self.reactor = MemoryReactorClock()
        self.said: list[str] = []
        self.heard: list[str] = []
        self.plan: dict[str, object] = {"addresses": [], "programs": []}

    def link(
        self, start: Callable[[Sequence[str]], object] = start_guardian, deadtime: float = 10.0
    ) -> GuardianLink:
        """Make one."""
        words = ("--log", str(self.log))
        link = GuardianLink(self.reactor, self.path, words, self.plan_for, self.say, deadtime, start)  # type: ignore[arg-type]
        link.lost = lambda: self.heard.append("lost")
        link.refused = lambda: self.heard.append("refused")
        self.addCleanup(link.close)
        return link

    def say(self, level: Level, text: str) -> None:
        """Write to the log."""
        self.said.append(f"{level.value}: {text}")

    def plan_for(self, group: ResourceGroup) -> dict[str, object]:
        """Say how a group is released."""
        return self.plan


class PlayedTestCase(LinkTestCase):
    """With a guardian that does what the test says."""

    def setUp(self) -> None:
        super().setUp()
        self.started: list[Sequence[str]] = []
        self.processes: list[Process] = []
        os.makedirs(os.path.dirname(self.path))
        self.play()

    def play(self) -> None:
        """Let there be a guardian."""
        self.guardian = Played(self.path)
        self.addCleanup(self.guardian.die)

    def start(self, words: Sequence[str]) -> Process:
        """Start another one: the test does."""
        self.started.append(words)
        self.processes.append(Process())
        return self.processes[-1]

    def attach(self, answer: dict[str, object] = FRESH, deadtime: float = 10.0) -> Inheritance:
        """Attach a link."""
        self.daemon = self.link(self.start, deadtime)
        thread = threading.Thread(target=self.guardian.admit, args=(json.dumps(answer).encode(),))
        thread.start()
        self.addCleanup(thread.join)
        return self.daemon.attach()

    def replace(self) -> None:
        """Let the guardian die, and another one take its place."""
        self.guardian.die()
        self.read()
        self.play()
        self.reactor.advance(guardian.RETRY)
        self.guardian.accept()

    def read(self) -> None:
        """Let the reactor do its part."""
        for reader in self.reactor.getReaders():
            reader.doRead()

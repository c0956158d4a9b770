"""
A guardian at a time that the test says, on a host in memory.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from hatwist.guardian.server import Guardian
from hatwist.guardian.watchdog import Watchdog
from tests.resources.fakes import temporary, write_program

IP = "10.0.0.5"
SIX = "2001:db8::5"
STOP_WITHIN = 30.0

LIMIT = 20.0
"""Seconds after which a program that does not end is a fault."""


class Remover:
    """
    Removes addresses in memory.

    @ivar asked: what was to go, each time.
    @ivar troubles: what it says.
    @ivar refusal: what it raises instead.
    """

    def __init__(self) -> None:
        self.asked: list[frozenset[bytes]] = []
        self.troubles: list[str] = []
        self.refusal: OSError | None = None

    def remove(self, addresses: frozenset[bytes]) -> list[str]:
        """Take note of them."""
        self.asked.append(addresses)
        if self.refusal is not None:
            raise self.refusal
        return self.troubles


class GuardianCase(SynchronousTestCase):
    """
    A guardian at a time that the test says.

    @ivar lines: what it has said.
    """

    def setUp(self) -> None:
        self.directory = Path(temporary(self))
        self.kernel = Remover()
        self.lines: list[str] = []
        self.now = 100.0
        self.guardian = self.make(None)

    def make(self, watchdog: Watchdog | None) -> Guardian:
        """Make one."""
        return Guardian(
            self.kernel, watchdog, lambda level, text: self.lines.append(f"{level}: {text}"), STOP_WITHIN
        )

    def say(self, **words: object) -> Any:
        """Tell it something; return what it answers."""
        answer = self.guardian.take(json.dumps(words).encode(), self.now)
        return json.loads(answer) if answer else None

    def push(self, at: float, *, solo: bool = False) -> bool:
        """Move the deadline."""
        answer = self.say(do="push", at=at, solo=solo, said=self.now)
        self.assertEqual(answer["re"], "push")
        return bool(answer["ok"])

    def entrust(self, key: str, *addresses: str, stop: str = "", timeout: float = 60.0) -> bool:
        """Entrust a group of addresses, and of a program if there is one."""
        programs = []
        if stop:
            path = write_program(self.directory, key, stop)
            programs = [{"words": [path, "stop"], "environment": {"PATH": os.environ["PATH"]}}]
            programs[0]["timeout"] = timeout  # type: ignore[assignment]
        plan = {"addresses": addresses, "programs": programs}
        answer = self.say(do="entrust", n=7, key=key, plan=plan)
        self.assertEqual((answer["re"], answer["n"]), ("entrust", 7))
        return bool(answer["ok"])

    def work(self, after: float = 0.0) -> None:
        """Let time pass, and let it work."""
        self.now += after
        self.guardian.work(self.now)

    def work_until(self, state: str, key: str = "www", step: float = 0.0) -> None:
        """Let it work until a group is in a state; time passes by so many seconds each time."""
        limit = time.monotonic() + LIMIT
        while self.guardian.guard.groups[key] != state:
            self.assertLess(time.monotonic(), limit, f"{self.guardian.guard.groups}, {self.lines}")
            time.sleep(0.01)
            self.work(step)

# -*- test-case-name: tests.lab.test_watch -*-
"""
Start the watcher in a rack and read what it writes.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from scripts.lab.observe import Event, Verdict, judge, read
from scripts.lab.rack import Rack, python
from scripts.lab.remote import LabError

LOOK_EVERY: Final = 0.01
"""Seconds between two looks at a condition that nobody tells us about."""


def now() -> float:
    """Return the time on the one clock that everything in a lab is stamped with."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def until(condition: Callable[[], bool], timeout: float, what: str) -> float:
    """
    Wait until a condition holds.

    @return: when it did, on the lab's clock.
    @raise LabError: when it does not within C{timeout} seconds.
    """
    end = now() + timeout
    while not condition():
        if now() > end:
            raise LabError(f"waited {timeout:g} s in vain until {what}")
        time.sleep(LOOK_EVERY)
    return now()


class Watch:
    """
    Everything that happens to addresses in a rack, from now on.

    It must be made before the hosts are powered on.

    @ivar events: what happened until the last L{look}.
    """

    def __init__(self, rack: Rack) -> None:
        script = str(Path(__file__).with_name("watcher.py"))
        self._process = rack.console.start([python(), "-I", "-S", script])
        self.events: list[Event] = []
        self._verdicts: dict[str, tuple[int, Verdict]] = {}
        until(
            lambda: "ready" in self._process.text() or not self._process.alive(), 10, "the watcher is ready"
        )
        self._check()

    def look(self) -> list[Event]:
        """Take in what happened since the last look, and return just that."""
        self._check()
        fresh = read(line for line in self._process.lines() if json.loads(line)["what"] != "ready")
        self.events += fresh
        return fresh

    def judge(self, address: str) -> Verdict:
        """Judge an address by everything until now."""
        self.look()
        count, verdict = self._verdicts.get(address, (-1, None))
        if verdict is None or count != len(self.events):
            verdict = judge(self.events, address)
            self._verdicts[address] = (len(self.events), verdict)
        return verdict

    def owners(self, address: str) -> tuple[str, ...]:
        """Return the hosts that own an address now."""
        return self.judge(address).owners

    def await_owner(self, address: str, host: str, timeout: float) -> float:
        """
        Wait until a host, and nobody else, owns an address.

        @return: when that was seen.
        """
        return until(lambda: self.owners(address) == (host,), timeout, f"{host} alone owns {address}")

    def _check(self) -> None:
        if not self._process.alive():
            raise LabError(f"the watcher has ended: {self._process.text()[-2000:]}")

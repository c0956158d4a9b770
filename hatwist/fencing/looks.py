# -*- test-case-name: tests.fencing.test_looks -*-
"""
Look whether the devices answer, now and then and when asked, but never often.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from hatwist.cluster.names import Level
from hatwist.config.model import Seconds
from hatwist.fencing.devices import ENTITY
from hatwist.fencing.results import Answer, DeviceStatus
from hatwist.fencing.turns import BROKEN_OFF, Turn
from hatwist.resources.reporting import Log

FRESH: Final = 10.0
"""Seconds for which an answer is good enough for whoever asks."""


class Looks:
    """
    What is known of each device.

    @ivar known: the newest answer of each, by its name.
    """

    def __init__(
        self, turns: Iterable[Turn], clock: IReactorTime, wall: Callable[[], float], log: Log
    ) -> None:
        """@param wall: the time in seconds since the epoch, for people."""
        self.known: dict[str, DeviceStatus] = {}
        self._turns = tuple(turns)
        self._clock = clock
        self._wall = wall
        self._log = log
        self._when: dict[str, float] = {}
        self._asked: list[Deferred[tuple[DeviceStatus, ...]]] = []
        self._going = False
        self._timer: IDelayedCall | None = None

    def start(self, interval: Seconds) -> None:
        """Look now, and at each interval."""
        self._timer = self._clock.callLater(interval, self.start, interval)
        self.ask()

    def stop(self) -> None:
        """Look no more by yourself."""
        if self._timer is not None and self._timer.active():
            self._timer.cancel()

    def ask(self) -> Deferred[tuple[DeviceStatus, ...]]:
        """Ask the devices whose answer is not fresh; whoever asks meanwhile gets the same answer."""
        done: Deferred[tuple[DeviceStatus, ...]] = Deferred(self._asked.remove)
        self._asked.append(done)
        if not self._going:
            self._going = True
            now = self._clock.seconds()
            old = [one for one in self._turns if now - self._when.get(one.spec.name, -FRESH) >= FRESH]
            gatherResults([self._look(one) for one in old]).addCallback(self._answer)
        return done

    def _look(self, turn: Turn) -> Deferred[None]:
        self._log(Level.DEBUG, f"Checking status of STONITH device [{turn.spec.name}]", ENTITY)
        return turn.look().addCallback(self._learn, turn)

    def _learn(self, answer: Answer, turn: Turn) -> None:
        if answer is BROKEN_OFF:
            return
        name = turn.spec.name
        self._when[name] = self._clock.seconds()
        well = answer.confirmed
        self.known[name] = DeviceStatus(name, turn.spec.type, well, answer.words, self._wall())
        if not well:
            self._log(Level.ERROR, f"STONITH device {name} not operational!", ENTITY)
            self._log(Level.WARN, f"{name}: {answer.words}", ENTITY)

    def _answer(self, _done: list[None]) -> None:
        self._going = False
        asked, self._asked = self._asked, []
        for one in asked:
            one.callback(tuple(self.known.values()))

# -*- test-case-name: tests.clients.test_pulse -*-
"""
The heartbeat of one application: missed when it was silent for an interval.

Times are in seconds on the clock that is given.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from attrs import define, field, frozen
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from hatwist.cluster.names import Level
from hatwist.config.model import Seconds

OUR_LATENESS: Final = 0.5
"""Seconds by which we may be late ourselves; if it is more, nobody else is blamed for silence."""

LAST_CALL: Final = 0.01
"""Seconds in which we read what it has sent and we have not read."""

Missed = Callable[[str, str, str], None]
"""Takes a group's key, its resource, and what was seen, for people."""


@frozen
class Application:
    """
    What an application says of itself, and the kernel.

    @ivar pid: of the process that registered.
    @ivar interval: seconds from one of its heartbeats to the next, at most.
    @ivar key: of the group that is nothing without it; empty where it is of none.
    @ivar resource: of that group.
    """

    name: str
    pid: int
    interval: Seconds
    key: str = ""
    resource: str = ""

    def __str__(self) -> str:
        return f"apphb client '{self.name}' / '{self.resource or self.name}' (pid {self.pid})"


@define
class Pulse:
    """
    Listens to one application, from its registration until it is gone.

    @ivar silent: whether it has missed a heartbeat and not resumed.
    """

    application: Application
    _clock: IReactorTime
    _say: Callable[[Level, str], None]
    _missed: Missed
    silent: bool = field(default=False, init=False)
    _heard: Seconds = field(init=False)
    _timer: IDelayedCall | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self._heard = self._clock.seconds()
        self._wait()

    @property
    def silence(self) -> Seconds:
        """How long it has not been heard."""
        return self._clock.seconds() - self._heard

    def beat(self) -> None:
        """Take a heartbeat."""
        self._heard = self._clock.seconds()
        if self.silent:
            self.silent = False
            self._say(Level.INFO, f"{self.application} resumed heartbeats")
        self._wait()

    def hang_up(self) -> None:
        """It is gone without a word, which is as bad as silence."""
        self.end()
        self._say(Level.WARN, f"{self.application} hangup")
        if not self.silent:
            self._fail("it is gone without a word")

    def end(self) -> None:
        """Wait for no more."""
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()

    def _wait(self) -> None:
        self.end()
        self._timer = self._clock.callLater(self.application.interval, self._expire)

    def _expire(self) -> None:
        if self.silence > self.application.interval + OUR_LATENESS:
            # We slept, or the host did, and so did the application: it gets an interval more.
            self._heard = self._clock.seconds()
            self._wait()
            return
        self._timer = self._clock.callLater(LAST_CALL, self._declare)

    def _declare(self) -> None:
        self.silent = True
        self._say(Level.ERROR, f"{self.application} failed to heartbeat")
        self._fail(f"no heartbeat of {self.application.name} for {self.application.interval:g} s")

    def _fail(self, how: str) -> None:
        self.silent = True
        if self.application.key:
            self._missed(self.application.key, self.application.resource, how)

# -*- test-case-name: tests.service.test_driver -*-
"""
Between core and world: events in, actions out, one timer.

An exception out of the core is a bug of ours, and a datagram that provokes one
reaches every node at once.  So it is contained: the event is dropped, the alarm
raised, and only if the core's own invariants no longer hold does the node leave.
Whatever breaks, the timer is set: a node whose heart stops because of a bug
still holds its addresses.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from twisted.logger import Logger

from hatwist.cluster.events import DeadlinePassed, LeaveWanted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Protocol

    from twisted.internet.interfaces import IDelayedCall, IReactorTime

    from hatwist.cluster.actions import Action
    from hatwist.cluster.events import Event

    class Core(Protocol):
        """As much of L{hatwist.cluster.node.Node} as matters here."""

        def handle(self, event: Event, now: float) -> Sequence[Action]:
            """Take in one event."""

        def next_deadline(self) -> float:
            """Return when it wants to hear C{DeadlinePassed}."""

        def check(self) -> Sequence[str]:
            """Return which of its invariants do not hold."""


AFTER_FAILURE: Final = 0.1
"""Seconds until a deadline is tried again whose handling failed."""

BREATH: Final = 0.001
"""Seconds from a deadline to the next at least: a core that names the past must not spin."""

ALARM_PERIOD: Final = 1.0
"""Seconds from one alarm to the next at least: a traceback takes time, and so does the disk."""

MAX_SHOWN: Final = 4096
"""Characters that an alarm shows of an event, the bytes of a datagram included."""


class Driver:
    """
    Drives one node.

    @ivar node: the core; only this object calls C{handle}.
    @ivar failures: how often it failed, or what it asked for.
    """

    log = Logger()

    def __init__(self, node: Core, clock: IReactorTime, perform: Callable[[Action], None]) -> None:
        self.node = node
        self.failures = 0
        self._clock = clock
        self._perform = perform
        self._waiting: deque[Event] = deque()
        self._busy = False
        self._stopped = False
        self._leaving = False
        self._timer: IDelayedCall | None = None
        self._not_before = 0.0
        self._alarmed: float | None = None
        self._untold = 0

    def feed(self, event: Event) -> None:
        """
        Hand over one event, do what the core asks for, set the timer anew.

        What happens while actions are carried out waits its turn.  Never raises.
        """
        if self._stopped:
            return
        self._waiting.append(event)
        if self._busy:
            return
        self._busy = True
        try:
            while self._waiting and not self._stopped:
                self._one(self._waiting.popleft())
        finally:
            self._busy = False
        self._arm()

    def stop(self) -> None:
        """Never call the core again."""
        self._stopped = True
        self._waiting.clear()
        if self._timer is not None and self._timer.active():
            self._timer.cancel()

    def _one(self, event: Event) -> None:
        now = self._clock.seconds()
        actions: list[Action] = []
        sound = self._contain("The core failed at", event, self._handle, event, now, actions)
        if isinstance(event, DeadlinePassed):
            self._not_before = now + (BREATH if sound else AFTER_FAILURE)
        for action in actions:
            self._contain("Could not carry out", action, self._perform, action)
        if not sound:
            self._examine()

    def _handle(self, event: Event, now: float, actions: list[Action]) -> None:
        actions.extend(self.node.handle(event, now))

    def _examine(self) -> None:
        """Leave in order if the core is not what it should be."""
        broken: list[str] = []
        if not self._contain("No check is possible of", self.node, self._check, broken):
            broken.append("it cannot be checked")
        if broken and not self._leaving:
            self._leaving = True
            words = "; ".join(broken)
            self.log.critical("The core is no longer sound: {broken}; leaving in order", broken=words)
            self._waiting.append(LeaveWanted("the daemon's own check"))

    def _check(self, broken: list[str]) -> None:
        broken.extend(self.node.check())

    def _arm(self) -> None:
        if self._stopped:
            return
        now = self._clock.seconds()
        delay = max(0.0, self._deadline(now) - now, self._not_before - now)
        if self._timer is not None and self._timer.active():
            self._timer.reset(delay)
        else:
            self._timer = self._clock.callLater(delay, self.feed, DeadlinePassed())

    def _deadline(self, now: float) -> float:
        named: list[float] = []
        self._contain("No next deadline is known of", self.node, self._ask, named)
        return named[0] if named else now + AFTER_FAILURE

    def _ask(self, named: list[float]) -> None:
        named.append(self.node.next_deadline())

    def _contain(self, what: str, subject: object, call: Callable[..., None], *arguments: object) -> bool:
        """
        Call something that must not stop the heart.

        @return: whether it came back without an exception.
        """
        try:
            call(*arguments)
        except Exception:  # noqa: BLE001  (a bug of ours, of any kind; it is reported, not swallowed)
            self._alarm(what, subject)
            return False
        return True

    def _alarm(self, what: str, subject: object) -> None:
        """Report the present exception, unless one was just reported: then count it."""
        self.failures += 1
        now = self._clock.seconds()
        if self._alarmed is not None and now - self._alarmed < ALARM_PERIOD:
            self._untold += 1
            return
        untold, self._untold, self._alarmed = self._untold, 0, now
        self.log.failure(
            "{what} {subject} ({untold} more since the last alarm):",
            what=what,
            subject=repr(subject)[:MAX_SHOWN],
            untold=untold,
        )

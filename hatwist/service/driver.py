# -*- test-case-name: tests.service.test_driver -*-
"""
Between core and world: events in, actions out, one timer.

An exception out of the core is a bug of ours, and a datagram that provokes one
reaches every node at once.  So it is contained: the event is dropped, the alarm
raised, and only if the core's own invariants no longer hold does the node leave.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from twisted.logger import Logger

from hatwist.cluster.events import DeadlinePassed, LeaveWanted

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.interfaces import IDelayedCall, IReactorTime

    from hatwist.cluster.actions import Action
    from hatwist.cluster.events import Event
    from hatwist.cluster.node import Node

AFTER_FAILURE: Final = 0.1
"""Seconds until a deadline is tried again whose handling failed."""


class Driver:
    """
    Drives one node.

    @ivar node: the core; only this object calls C{handle}.
    """

    log = Logger()

    def __init__(self, node: Node, clock: IReactorTime, perform: Callable[[Action], None]) -> None:
        self.node = node
        self._clock = clock
        self._perform = perform
        self._waiting: deque[Event] = deque()
        self._busy = False
        self._stopped = False
        self._leaving = False
        self._timer: IDelayedCall | None = None

    def feed(self, event: Event) -> None:
        """
        Hand over one event, do what the core asks for, set the timer anew.

        What happens while actions are carried out waits its turn.
        """
        self._waiting.append(event)
        if self._busy:
            return
        self._busy = True
        failed = False
        try:
            while self._waiting and not self._stopped:
                failed = not self._one(self._waiting.popleft())
        finally:
            self._busy = False
        self._arm(AFTER_FAILURE if failed else 0.0)

    def stop(self) -> None:
        """Never call the core again."""
        self._stopped = True
        self._waiting.clear()
        if self._timer is not None and self._timer.active():
            self._timer.cancel()

    def _one(self, event: Event) -> bool:
        actions: list[Action] = []
        with self.log.failuresHandled(
            "The core failed at {event!r}; it is dropped:", event=event
        ) as handling:
            actions = self.node.handle(event, self._clock.seconds())
        for action in actions:
            self._perform(action)
        if handling.failed:
            self._examine()
        return not handling.failed

    def _examine(self) -> None:
        broken = self.node.check()
        if broken and not self._leaving:
            self._leaving = True
            self.log.critical("The core is no longer sound: {broken}; leaving in order", broken=broken)
            self._waiting.append(LeaveWanted("the daemon's own check"))

    def _arm(self, at_least: float) -> None:
        if self._stopped:
            return
        delay = max(at_least, self.node.next_deadline() - self._clock.seconds())
        if self._timer is not None and self._timer.active():
            self._timer.reset(delay)
        else:
            self._timer = self._clock.callLater(delay, self.feed, DeadlinePassed())

# -*- test-case-name: tests.fencing.test_fencer -*-
"""
The door of this room: fence a node, take a person's word, say how the devices are
and what was done.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime
from zope.interface import implementer

from hatwist.cluster.names import Level
from hatwist.config.fencing import proves_nothing
from hatwist.config.model import Fencing, NodeName
from hatwist.fencing.devices import ENTITY
from hatwist.fencing.looks import Looks
from hatwist.fencing.plan import MOST, PERIOD, Restraint, levels_for
from hatwist.fencing.request import Means, Request
from hatwist.fencing.results import DeviceStatus, Fenced, FenceOutcome, FenceResult
from hatwist.fencing.turns import Turn
from hatwist.interfaces import IFencer, IFencingDevice
from hatwist.resources.reporting import Log

MAX_HISTORY: Final = 100
"""Fencings that are remembered."""


@implementer(IFencer)
class Fencer:
    """Fences the peers of one node."""

    def __init__(
        self,
        node: NodeName,
        settings: Fencing,
        devices: Sequence[IFencingDevice],
        clock: IReactorTime,
        wall: Callable[[], float],
        log: Log,
    ) -> None:
        """
        @param devices: those that count, whatever the settings say of devices.
        @param wall: the time in seconds since the epoch, for people.
        """
        turns = {device.spec.name: Turn(device, clock) for device in devices}
        self._node = node
        self._settings = settings
        self._specs = tuple(device.spec for device in devices)
        self._clock = clock
        self._wall = wall
        self._means = Means(turns, clock, log, settings.timeout)
        self._looks = Looks(turns.values(), clock, wall, log)
        self._restraint = Restraint()
        self._running: dict[NodeName, Request] = {}
        self._history: deque[Fenced] = deque(maxlen=MAX_HISTORY)
        self._stopped = False

    def start(self) -> None:
        """Look from now on whether the devices answer."""
        self._looks.start(self._settings.check_every)

    def stop(self) -> None:
        """Fence nobody any more; what goes on fails."""
        self._stopped = True
        self._looks.stop()
        for request in tuple(self._running.values()):
            request.finish(FenceOutcome.FAILED, words="the node stops")

    def can_fence(self, node: NodeName) -> bool:
        """Whether there is a device that counts for a node."""
        return bool(levels_for(self._specs, node, self._settings.test_fencing))

    def fence(self, node: NodeName, why: str) -> Deferred[FenceResult]:
        """See L{IFencer.fence}."""
        if self._stopped or node == self._node:
            words = "the node stops" if self._stopped else "a node does not fence itself"
            return succeed(FenceResult(FenceOutcome.FAILED, words=words))
        request = self._running.get(node)
        if request is None:
            request = self._begin(node, why)
        return request.wait()

    def confirm(self, node: NodeName, who: str) -> bool:
        """See L{IFencer.confirm}."""
        request = self._running.get(node)
        if request is None:
            return False
        self._means.log(Level.WARN, f"{who} confirms that {node} cannot act", ENTITY)
        request.finish(FenceOutcome.CONFIRMED, by=who, words="confirmed by a person")
        return True

    def status(self) -> Deferred[tuple[DeviceStatus, ...]]:
        """See L{IFencer.status}."""
        return self._looks.ask()

    def history(self) -> tuple[Fenced, ...]:
        """Return the last fencings that have ended, the oldest first."""
        return tuple(self._history)

    def troubles(self) -> tuple[str, ...]:
        """Return what an operator should look at, in whole sentences."""
        found = [
            f"{request.target} is being fenced ({request.why}): confirm it if you know that it has no power."
            for request in self._running.values()
        ]
        found += [
            f"Fencing device {one.name} does not answer: {one.words}."
            for one in self._looks.known.values()
            if not one.well
        ]
        if self._settings.test_fencing:
            tests = [one.name for one in self._specs if proves_nothing(one.type)]
            found += [f"Fencing device {name} proves nothing: test_fencing is on." for name in tests]
        return tuple(found)

    def _begin(self, node: NodeName, why: str) -> Request:
        began = self._wall()

        def ended(request: Request, result: FenceResult) -> None:
            del self._running[node]
            if request.struck:
                self._restraint.strike(node, self._clock.seconds())
            self._history.append(Fenced(node, self._node, why, began, result))

        request = Request(node, why, self._means, ended)
        self._running[node] = request
        levels = levels_for(self._specs, node, self._settings.test_fencing)
        if not levels:
            request.finish(FenceOutcome.FAILED, words="no device that counts can fence it")
        elif self._restraint.may_strike(node, self._clock.seconds()):
            request.begin(levels)
        else:
            request.ask(f"it was fenced {MOST} times within {PERIOD / 60:g} minutes")
        return request

# -*- test-case-name: tests.fencing.test_turns -*-
"""
One at a time at a device, and a fencing before a status.

Many a switch takes one caller only: a look whether it answers must not keep a
fencing waiting.
"""

from __future__ import annotations

from typing import Final

from twisted.internet.defer import CancelledError, Deferred, DeferredLock
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from hatwist.config.model import FencingDevice
from hatwist.fencing.dialects import Order
from hatwist.fencing.results import Answer, FenceOutcome
from hatwist.interfaces import IFencingDevice

_logger = Logger()

GRACE: Final = 7.0
"""Seconds after its time in which a device may still answer: its program is being ended."""


class Turn:
    """Who may speak to one device."""

    def __init__(self, device: IFencingDevice, clock: IReactorTime) -> None:
        self._device = device
        self._clock = clock
        self._lock = DeferredLock()
        self._looking: Deferred[Answer] | None = None

    @property
    def spec(self) -> FencingDevice:
        """What the device was made from."""
        return self._device.spec

    def act(self, order: Order, host: str) -> Deferred[Answer]:
        """Have an order carried out, after other orders; a look that goes on is broken off."""
        if self._looking is not None:
            self._looking.cancel()
        done: Deferred[Answer] = self._lock.run(self._device.run, order, host, self.spec.timeout)
        return done

    def look(self) -> Deferred[Answer]:
        """Ask whether the device answers; fires in time, whoever else speaks to it."""
        done: Deferred[Answer] = self._lock.run(self._device.run, Order.STATUS, "", self.spec.timeout)
        self._looking = done
        done.addTimeout(self.spec.timeout + GRACE, self._clock, lambda _failure, _after: LATE)
        return done.addErrback(_broken).addBoth(self._looked)

    def _looked(self, answer: Answer) -> Answer:
        self._looking = None
        return answer


LATE: Final = Answer(FenceOutcome.TIMED_OUT, "its time was up")

BROKEN_OFF: Final = Answer(FenceOutcome.FAILED, "broken off by a fencing")
"""The answer of a look that a fencing did not wait for; it says nothing of the device."""


def _broken(failure: Failure) -> Answer:
    """It was broken off; or a device raised, which is a bug of ours."""
    if isinstance(failure.value, CancelledError):
        return BROKEN_OFF
    _logger.failure("a fencing device is broken", failure)
    return Answer(FenceOutcome.FAILED, f"a device is broken: {failure.getErrorMessage()}")

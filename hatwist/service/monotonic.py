# -*- test-case-name: tests.service.test_monotonic -*-
"""
Give the reactor a clock that nobody can set.

Twisted's reactor keeps time by the wall clock: a step of forty seconds fires
every timer of forty seconds at once, which is a false death of every peer.
C{CLOCK_BOOTTIME} never steps and, unlike C{CLOCK_MONOTONIC}, also counts the
time a suspended host slept: its peers have waited that long.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol


class HasClock(Protocol):
    """As much of a reactor as matters here."""

    seconds: Callable[[], float]

    def getDelayedCalls(self) -> Sequence[object]:
        """Return what is scheduled."""


def boottime() -> float:
    """Return the seconds since the host booted, sleep included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def install(reactor: HasClock) -> None:
    """
    Let the reactor keep time by L{boottime}.

    @raise RuntimeError: something is scheduled already, by the other clock.
    """
    if reactor.getDelayedCalls():
        raise RuntimeError("the reactor's clock can change only before anything is scheduled")
    reactor.seconds = boottime


def assert_monotonic(reactor: HasClock) -> None:
    """
    Make sure that L{install} was called.

    @raise AssertionError: the reactor keeps time by another clock.
    """
    if reactor.seconds is not boottime:
        raise AssertionError("the reactor does not keep time by CLOCK_BOOTTIME")

# -*- test-case-name: tests.fencing.test_plan -*-
"""
Which devices fence a node, in which order, how often: pure.

Times are in seconds on one monotonic clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import groupby
from typing import Final

from attrs import Factory, define, frozen

from hatwist.config.fencing import OPERATOR, proves_nothing
from hatwist.config.model import FencingAction, FencingDevice, NodeName, Seconds
from hatwist.fencing.dialects import Order

FIRST_PAUSE: Final = 1.0
"""Seconds before the second try of a device."""

LONGEST_PAUSE: Final = 30.0
"""Seconds between two tries, at most."""

MOST: Final = 3
"""So often one node is fenced by devices within L{PERIOD}; then a person is asked."""

PERIOD: Final = 600.0


@frozen
class LevelPlan:
    """
    Devices that must all confirm.

    @ivar order: what each of them is asked for.
    @ivar after: what each is asked for once all have confirmed; None: nothing.
    """

    devices: tuple[FencingDevice, ...]
    order: Order
    after: Order | None = None


def levels_for(devices: Iterable[FencingDevice], node: NodeName, test_fencing: bool) -> tuple[LevelPlan, ...]:
    """
    Return what fences a node, level by level.

    Several devices of a level are the switches of several power supplies: a reset
    of one after the other would leave the node with power all the time, so all are
    switched off, and only then on again.
    """
    fit = [one for one in devices if name_at(one, node) and (test_fencing or not proves_nothing(one.type))]
    fit.sort(key=lambda one: one.level)
    return tuple(_level(tuple(members)) for _, members in groupby(fit, key=lambda one: one.level))


def name_at(device: FencingDevice, node: NodeName) -> str:
    """Return what a device calls a node; empty if it cannot fence it."""
    return dict(device.hosts).get(node, "") if device.hosts else node


def pause_before(retry: int) -> Seconds:
    """Return how long to wait before a retry, counted from 1."""
    return min(FIRST_PAUSE * 2.0 ** (retry - 1), LONGEST_PAUSE)


@define
class Restraint:
    """
    How often each node was fenced by devices of late: a node that comes back and is
    fenced again and again is for a person to look at.
    """

    _struck: dict[NodeName, deque[float]] = Factory(dict)

    def strike(self, node: NodeName, now: float) -> None:
        """Take note that devices fenced a node, or may have."""
        self._struck.setdefault(node, deque(maxlen=MOST)).append(now)

    def may_strike(self, node: NodeName, now: float) -> bool:
        """Whether devices may fence it once more."""
        return sum(now - when < PERIOD for when in self._struck.get(node, ())) < MOST


def _level(devices: tuple[FencingDevice, ...]) -> LevelPlan:
    switches = [one for one in devices if one.type != OPERATOR]
    resets = all(one.action is FencingAction.RESET for one in devices)
    if len(switches) > 1:
        return LevelPlan(devices, Order.OFF, Order.ON if resets else None)
    return LevelPlan(devices, Order.RESET if resets else Order.OFF)

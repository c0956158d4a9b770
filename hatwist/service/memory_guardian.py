# -*- test-case-name: tests.service.test_memory_guardian -*-
"""
A guardian in memory, for tests of whoever needs one: the same decisions, on a clock that is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field
from twisted.internet.defer import Deferred, succeed
from zope.interface import implementer

from hatwist.cluster.adoption import Inheritance
from hatwist.cluster.guard import Guard
from hatwist.interfaces import IGuardian

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.interfaces import IDelayedCall, IReactorTime

    from hatwist.config.model import ResourceGroup, Seconds


@implementer(IGuardian)
@define(eq=False)
class MemoryGuardian:
    """
    Outlives the daemon as long as the test keeps it.

    @ivar clock: of the daemon that is attached.
    @ivar stop: releases a group at once; returns whether nothing of it runs.
    @ivar released: the keys of what it had to release.
    """

    clock: IReactorTime
    stop: Callable[[ResourceGroup], bool] = lambda _: True
    armed: Seconds = 0.0
    released: list[str] = field(factory=list)
    guard: Guard = field(factory=Guard)
    _groups: dict[str, ResourceGroup] = field(factory=dict)
    _call: IDelayedCall | None = None

    def attach(self) -> Inheritance:
        """See L{IGuardian.attach}."""
        lapsed = frozenset(self.guard.attach())
        return Inheritance(frozenset(self.guard.held), lapsed, self.guard.deadline, self.guard.solo)

    def push(self, at: Seconds, solo: bool) -> None:
        """See L{IGuardian.push}."""
        self.guard.push(at, solo, self.clock.seconds())
        self._arm()

    def entrust(self, group: ResourceGroup) -> Deferred[bool]:
        """See L{IGuardian.entrust}."""
        self._groups[group.key] = group
        return succeed(self.guard.entrust(group.key, self.clock.seconds()))

    def release(self, key: str) -> None:
        """See L{IGuardian.release}."""
        self.guard.release(key)

    def give_up(self, key: str) -> None:
        """See L{IGuardian.give_up}."""
        self.guard.give_up(key)

    def close(self) -> None:
        """See L{IGuardian.close}."""
        if not self.guard.groups and self._call is not None and self._call.active():
            self._call.cancel()

    def _arm(self) -> None:
        if self._call is not None and self._call.active():
            self._call.cancel()
        delay = max(0.0, self.guard.deadline - self.clock.seconds())
        self._call = self.clock.callLater(delay, self._look)

    def _look(self) -> None:
        for key in self.guard.look(max(self.clock.seconds(), self.guard.deadline)):
            self.released.append(key)
            self.guard.finished(key, self.stop(self._groups[key]))

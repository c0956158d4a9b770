# -*- test-case-name: tests.media.test_nuisance -*-
"""
Count something that goes wrong again and again, and say so from time to time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import define

from hatwist.cluster.names import Level

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.interfaces import IReactorTime

    Say = Callable[[Level, str], None]

QUIET: Final = 60.0
"""Seconds after one line in which the same is counted only."""


@define
class Nuisance:
    """
    One kind of trouble.

    @ivar text: what is said, with C{%d} for how many since the last time.
    @ivar total: how many there were.
    @ivar least: so many within L{QUIET} are worth saying; fewer are counted only.
    """

    text: str
    clock: IReactorTime
    say: Say
    total: int = 0
    least: int = 1
    _said: int = 0
    _when: float | None = None
    _began: float = 0.0
    "When the first came that was not said yet."

    def count(self, total: int) -> None:
        """Take note of how many there were until now."""
        now = self.clock.seconds()
        fresh = self.total - self._said
        if total > self.total and fresh < self.least and (not fresh or now - self._began >= QUIET):
            self._said, self._began = self.total, now
        self.total = total
        if self._when is None or now - self._when >= QUIET:
            self.tell()

    def excuse(self, total: int) -> None:
        """Take note of how many there were until now, and say nothing of the last of them."""
        self._said += total - self.total
        self.total = total

    def tell(self) -> None:
        """Say what was not said yet."""
        fresh = self.total - self._said
        if fresh >= self.least:
            self._said, self._when = self.total, self.clock.seconds()
            self.say(Level.WARN, self.text.replace("%d", str(fresh)))

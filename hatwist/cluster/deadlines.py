# -*- test-case-name: tests.cluster.test_deadlines -*-
"""
Named deadlines of one machine, and which of them comes first.

Times are seconds on the node's monotonic clock.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from attrs import define, field

if TYPE_CHECKING:
    from hatwist.config.model import Seconds


@define
class Deadlines:
    """A handful of deadlines by name; setting one again moves it."""

    _at: dict[str, Seconds] = field(factory=dict)
    _first: Seconds = inf
    "The earliest, which is asked for after every event."

    def set(self, name: str, at: Seconds) -> None:
        """Set or move a deadline."""
        self._at[name] = at
        self._first = min(self._at.values())

    def clear(self, name: str) -> None:
        """Forget a deadline; one that is not set is no error."""
        if self._at.pop(name, None) is not None:
            self._first = min(self._at.values(), default=inf)

    def pending(self, name: str) -> bool:
        """Say whether it is set."""
        return name in self._at

    def remaining(self, name: str, now: Seconds) -> Seconds:
        """Return the seconds that are left of a deadline that is set."""
        return self._at[name] - now

    def expire(self, name: str, now: Seconds) -> bool:
        """Say whether it has come, and forget it if so."""
        if self._first > now or self._at.get(name, inf) > now:
            return False
        self.clear(name)
        return True

    def first(self) -> Seconds:
        """Return the earliest, or infinity."""
        return self._first

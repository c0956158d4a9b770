# -*- test-case-name: tests.cluster.test_complaints -*-
"""
Count what others do wrong, and say so at a bounded rate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import define, field

from hatwist.cluster.actions import Log
from hatwist.cluster.names import Level

if TYPE_CHECKING:
    from hatwist.config.model import Seconds

PERIOD: Final = 60.0
"""Seconds in which one kind of complaint is logged at most once."""


@define
class Complaints:
    """
    Counters by kind, when each was last put into words, and when it last came.

    Kinds are ours, never text of a sender, so that nobody can make this grow.
    """

    counters: dict[str, int] = field(factory=dict)
    newest: dict[str, Seconds] = field(factory=dict)
    "When the newest of a kind came, where that was told."
    _said: dict[str, Seconds] = field(factory=dict)
    _unsaid: dict[str, int] = field(factory=dict)

    def count(self, kind: str, now: Seconds | None = None) -> None:
        """Count without a word."""
        self.counters[kind] = self.counters.get(kind, 0) + 1
        if now is not None:
            self.newest[kind] = now

    def note(self, kind: str, level: Level, text: str, now: Seconds) -> list[Log]:
        """
        Count, and put it into words if that was not done lately.

        @return: one line, or none.
        """
        self.count(kind, now)
        said = self._said.get(kind)
        if said is not None and now - said < PERIOD:
            self._unsaid[kind] = self._unsaid.get(kind, 0) + 1
            return []
        unsaid = self._unsaid.pop(kind, 0)
        self._said[kind] = now
        if unsaid and said is not None:
            text += f" ({unsaid} more like it in the last {now - said:.0f} s)"
        return [Log(level, text)]

    def malformed(self, where: str, error: Exception, now: Seconds) -> list[Log]:
        """Note a message that is not as it should be."""
        return self.note("malformed", Level.WARN, f"Bad message {where}: {error}", now)

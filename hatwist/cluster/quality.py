# -*- test-case-name: tests.cluster.test_quality -*-
"""
How well one node is heard over one medium: loss, jitter, round trip.

What was lost is seen by the numbers of messages: each goes over every medium.
"""

from __future__ import annotations

from collections import deque
from math import inf
from statistics import median
from typing import TYPE_CHECKING, Final, NamedTuple

from attrs import define, field

if TYPE_CHECKING:
    from hatwist.config.model import Seconds

WINDOW: Final = 128
"""Messages that loss is reckoned of: the newest."""

_MASK: Final = (1 << WINDOW) - 1
_SMOOTH: Final = 16
"""Jitter moves by this part of what is new (as RTP's does)."""

NEWEST: Final = 5
"""Round trips that count."""

STALE: Final = 60
"""Keepalives after which the newest round trip says nothing of now."""


class Measured(NamedTuple):
    """
    What there is to show of it; None where nobody knows.

    @ivar loss: which part of the newest messages did not come, 0 to 1.
    @ivar jitter: see L{Quality}.
    @ivar delay: seconds there and back, the median of the newest.
    """

    loss: float | None = None
    jitter: Seconds | None = None
    delay: Seconds | None = None


@define
class Quality:
    """
    What came of a node over a medium, in one life of it.

    @ivar keepalive: of its node.
    @ivar jitter: seconds by which statuses come earlier or later than the keepalive
        has it, smoothed; None: nobody knows.
    """

    keepalive: Seconds
    jitter: Seconds | None = None
    _delays: deque[Seconds] = field(factory=lambda: deque(maxlen=NEWEST))
    "How long the newest round trips took."
    _answered: Seconds = -inf
    _generation: int = 0
    _first: int = 0
    _last: int = 0
    _seen: int = 0
    "A bit for each of the newest numbers, the last one lowest."
    _beat: Seconds | None = None
    "When the newest status came."

    def came(self, generation: int, number: int, now: Seconds | None) -> None:
        """
        Take note of a message with a number.

        One that is sent again counts as lost all the same.  Statuses between two
        beats, and those after a loss, say nothing of jitter.

        @param now: for a status; None for others.
        """
        ahead = number - self._last
        if generation != self._generation:
            self._generation, self._first, self._seen = generation, number, 1
            self._beat = None
        elif ahead == 1:
            self._seen = (self._seen << 1 | 1) & _MASK
        elif ahead > 1:
            self._seen = (self._seen << min(ahead, WINDOW) | 1) & _MASK
        else:
            return
        self._last = number
        if now is not None:
            before, self._beat = self._beat, now
            off = inf if before is None else abs(now - before - self.keepalive)
            if off < self.keepalive / 2:
                self.jitter = off if self.jitter is None else self.jitter + (off - self.jitter) / _SMOOTH

    def answered(self, delay: Seconds, now: Seconds) -> None:
        """Take note of a round trip."""
        self._delays.append(delay)
        self._answered = now

    def measured(self, newest: int, now: Seconds) -> Measured:
        """
        Return what is known.

        @param newest: the highest number that came of the node over any medium.
        """
        fresh = now - self._answered < STALE * self.keepalive
        # Of the first ones after a silence some have waited behind all that was to be said.
        delay = median(self._delays) if fresh else None
        return Measured(self._loss(newest) if self._generation else None, self.jitter, delay)

    def _loss(self, newest: int) -> float:
        behind = max(0, newest - self._last)
        span = min(WINDOW, self._last - self._first + 1 + behind)
        came = (self._seen << min(behind, WINDOW)) & _MASK
        return 1 - min(came.bit_count(), span) / span

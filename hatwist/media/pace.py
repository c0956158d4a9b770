# -*- test-case-name: tests.media.test_pace -*-
"""
How often something may be tried.
"""

from __future__ import annotations

from attrs import define


@define
class Pace:
    """
    Something that is due at once, and then at most once in a while.

    @ivar every: seconds.
    """

    every: float
    _next: float = float("-inf")

    def due(self, now: float) -> bool:
        """Say whether it may be done now; then it is taken to be done."""
        if now < self._next:
            return False
        self._next = now + self.every
        return True

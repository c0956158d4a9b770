# -*- test-case-name: tests.cluster.test_lives -*-
"""
Which life of a peer is the true one, when two machines use one name (a clone).

A restarted node has a higher generation, and its former life is silent.  If the
former one goes on to speak, there are two machines: the one that was there first
is believed, the newcomer is refused.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

from attrs import define

from hatwist.config.model import Seconds

EVIDENCE: Final = 4
"""Messages that a single machine would not send, and that prove that there are two."""

DATED_EVIDENCE: Final = 2
"""The same, if each says that it was sent after the newer life began: no recording can."""


SILENCE: Final = 3
"""Keepalives after which one of two machines counts as silent."""


class Finding(Enum):
    """What a message shows."""

    USUAL = "usual"
    "Nothing about lives; its number decides."
    REFUSED = "refused"
    "It is of a newcomer that was found out before."
    NEWCOMER = "newcomer"
    "An older life still speaks, and is believed: what we believed is another machine."
    SHADOW = "shadow"
    "Another machine speaks beside the one we believe; it changes nothing."


class Stamp(NamedTuple):
    """
    What a message says of its place in a life.

    @ivar time: its field C{ts}, in seconds.
    """

    generation: int
    sequence: int
    time: int


_NOTHING: Final = Stamp(0, 0, 0)


@define
class Lives:
    """
    What was heard of one peer's lives.

    @ivar keepalive: of this node; the peers' are the same.
    @ivar newest: of the life that is believed.
    @ivar heard: when that one was heard, on our clock.
    @ivar began: when, by its own clock, that life was first heard.
    @ivar former: the newest of the life before it.
    @ivar refused: the generation of a newcomer; 0: none.
    """

    keepalive: Seconds
    newest: Stamp = _NOTHING
    heard: Seconds = 0.0
    began: int = 0
    former: Stamp | None = None
    refused: int = 0
    _suspect: Stamp = _NOTHING
    "The newest of a life that should be over, or of a second one of this generation."
    _interleaved: bool = False
    "The believed one went on after the suspect was heard: both were alive at a time."
    _evidence: int = 0
    _dated: int = 0

    def look(self, stamp: Stamp, now: Seconds) -> Finding:
        """Take note of a sequenced, authentic message."""
        if self.refused and stamp.generation == self.refused:
            return Finding.REFUSED
        if stamp.generation > self.newest.generation:
            self._begin(stamp)
            self.heard = now
            return Finding.USUAL
        if stamp.generation < self.newest.generation:
            return self._look_back(stamp, now)
        self.heard = now
        self._interleaved = self._interleaved or self._evidence > 0
        if stamp.sequence > self.newest.sequence:
            self.newest = stamp
            return Finding.USUAL
        # What is sent again has the time of the first sending, so it is never newer than its successors.
        if stamp.time > self.newest.time and self._proves(stamp, dated=False):
            return Finding.SHADOW
        return Finding.USUAL

    def _begin(self, stamp: Stamp) -> None:
        self.former = self.newest if self.newest.generation else None
        self.newest, self.began = stamp, stamp.time
        self._doubt(_NOTHING)
        self._interleaved = False

    def _doubt(self, stamp: Stamp) -> None:
        self._suspect = stamp
        self._evidence = self._dated = 0

    def _look_back(self, stamp: Stamp, now: Seconds) -> Finding:
        former = self.former
        is_former = former is not None and former.generation == stamp.generation
        if former is not None and is_former and stamp.sequence <= former.sequence:
            return Finding.USUAL
        dated = stamp.time > self.began
        if is_former and not dated:
            # It may have been recorded before: only what was sent after the newer life began is no recording.
            return Finding.USUAL
        if not self._proves(stamp, dated=dated):
            return Finding.USUAL
        # Of two that started at a time the other has given way: it is silent, and this one is not.
        silent = now - self.heard > SILENCE * self.keepalive
        if not is_former and not self._interleaved:
            return Finding.USUAL if silent else Finding.SHADOW
        if not is_former and not (silent and stamp.time > self.newest.time):
            return Finding.SHADOW
        self.refused = self.newest.generation
        self.newest, self.former, self.heard = stamp, None, now
        return Finding.NEWCOMER

    def _proves(self, stamp: Stamp, *, dated: bool) -> bool:
        """Count a message that a single machine would not send; say whether they are enough."""
        if stamp.generation != self._suspect.generation:
            self._doubt(stamp)
        elif stamp.sequence <= self._suspect.sequence:
            return False
        self._suspect = stamp
        self._evidence += 1
        self._dated += dated
        if self._evidence < EVIDENCE and self._dated < DATED_EVIDENCE:
            return False
        self._doubt(stamp)
        return True

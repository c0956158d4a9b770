# -*- test-case-name: tests.media.test_outbox -*-
"""
What waits to be sent on a line that may be slower than what is said.

Messages keep their order, with two exceptions.  A newer heartbeat takes an
older one's place in time: the older one is not sent at all.  And a heartbeat
that has waited for L{PATIENCE} overtakes what stands before it, as silence is
what peers die of.  The rest is bounded in bytes; the oldest goes first.
"""

from __future__ import annotations

import re
from collections import deque
from typing import Final

from attrs import define, field, frozen

from hatwist.wire.classic import START

PATIENCE: Final = 0.5
"""Seconds that a heartbeat stands in line before it overtakes."""

MAX_HEAD: Final = 4096
"""Bytes in which the fields are that tell a heartbeat: long before what makes a message long."""

_HEARTBEAT: Final = re.compile(rb"\nt=status\n")
_SEQUENCE: Final = re.compile(rb"\nseq=([0-9a-f]{1,8})\n")


def heartbeat_number(text: bytes) -> int | None:
    """
    Return the sequence number of a heartbeat of ours; C{None} for any other message.

    @param text: a message in classic form.
    """
    if not text.startswith(START) or not _HEARTBEAT.search(text, 0, MAX_HEAD):
        return None
    found = _SEQUENCE.search(text, 0, MAX_HEAD)
    return int(found[1], 16) if found else None


@frozen(eq=False)
class _Text:
    """
    One message.

    @ivar since: when it, or the first heartbeat that it stands for, came.
    """

    data: bytes
    since: float


@define
class Outbox:
    """
    The messages for one line.

    @ivar limit: bytes that may wait besides the heartbeat; one message may always.
    @ivar replaced: how many heartbeats were not sent because newer ones were.
    @ivar dropped: how many other messages were not sent.
    """

    limit: int
    replaced: int = 0
    dropped: int = 0
    _waiting: deque[_Text] = field(factory=deque, init=False)
    _heartbeat: _Text | None = field(default=None, init=False)
    "The heartbeat among those that wait; there is never more than one."
    _newest: int = field(default=-1, init=False)
    _size: int = field(default=0, init=False)
    "Bytes that wait, without the heartbeat's."
    _overtaken: bool = field(default=False, init=False)

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def put(self, data: bytes, now: float) -> None:
        """Let a message wait for its turn."""
        number = heartbeat_number(data)
        # An older number is a message sent again because somebody asked for it.
        if number is None or number <= self._newest:
            self._waiting.append(_Text(data, now))
            self._size += len(data)
            self._shrink()
            return
        self._newest = number
        since = now
        if self._heartbeat is not None:
            since = self._heartbeat.since
            self._waiting.remove(self._heartbeat)
            self.replaced += 1
        self._heartbeat = _Text(data, since)
        self._waiting.append(self._heartbeat)

    def take(self, now: float) -> bytes | None:
        """Return the next message, which waits no longer; C{None} if there is none."""
        if not self._waiting:
            return None
        late = self._late(now)
        self._overtaken = late is not None
        if late is not None:
            self._waiting.remove(late)
        else:
            late = self._waiting.popleft()
        if late is self._heartbeat:
            self._heartbeat = None
        else:
            self._size -= len(late.data)
        return late.data

    def _late(self, now: float) -> _Text | None:
        """Return the heartbeat if it is to overtake; never twice in a row, lest nothing else is ever sent."""
        heartbeat = self._heartbeat
        if heartbeat is None or heartbeat is self._waiting[0] or self._overtaken:
            return None
        return heartbeat if now - heartbeat.since >= PATIENCE else None

    def _shrink(self) -> None:
        """Drop the oldest while too much waits, but never the one that came last."""
        while self._size > self.limit:
            oldest = self._waiting[1] if self._waiting[0] is self._heartbeat else self._waiting[0]
            if oldest is self._waiting[-1]:
                return
            self._waiting.remove(oldest)
            self._size -= len(oldest.data)
            self.dropped += 1

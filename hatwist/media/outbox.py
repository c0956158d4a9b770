# -*- test-case-name: tests.media.test_outbox -*-
"""
What waits to be sent on a line that may be slower than what is said.

Messages keep their order, with two exceptions.  Of heartbeats that say the same
of the node only the newest is sent.  And one that has waited for long overtakes
what stands before it, as silence is what peers die of.  What waits already is not
said twice: who misses a message asks for it four times a second, and four
answers a second would fill a slow line.  The rest is bounded in bytes; the oldest
goes first.
"""

from __future__ import annotations

import re
from collections import deque
from typing import Final

from attrs import define, field, frozen

from hatwist.wire.classic import START

BREATH: Final = 0.02
"""Seconds; heartbeats that follow each other so quickly are no repetitions: a node begins with three."""

MAX_HEAD: Final = 4096
"""Bytes in which the fields are that tell a heartbeat: long before what makes a message long."""

_HEARTBEAT: Final = re.compile(rb"\nt=status\n")
_STATE: Final = re.compile(rb"\nst=([^\n]*)\n")
_VARYING: Final = re.compile(rb"\n(?:ts|ld|auth)=[^\n]*")
"""Time, load and signature: what differs when a message without a number is said again."""

_SEQUENCE: Final = re.compile(rb"\nseq=([0-9a-f]{1,8})\n")


@frozen
class Heartbeat:
    """
    What tells one heartbeat of ours from another.

    @ivar number: its sequence number.
    @ivar state: what it says of the node, such as C{active}.
    """

    number: int
    state: bytes


def heartbeat(text: bytes) -> Heartbeat | None:
    """
    Return what a heartbeat is; C{None} for any other message.

    @param text: a message of ours in classic form.
    """
    if not text.startswith(START) or not _HEARTBEAT.search(text, 0, MAX_HEAD):
        return None
    state, number = _STATE.search(text, 0, MAX_HEAD), _SEQUENCE.search(text, 0, MAX_HEAD)
    return Heartbeat(int(number[1], 16), state[1]) if state and number else None


@frozen(eq=False)
class _Text:
    """
    One message.

    @ivar core: what makes it the same as another one.
    @ivar came: when it came.
    @ivar since: when the first heartbeat that it stands for came.
    @ivar state: of the node, if it is a heartbeat.
    """

    data: bytes
    core: bytes
    came: float
    since: float = 0.0
    state: bytes = b""


def _core(data: bytes) -> bytes:
    return _VARYING.sub(b"", data)


@define
class Outbox:
    """
    The messages for one line.

    @ivar limit: bytes that may wait besides the heartbeat; one message may always.
    @ivar patience: seconds that a heartbeat stands in line before it overtakes.
    @ivar replaced: how many heartbeats were not sent because newer ones were.
    @ivar repeated: how many messages were not sent because the same waited already.
    @ivar dropped: how many other messages were not sent.
    """

    limit: int
    patience: float
    replaced: int = 0
    repeated: int = 0
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
        beat = heartbeat(data)
        # An older number is a message sent again because somebody asked for it.
        if beat is None or beat.number <= self._newest:
            self._append(data, now)
            return
        self._newest = beat.number
        since, older = now, self._heartbeat
        if older is not None:
            since = older.since
            if older.state == beat.state and now - older.came >= BREATH:
                self._waiting.remove(older)
                self.replaced += 1
            else:
                self._size += len(older.data)
        self._heartbeat = _Text(data, _core(data), now, since, beat.state)
        self._waiting.append(self._heartbeat)

    def _append(self, data: bytes, now: float) -> None:
        core = _core(data)
        if any(one.core == core for one in self._waiting):
            self.repeated += 1
            return
        self._waiting.append(_Text(data, core, now))
        self._size += len(data)
        self._shrink()

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
        late = self._heartbeat
        if late is None or late is self._waiting[0] or self._overtaken:
            return None
        return late if now - late.since >= self.patience else None

    def _shrink(self) -> None:
        """Drop the oldest while too much waits, but never the one that came last."""
        while self._size > self.limit:
            oldest = self._waiting[1] if self._waiting[0] is self._heartbeat else self._waiting[0]
            if oldest is self._waiting[-1]:
                return
            self._waiting.remove(oldest)
            self._size -= len(oldest.data)
            self.dropped += 1

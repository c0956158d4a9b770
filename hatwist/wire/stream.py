# -*- test-case-name: tests.wire.test_stream -*-
"""
Find messages in a stream of bytes (protocol section 7.2, serial lines).

A line may lose, damage or add bytes at any time.  What is not a message is
skipped and counted; the next whole message is found whatever came before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from hatwist.wire.classic import END, START
from hatwist.wire.limits import MAX_MESSAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

_NEXT_START = b"\n" + START
_NEXT_END = b"\n" + END


@define
class Stream:
    """
    One direction of a serial line.

    @ivar skipped: how many bytes were not part of a message, so far.
    @ivar torn: how many messages began and had no end.
    """

    skipped: int = 0
    torn: int = 0
    _held: bytearray = field(factory=bytearray, init=False)
    _searched: int = field(default=0, init=False)

    def feed(self, data: bytes) -> list[bytes]:
        """
        Take what was read, of any length.

        @return: the messages that are now whole, from mark to mark and at most
            L{MAX_MESSAGE} bytes each; nothing was verified yet.
        """
        found: list[bytes] = []
        for start in range(0, len(data), MAX_MESSAGE):
            self._held += data[start : start + MAX_MESSAGE]
            found.extend(self._whole())
            self._give_up_if_too_long()
        return found

    def finish(self) -> None:
        """Count what is held as skipped: the stream has ended."""
        self._abandon(len(self._held))

    def _whole(self) -> Iterator[bytes]:
        """Cut off what is whole; what remains begins with a start mark, or part of one."""
        self._skip_to_start()
        while (end := self._held.find(_NEXT_END, self._searched)) >= 0:
            # A message cut short may stand before: the last start mark counts.
            begin = self._held.rfind(_NEXT_START, 0, end + 1) + 1
            self._abandon(begin)
            size = end + len(_NEXT_END) - begin
            message = bytes(self._held[:size])
            self._drop(size)
            if size <= MAX_MESSAGE:
                yield message
            else:
                self.skipped += size
            self._skip_to_start()
        self._searched = max(0, len(self._held) - len(_NEXT_END) + 1)

    def _skip_to_start(self) -> None:
        if self._held.startswith(START):
            return
        start = self._held.find(START)
        self._skip(start if start >= 0 else max(0, len(self._held) - len(START) + 1))

    def _give_up_if_too_long(self) -> None:
        if len(self._held) > MAX_MESSAGE:
            self._abandon(max(1, self._held.rfind(START)))
            self._skip_to_start()

    def _abandon(self, count: int) -> None:
        """Skip what may have begun as a message, and others behind it."""
        if count and self._held.startswith(START):
            self.torn += 1 + self._held.count(_NEXT_START, 0, count)
        self._skip(count)

    def _skip(self, count: int) -> None:
        self._drop(count)
        self.skipped += count

    def _drop(self, count: int) -> None:
        if count:
            del self._held[:count]
            self._searched = 0

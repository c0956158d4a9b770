# -*- test-case-name: tests.wire.test_written -*-
"""
Messages that scripts write into the FIFO: C{>>>}, C{name=value} lines, C{<<<}
(protocol section 2.5).

It is the classic form without signature.  Writers may come at the same time,
end in the middle, or write anything at all.  A start mark inside of a message
is that of another writer: his message comes first, then the rest of the one
that was begun before.  heartbeat drops both.
"""

from __future__ import annotations

from typing import Final

from attrs import define, field

from hatwist.errors import MalformedError
from hatwist.wire.classic import END, START, decode
from hatwist.wire.limits import MAX_WRITTEN
from hatwist.wire.message import Message

MAX_BEGUN: Final = 16
"""Messages that were begun and have no end yet; of more, the oldest are dropped."""


@define
class Written:
    """What comes through one FIFO."""

    _begun: list[bytearray] = field(factory=list, init=False)
    "Lines of messages without end, that of the last writer last."
    _line: bytearray = field(factory=bytearray, init=False)
    "A line without end."
    _skipped: int = field(default=0, init=False)
    _refused: int = field(default=0, init=False)
    _reason: str = field(default="", init=False)

    def feed(self, data: bytes) -> list[Message]:
        """
        Take what was read, of any length.

        @return: the messages that are now whole, each with at least one field.
        """
        *lines, rest = data.split(b"\n")
        found: list[Message] = []
        for line in lines:
            whole, self._line = bytes(self._line + line), bytearray()
            found.extend(self._take(whole + b"\n"))
        self._line += rest
        if len(self._line) > MAX_WRITTEN:
            # Its end is still to come, and must not look like a mark.
            self._skipped += len(self._line)
            self._line[:] = b"-"
        return found

    @property
    def unfinished(self) -> bool:
        """Whether the rest of something is awaited."""
        return bool(self._begun or self._line)

    def give_up(self) -> None:
        """Drop what is unfinished: its writer is gone."""
        self._skipped += len(self._line)
        self._line.clear()
        while self._begun:
            self._drop(0)

    def take_trouble(self) -> str:
        """Return what was dropped since the last call, in words; empty if nothing was."""
        if self._skipped:
            self._refuse(f"{self._skipped} bytes were no message, or one without end")
            self._skipped = 0
        refused, self._refused = self._refused, 0
        more = f" ({refused - 1} more)" if refused > 1 else ""
        return f"{self._reason}{more}" if refused else ""

    def _take(self, line: bytes) -> list[Message]:
        """Take one line, with its newline."""
        if line == START:
            self._begun.append(bytearray(START))
            if len(self._begun) > MAX_BEGUN:
                self._drop(0)
        elif not self._begun:
            self._skipped += len(line)
        elif line == END:
            return self._finish(bytes(self._begun.pop() + END))
        else:
            self._begun[-1] += line
            if len(self._begun[-1]) + len(END) > MAX_WRITTEN:
                self._drop(-1)
        return []

    def _finish(self, raw: bytes) -> list[Message]:
        try:
            return [decode(raw)]
        except MalformedError as error:
            self._refuse(str(error))
            return []

    def _drop(self, index: int) -> None:
        self._skipped += len(self._begun.pop(index))

    def _refuse(self, reason: str) -> None:
        self._refused += 1
        self._reason = reason

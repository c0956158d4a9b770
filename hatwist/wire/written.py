# -*- test-case-name: tests.wire.test_written -*-
"""
Messages that scripts write into the FIFO: C{>>>}, C{name=value} lines, C{<<<}
(protocol section 2.5).

It is the classic form without signature.  Writers may come at the same time,
end in the middle, or write anything at all: a message that is not whole is
dropped, and the next one is found.
"""

from __future__ import annotations

from attrs import define, field

from hatwist.errors import MalformedError
from hatwist.wire.classic import decode
from hatwist.wire.limits import MAX_WRITTEN
from hatwist.wire.message import Message
from hatwist.wire.stream import Stream


@define
class Written:
    """What comes through one FIFO."""

    _stream: Stream = field(factory=lambda: Stream(limit=MAX_WRITTEN), init=False)
    _refused: int = field(default=0, init=False)
    _reason: str = field(default="", init=False)

    def feed(self, data: bytes) -> list[Message]:
        """
        Take what was read, of any length.

        @return: the messages that are now whole, each with at least one field.
        """
        found = []
        for raw in self._stream.feed(data):
            try:
                found.append(decode(raw))
            except MalformedError as error:
                self._refuse(str(error))
        return found

    @property
    def unfinished(self) -> bool:
        """Whether the rest of something is awaited."""
        return self._stream.held > 0

    def give_up(self) -> None:
        """Drop what is unfinished: its writer is gone."""
        self._stream.finish()

    def take_trouble(self) -> str:
        """Return what was dropped since the last call, in words; empty if nothing was."""
        if self._stream.skipped:
            self._refuse(f"{self._stream.skipped} bytes were no message, or one without end")
            self._stream.skipped = 0
        refused, self._refused = self._refused, 0
        more = f" ({refused - 1} more)" if refused > 1 else ""
        return f"{self._reason}{more}" if refused else ""

    def _refuse(self, reason: str) -> None:
        self._refused += 1
        self._reason = reason

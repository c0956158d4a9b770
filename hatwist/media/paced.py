# -*- test-case-name: tests.media.test_paced -*-
"""
Hand messages to a serial line no faster than it carries them.

The kernel takes some kilobytes at once, seconds on a slow line.  What it has
taken can neither be overtaken nor replaced, so it is given little at a time, and
nothing here ever waits for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from attrs import define, field
from twisted.internet.defer import Deferred, succeed

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.interfaces import IDelayedCall, IReactorTime

    from hatwist.media.outbox import Outbox

LEAD: Final = 0.1
"""Seconds that what was handed over may be ahead of the line, and what one piece takes."""

MAX_PIECE: Final = 512
"""Bytes handed over at once, as heartbeat does."""

MIN_PIECE: Final = 16

STUCK: Final = 2.0
"""Seconds in which the line takes nothing, after which that is said."""


class Line(Protocol):
    """An open line."""

    def write(self, data: bytes) -> None:
        """Take a piece; L{PacedWriter.drained} is called when the kernel has all of it."""

    def unsent(self) -> int:
        """Return how many bytes the kernel holds; 0 where it does not say."""


@define
class Pace:
    """
    When a line of a given speed is ready for more.

    @ivar rate: bytes a second.
    """

    rate: float
    _free: float = field(default=0.0, init=False)
    "When the line has carried all that was handed over."

    @property
    def piece(self) -> int:
        """How many bytes are handed over at once."""
        return max(MIN_PIECE, min(MAX_PIECE, round(self.rate * LEAD)))

    def wait(self, now: float) -> float:
        """Return the seconds until the next piece may be handed over."""
        return max(0.0, self._free - LEAD - now)

    def left(self, now: float) -> float:
        """Return the seconds until the line has carried everything."""
        return max(0.0, self._free - now)

    def handed(self, count: int, now: float) -> None:
        """Take note that so many bytes were handed over."""
        self._free = max(now, self._free) + count / self.rate


class PacedWriter:
    """
    Writes what waits in an outbox.

    @ivar stuck: is told once when the line takes nothing any more.
    @ivar moving: is told whenever it takes something.
    """

    def __init__(
        self,
        outbox: Outbox,
        rate: float,
        clock: IReactorTime,
        stuck: Callable[[], None],
        moving: Callable[[], None],
    ) -> None:
        self._outbox = outbox
        self._pace = Pace(rate)
        self._clock = clock
        self.stuck = stuck
        self.moving = moving
        self._line: Line | None = None
        self._rest = b""
        self._torn = False
        self._busy = False
        self._next: IDelayedCall | None = None
        self._watch: IDelayedCall | None = None
        self._ending: Deferred[None] | None = None
        self._end: IDelayedCall | None = None

    def connect(self, line: Line) -> None:
        """Write on this line from now on; L{drained} begins it."""
        self._line = line
        self._busy = True
        self._watch_over()

    def disconnect(self) -> None:
        """The line is gone; a message that was being written is lost."""
        self._line = None
        self._torn = self._torn or bool(self._rest) or self._busy
        self._rest = b""
        self._busy = False
        self._cancel()
        self._finished()

    def drained(self) -> None:
        """The kernel has all that it was given."""
        if self._line is None:
            return
        self._busy = False
        self._pump()

    @property
    def held(self) -> bool:
        """Whether something else than its speed holds the line up: it takes less, or nothing."""
        if self._watch is None:
            return False
        handed = self._watch.getTime() - STUCK
        return self._clock.seconds() - handed > 3 * max(LEAD, self._pace.piece / self._pace.rate)

    def push(self) -> None:
        """There is something in the outbox."""
        if self._line is not None and not self._busy and self._next is None:
            self._pump()

    def finish(self, limit: float) -> Deferred[None]:
        """
        Write what there is still.

        @return: fires when the line has carried it, or is gone, or after C{limit} seconds.
        """
        if self._line is None or self._is_idle():
            return succeed(None)
        self._ending = Deferred()
        self._end = self._clock.callLater(limit, self._finished)
        self.push()
        return self._ending

    def _is_idle(self) -> bool:
        written = not (self._outbox or self._rest or self._busy)
        return written and self._pace.left(self._clock.seconds()) == 0

    def _pump(self) -> None:
        """Hand over one piece, or see to it that it will be."""
        assert self._line is not None
        now = self._clock.seconds()
        if self._wait(now):
            return
        self._stop_watching()
        if not self._rest:
            self._rest = self._take(now)
        if not self._rest:
            self._settle(now)
            return
        piece, self._rest = self._rest[: self._pace.piece], self._rest[self._pace.piece :]
        self._busy = True
        self._pace.handed(len(piece), now)
        self._watch_over()
        self._line.write(piece)

    def _wait(self, now: float) -> bool:
        """See whether the line is not ready, and look again when it may be."""
        assert self._line is not None
        delay = self._pace.wait(now)
        if not delay and self._line.unsent() > self._pace.piece:
            # Slower than its speed: the other side holds it up.
            delay = LEAD
            self._watch_over()
        if delay:
            self._later(delay)
        return bool(delay)

    def _take(self, now: float) -> bytes:
        data = self._outbox.take(now) or b""
        if data and self._torn:
            # What was cut off would swallow the next message's first line.
            self._torn = False
            return b"\n" + data
        return data

    def _settle(self, now: float) -> None:
        """There is nothing to write; at the end, wait for the line itself."""
        if self._ending is None:
            return
        if self._pace.left(now):
            self._later(self._pace.left(now))
        else:
            self._finished()

    def _later(self, delay: float) -> None:
        if self._next is None:
            self._next = self._clock.callLater(delay, self._again)

    def _again(self) -> None:
        self._next = None
        self._pump()

    def _watch_over(self) -> None:
        if self._watch is None:
            self._watch = self._clock.callLater(STUCK, self._is_stuck)

    def _is_stuck(self) -> None:
        # The call stays noted as made: it is said once until something moves.
        self.stuck()

    def _stop_watching(self) -> None:
        """Something moves."""
        if self._watch is not None:
            if self._watch.active():
                self._watch.cancel()
            self._watch = None
            self.moving()

    def _cancel(self) -> None:
        for call in (self._next, self._watch):
            if call is not None and call.active():
                call.cancel()
        self._next = self._watch = None

    def _finished(self) -> None:
        if self._end is not None and self._end.active():
            self._end.cancel()
        ending, self._ending = self._ending, None
        if ending is not None:
            ending.callback(None)

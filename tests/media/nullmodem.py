"""
A null modem cable for tests: two pseudo-terminals, and what is written to one is
read from the other.

It has no speed of its own: the media keep to theirs.
"""

from __future__ import annotations

import os
import select
import tty
from contextlib import suppress
from pathlib import Path

from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure

TICK = 0.05
"""Seconds of the media's time that pass in a turn."""


class Plug:
    """
    One end: a pseudo-terminal that is called C{path} while it is plugged in.

    @ivar master: our side of it; -1 while it is not there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.master = -1
        self.plug()

    def plug(self) -> None:
        """Make it."""
        self.master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(self.master, False)
        self.path.symlink_to(os.ttyname(slave))
        os.close(slave)

    def unplug(self) -> None:
        """Take it away, as a USB adapter is."""
        os.close(self.master)
        self.master = -1
        self.path.unlink()

    def read(self) -> bytes:
        """Return what was written to it."""
        with suppress(OSError):  # nothing, or nobody has it open
            return os.read(self.master, 1 << 16)
        return b""

    def write(self, data: bytes) -> None:
        """Let it be read, as far as there is room."""
        if self.master >= 0:
            with suppress(BlockingIOError):  # nobody reads, and the line holds no more
                os.write(self.master, data)


class NullModem:
    """Both ends."""

    def __init__(self, alpha: Path, beta: Path) -> None:
        self.alpha = Plug(alpha)
        self.beta = Plug(beta)

    def carry(self) -> None:
        """Pass on what was written."""
        for here, there in ((self.alpha, self.beta), (self.beta, self.alpha)):
            if here.master >= 0:
                there.write(here.read())

    def close(self) -> None:
        """Take both ends away."""
        for plug in (self.alpha, self.beta):
            if plug.master >= 0:
                plug.unplug()


def turn(reactor: MemoryReactorClock, modem: NullModem, seconds: float = TICK) -> None:
    """Make one turn as a real reactor does: what breaks is told, and forgotten."""
    modem.carry()
    readers, writers = list(reactor.getReaders()), list(reactor.getWriters())
    ready = select.select(readers, writers, [], 0)
    for selectable in ready[0]:
        if selectable in reactor.getReaders():
            _tell(reactor, selectable, selectable.doRead())
    for selectable in ready[1]:
        if selectable in reactor.getWriters():
            _tell(reactor, selectable, selectable.doWrite())
    modem.carry()
    reactor.advance(seconds)


def _tell(reactor: MemoryReactorClock, selectable: object, why: Exception | None) -> None:
    if why is not None:
        reactor.removeReader(selectable)
        reactor.removeWriter(selectable)
        selectable.connectionLost(Failure(why))  # type: ignore[attr-defined]

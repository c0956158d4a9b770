# -*- test-case-name: tests.service.test_fifo -*-
"""
The FIFO through which heartbeat's scripts speak: C{hb_standby}, C{mach_down} and
the others write messages into it (protocol 2.5).

Only root can write.  Neither side ever blocks: we hold an end for writing
ourselves, so that a script always finds a reader and we never find an end.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorFDSet, IReactorTime, IReadDescriptor
from zope.interface import implementer

from hatwist.cluster.events import MessageWanted
from hatwist.cluster.names import Level
from hatwist.errors import StateError
from hatwist.interfaces import IPrograms
from hatwist.wire.written import Written

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.interfaces import IDelayedCall
    from twisted.python.failure import Failure

    from hatwist.cluster.actions import Deliver
    from hatwist.cluster.events import Event

FIFO: Final = "fifo"
"""Its name in the state directory, and in the records of what came through it."""

MODE: Final = 0o600

MAX_READ: Final = 65536
"""Bytes a wake-up: as much as the kernel holds of a FIFO."""

PATIENCE: Final = 10.0
"""Seconds without a word after which an unfinished message is dropped."""

COMPLAINT_PERIOD: Final = 60.0
"""Seconds from one complaint about what was written to the next, at least."""

_FLAGS: Final = os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW


@implementer(IReadDescriptor, IPrograms)
class Fifo:
    """
    The FIFO of one node.

    @ivar path: where it is.
    """

    def __init__(self, path: str, reactor: object, say: Callable[[Level, str], None]) -> None:
        """
        @param reactor: provides C{IReactorFDSet} and C{IReactorTime}.
        @param say: takes a line for the log.
        """
        self.path = path
        self._readers = IReactorFDSet(reactor)
        self._clock = IReactorTime(reactor)
        self._say = say
        self._written = Written()
        self._descriptor = -1
        self._paused = False
        self._patience: IDelayedCall | None = None
        self._next_complaint = 0.0

    def open(self, feed: Callable[[Event], None]) -> None:
        """Make it if it is missing, and read it; without it the node goes on, and says why."""
        self._feed = feed
        try:
            self._descriptor = self._prepare()
        except (OSError, StateError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            self._say(Level.ERROR, f"no FIFO {self.path}, hb_standby and the like do not work: {why}")
            return
        self._readers.addReader(self)

    def close(self) -> Deferred[None]:
        """Read it no more; it stays for the next start."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            if not self._paused:
                self._readers.removeReader(self)
            os.close(descriptor)
        self._wait(0)
        return succeed(None)

    def deliver(self, news: Deliver) -> None:
        """Nobody hears anything through it."""

    def pause(self, paused: bool) -> None:
        """Let scripts wait, or read on."""
        if paused is self._paused or self._descriptor < 0:
            return
        self._paused = paused
        if paused:
            self._readers.removeReader(self)
        else:
            self._readers.addReader(self)

    def fileno(self) -> int:
        """Return what the reactor polls; -1 once closed."""
        return self._descriptor

    def logPrefix(self) -> str:
        """Name us in the reactor's complaints."""
        return FIFO

    def doRead(self) -> None:
        """Take what was written."""
        try:
            data = os.read(self._descriptor, MAX_READ)
        except BlockingIOError:
            return
        for message in self._written.feed(data):
            self._feed(MessageWanted(message, FIFO))
        self._wait(PATIENCE if self._written.unfinished else 0)
        self._complain()

    def connectionLost(self, reason: Failure) -> None:
        """Hear from the reactor that it polls us no more."""
        if self._descriptor >= 0:
            self._say(Level.ERROR, f"{self.path} cannot be read any more: {reason.getErrorMessage()}")
            self._paused = True
            self.close()

    def _prepare(self) -> int:
        """
        Return a descriptor of the FIFO.

        @raise OSError: it cannot be made or opened.
        @raise StateError: something else is there, or it is somebody else's.
        """
        try:
            there = os.lstat(self.path)
        except FileNotFoundError:
            self._say(Level.INFO, f"Creating FIFO {self.path}.")
            os.mkfifo(self.path, MODE)
            there = os.lstat(self.path)
        if not stat.S_ISFIFO(there.st_mode):
            raise StateError("what is there is no FIFO; remove it and start anew")
        if there.st_uid not in (0, os.geteuid()):
            raise StateError(f"it belongs to the user {there.st_uid}; remove it and start anew")
        descriptor = os.open(self.path, _FLAGS)
        os.fchmod(descriptor, MODE)
        return descriptor

    def _wait(self, seconds: float) -> None:
        """Drop what is unfinished after so long; 0: there is nothing to wait for."""
        timer, self._patience = self._patience, None
        if timer is not None and timer.active():
            timer.cancel()
        if seconds:
            self._patience = self._clock.callLater(seconds, self._give_up)

    def _give_up(self) -> None:
        self._written.give_up()
        self._complain()

    def _complain(self) -> None:
        """Say what was dropped, unless that was said just now: then it is said later, or not at all."""
        if self._clock.seconds() < self._next_complaint:
            return
        trouble = self._written.take_trouble()
        if trouble:
            self._next_complaint = self._clock.seconds() + COMPLAINT_PERIOD
            self._say(Level.WARN, f"{self.path}: {trouble}")

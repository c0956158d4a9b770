# -*- test-case-name: tests.service.test_daemon -*-
"""
The node as a process: its umask, its signals, its last words at the terminal.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
from contextlib import suppress
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from twisted.application.service import Service
from twisted.internet.interfaces import IReactorCore, IReactorFromThreads
from twisted.logger import globalLogPublisher

from hatwist.cluster.names import Level
from hatwist.service.alarms import Alarms
from hatwist.service.node_service import NotStarted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FrameType
    from typing import TextIO

    from twisted.internet.defer import Deferred
    from twisted.internet.interfaces import IReactorTime
    from twisted.logger import LogPublisher

    from hatwist.cluster.actions import Stop
    from hatwist.service.build import Built

    Handler = Callable[[int, FrameType | None], object]

UMASK: Final = 0o022
"""
What resource scripts inherit.  Under twistd's own, 077, a service that becomes
another user could not read the files its script made.  Our own files do not
rest on it: each is made with its mode.
"""

REFUSED: Final = 7
"""
Exit status of a node that has seen, once it listened, that it must not start: another
machine has its name or its uuid.  To start it again would not help.
"""

NOT_AGAIN: Final = 1
"""Exit status of a node that wanted to begin anew and could not: it may be tried once more."""

DEBUG_STEPS: Final[Mapping[signal.Signals, int]] = MappingProxyType({signal.SIGUSR1: 1, signal.SIGUSR2: -1})
"""Signals that change the debug level, and by how much."""


class OperatingSystem:
    """As much of it as matters here."""

    def umask(self, mask: int) -> None:
        """Set the file mode creation mask."""
        os.umask(mask)

    def handler(self, number: int) -> Handler | None:
        """Return what answers a signal now; None when it is not a function."""
        found = signal.getsignal(number)
        return found if callable(found) else None

    def answer(self, number: int, handler: Handler) -> None:
        """Let a function answer a signal."""
        signal.signal(number, handler)

    def last_words(self, words: str, status: int) -> None:
        """
        Tell whoever sits at the terminal, and let the process end with a status.

        Once the reactor runs twistd knows but one status for an end that no
        signal has caused, and that is 0.
        """
        with suppress(OSError):
            os.write(2, words.encode("utf-8", "backslashreplace"))
        atexit.register(_end_with, status)


def _end_with(status: int) -> None:
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is not None:
            with suppress(OSError, ValueError):
                stream.flush()
    os._exit(status)


class Daemon(Service):
    """
    One node that has a process to itself.

    @ivar umask: see L{UMASK}; None to leave it as it is.
    """

    name = "hatwist"

    def __init__(
        self,
        reactor: IReactorTime,
        built: Built,
        terminal: TextIO,
        umask: int | None = UMASK,
        publisher: LogPublisher = globalLogPublisher,
        system: OperatingSystem | None = None,
    ) -> None:
        """
        @param terminal: where whoever starts the daemon reads why it does not
            start; closed when it has.  After the fork stderr is gone.
        """
        self.umask = umask
        self._reactor = reactor
        self._node = built.node
        self._say = built.say
        self._halog = built.halog
        self._reread = built.reread
        self._terminal = terminal
        self._publisher = publisher
        self._system = system or OperatingSystem()
        self._alarms = Alarms(built.say, reactor)
        self._ending = False

    def privilegedStartService(self) -> None:
        """Set the umask, after twistd has set its own."""
        if self.umask is not None:
            self._system.umask(self.umask)

    def startService(self) -> None:
        """
        Start the node.

        @raise NotStarted: it cannot be started; the terminal was told why.
        """
        self._publisher.addObserver(self._alarms)
        self._take_signals()
        IReactorCore(self._reactor).callWhenRunning(self._take_endings)
        try:
            self._node.startService()
        except NotStarted as refusal:
            self._hang_up(f"{refusal}\n")
            raise
        self._hang_up("")
        self._node.gone.addCallback(self._left)
        self.running = 1

    def stopService(self) -> Deferred[None]:
        """Let the node leave in order; fires when it has."""
        self.running = 0
        return self._node.stopService().addBoth(self._stopped)

    def _left(self, why: Stop) -> None:
        """The node has left by itself, or has seen that it must not take part."""
        if why.refused:
            self._system.last_words(f"Heartbeat not started: {why.why}\n", REFUSED)
        elif why.again:
            self._system.last_words(f"Heartbeat not started again: {why.why}\n", NOT_AGAIN)
        IReactorCore(self._reactor).stop()

    def _hang_up(self, last_words: str) -> None:
        """Let the terminal go; it may be gone itself."""
        with suppress(OSError), self._terminal:
            self._terminal.write(last_words)

    def _stopped(self, result: None) -> None:
        self._publisher.removeObserver(self._alarms)
        return result

    def _take_signals(self) -> None:
        """Answer what would end us: whoever hears that we have started may send it at once."""
        self._system.answer(signal.SIGHUP, lambda _number, _frame: self._later(self._reread))
        for number, step in DEBUG_STEPS.items():
            self._system.answer(number, partial(self._debug, step))

    def _take_endings(self) -> None:
        """Come before the reactor, which has just set its own handlers."""
        for number in (signal.SIGTERM, signal.SIGINT):
            before = self._system.handler(number)
            if before is not None:
                self._system.answer(number, partial(self._end, before))

    def _end(self, before: Handler, number: int, frame: FrameType | None) -> None:
        """The first time let the reactor stop; it takes no second time, but the node does."""
        if self._ending:
            self._later(self._node.leave, "a second signal")
            return
        self._ending = True
        before(number, frame)

    def _debug(self, step: int, number: int, _frame: FrameType | None) -> None:
        self._later(self._change_debug_level, step, signal.Signals(number).name)

    def _change_debug_level(self, step: int, why: str) -> None:
        level = self._halog.debug = max(0, self._halog.debug + step)
        self._say(Level.INFO, f"debug level is {level} now ({why})")

    def _later(self, call: Callable[..., object], *arguments: object) -> None:
        """Call in the reactor's own time: a signal comes in the middle of anything."""
        IReactorFromThreads(self._reactor).callFromThread(call, *arguments)

# -*- test-case-name: tests.service.test_pidfile -*-
"""
heartbeat's pid file, which we hold as long as the node lives.

heartbeat does not start while the file names a living process, whatever that is;
C{heartbeat -s} finds us by it, and C{heartbeat -k} ends us in order.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from twisted.internet.defer import succeed
from zope.interface import implementer

from hatwist.cluster.names import Level
from hatwist.interfaces import IPrograms

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.defer import Deferred

    from hatwist.cluster.actions import Deliver
    from hatwist.cluster.events import Event

MODE: Final = 0o644

WIDTH: Final = 10
"""Characters of the number: heartbeat writes that many, and reads any."""


def read_pid(path: str) -> int | None:
    """Return the process that a pid file names; None if it names none."""
    with suppress(OSError, ValueError):
        return int(Path(path).read_text(encoding="ascii"))
    return None


@implementer(IPrograms)
class PidFile:
    """
    The pid file of one host's daemon.

    Whoever makes it has looked that no heartbeat runs: a file that is there is
    one that was left, and is replaced.

    @ivar path: where it is.
    """

    def __init__(self, path: str, pid: int, say: Callable[[Level, str], None]) -> None:
        """
        @param pid: what to write.
        @param say: takes a line for the log.
        """
        self.path = path
        self._pid = pid
        self._say = say

    def open(self, feed: Callable[[Event], None]) -> None:
        """Write it; without it the node goes on, and says why."""
        fresh = f"{self.path}.{self._pid}"
        try:
            # In one step: heartbeat may read it at any moment.
            with open(
                os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE), "w", encoding="ascii"
            ) as file:
                file.write(f"{self._pid:{WIDTH}d}\n")
            os.replace(fresh, self.path)
        except OSError as error:
            with suppress(OSError):
                os.unlink(fresh)
            text = f"cannot write {self.path}: heartbeat could be started beside us: {error.strerror}"
            self._say(Level.WARN, text)

    def close(self) -> Deferred[None]:
        """Remove it, if it is still ours."""
        if read_pid(self.path) == self._pid:
            with suppress(OSError):
                os.unlink(self.path)
        return succeed(None)

    def deliver(self, news: Deliver) -> None:
        """Nobody hears anything through it."""

    def pause(self, paused: bool) -> None:
        """Nobody says anything through it."""

# -*- test-case-name: tests.service.test_alarms -*-
"""
What goes wrong in us, for an administrator who reads only ha-log.

Twisted's log has every error with its whole traceback.  Here errors are
repeated as C{ERROR:} and C{CRIT:} lines, a bounded number of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twisted.logger import ILogObserver, LogLevel, formatEvent
from zope.interface import implementer

from hatwist.cluster.names import Level

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.interfaces import IReactorTime
    from twisted.logger import LogEvent
    from twisted.python.failure import Failure

MAX_TRACEBACK: Final = 20
"""Lines of one traceback."""

PERIOD: Final = 60.0
"""Seconds."""

MAX_ALARMS: Final = 5
"""Alarms in one period; more are counted."""

_LEVELS: Final = {LogLevel.error: Level.ERROR, LogLevel.critical: Level.CRIT}


@implementer(ILogObserver)
class Alarms:
    """An observer of Twisted's log that repeats errors in ha-log."""

    def __init__(self, say: Callable[[Level, str], None], clock: IReactorTime) -> None:
        self._say = say
        self._clock = clock
        self._busy = False
        self._began = clock.seconds()
        self._raised = 0

    def __call__(self, event: LogEvent) -> None:
        """Take one event of Twisted's log."""
        level = _LEVELS.get(event.get("log_level"))
        if level is None or self._busy:
            # Busy: whoever hears our line failed at it.  To repeat that would never end.
            return
        self._busy = True
        try:
            if self._is_due(level):
                self._repeat(level, event)
        finally:
            self._busy = False

    def _is_due(self, level: Level) -> bool:
        """Count an alarm; say when a new period begins how many were not repeated in the last."""
        now = self._clock.seconds()
        if now - self._began >= PERIOD:
            kept_back = self._raised - MAX_ALARMS
            self._began, self._raised = now, 0
            if kept_back > 0:
                self._say(level, f"{kept_back} more errors are in the daemon's own log only")
        self._raised += 1
        return self._raised <= MAX_ALARMS

    def _repeat(self, level: Level, event: LogEvent) -> None:
        words = formatEvent(event).strip()
        failure: Failure | None = event.get("log_failure")
        if failure is None or failure.type is None:
            self._say(level, words)
            return
        # The end of a traceback says most, and it is what a bound would cut off.
        self._say(level, f"{words} {failure.type.__name__}: {failure.getErrorMessage()}")
        for line in failure.getTraceback().splitlines()[:MAX_TRACEBACK]:
            self._say(level, line)

# -*- test-case-name: tests.service.test_halog -*-
"""
ha-log: where lines go, and the thread that takes them there.

A full or slow disk must never delay a heartbeat, so lines go through a bounded
queue to a thread of its own.  What does not fit is counted, and said later.
"""

from __future__ import annotations

import os
import queue
import syslog
import threading
import time
from typing import TYPE_CHECKING, Final

from hatwist.cluster.names import Level
from hatwist.service.lastwords import CLOSE_LIMIT, finish
from hatwist.service.logfile import LogFile, obstacle
from hatwist.service.logline import MAX_TEXT, OURSELVES, Form, Line, one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from hatwist.config.model import LogSettings

    SendToSyslog = Callable[[str, int, int, str], None]

MAX_QUEUED: Final = 10_000
"""Lines that may wait for the disk."""

DEFAULT_FACILITY: Final = "daemon"

_SYSLOG: Final = {
    Level.EMERG: syslog.LOG_EMERG,
    Level.ALERT: syslog.LOG_ALERT,
    Level.CRIT: syslog.LOG_CRIT,
    Level.ERROR: syslog.LOG_ERR,
    Level.WARN: syslog.LOG_WARNING,
    Level.NOTICE: syslog.LOG_NOTICE,
    Level.INFO: syslog.LOG_INFO,
    Level.PLAIN: syslog.LOG_INFO,
    Level.DEBUG: syslog.LOG_DEBUG,
}


def send_to_syslog(identity: str, facility: int, priority: int, text: str) -> None:
    """Send one message; blocks when the log daemon does."""
    syslog.openlog(identity, 0, facility)
    syslog.syslog(priority, text)


class HaLog:
    """
    The log of one daemon.

    @ivar debug: the debug level; may be changed at any time.  With 0 debug lines
        are for C{debugfile} alone; above they go to syslog too, and to
        C{logfile} where there is no C{debugfile}.
    """

    def __init__(
        self,
        settings: LogSettings,
        host: str,
        wall: Callable[[], float] = time.time,
        send: SendToSyslog = send_to_syslog,
        debug: int = 0,
    ) -> None:
        """
        @param debug: the debug level to begin with.
        @param host: as C{uname -n} has it.
        @param wall: seconds since 1970.
        @param send: takes identity, facility, priority and text.
        """
        self._settings = settings
        self._host = host
        self._wall = wall
        self._send = send
        self.debug = debug
        self._queue: queue.Queue[Line | None] = queue.Queue(MAX_QUEUED)
        self._thread: threading.Thread | None = None
        # Each counter has one writer: the reactor's thread the first, the log's own the second.
        self._lost = 0
        self._told = 0

    @property
    def lost(self) -> int:
        """How many lines found no room in the queue and have not been told of."""
        return self._lost - self._told

    def say(self, level: Level, text: str, entity: str = OURSELVES) -> None:
        """Log one line; never blocks, never raises."""
        try:
            self._queue.put_nowait(Line(self._wall(), level, text[:MAX_TEXT], one_line(entity)))
        except queue.Full:
            self._lost += 1

    def start(self) -> None:
        """Begin to write; to be called after the daemon has forked."""
        form = Form(self._host, os.getpid(), self._settings.syslogmsgfmt)
        writer = _Writer(self._settings, form, self._wall, self._send)
        self._thread = threading.Thread(target=self._run, args=(writer,), name="ha-log", daemon=True)
        self._thread.start()

    def stop(self, limit: float = CLOSE_LIMIT) -> None:
        """
        Write what waits, and end.

        @param limit: seconds that may take; it blocks the caller.
        """
        thread, self._thread = self._thread, None
        if thread is not None:
            finish(thread, self._queue, limit)

    def _run(self, writer: _Writer) -> None:
        while (line := self._queue.get()) is not None:
            writer.debug = self.debug
            writer.write(line)
            if self._queue.empty():
                self._confess(writer)
        self._confess(writer)
        writer.close()

    def _confess(self, writer: _Writer) -> None:
        """Say how many lines were lost, if any."""
        lost = self.lost
        if lost:
            self._told += lost
            writer.write(_apology(self._wall(), lost))


class _Writer:
    """
    Takes lines to files and to syslog; lives in the log's thread, where it may block.

    @ivar debug: the debug level.
    """

    debug = 0

    def __init__(
        self, settings: LogSettings, form: Form, wall: Callable[[], float], send: SendToSyslog
    ) -> None:
        self._form = form
        self._wall = wall
        self._send = send
        wanted = settings.facility not in ("", "none")
        self._wants_syslog = wanted
        self._facility = _facility(settings.facility if wanted else DEFAULT_FACILITY)
        self._logfile = self._open(settings.logfile, form.logfile)
        self._debugfile = self._open(settings.debugfile, form.debugfile)

    def write(self, line: Line) -> None:
        """Take one line everywhere it belongs."""
        is_debug = line.level is Level.DEBUG
        wanted = not is_debug or self.debug > 0
        if self._logfile is not None and wanted and not (is_debug and self._debugfile is not None):
            self._logfile.write(self._form.logfile(line))
        if self._debugfile is not None:
            self._debugfile.write(self._form.debugfile(line))
        if self._wants_syslog and wanted:
            self._to_syslog(line)

    def close(self) -> None:
        """Close the files."""
        for file in (self._logfile, self._debugfile):
            if file is not None:
                file.close()

    def _open(self, path: str, written: Callable[[Line], str]) -> LogFile | None:
        if not _is_real(path):
            return None

        def apology(missed: int) -> str:
            return written(_apology(self._wall(), missed))

        return LogFile(path, apology, self._complain)

    def _complain(self, text: str) -> None:
        """A file takes no lines: syslog is told, whether the configuration names it or not."""
        self._to_syslog(Line(self._wall(), Level.ERROR, text))

    def _to_syslog(self, line: Line) -> None:
        self._send(line.entity, self._facility, _SYSLOG[line.level], self._form.syslog(line))


def obstacles(settings: LogSettings) -> list[str]:
    """Say which log files cannot be written as things are, and why."""
    paths = dict.fromkeys(path for path in (settings.logfile, settings.debugfile) if _is_real(path))
    return list(filter(None, map(obstacle, paths)))


def _apology(when: float, lost: int) -> Line:
    return Line(when, Level.WARN, f"{lost} log messages were lost")


def _facility(name: str) -> int:
    number: int = getattr(syslog, f"LOG_{name.upper()}", syslog.LOG_DAEMON)
    return number


def _is_real(path: str) -> bool:
    return bool(path) and path != "/dev/null"

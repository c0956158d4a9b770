# -*- test-case-name: tests.service.test_halog -*-
"""
ha-log: heartbeat's two file formats, and the thread that writes them.

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

from attrs import frozen

from hatwist.cluster.names import Level

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from hatwist.config.model import LogSettings

MAX_QUEUED: Final = 10_000
"""Lines that may wait for the disk."""

MAX_LINE: Final = 4096
"""Characters of one line."""

REOPEN_PERIOD: Final = 1.0
"""Seconds between two looks whether a file was rotated away."""

CLOSE_LIMIT: Final = 3.0
"""Seconds the last lines have to reach the disk."""

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


@frozen
class Line:
    """
    One thing that was said.

    @ivar when: seconds since 1970.
    @ivar entity: C{heartbeat}, or a script's name and instance.
    """

    when: float
    level: Level
    text: str
    entity: str = "heartbeat"


def file_line(line: Line, host: str, pid: int, syslog_style: bool) -> str:
    """
    Write a line as ha-log has it.

    @param syslog_style: C{syslogmsgfmt}; else heartbeat's older form.
    @return: without newline.
    """
    local = time.localtime(line.when)
    text = line.text[:MAX_LINE].replace("\n", " ")
    said = f"{line.level.value}: {text}" if line.level.value else text
    if "(" in line.entity:
        stamp = time.strftime("%Y/%m/%d_%H:%M:%S", local)
        return f"{stamp}  {line.entity}[{pid}]:    {said}"
    if syslog_style:
        stamp = time.strftime("%b %d %H:%M:%S", local)
        return f"{stamp} {host} {line.entity}: [{pid}]: {said}"
    stamp = time.strftime("%Y/%m/%d_%H:%M:%S", local)
    return f"{line.entity}[{pid}]: {stamp} {said}"


class LogFile:
    """One file, opened anew when it was rotated away; only the writer's thread uses it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._file: TextIO | None = None
        self._looked = 0.0

    def write(self, text: str) -> None:
        """
        Write one line.

        @raise OSError: when that is not possible now.
        """
        now = time.monotonic()
        if self._file is None or now - self._looked > REOPEN_PERIOD:
            self._looked = now
            self._reopen()
        assert self._file is not None
        self._file.write(text + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close it."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _reopen(self) -> None:
        if self._file is not None:
            try:
                there = os.stat(self.path).st_ino
            except FileNotFoundError:
                there = -1
            if there == os.fstat(self._file.fileno()).st_ino:
                return
            self._file.close()
            self._file = None
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        self._file = os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")


class HaLog:
    """
    The log of one daemon.

    @ivar lost: lines that found no room, or no disk.
    """

    def __init__(self, settings: LogSettings, host: str, wall: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._host = host
        self._wall = wall
        self._queue: queue.Queue[Line | None] = queue.Queue(MAX_QUEUED)
        self._thread: threading.Thread | None = None
        self._logfile = LogFile(settings.logfile) if _is_real(settings.logfile) else None
        self._debugfile = LogFile(settings.debugfile) if _is_real(settings.debugfile) else None
        self.lost = 0

    def say(self, level: Level, text: str, entity: str = "heartbeat") -> None:
        """Log one line; never blocks, never raises."""
        try:
            self._queue.put_nowait(Line(self._wall(), level, text, entity))
        except queue.Full:
            self.lost += 1

    def start(self) -> None:
        """Begin to write; to be called after the daemon has forked."""
        if self._settings.facility and self._settings.facility != "none":
            facility = getattr(syslog, f"LOG_{self._settings.facility.upper()}", syslog.LOG_DAEMON)
            syslog.openlog("heartbeat", 0, facility)
        self._thread = threading.Thread(target=self._run, name="ha-log", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, within L{CLOSE_LIMIT}, and end."""
        if self._thread is None:
            return
        try:
            self._queue.put(None, timeout=CLOSE_LIMIT)
        except queue.Full:
            self.lost += 1
        self._thread.join(CLOSE_LIMIT)
        self._thread = None

    def _run(self) -> None:
        while (line := self._queue.get()) is not None:
            self._write(line)
            if self.lost and self._queue.empty():
                lost, self.lost = self.lost, 0
                self._write(Line(self._wall(), Level.WARN, f"{lost} log messages were lost"))
        for file in (self._logfile, self._debugfile):
            if file is not None:
                file.close()

    def _write(self, line: Line) -> None:
        text = file_line(line, self._host, os.getpid(), self._settings.syslogmsgfmt)
        wanted = [self._debugfile] if line.level is Level.DEBUG else [self._logfile, self._debugfile]
        for file in wanted:
            try:
                if file is not None:
                    file.write(text)
            except OSError:
                # There is nowhere to say it but the log itself, once it takes lines again.
                self.lost += 1
        if self._settings.facility and self._settings.facility != "none":
            words = f"[{os.getpid()}]: {line.level.value}: {line.text[:MAX_LINE]}"
            syslog.syslog(_SYSLOG[line.level], words)


def _is_real(path: str) -> bool:
    return bool(path) and path != "/dev/null"

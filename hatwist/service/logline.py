# -*- test-case-name: tests.service.test_logline -*-
"""
One line of ha-log, in the forms heartbeat and its scripts have written for
twenty years, for those who grep (inventory G-1, G-2, G-3, G-9).
"""

from __future__ import annotations

import time
from typing import Final

from attrs import frozen

from hatwist.cluster.names import Level

MAX_TEXT: Final = 4096
"""Characters of what one line says; the rest is cut."""

OURSELVES: Final = "heartbeat"
"""Who speaks when it is the daemon itself."""

OUR_INSTANCE: Final = "(default)"
"""The instance of heartbeat's own scripts: harc, ResourceManager, mach_down and so on."""

_DAY: Final = "%Y/%m/%d_%H:%M:%S"


@frozen
class Line:
    """
    One thing that was said.

    @ivar when: seconds since 1970.
    @ivar text: what the forms below write of it is one line without control
        characters, whatever is in here.
    @ivar entity: C{heartbeat}, or a script's name with its instance in parentheses.
    """

    when: float
    level: Level
    text: str
    entity: str = OURSELVES


@frozen
class Form:
    """
    What all lines of a daemon have in common.

    @ivar host: as C{uname -n} has it.
    @ivar pid: of the daemon; scripts that it plays the part of show it too.
    @ivar syslog_style: C{syslogmsgfmt}; else heartbeat's older form.
    """

    host: str
    pid: int
    syslog_style: bool = True

    def logfile(self, line: Line) -> str:
        """Write a line as C{logfile} has it; without newline."""
        if _is_script(line):
            return f"{self._at(line, _DAY)}  {line.entity}[{self.pid}]:    {said(line)}"
        return self._daemon(line)

    def debugfile(self, line: Line) -> str:
        """Write a line as C{debugfile} has it; without newline."""
        if _is_script(line):
            return f"{line.entity}[{self.pid}]:\t{self._at(line, _DAY)} {said(line)}"
        return self._daemon(line)

    def syslog(self, line: Line) -> str:
        """Write what follows the identity, which is the entity, in syslog."""
        return said(line) if _is_script(line) else f"[{self.pid}]: {said(line)}"

    def _daemon(self, line: Line) -> str:
        if self.syslog_style:
            stamp = self._at(line, "%b %d %H:%M:%S")
            return f"{stamp} {self.host} {line.entity}: [{self.pid}]: {said(line)}"
        return f"{line.entity}[{self.pid}]: {self._at(line, _DAY)} {said(line)}"

    @staticmethod
    def _at(line: Line, pattern: str) -> str:
        return time.strftime(pattern, time.localtime(line.when))


def said(line: Line) -> str:
    """
    Return severity and text.

    OCF agents write their severities in upper case, C{INFO:}; heartbeat and its
    own scripts write C{info:}.
    """
    word = line.level.value
    if _is_script(line) and not line.entity.endswith(OUR_INSTANCE):
        word = word.upper()
    text = one_line(line.text[:MAX_TEXT])
    return f"{word}: {text}" if word else text


def one_line(text: str) -> str:
    """Replace what would end a line, forge one, or steer a terminal."""
    if text.isprintable():
        return text
    spaced = text.replace("\r\n", " ").replace("\n", " ")
    return "".join(sign if sign.isprintable() or sign == "\t" else "?" for sign in spaced)


def _is_script(line: Line) -> bool:
    return line.entity.endswith(")")

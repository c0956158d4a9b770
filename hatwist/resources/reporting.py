# -*- test-case-name: tests.resources.test_reporting -*-
"""
How this room speaks: through one callable, a line at a time, each line bounded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from hatwist.cluster.names import Level

Log = Callable[[Level, str, str], None]
"""Takes severity, text and entity (who speaks); must neither block nor raise."""

RESOURCE_MANAGER: Final = "ResourceManager(default)"
"""The script whose part this room plays, as it signs its lines."""

MAX_LINE: Final = 400
"""Characters of one line of a program's output that reach the log."""

MAX_LINES: Final = 30
"""Lines of one run's output that reach the log: the last ones."""

LAST_WORDS: Final = 3
"""Lines of a program that are quoted in the outcome."""

BLANK: Final = " \t\r\n\v\f\0"


def lines_of(output: str, limit: int) -> list[str]:
    """
    Return the last lines of what a program said, fit for a log.

    @param limit: how many lines at most; blank ones do not count.
    @return: the lines, first one first; each at most L{MAX_LINE} characters and
        without control characters, which could forge a line or steer a terminal.
    """
    said = [line for line in output.splitlines() if line.strip(BLANK)]
    return [_printable(line.strip(BLANK))[:MAX_LINE] for line in said[-limit:]]


def last_words(output: str) -> str:
    """Return the last words of a program as one line; empty if it said nothing."""
    return " | ".join(lines_of(output, LAST_WORDS))


def _printable(line: str) -> str:
    return "".join(sign if sign.isprintable() or sign == "\t" else "?" for sign in line)

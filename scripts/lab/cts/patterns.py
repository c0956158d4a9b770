# -*- test-case-name: tests.lab.test_cts_patterns -*-
"""
What CTS looks for in the logs of a cluster without CRM; pure.

Each is a regular expression that is searched for in a whole line, as it arrives on a
log host: with the host's name, and with what the daemon calls itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

STANDBY_OK: Final = "Standby resource acquisition done"
STANDBY_NONE: Final = "No reply to standby request"
STANDBY_TRANSIENT: Final = "standby message.*ignored.*in flux"
"""Asked in the middle of something; CTS asks again."""

BAD: Final = (
    r"Shutting down\.",
    r"Forcing shutdown\.",
    r"Both machines own .* resources!",
    r"No one owns .* resources!",
    r", exiting\.",
    r"ERROR:",
    r"CRIT.*:",
)
"""No line may match one of these, unless the class has an exception for it."""

OF_A_SPLIT: Final = (
    r"Both machines own",
    r"lost a lot of packets!",
    r"Cannot rexmit pkt .*: seqno too low",
    r"Irretrievably lost packet: node",
    r"CRIT: Cluster node .* returning after partition",
    r"ERROR: \S+ is also claimed by",
)
"""The exceptions of Split_brain, the only class that has any; the last is for hatwist's own words."""

_WITH_HOST: Final = re.compile(r"\w{3} [ \d]\d \d\d:\d\d:\d\d (?P<host>\S+) ")


def started(node: str) -> str:
    """A node has come as far as its groups."""
    return f" ({node}) .* Initial resource acquisition complete"


def stopped(node: str) -> str:
    """A node has left, as the class that stops one node looks for it."""
    return f"{node} heartbeat.*Heartbeat shutdown complete"


def all_stopped(node: str) -> str:
    """A node has left, as the classes that stop all of them look for it."""
    return f" ({node}).*heartbeat.*Heartbeat shutdown complete"


def seen_dead(node: str, by: str) -> str:
    """A node is dead to another, whether it had left or not."""
    return f"{by} heartbeat.*node ({node}).*: is dead"


def dead(node: str) -> str:
    """A node is dead to somebody."""
    return f"node ({node}).*: is dead"


def returned(node: str) -> str:
    """A node that was dead to somebody has been alive all the time."""
    return f"Cluster node {node} returning after partition"


def gathered(host: str, line: str) -> str:
    """
    Return a line of a host's ha-log as it stands on the log host.

    With C{syslogmsgfmt off}, and in what scripts write, no host is named: a log host
    puts it before the line, after the time; here a C{-} stands for the time.
    """
    found = _WITH_HOST.match(line)
    return line if found is not None and found["host"] == host else f"- {host} {line}"


def bad(lines: Iterable[str], ignored: Iterable[str] = ()) -> list[str]:
    """
    Return the lines that must not be there.

    @param ignored: the exceptions of the class, regular expressions.
    """
    exceptions = tuple(ignored)
    return [line for line in lines if _any(BAD, line) and not _any(exceptions, line)]


def missing(expected: Iterable[str], lines: Iterable[str]) -> list[str]:
    """Return the regular expressions that no line matches."""
    there = tuple(lines)
    return [one for one in expected if not any(re.search(one, line) for line in there)]


def _any(expressions: Iterable[str], line: str) -> bool:
    return any(re.search(one, line) for one in expressions)

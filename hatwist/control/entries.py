# -*- test-case-name: tests.control.test_entries -*-
"""
The journal's entries: one decision each, one JSON line each.

The daemon writes them and C{hatwistctl} reads them, also where no daemon runs.
A file is read as it is found: what is no entry is counted and left out, such
as a line that a crash has torn.
"""

from __future__ import annotations

import json
import os
import stat
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from attrs import evolve, frozen

from hatwist.control.report import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

KEPT: Final = 500
"""The newest entries that are remembered, and shown at most."""

MAX_TEXT: Final = 1024
"""Characters of each word and cause; the rest is cut."""

MAX_CAUSES: Final = 16

MAX_TIME: Final = 1 << 36
"""Seconds since 1970, and so no more than can be shown as a date, in any zone."""

MAX_READ: Final = 2 * 1024 * 1024
"""Bytes of a file that are read, at its end."""

FORMER: Final = ".1"
"""What stands behind the name of the file before."""

_PUNCTUATION: Final = ".,;:()[]'\""


@frozen
class Entry:
    """
    One decision.

    @ivar generation: of the life of the daemon that took it.
    @ivar number: counts the decisions of that life, from 1.
    @ivar when: seconds since 1970.
    @ivar lost: so many entries before it are missing, since the disk took none.
    """

    generation: int
    number: int
    when: float
    decision: str
    subject: str
    node: str
    causes: tuple[str, ...]
    lost: int = 0

    @property
    def words(self) -> str:
        """The decision and its causes, in words."""
        return f"{self.decision} {self.subject} on {self.node}: {'; '.join(self.causes)}"

    def concerns(self, name: str) -> bool:
        """Tell whether it is about a group or a node: its subject, who acts, or named by a cause."""
        if name in (self.subject, self.node):
            return True
        return any(
            name in (word, word.strip(_PUNCTUATION)) for cause in self.causes for word in cause.split()
        )


def bounded(entry: Entry) -> Entry:
    """Return an entry as it can be written: no text longer than L{MAX_TEXT}, all of it text."""
    decision, subject, node = (_bounded(one) for one in (entry.decision, entry.subject, entry.node))
    causes = tuple(_bounded(one) for one in entry.causes[:MAX_CAUSES])
    return evolve(entry, decision=decision, subject=subject, node=node, causes=causes)


def write_entry(entry: Entry) -> str:
    """Write an entry as one line of ASCII, without its end."""
    line: dict[str, object] = {
        "time": iso(entry.when),
        "generation": entry.generation,
        "number": entry.number,
        "decision": entry.decision,
        "subject": entry.subject,
        "node": entry.node,
        "causes": list(entry.causes),
    }
    if entry.lost:
        line["lost"] = entry.lost
    return json.dumps(line)


def read_entry(line: str) -> Entry | None:
    """Read a line; None if it is no entry, or only a piece of one."""
    try:
        found = json.loads(line)
        return _entry(found) if isinstance(found, dict) else None
    except (ValueError, OverflowError, RecursionError):
        return None


def read_journal(path: str, limit: int = MAX_READ) -> tuple[list[Entry], int]:
    """
    Read a journal, and the file before it where there is one.

    @param limit: bytes that are read of each, at its end.
    @return: the newest L{KEPT} entries, oldest first, and how many whole lines
        are none.
    @raise OSError: it cannot be read, or is no file.
    """
    entries: deque[Entry] = deque(maxlen=KEPT)
    strange = 0
    earlier = b""
    with suppress(OSError):
        earlier = _read_end(path + FORMER, limit)
    for data in (earlier, _read_end(path, limit)):
        *lines, _torn = data.decode("ascii", "replace").split("\n")
        for line in filter(None, lines):
            entry = read_entry(line)
            if entry is None:
                strange += 1
            else:
                entries.append(entry)
    return list(entries), strange


def newest(entries: Iterable[Entry], about: str, count: int) -> list[Entry]:
    """
    Return the newest entries, oldest first.

    @param about: a group or a node; empty for everything.
    """
    chosen: deque[Entry] = deque(_about(entries, about), maxlen=max(0, count))
    return list(chosen)


def iso(when: float) -> str:
    """Write seconds since 1970 as a time in UTC, to the millisecond."""
    text = datetime.fromtimestamp(when, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _about(entries: Iterable[Entry], about: str) -> Iterator[Entry]:
    return (one for one in entries if not about or one.concerns(about))


def _entry(found: dict[str, object]) -> Entry:
    """
    Take an entry out of a JSON object.

    @raise ValueError: something is missing, or of another kind.
    """
    causes = found.get("causes")
    if not isinstance(causes, list):
        raise ValueError("no causes")
    return bounded(
        Entry(
            generation=_number(found.get("generation")),
            number=_number(found.get("number")),
            when=_moment(_text(found.get("time"))),
            decision=_text(found.get("decision")),
            subject=_text(found.get("subject")),
            node=_text(found.get("node")),
            causes=tuple(_text(one) for one in causes),
            lost=_number(found.get("lost", 0)),
        )
    )


def _moment(text: str) -> float:
    when = datetime.fromisoformat(text).timestamp()
    if not 0 <= when < MAX_TIME:
        raise ValueError(f"{text} is no time of ours")
    return when


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")
    return value


def _number(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is no number")
    return value


def _bounded(text: str) -> str:
    return plain(text[:MAX_TEXT])


def _read_end(path: str, limit: int) -> bytes:
    """
    Return the last bytes of a file, from the beginning of a line; never waits for a writer.

    @raise OSError: it cannot be read, or is no file.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(0, "it is no file", path)
        if found.st_size <= limit:
            return file.read(limit)
        file.seek(found.st_size - limit)
        return file.read(limit).partition(b"\n")[2]

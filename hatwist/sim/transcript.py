# -*- test-case-name: tests.sim.test_transcript -*-
"""
One line for each thing that happened, stable enough to be compared for years.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from attrs import define, field

from hatwist.cluster.actions import Log, Record, RunGroup, Stop, Transmit
from hatwist.cluster.names import Level

if TYPE_CHECKING:
    from hatwist.cluster.actions import Action
    from hatwist.config.model import Seconds


def describe(action: Action) -> str:
    """
    Put an action into words.

    @return: empty for what is not worth a line: datagrams and debug messages.
    """
    match action:
        case Transmit():
            return ""
        case RunGroup(_, group, verb):
            return f"run {verb.value} {group.key}"
        case Log(level, text, entity):
            if level is Level.DEBUG:
                return ""
            said = f"{level.value}: {text}" if level.value else text
            return said if entity == "heartbeat" else f"{entity} {said}"
        case Record(decision, subject, _, causes):
            return f"decide {decision} {subject}: {'; '.join(causes)}"
        case Stop(why):
            return f"stop: {why}"


@define
class Transcript:
    """
    What happened since somebody last looked, and a digest of everything.

    @ivar digest: of every line and every datagram since the beginning.
    """

    _lines: list[str] = field(factory=list)
    _digest: hashlib._Hash = field(factory=hashlib.sha256)

    def note(self, when: Seconds, who: str, what: str) -> None:
        """Add a line."""
        line = f"{when:9.3f} {who:8} {what}"
        self._lines.append(line)
        self._digest.update(line.encode("utf-8", "surrogateescape"))

    def act(self, when: Seconds, who: str, action: Action) -> None:
        """Add what a node did."""
        if isinstance(action, Transmit):
            self._digest.update(action.data)
        words = describe(action)
        if words:
            self.note(when, who, words)

    def take(self) -> list[str]:
        """Return the lines since the last time."""
        lines, self._lines = self._lines, []
        return lines

    @property
    def digest(self) -> str:
        """A short name of everything that happened."""
        return self._digest.hexdigest()[:16]

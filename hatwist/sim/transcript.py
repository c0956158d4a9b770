# -*- test-case-name: tests.sim.test_transcript -*-
"""
One line for each thing that happened, stable enough to be compared for years.
"""

from __future__ import annotations

import hashlib
from enum import Enum
from typing import TYPE_CHECKING, Final

from attrs import define, field

from hatwist.cluster.actions import (
    CancelFence,
    Deliver,
    Fence,
    Log,
    PauseClients,
    Persist,
    Probe,
    PushDeadline,
    Record,
    RunGroup,
    Transmit,
)
from hatwist.cluster.ledger import Number, number_of
from hatwist.cluster.names import Level
from hatwist.wire.envelope import open_datagram

if TYPE_CHECKING:
    from hatwist.cluster.actions import Action
    from hatwist.config.model import Seconds
    from hatwist.wire.auth import Keyring

_USUAL: Final = frozenset(
    ("t", "src", "srcuuid", "destuuid", "seq", "hg", "ts", "ld", "ttl", "auth", "protocol")
)
"""Fields that every message has, or that differ in each."""

_ESCAPES: Final = {code: f"\\x{code:02x}" for code in (*range(32), 127)}


def describe(action: Action) -> str:
    """
    Put an action into words.

    @return: empty for what is not worth a line: datagrams and debug messages.
    """
    if isinstance(action, Transmit | Probe | Deliver | PushDeadline):
        return ""
    if isinstance(action, RunGroup):
        return f"run {action.verb.value} {action.group.key}"
    if isinstance(action, Record):
        return f"decide {action.decision} {action.subject}: {'; '.join(action.causes)}"
    if isinstance(action, Log):
        return _logged(action)
    if isinstance(action, PauseClients):
        return "clients paused" if action.paused else "clients go on"
    if isinstance(action, Persist):
        return f"keep {action.name}: {action.text}"
    if isinstance(action, Fence):
        return f"fence {action.node}: {action.why}"
    if isinstance(action, CancelFence):
        return "fence no more"
    return f"stop: {action.why}"


def _logged(line: Log) -> str:
    if line.level is Level.DEBUG:
        return ""
    said = f"{line.level.value}: {line.text}" if line.level.value else line.text
    return said if line.entity == "heartbeat" else f"{line.entity} {said}"


class Tracing(Enum):
    """Which datagrams a transcript shows."""

    OFF = "off"
    ON = "on"
    "All but heartbeats and what keeps the numbering whole (C{status} and C{NS_})."
    ALL = "all"


@define
class Trace:
    """
    What of the nodes' talk is to be seen.

    @ivar newest: generation and sequence of each node's newest message, so that
        what is sent again is told from what is new.
    """

    keys: Keyring
    which: Tracing = Tracing.OFF
    newest: dict[str, Number] = field(factory=dict)

    def words(self, who: str, data: bytes) -> str:
        """
        Put a datagram into words: its type and the fields that are not in every message.

        @return: empty for what is not to be shown.
        """
        if self.which is Tracing.OFF:
            return ""
        message = open_datagram(data, self.keys)
        again = message.has("seq") and number_of(message) <= self.newest.get(who, (0, 0))
        if message.has("seq") and not again:
            self.newest[who] = number_of(message)
        if self.which is Tracing.ON and message.get("t").startswith(("status", "NS_")):
            return ""
        fields = [f"{one.name}={message.get(one.name)}" for one in message.fields if one.name not in _USUAL]
        return " ".join(["> again" if again else ">", message.get("t"), *fields])


@define
class Transcript:
    """
    What happened since somebody last looked, and a digest of everything.

    @ivar digest: of every line and every datagram since the beginning.
    """

    _lines: list[str] = field(factory=list)
    _digest: hashlib._Hash = field(factory=hashlib.sha256)

    def note(self, when: Seconds, who: str, what: str) -> None:
        """Add a line, whatever its text contains."""
        raw = f"{when:9.3f} {who:8} {what}".translate(_ESCAPES).encode("utf-8", "backslashreplace")
        self._lines.append(raw.decode("utf-8"))
        self._digest.update(raw)

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

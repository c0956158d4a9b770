# -*- test-case-name: tests.cluster.test_flow -*-
"""
Flow control: let clients wait while a living peer is far behind (protocol 8.6).

The daemon's own messages go on; they are few, and the peers need them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import define, field

from hatwist.cluster.actions import Log, PauseClients
from hatwist.cluster.facts import (
    FlowControlEnded,
    MessageDelivered,
    NodeRemoved,
    PeerDied,
    PeerRestarted,
    PeerStatusChanged,
)
from hatwist.cluster.names import Level
from hatwist.errors import MalformedError

if TYPE_CHECKING:
    from hatwist.cluster.complaints import Complaints
    from hatwist.cluster.facts import Outcome
    from hatwist.config.model import NodeName, Seconds
    from hatwist.wire.message import Message

WINDOW: Final = 250
"""Messages that may be unacknowledged before clients have to wait."""

FILLING: Final = 375
"""Unacknowledged messages that are worth a warning."""

NEARLY_FULL: Final = 450
"""Unacknowledged messages that are an error: soon the oldest cannot be sent again."""

_Item = MessageDelivered | PeerStatusChanged | PeerRestarted | PeerDied | NodeRemoved | FlowControlEnded


@define
class Flow:
    """
    How far each living peer is.

    @ivar paused: clients wait.
    """

    complaints: Complaints
    paused: bool = False
    _enabled: bool = True
    _sent: int = 0
    "The number of our newest message."
    _acked: dict[NodeName, int] = field(factory=dict)
    _since: dict[NodeName, int] = field(factory=dict)
    "The number of our newest message when a peer came."
    _received: int = 0
    "Every peer that lived meanwhile has received everything up to this number."

    def handle(self, item: _Item, now: Seconds) -> list[Outcome]:
        """Count what goes out and what is acknowledged."""
        match item:
            case MessageDelivered(sender, message, own):
                return self._control(now) if self._count(sender, message, own) else []
            case PeerStatusChanged(peer):
                self._acked.setdefault(peer, 0)
                self._since.setdefault(peer, self._sent)
            case PeerRestarted(peer):
                self._begin_anew(peer)
            case PeerDied(peer) | NodeRemoved(peer):
                self._acked.pop(peer, None)
                self._since.pop(peer, None)
            case FlowControlEnded():
                self._enabled = False
        return self._control(now)

    def deadline(self) -> Seconds:
        """Nothing here waits."""
        return float("inf")

    def unheard(self, peer: NodeName) -> int:
        """Return how many of our newest messages a living peer has not acknowledged, since it came."""
        if not self._enabled or peer not in self._acked:
            return 0
        return self._sent - max(self._acked[peer], self._since[peer])

    def _begin_anew(self, peer: NodeName) -> None:
        if peer in self._acked:
            self._acked[peer] = 0
            self._since[peer] = self._sent

    def _count(self, sender: NodeName, message: Message, own: bool) -> bool:
        """Take note of a message; say whether it was one to be counted."""
        if not own and message.get("t") != "NS_ackmsg":
            return False
        try:
            number = message.hexadecimal("seq" if own else "ackseq") or 0
        except MalformedError:
            # The history complains about it.
            return False
        if own:
            self._sent = number
        elif self._acked.get(sender, number) < number <= self._sent:
            self._acked[sender] = number
        return True

    def _control(self, now: Seconds) -> list[Outcome]:
        """What a peer has missed before it came is not waited for."""
        least = min(self._acked.values(), default=self._sent) if self._enabled else self._sent
        self._received = max(self._received, least)
        behind = self._sent - self._received
        outcomes: list[Outcome] = []
        if behind > FILLING:
            level = Level.ERROR if behind > NEARLY_FULL else Level.WARN
            text = f"Message hist queue is filling up ({behind} messages in queue)"
            outcomes.extend(self.complaints.note("history filling up", level, text, now))
        if self.paused is not (behind > WINDOW):
            self.paused = not self.paused
            word = "paused" if self.paused else "resumed"
            outcomes.append(Log(Level.INFO, f"all clients are now {word}"))
            outcomes.append(PauseClients(self.paused))
        return outcomes

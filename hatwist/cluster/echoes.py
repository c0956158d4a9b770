# -*- test-case-name: tests.cluster.test_echoes -*-
"""
Ask a peer over one medium, and be answered over it: in native mode only.

It shows how long the way there and back is, on each medium.  And a peer that is
late is asked on every medium before it is given up: its answer counts as a beat.
Neither message has a number; the question has one that nobody can guess, so that
a recorded answer is none.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from attrs import define, field

from hatwist.cluster.facts import MessageDelivered, PeerAnswered, PeerDied, PeerLate, Send
from hatwist.wire.message import Message

if TYPE_CHECKING:
    from random import Random

    from hatwist.cluster.facts import Outcome
    from hatwist.cluster.ledger import Ledger
    from hatwist.config.model import HaCf, LinkName, NodeName, Seconds

QUESTION: Final = "NS_echo"
ANSWER: Final = "NS_echoed"

PERIOD: Final = 10
"""Beats of ours from one question to the next, on each medium."""

MAX_OPEN: Final = 256
"""Questions that may still be answered."""

MAX_ANSWERED: Final = 64
"""Questions of the peers that are remembered, so that none is answered twice: they may be recordings."""

_BITS: Final = 64

_Item = MessageDelivered | PeerLate | PeerDied


@define
class Echoes:
    """Questions of ours that are open, and answers to those of the peers."""

    cf: HaCf
    ledger: Ledger
    rng: Random
    _links: tuple[LinkName, ...] = field(init=False)
    _open: dict[str, tuple[NodeName, LinkName, Seconds]] = field(factory=dict)
    "Whom we asked, over what, when; oldest first."
    _answered: deque[tuple[NodeName, str]] = field(factory=lambda: deque(maxlen=MAX_ANSWERED))
    _beats: int = 0

    def __attrs_post_init__(self) -> None:
        self._links = tuple(dict.fromkeys(spec.link for spec in self.cf.heartbeat_media))

    def handle(self, item: _Item, now: Seconds) -> list[Outcome]:
        """Ask, answer, hear answers."""
        match item:
            case MessageDelivered(own=True):
                return self._beat(now)
            case MessageDelivered(sender, message, link=link):
                return self._hear(sender, message, link, now)
            case PeerLate(peer):
                return self._ask(peer, now) if self.ledger.native else []
            case PeerDied(peer):
                self._open = {number: asked for number, asked in self._open.items() if asked[0] != peer}
                return []

    def deadline(self) -> Seconds:
        """Nothing here waits."""
        return float("inf")

    def _beat(self, now: Seconds) -> list[Outcome]:
        if not self.ledger.native:
            return []
        self._beats += 1
        if self._beats % PERIOD != 1:
            return []
        return [question for peer in self.ledger.living_peers() for question in self._ask(peer, now)]

    def _ask(self, peer: NodeName, now: Seconds) -> list[Outcome]:
        questions: list[Outcome] = []
        for link in self._links:
            number = f"{self.rng.getrandbits(_BITS):x}"
            self._open[number] = peer, link, now
            questions.append(Send(Message.of(t=QUESTION, dest=peer, n=number), (link,)))
        while len(self._open) > MAX_OPEN:
            del self._open[next(iter(self._open))]
        return questions

    def _hear(self, sender: NodeName, message: Message, link: LinkName | None, now: Seconds) -> list[Outcome]:
        number = message.get("n")
        if message.get("t") == QUESTION:
            return self._answer(sender, number[:_BITS], link)
        asked = self._open.get(number)
        if asked is None or asked[0] != sender:
            return []
        del self._open[number]
        return [PeerAnswered(sender, asked[1], now - asked[2])]

    def _answer(self, sender: NodeName, number: str, link: LinkName | None) -> list[Outcome]:
        assert link is not None, "a peer's message comes over a link"
        if (sender, number) in self._answered:
            return []
        self._answered.append((sender, number))
        return [Send(Message.of(t=ANSWER, dest=sender, n=number), (link,))]

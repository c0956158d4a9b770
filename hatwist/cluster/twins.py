# -*- test-case-name: tests.cluster.test_twins -*-
"""
Another machine that uses our name or our uuid: a clone of this one, or the one
that this one is a clone of.

Whoever was there first goes on; the newcomer refuses to start, in silence, since
every word of it would be taken for the other's.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from attrs import define, field

from hatwist.cluster.actions import Record
from hatwist.cluster.facts import (
    CommunicationEstablished,
    Listening,
    MessageDelivered,
    PeerHeard,
    Refused,
    SelfHeard,
    Send,
    TwinSuspected,
)
from hatwist.cluster.names import Level, NodeStatus
from hatwist.errors import MalformedError
from hatwist.wire.message import Message
from hatwist.wire.names import MessageType

if TYPE_CHECKING:
    from random import Random

    from hatwist.cluster.complaints import Complaints
    from hatwist.cluster.facts import Outcome
    from hatwist.cluster.identity import Identity
    from hatwist.config.model import Seconds

LISTENING: Final = 1.25
"""
Keepalives a starting node listens before its first word: so long it takes at most
to hear another machine that has its name.
"""

WAITING: Final = 0.25
"""
Keepalives it waits for an answer before it takes part: the other may have been as
silent, and may have begun to speak at the same moment.
"""

TWIN: Final = "NS_twin"
"""
What a newcomer says to the one it gives way to, or asks one that may be its own former
life: the only word it says.  It has no number, and is addressed, so that no other node
takes it for a sign of life.
"""

QUESTION: Final = "n"
"""Its field in which a newcomer asks: random, so that no recording answers."""

ANSWER: Final = "re"
"""Its field in which that is repeated by one that lives."""

ASKING: Final = 0.2
"""Seconds from one question to the next, at least."""

_BITS: Final = 64

CLOCK_ERROR: Final = 1
"""Seconds by which the clock of a machine that lives may be ahead, to be known by it."""

MAX_RECENT: Final = 16
"""Messages of our own that are remembered, to know them again."""

MAX_CLOCK_ERROR: Final = 60
"""Seconds by which another machine's clock may be late; what is older may be a copy of old times."""

_Item = SelfHeard | MessageDelivered | CommunicationEstablished


@define
class Twins:
    """
    Watches for messages that could be our own and are not.

    An old status, or one of a lower generation of ours, may be a recording, which would
    keep this node from starting.  It proves a twin if it was sent after our start; else
    its sender is asked.

    @ivar start: seconds since 1970 at our start.
    """

    identity: Identity
    complaints: Complaints
    rng: Random
    start: Seconds
    _sent: deque[tuple[int, int]] = field(factory=lambda: deque(maxlen=MAX_RECENT))
    "Number and time of our newest messages, oldest first."
    _established: bool = False
    _refused: bool = False
    _question: str = ""
    _asked: Seconds = float("-inf")

    def handle(self, item: _Item, now: Seconds) -> list[Outcome]:
        """Tell our own messages from those of a twin."""
        match item:
            case MessageDelivered(_, message, own):
                if own:
                    number, time = message.hexadecimal("seq") or 0, message.hexadecimal("ts") or 0
                    self._sent.append((number, time))
                return []
            case CommunicationEstablished():
                self._established = True
                return []
            case SelfHeard():
                try:
                    return self._judge(item, now)
                except MalformedError as error:
                    return [*self.complaints.malformed(f"on {item.where}", error, now)]

    def deadline(self) -> Seconds:
        """Nothing here waits."""
        return float("inf")

    def _judge(self, heard: SelfHeard, now: Seconds) -> list[Outcome]:
        message, me = heard.message, self.identity
        named = message.get("src") == me.name
        same_uuid = message.binary("srcuuid") in (None, me.uuid)
        generation = message.hexadecimal("hg") or 0
        ours = named and same_uuid and generation == me.generation
        if message.get("t") == TWIN:
            return self._hear_word(message, self._describe(heard, same_uuid), now)
        if message.get("t") != MessageType.STATUS:
            # Every machine that lives says its status; the rest proves nothing.
            return [PeerHeard(me.name, heard.link)] if ours else []
        if ours and self._is_ours(message):
            return [PeerHeard(me.name, heard.link)]
        sent = message.hexadecimal("ts") or 0
        former = named and same_uuid and generation < me.generation
        if sent < self.start - MAX_CLOCK_ERROR or (former and not self._is_of_now(sent, now)):
            self.complaints.count("own former life")
            return [] if self._established or self._refused else self._ask(message.get("src"), sent, now)
        text = self._describe(heard, same_uuid)
        if self._established or self._refused or not self._yields(message, generation):
            return [*self.complaints.note("our name", Level.ERROR, f"{text}; its messages are ignored", now)]
        return self._refuse(message, text, now)

    def _hear_word(self, message: Message, text: str, now: Seconds) -> list[Outcome]:
        """A newcomer has found us and says so, or asks whether we live; or we are answered."""
        question = message.get(QUESTION)
        if self._refused or (question and question == self._question):
            return []  # it is our own word, from the loop
        answer = message.get(ANSWER)
        if answer:
            known = answer == self._question and not self._established
            return self._refuse(message, text, now) if known else []
        if question:
            lives = Message.of(t=TWIN, dest=message.get("src")).with_field(ANSWER, question[:_BITS])
            return [Send(lives)] if self._sent else []
        said = f"{text}; it came later and does not start"
        return [*self.complaints.note("our name", Level.ERROR, said, now)]

    def _ask(self, whom: str, sent: int, now: Seconds) -> list[Outcome]:
        """Ask whether it is a machine that lives, without a word to anybody else."""
        if now - self._asked < ASKING:
            return []
        self._asked = now
        self._question = self._question or f"{self.rng.getrandbits(_BITS):x}"
        word = Send(Message.of(t=TWIN, dest=whom).with_field(QUESTION, self._question))
        asked: list[Outcome] = [word] if self._sent else [Listening(False), word, Listening(True)]
        return [*asked, TwinSuspected()] if sent == int(self.start) else asked

    def _refuse(self, message: Message, text: str, now: Seconds) -> list[Outcome]:
        me = self.identity
        self._refused = True
        refusal = f"{text}; this node came later and does not start"
        return [
            *self.complaints.note("our name", Level.CRIT, refusal, now),
            Record("refuse to start", me.name, me.name, (text,)),
            Listening(False),
            Send(Message.of(t=TWIN, dest=message.get("src"))),
            Refused(text),
        ]

    def _is_ours(self, message: Message) -> bool:
        """Say whether we may have sent this: it is not newer than what we sent next."""
        sequence, time = message.hexadecimal("seq") or 0, message.hexadecimal("ts") or 0
        return time <= next((at for number, at in self._sent if number >= sequence), 0)

    def _is_of_now(self, sent: int, now: Seconds) -> bool:
        """Say whether it was sent after our start, and not in times that our clock has left by a step."""
        return int(self.start) < sent <= self.identity.epoch + now + CLOCK_ERROR

    def _yields(self, message: Message, generation: int) -> bool:
        """
        Say whether it is we who have to go: the other was there first.

        Who said nothing yet was not.  If both have only just begun to speak, the lower
        generation stays, then the lower uuid or name; if they are the same in
        everything, nobody can tell and both go.
        """
        if not self._sent or message.get("st") not in (NodeStatus.INIT.value, NodeStatus.UP.value):
            return True
        me = self.identity
        theirs = generation, message.binary("srcuuid") or me.uuid, message.get("src")
        return theirs <= (me.generation, me.uuid, me.name)

    def _describe(self, heard: SelfHeard, same_uuid: bool) -> str:
        name = heard.message.get("src")
        if name != self.identity.name:
            return f"node {name} uses the uuid of this node (on {heard.where}): one is a copy of the other"
        what = " and our uuid: it is a copy of this one, or this one of it" if same_uuid else ""
        return f"another machine uses our name {name}{what} (on {heard.where})"

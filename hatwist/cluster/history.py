# -*- test-case-name: tests.cluster.test_history -*-
"""
Sending: standard fields, numbering, the history, and what peers ask for again
(protocol 5, 8.1, 8.5, 8.6).
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Final

from attrs import define, field

from hatwist.cluster.actions import Log, Transmit
from hatwist.cluster.events import KeysChanged, LoadSampled
from hatwist.cluster.facts import (
    ClaimOvertaken,
    Listening,
    MessageDelivered,
    NodeRemoved,
    PeerDied,
    PeerRestarted,
    PeerStatusChanged,
    Refused,
    Send,
    UuidLearned,
)
from hatwist.cluster.names import Level
from hatwist.config.lines import BITS
from hatwist.config.model import LinkName, MessageFormat, NodeName
from hatwist.errors import MalformedError
from hatwist.wire.envelope import Sealing, seal, seal_classic, sign_again, sign_line_again
from hatwist.wire.message import Field, FieldType, Message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hatwist.cluster.complaints import Complaints
    from hatwist.cluster.facts import Outcome
    from hatwist.cluster.identity import Identity
    from hatwist.config.model import HaCf, HaConfig, Seconds
    from hatwist.wire.auth import Keyring

MAX_HISTORY: Final = 500
"""Messages kept for sending again."""

MAX_ANSWERS: Final = 50
"""Messages sent again, or refused, for one request."""

MIN_KEPT: Final = 2.5
"""Seconds an acknowledged message is kept at least."""

RESEND_MARGIN: Final = 0.01
"""One message is sent again at most once in C{max_rexmit_delay} less this."""

LINE_SHARE: Final = 0.25
"""Deadtimes for which one message may hold a serial line that is not the only medium."""

_NO_UUID: Final = bytes(16)

_Item = (
    Send
    | Refused
    | Listening
    | MessageDelivered
    | UuidLearned
    | PeerStatusChanged
    | PeerDied
    | NodeRemoved
    | PeerRestarted
    | LoadSampled
    | KeysChanged
)


@define
class _Sent:
    data: bytes
    line: bytes
    at: Seconds
    claim: bool
    resent: Seconds = float("-inf")


@define
class History:
    """Everything this node sent lately, by number."""

    config: HaConfig
    identity: Identity
    complaints: Complaints
    _sealing: Sealing = field(init=False)
    _sent: dict[int, _Sent] = field(factory=dict)
    _number: int = 0
    _acked: dict[NodeName, int] = field(factory=dict)
    _uuids: dict[NodeName, bytes] = field(factory=dict)
    _load: str = "n/a"
    _silent: bool = False
    _refused: bool = False
    _claimed: int = 0
    "The number of our newest claim."
    _keys: Keyring = field(init=False)
    _longest: float = field(init=False)
    "Bytes that a message of a serial line may have; 0 where there is none."

    def __attrs_post_init__(self) -> None:
        self._keys = self.config.keys
        cf = self.config.cf
        self._longest = _longest_line(cf)
        self._sealing = Sealing(
            inner_auth=cf.msgfmt is MessageFormat.CLASSIC,
            compression=cf.compression,
            threshold=cf.compression_threshold if cf.traditional_compression else None,
        )

    def handle(self, item: _Item, now: Seconds) -> list[Outcome]:
        """Send, send again, or take note of what a peer received."""
        match item:
            case Send(message, links):
                return [] if self._silent else self._send(message, links, now)
            case Refused():
                self._silent = self._refused = True
            case Listening(silent):
                self._silent = silent or self._refused
            case MessageDelivered(sender, message, own):
                return [] if own else self._answer(sender, message, now)
            case UuidLearned(peer, uuid):
                self._uuids[peer] = uuid
            case PeerStatusChanged(peer):
                self._acked.setdefault(peer, 0)
            case PeerRestarted(peer):
                self._begin_anew(peer)
            case PeerDied(peer) | NodeRemoved(peer):
                self._acked.pop(peer, None)
            case LoadSampled(text):
                self._load = text
            case KeysChanged(keys):
                self._keys = keys
                for sent in self._sent.values():
                    sent.data = sign_again(sent.data, keys)
                    sent.line = sign_line_again(sent.line, keys) if sent.line else b""
        return []

    def _begin_anew(self, peer: NodeName) -> None:
        if peer in self._acked:
            self._acked[peer] = 0

    def deadline(self) -> Seconds:
        """Nothing here waits."""
        return float("inf")

    @property
    def length(self) -> int:
        """How many messages are kept."""
        return len(self._sent)

    def _send(self, message: Message, links: tuple[LinkName, ...], now: Seconds) -> list[Outcome]:
        sequenced = not message.get("t").startswith("NS_")
        message = self._addressed(message)
        number = self._number + 1
        # What a program of this host put in is overwritten where it stands (protocol 5).
        message = message.with_fields(self._standard(number if sequenced else None, now))
        try:
            data = seal(message, self._keys, self._sealing)
        except MalformedError as error:
            return [*self.complaints.malformed("of our own, not sent", error, now)]
        line = self._line(message) if self._longest else b""
        outcomes: list[Outcome] = [Transmit(data, line, links)]
        if sequenced:
            self._number = number
            self._keep(_Sent(data, line, now, message.get("t") == "resource"))
            outcomes.append(MessageDelivered(self.identity.name, message, own=True))
        return outcomes

    def _addressed(self, message: Message) -> Message:
        dest = message.get("dest")
        if not dest:
            return message
        uuid = self.identity.uuid if dest == self.identity.name else self._uuids.get(NodeName(dest), _NO_UUID)
        return message.with_field("destuuid", uuid, FieldType.BINARY)

    def _standard(self, number: int | None, now: Seconds) -> Iterator[Field]:
        cf, identity = self.config.cf, self.identity
        yield Field("src", identity.name)
        yield Field("srcuuid", identity.uuid, FieldType.BINARY)
        if number is not None:
            yield Field("seq", f"{number:x}")
        yield Field("hg", f"{identity.generation:x}")
        yield Field("ts", identity.stamp(now))
        if number is not None:
            yield Field("ld", self._load)
        yield Field("ttl", str(cf.hopfudge + len(cf.nodes) + len(cf.ping_nodes)))

    def _line(self, message: Message) -> bytes:
        """Write a message for a serial line; one that it cannot carry goes over the other media."""
        try:
            line = seal_classic(message, self._keys)
        except MalformedError:
            line = b""
        if 0 < len(line) <= self._longest:
            return line
        self.complaints.count("not for serial lines")
        return b""

    def _keep(self, sent: _Sent) -> None:
        self._sent[self._number] = sent
        if sent.claim:
            self._claimed = self._number
        if len(self._sent) > MAX_HISTORY:
            del self._sent[next(iter(self._sent))]

    def _answer(self, sender: NodeName, message: Message, now: Seconds) -> list[Outcome]:
        kind = message.get("t")
        if kind not in ("NS_rexmit", "NS_ackmsg"):
            return []
        try:
            if kind == "NS_ackmsg":
                self._acknowledged(sender, message.hexadecimal("ackseq") or 0, now)
                return []
            return self._resend(sender, message, now)
        except MalformedError as error:
            return [
                *self.complaints.note("malformed", Level.WARN, f"Bad message from {sender}: {error}", now)
            ]

    def _acknowledged(self, sender: NodeName, number: int, now: Seconds) -> None:
        before = self._acked.get(sender, self._number)
        if not max(1, before) <= number <= self._number:
            self.complaints.count("strange acknowledgement")
            return
        if number == before:
            return  # it comes over each medium
        self._acked[sender] = number
        least = min(self._acked.values())  # of all peers that are not dead
        for old in list(self._sent):
            if old > least or now - self._sent[old].at < MIN_KEPT:
                break
            del self._sent[old]

    def _resend(self, sender: NodeName, message: Message, now: Seconds) -> list[Outcome]:
        first = message.decimal("firstseq") or 0
        last = message.decimal("lastseq") or first
        outcomes: list[Outcome] = []
        if first > self._number:
            text = f"Rexmit of seq {first} requested. {self._number} is max."
            outcomes.extend(self.complaints.note("rexmit of the future", Level.WARN, text, now))
        answered = 0
        overtaken = False
        for number in range(first, min(last, self._number, first + MAX_HISTORY) + 1):
            if answered == MAX_ANSWERS:
                break
            if number <= self._acked.get(sender, 0):
                continue
            kept = self._sent.get(number)
            if kept is None:
                outcomes.extend(self._refuse(sender, number, now))
                answered += 1
                continue
            if now - kept.resent < self.config.cf.max_rexmit_delay - RESEND_MARGIN:
                continue
            kept.resent = now
            outcomes.append(Log(Level.DEBUG, f"Retransmitting pkt {number}"))
            outcomes.append(Transmit(kept.data, kept.line))
            overtaken = overtaken or (kept.claim and number < self._claimed)
            answered += 1
        return [*outcomes, ClaimOvertaken()] if overtaken else outcomes

    def _refuse(self, sender: NodeName, number: int, now: Seconds) -> list[Outcome]:
        reason = "seqno too low"
        nak = Message.of(t="NS_nak_rexmit", firstseq=f"{number:x}", dest=sender, info=reason)
        text = f"Cannot rexmit pkt {number} for {sender}: {reason}"
        return [*self.complaints.note("cannot resend", Level.ERROR, text, now), Send(nak)]


def _longest_line(cf: HaCf) -> float:
    """Say how long messages on serial lines may be: without another medium as long as they are."""
    if not cf.serial_lines:
        return 0
    if cf.serial_lines == cf.heartbeat_media:
        return inf
    return min(one.baud for one in cf.serial_lines) / BITS * LINE_SHARE * cf.deadtime

# -*- test-case-name: tests.cluster.test_clients -*-
"""
What the programs of this host say and hear: clients of heartbeat's API, scripts
that write into the FIFO (protocol 2.5, 6.4, 12.4, 12.5).

The API itself, its sockets and its rights, is not here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import define, field

from hatwist.cluster import speech
from hatwist.cluster.actions import Deliver, Log
from hatwist.cluster.events import ClientAsked, ClientJoined, ClientLeft, ClientSpoke, MessageWanted
from hatwist.cluster.facts import LinkChanged, MessageDelivered, PeerDied, ProgramJoined, ProgramSpoke, Send
from hatwist.cluster.names import Delivery, Level
from hatwist.config.model import NodeName
from hatwist.wire.message import Field, Message

if TYPE_CHECKING:
    from hatwist.cluster.facts import Outcome
    from hatwist.cluster.identity import Identity
    from hatwist.cluster.roster import Roster
    from hatwist.config.model import Seconds

DAEMONS_OWN: Final = frozenset(
    {
        "",
        "status",
        "starting",
        "shutdone",
        "reqnodes",
        "repnodes",
        "query-cstatus",
        "respond-cstatus",
        "stonith",
        "ifstat",
    }
)
"""Types, beside C{NS_} and C{hbapi-}, that nobody but a daemon may send: they say how it is."""

_PROTOCOL: Final = frozenset({"reqnodes", "repnodes", "query-cstatus"})

MAX_SHOWN: Final = 40
"""Characters of a program's own words that are repeated in our log."""

_Item = (
    MessageWanted
    | ClientJoined
    | ClientLeft
    | ClientSpoke
    | ClientAsked
    | ProgramJoined
    | ProgramSpoke
    | MessageDelivered
    | LinkChanged
    | PeerDied
)


@define
class Clients:
    """
    Who has signed on here, and what all of them are told.

    @ivar names: the named clients, and the number of the sign-on of each.
    """

    identity: Identity
    roster: Roster
    names: dict[str, int] = field(factory=dict)
    _signed_on: int = 0
    _statuses: dict[NodeName, str] = field(factory=dict)
    "What each node last said of itself, or what we say of a dead one."

    def handle(self, item: _Item, now: Seconds) -> list[Outcome]:
        """Pass on what programs say, and tell them what happens."""
        match item:
            case MessageWanted(message, requester):
                return self._send(message, requester, now)
            case ClientJoined(name) | ProgramJoined(name):
                self._signed_on += 1
                self.names[name] = self._signed_on
                return [Send(self._presence(name, "join", "signon"))]
            case ClientLeft(name, reason):
                left = Send(self._presence(name, "leave", reason)) if name in self.names else None
                self.names.pop(name, None)
                return [left] if left else []
            case ClientSpoke(name, message) | ProgramSpoke(name, message):
                return self._speak(name, message)
            case ClientAsked(node, client, asker):
                return [Send(Message.of(t="query-cstatus", dest=node, cn=client, from_id=asker))]
            case MessageDelivered(sender, message, own):
                return self._hear(sender, message, own)
            case LinkChanged(node, link, status):
                news = Message.of(t="ifstat", node=node, ifname=link, st=status.value)
                return [Deliver(news, Delivery.NEWS, own=True)]
            case PeerDied(peer):
                self._statuses[peer] = "dead"
                news = speech.dead(peer, self.identity.stamp(now))
                return [Deliver(news, Delivery.NEWS, own=True)]

    def deadline(self) -> Seconds:
        """Nothing here waits."""
        return float("inf")

    def _send(self, message: Message, requester: str, now: Seconds) -> list[Outcome]:
        kind = message.get("t")
        if _is_daemons_own(kind):
            text = f"{requester}: a message of type {kind[:MAX_SHOWN]!r} is for the daemon itself to send"
            return [Log(Level.WARN, text)]
        strangers = self.roster.strangers(message)
        if strangers:
            # A peer that runs heartbeat would take in what we refuse.
            return [*self.roster.refuse(strangers, requester, now)]
        return [Send(message)]

    def _speak(self, name: str, message: Message) -> list[Outcome]:
        generation = self.names.get(name)
        kind = message.get("t")
        if generation is None or _is_daemons_own(kind):
            text = f"client {name[:MAX_SHOWN]} may not send a message of type {kind[:MAX_SHOWN]!r}"
            return [Log(Level.WARN, text)]
        for field_name, value in (("from_id", name), ("to_id", name), ("client_gen", str(generation))):
            message = message.with_field(field_name, value)
        return [Send(message)]

    def _presence(self, name: str, status: str, reason: str) -> Message:
        generation = str(self.names[name])
        return Message(
            (
                Field("t", "hbapi-clstat"),
                Field("st", status),
                Field("from_id", name),
                Field("to_id", name),
                Field("src", self.identity.name),
                Field("info", reason),
                Field("client_gen", generation),
            )
        )

    def _hear(self, sender: NodeName, message: Message, own: bool) -> list[Outcome]:
        kind = message.get("t")
        delivery = Delivery.PROTOCOL if kind in _PROTOCOL or kind.startswith("NS_") else Delivery.NEWS
        if kind == "status":
            status = message.get("st")
            if own or self._statuses.get(sender) == status:
                delivery = Delivery.UNCHANGED
            self._statuses[sender] = status
        told: list[Outcome] = [Deliver(message, delivery, own)]
        if kind == "query-cstatus" and not own:
            told.append(Send(self._answer(sender, message)))
        return told

    def _answer(self, sender: NodeName, message: Message) -> Message:
        client = message.get("cn")
        status = "online" if client in self.names else "offline"
        return Message.of(
            t="respond-cstatus",
            dest=sender,
            result="OK",
            cn=client,
            to_id=message.get("from_id"),
            cs=status,
        )


def _is_daemons_own(kind: str) -> bool:
    return kind in DAEMONS_OWN or kind.startswith(("NS_", "hbapi-"))

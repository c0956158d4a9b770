# -*- test-case-name: tests.cluster.test_reception -*-
"""
From bytes on a link to a message, and who says to have sent it (protocol 5).

Every message is authenticated before anything else looks at it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import define, field

from hatwist.cluster.facts import EchoHeard, MessageArrived, SelfHeard
from hatwist.cluster.names import Level
from hatwist.config.model import NodeName
from hatwist.errors import AuthenticationError, MalformedError, RemoteError
from hatwist.wire.envelope import open_datagram

if TYPE_CHECKING:
    from collections.abc import Container

    from hatwist.cluster.actions import Log
    from hatwist.cluster.complaints import Complaints
    from hatwist.cluster.events import DatagramReceived
    from hatwist.cluster.facts import Outcome
    from hatwist.cluster.identity import Identity
    from hatwist.config.model import HaConfig, Seconds
    from hatwist.wire.auth import Keyring
    from hatwist.wire.message import Message

MAX_SHOWN: Final = 99
"""Characters of a name that are repeated in our log."""


@define
class Opening:
    """
    Opens datagrams.

    @ivar keys: what they have to be signed with.
    """

    config: HaConfig
    identity: Identity
    complaints: Complaints
    keys: Keyring = field(init=False)
    _pings: frozenset[str] = field(init=False)
    "Links over which echoes come, and nothing else."

    def __attrs_post_init__(self) -> None:
        self.keys = self.config.keys
        self._pings = frozenset(self.config.cf.ping_nodes)

    def open(
        self, event: DatagramReceived, peers: Container[NodeName], now: Seconds
    ) -> MessageArrived | list[Outcome]:
        """
        Open one.

        @return: a peer's message; it is no item for the agenda, since nobody else hears of
            it, and there is one for each datagram.  Or what follows from anything else.
        """
        try:
            message = open_datagram(event.data, self.keys)
            sender = _sender(message)
        except AuthenticationError as error:
            return [*self._unauthentic(error, event, now)]
        except RemoteError as error:
            return [*self.malformed(f"on {_where(event)}", error, now)]
        if event.link in self._pings:
            return [EchoHeard(event.link, message)]
        if sender == self.identity.name or (
            sender in peers and message.binary("srcuuid") == self.identity.uuid
        ):
            return [SelfHeard(event.link, message, _where(event))]
        if sender not in peers:
            text = (
                f"process_status_message: bad node [{sender[:MAX_SHOWN]}] in message"
                f" (on {_where(event)}; it is not in our ha.cf)"
            )
            return [*self.complaints.note("unknown node", Level.ERROR, text, now)]
        return MessageArrived(event.link, sender, message)

    def malformed(self, where: str, error: RemoteError, now: Seconds) -> list[Log]:
        """Complain of what cannot be understood."""
        if not self.config.cf.log_badpack:
            self.complaints.count("malformed", now)
            return []
        return self.complaints.malformed(where, error, now)

    def _unauthentic(self, error: AuthenticationError, event: DatagramReceived, now: Seconds) -> list[Log]:
        # On a serial line a single byte of noise is enough.
        kind = "not authentic on a line" if event.link.startswith("/") else "not authentic"
        if not self.config.cf.log_badpack:
            self.complaints.count(kind, now)
            return []
        claimed = error.claimed or "?"
        text = f"string2msg_ll: node [{claimed}] failed authentication (on {_where(event)}: {error})"
        return self.complaints.note(kind, Level.WARN, text, now)


def _sender(message: Message) -> NodeName:
    sender = message.get("src")
    if not (sender and message.get("t")):
        raise MalformedError(f"no field {'src' if message.get('t') else 't'!r}")
    if not message.hexadecimal("ts"):
        raise MalformedError("the time stamp is zero" if message.get("ts") else "no field 'ts'")
    return NodeName(sender)


def _where(event: DatagramReceived) -> str:
    """Say where a datagram came from, for the log."""
    return f"{event.link} {event.source}".rstrip()

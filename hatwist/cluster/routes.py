# -*- test-case-name: tests.cluster.test_node -*-
"""
Who hears what, in which order: the whole nervous system.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from attrs import frozen

from hatwist.cluster import events, facts
from hatwist.cluster.confirmations import HEARD_NOTE
from hatwist.cluster.echoes import ANSWER, QUESTION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Protocol

    from hatwist.config.model import Seconds
    from hatwist.wire.message import Message

    Handler = Callable[[object, Seconds], list[facts.Outcome]]

    class Machine(Protocol):
        """What every machine is."""

        def handle(self, item: object, now: Seconds) -> list[facts.Outcome]:
            """Take in an item of a type that C{ROUTES} sends here."""

        def deadline(self) -> Seconds:
            """When it wants to hear C{DeadlinePassed}."""


ROUTES: Final[Mapping[type, tuple[str, ...]]] = MappingProxyType(
    {
        events.Started: ("adoption", "membership", "pings"),
        events.DatagramReceived: ("reception",),
        events.DeadlinePassed: (
            "reception",
            "membership",
            "pings",
            "links",
            "adoption",
            "resources",
            "requests",
            "takeover",
            "standby",
            "healing",
            "aftermath",
            "ipfail",
            "recovery",
            "work",
            "departure",
            "lease",
            "fencing",
        ),
        events.LinkDown: ("links",),
        events.LinkUp: ("links",),
        events.GroupFinished: ("work",),
        events.ResourceFailed: ("recovery",),
        events.LoadSampled: ("history",),
        events.StandbyWanted: ("standby",),
        events.TakeoverWanted: ("standby",),
        events.CleanupWanted: ("recovery", "takeover"),
        events.LeaveWanted: ("departure",),
        events.MessageWanted: ("clients",),
        events.ClientJoined: ("clients",),
        events.ClientLeft: ("clients",),
        events.ClientSpoke: ("clients",),
        events.ClientAsked: ("clients",),
        events.DeadlineRefused: ("lease",),
        events.FenceFinished: ("fencing",),
        events.FenceConfirmed: ("fencing",),
        events.KeysChanged: ("reception", "history", "pings"),
        facts.SelfHeard: ("twins",),
        facts.EchoHeard: ("pings",),
        facts.PeerLate: ("echoes",),
        facts.PeerAnswered: ("reception", "membership"),
        facts.PingChanged: ("membership", "ipfail"),
        facts.ProgramJoined: ("clients",),
        facts.ProgramSpoke: ("clients",),
        facts.Refused: ("history", "departure"),
        facts.Listening: ("history",),
        facts.TwinSuspected: ("membership",),
        facts.TwinFound: ("membership", "resources"),
        facts.PeerHeard: ("links", "lease", "adoption"),
        facts.LinkChanged: ("clients",),
        facts.NodeAdded: ("reception", "membership", "links", "resources", "mode"),
        facts.NodeRemoved: (
            "reception",
            "history",
            "flow",
            "membership",
            "links",
            "resources",
            "mode",
            "lease",
            "fencing",
        ),
        facts.MessageDelivered: (
            "clients",
            "mode",
            "history",
            "flow",
            "lease",
            "membership",
            "adoption",
            "resources",
            "requests",
            "takeover",
            "standby",
            "aftermath",
            "roster",
            "twins",
            "pings",
            "ipfail",
            "echoes",
        ),
        facts.PeerRestarted: (
            "history",
            "flow",
            "membership",
            "resources",
            "requests",
            "standby",
            "healing",
            "aftermath",
            "lease",
        ),
        facts.BeatAsked: ("membership",),
        facts.ClaimOvertaken: ("resources",),
        facts.FlowControlEnded: ("reception", "flow", "membership"),
        facts.UuidLearned: ("history",),
        facts.PeerStatusChanged: (
            "reception",
            "history",
            "flow",
            "links",
            "resources",
            "fencing",
            "healing",
            "mode",
        ),
        facts.PeerDied: (
            "reception",
            "history",
            "flow",
            "links",
            "clients",
            "healing",
            "aftermath",
            "requests",
            "takeover",
            "ipfail",
            "echoes",
            "recovery",
            "lease",
        ),
        facts.PeerReturned: ("healing", "aftermath"),
        facts.ClaimHeard: ("healing", "fencing"),
        facts.HomecomingOver: ("healing",),
        facts.CommunicationEstablished: ("twins", "ipfail", "adoption", "resources"),
        facts.LeaseOver: ("lease",),
        facts.FenceWanted: ("fencing",),
        facts.NodeFenced: ("takeover",),
        facts.Adopted: ("work", "lease"),
        facts.Swept: ("lease", "resources"),
        facts.JobBegun: ("work",),
        facts.JobsCancelled: ("work",),
        facts.GroupProbed: ("requests",),
        facts.JobFinished: (
            "adoption",
            "requests",
            "takeover",
            "standby",
            "healing",
            "recovery",
            "departure",
            "mode",
        ),
        facts.HandoverAsked: ("standby",),
        facts.HoldingsChanged: ("resources", "healing", "departure", "mode", "ipfail", "recovery"),
        facts.Send: ("history",),
    }
)

HEARD: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "lease": frozenset({"status", HEARD_NOTE}),
        "adoption": frozenset({"resource"}),
        "mode": frozenset({"status"}),
        "history": frozenset({"NS_rexmit", "NS_ackmsg"}),
        "membership": frozenset({"status", "reqnodes", "repnodes"}),
        "resources": frozenset({"starting", "resource"}),
        "requests": frozenset({"ip-request", "ip-request-resp", "shutdone"}),
        "takeover": frozenset({"shutdone"}),
        "standby": frozenset({"resource", "ask_resources", "hb_takeover"}),
        "aftermath": frozenset({"repnodes", "stonith", "ip-request-resp", "shutdone"}),
        "roster": frozenset({"addnode", "delnode", "setweight", "setsite"}),
        "pings": frozenset({"status"}),
        "echoes": frozenset({"status", QUESTION, ANSWER}),
        "ipfail": frozenset({"hbapi-clstat", "num_ping_nodes", "you_are_dead", "abort_giveup"}),
    }
)
"""The types of delivered messages that a machine hears of; one that is not here hears of all."""

IDLE: Final = frozenset({"clients", "echoes", "flow", "history", "mode", "roster", "twins"})
"""Machines that never wait for anything; they are not asked for a deadline."""

HEARD_OF_PEERS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        **HEARD,
        "flow": frozenset({"NS_ackmsg"}),
        "twins": frozenset(),
        "pings": frozenset(),
        "echoes": frozenset({QUESTION, ANSWER}),
    }
)
"""The same for messages of peers: these watch what we say ourselves."""


@frozen
class Directory:
    """Who hears of which type of delivered message, in the order of C{ROUTES}."""

    by_type: Mapping[str, tuple[Handler, ...]]
    other: tuple[Handler, ...]

    @classmethod
    def of(cls, heard: Mapping[str, frozenset[str]], handles: Mapping[str, Handler]) -> Directory:
        """
        Turn a table round.

        @param handles: what each machine hears with; who is not there hears of nothing.
        """
        names = [name for name in ROUTES[facts.MessageDelivered] if name in handles]
        kinds = frozenset().union(*heard.values())
        by_type = {
            kind: tuple(handles[name] for name in names if kind in heard.get(name, {kind})) for kind in kinds
        }
        return cls(by_type, tuple(handles[name] for name in names if name not in heard))

    def handlers(self, message: Message) -> tuple[Handler, ...]:
        """Return what hears of a message."""
        return self.by_type.get(message.get("t"), self.other)

# -*- test-case-name: tests.cluster.test_membership -*-
"""
Who is a member, in which state: init, up, active, dead (protocol 6.2, 9).

It beats, it listens to the beats of the peers, it declares communication
established and peers dead.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Final

from attrs import define, field

from hatwist.cluster import speech
from hatwist.cluster.actions import Log
from hatwist.cluster.confirmations import HEARD_FIELD, heard_text
from hatwist.cluster.deadlines import Deadlines
from hatwist.cluster.events import DeadlinePassed, Started
from hatwist.cluster.facts import (
    BeatAsked,
    CommunicationEstablished,
    FlowControlEnded,
    Listening,
    MessageDelivered,
    NodeAdded,
    NodeRemoved,
    PeerAnswered,
    PeerDied,
    PeerLate,
    PeerRestarted,
    PeerReturned,
    PeerStatusChanged,
    PingChanged,
    Send,
    TwinFound,
    TwinSuspected,
)
from hatwist.cluster.ledger import number_of
from hatwist.cluster.mode import NATIVE_FIELD
from hatwist.cluster.names import Level, NodeStatus
from hatwist.cluster.peer import Peer, late, returning
from hatwist.config.model import NodeName
from hatwist.errors import MalformedError
from hatwist.wire.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hatwist.cluster.complaints import Complaints
    from hatwist.cluster.facts import Outcome
    from hatwist.cluster.patience import Patience
    from hatwist.config.model import HaConfig, Seconds

START_SLACK: Final = 2.0
"""Seconds by which a starting node asks for more patience (protocol 9.5)."""

START_PERIOD: Final = 5.0
"""For so many seconds."""

SECOND: Final = 1.0
"""What the field C{ts} counts in."""

REQUEST_PERIOD: Final = 1.0
"""Seconds between two requests for the list of nodes."""

MAX_SHOWN: Final = 200
"""Characters of a peer's text that are repeated in our log."""

_PROTOCOL: Final = "1"

_Item = (
    Started
    | DeadlinePassed
    | MessageDelivered
    | PeerRestarted
    | PingChanged
    | PeerAnswered
    | BeatAsked
    | TwinFound
    | TwinSuspected
    | FlowControlEnded
    | NodeAdded
    | NodeRemoved
)


@define
class Membership:
    """
    This node's own beat, and what it knows of the others'.

    @ivar listening: seconds a starting node listens before its first word.
    @ivar waiting: seconds after it before it takes part.
    """

    config: HaConfig
    me: NodeName
    patience: Patience
    complaints: Complaints
    listening: Seconds = 0.0
    waiting: Seconds = 0.0
    status: NodeStatus = NodeStatus.INIT
    peers: dict[NodeName, Peer] = field(init=False)
    _deadlines: Deadlines = field(factory=Deadlines)
    _began: Seconds = inf
    _earliest: Seconds | None = None
    "No peer dies before; None: nobody knows.  What is heard later only makes it later."
    _shortened: int = 0
    _slack: Seconds = START_SLACK
    _pings: set[NodeName] = field(init=False)
    "Ping nodes that were neither heard nor declared dead."
    _flow: bool = True
    "Every peer knows flow control, as far as we know."

    def __attrs_post_init__(self) -> None:
        self.peers = {name: Peer(name) for name in self.config.cf.nodes if name != self.me}
        self._pings = set(self.config.cf.ping_nodes)

    def handle(self, item: _Item, now: Seconds) -> list[Outcome]:
        """Begin, beat, listen, judge."""
        match item:
            case Started():
                return self._start(now)
            case DeadlinePassed():
                return self._tick(now)
            case MessageDelivered(sender, message, own, returned):
                if own:
                    return []
                return self._hear(sender, message, returned, now)
            case PeerRestarted(peer):
                self.peers[peer].restarted = True
            case PingChanged(node):
                self._pings.discard(node)
                return self._establish(now)
            case BeatAsked():
                return [self._beat(now)]
            case PeerAnswered(peer, _, delay):
                self._answered(self.peers[peer], now - delay)
            case TwinFound(peer):
                self.peers[peer].number = (0, 0)
            case TwinSuspected():
                if self._deadlines.pending("listening"):
                    # Whoever lives says its next status in the second after that of our start.
                    self._deadlines.set("listening", self._began + SECOND + self.listening)
            case FlowControlEnded():
                self._flow = False
            case NodeAdded(node):
                # Dead until it is heard: nobody starts to wait for it now.
                self.peers[node] = Peer(node, NodeStatus.DEAD)
            case NodeRemoved(node):
                del self.peers[node]
                self._earliest = None
        return []

    def deadline(self) -> Seconds:
        """When to beat next, or to declare a peer dead."""
        if self._earliest is None or self._shortened != self.patience.shortened:
            self._earliest = min([self._limit(peer) for peer in self._living()], default=inf)
            self._shortened = self.patience.shortened
        return min(self._deadlines.first(), self._earliest)

    def _start(self, now: Seconds) -> list[Outcome]:
        self._began = now
        if not self.listening:
            return self._speak(now)
        self._deadlines.set("listening", now + self.listening)
        # Nobody sleeps longer than a keepalive, or a daemon that stands still could not be told from it.
        self._deadlines.set("keepalive", now + self.config.cf.keepalive)
        return [Listening(True)]

    def _speak(self, now: Seconds) -> list[Outcome]:
        """Say our first words."""
        if self.waiting:
            self._deadlines.set("waiting", now + self.waiting)
        self._deadlines.set("settled", now + START_PERIOD)
        first = self._beat(now)
        self.status = NodeStatus.UP
        up = Log(Level.INFO, "Local status now set to: 'up'")
        # Twice, as heartbeat does: a peer that loses one of them still hears us in the first millisecond.
        return [first, up, self._beat(now), self._beat(now), *self._establish(now)]

    def _beat(self, now: Seconds) -> Send:
        self._deadlines.set("keepalive", now + self.config.cf.keepalive)
        deadtime = round((self.config.cf.deadtime + self._slack) * 1000)
        message = Message.of(t="status", st=self.status.value, dt=f"{deadtime:x}")
        if self._flow:
            message = message.with_field("protocol", _PROTOCOL)
        version = self.config.settings.version
        if not version:
            return Send(message)
        heard = [(peer.name, peer.number) for peer in self.peers.values() if peer.heard is not None]
        message = message.with_field(NATIVE_FIELD, str(version))
        return Send(message.with_field(HEARD_FIELD, heard_text(heard)))

    def _tick(self, now: Seconds) -> list[Outcome]:
        outcomes = self._bury_silent(now)
        if self._deadlines.expire("listening", now):
            return [*outcomes, Listening(False), *self._speak(now)]
        if self._deadlines.pending("listening"):
            if self._deadlines.expire("keepalive", now):
                self._deadlines.set("keepalive", now + self.config.cf.keepalive)
            return outcomes
        if self._deadlines.expire("settled", now):
            self._slack = 0.0
            outcomes.append(self._beat(now))
        outcomes.extend(self._own_lateness(now))
        if self._deadlines.expire("keepalive", now):
            outcomes.append(self._beat(now))
            outcomes.extend(self._late(now))
        return [*outcomes, *self._establish(now)]

    def _own_lateness(self, now: Seconds) -> list[Log]:
        """Say that this daemon was not run for a while: then it is not the peers that were late."""
        if not self._deadlines.pending("keepalive"):
            return []
        interval = self.config.cf.keepalive - self._deadlines.remaining("keepalive", now)
        if interval <= self.config.cf.warntime:
            return []
        return [late(self.me, interval, self.config.cf.deadtime)]

    @staticmethod
    def _answered(peer: Peer, asked: Seconds) -> None:
        """Count an answer for a beat, from when it was asked for: it may have been held up on its way."""
        peer.answered = max(asked, peer.answered or asked)
        peer.seen = max(asked, peer.seen or asked)

    def _late(self, now: Seconds) -> list[PeerLate]:
        limit = now - self.config.cf.warntime
        return [
            PeerLate(peer.name) for peer in self._living() if peer.heard is not None and peer.heard < limit
        ]

    def _living(self) -> list[Peer]:
        return [peer for peer in self.peers.values() if peer.status is not NodeStatus.DEAD]

    def _limit(self, peer: Peer) -> Seconds:
        return self.patience.limit(peer.name, self._alive(peer))

    def _alive(self, peer: Peer) -> Seconds:
        """Return when a peer last showed itself alive; our start if it never did."""
        if peer.heard is None:
            return self._began
        return peer.heard if peer.answered is None else max(peer.heard, peer.answered)

    def _bury_silent(self, now: Seconds) -> list[Outcome]:
        self._earliest = None
        silent = [peer for peer in self._living() if self._limit(peer) <= now]
        return [outcome for peer in silent for outcome in self._bury(peer, now)]

    def _bury(self, peer: Peer, now: Seconds) -> list[Outcome]:
        silence = now - self._alive(peer)
        died = PeerDied(peer.name, silence, peer.heard is not None)
        peer.status = NodeStatus.DEAD
        peer.heard = peer.answered = None
        self.patience.forget(peer.name)
        return [Log(Level.WARN, f"node {peer.name}: is dead"), died]

    def _establish(self, now: Seconds) -> list[Outcome]:
        """Go from up to active, in two steps (protocol 9.2)."""
        self._deadlines.expire("waiting", now)
        if self.status is not NodeStatus.UP or self._deadlines.pending("waiting"):
            return []
        buried: list[Outcome] = []
        if self.patience.starting:
            if self._pings or any(peer.heard is None for peer in self._living()):
                return []
            self.patience.established()
            self._deadlines.set("unanswered", now + self.config.cf.initdead)
            buried = self._bury_silent(now)
        return [*buried, *self._ask_for_list(now)]

    def _ask_for_list(self, now: Seconds) -> list[Outcome]:
        asked = next(iter(self._living()), None)
        if asked is None or not self._flow:
            return self._activate(now)
        if self._deadlines.expire("unanswered", now):
            text = f"node {asked.name} lives but does not answer reqnodes; going on without its node list"
            return [Log(Level.WARN, text), *self._activate(now)]
        if self._deadlines.pending("request") and not self._deadlines.expire("request", now):
            return []
        self._deadlines.set("request", now + REQUEST_PERIOD)
        return [Send(Message.of(t="reqnodes", dest=asked.name))]

    def _activate(self, now: Seconds) -> list[Outcome]:
        self._deadlines.clear("request")
        self._deadlines.clear("unanswered")
        self.status = NodeStatus.ACTIVE
        return [
            Log(Level.INFO, "Comm_now_up(): updating status to active"),
            Log(Level.INFO, "Local status now set to: 'active'"),
            self._beat(now),
            CommunicationEstablished(),
        ]

    def _hear(self, sender: NodeName, message: Message, returned: bool, now: Seconds) -> list[Outcome]:
        match message.get("t"):
            case "status":
                try:
                    return [*self._hear_status(sender, message, returned, now), *self._establish(now)]
                except MalformedError as error:
                    return [*self.complaints.malformed(f"from {sender}", error, now)]
            case "reqnodes":
                return [Send(self._node_list(sender))]
            case "repnodes":
                return self._hear_list(sender, message, now)
            case _:
                return []

    def _hear_status(self, sender: NodeName, message: Message, returned: bool, now: Seconds) -> list[Outcome]:
        status = _STATUSES.get(message.get("st").lower())
        deadtime, number = message.hexadecimal("dt"), number_of(message)
        if status is None:
            raise MalformedError(f"not a status: {message.get('st')!r:.40}")
        peer = self.peers[sender]
        if number < peer.number:
            # It was lost and sent again; what it said is no longer true.
            return []
        # One that joins says first that it is up; this one has been running all the time, apart from us.
        apart = peer.status is NodeStatus.DEAD and status is NodeStatus.ACTIVE
        outcomes: list[Outcome] = [*returning(sender)] if returned else [*self._lateness(peer, now)]
        new = peer.heard is None or peer.restarted
        peer.number = number
        peer.restarted = False
        peer.heard = peer.seen = now
        if deadtime:
            self.patience.asked(sender, deadtime / 1000)
        if self._flow and not message.has("protocol"):
            text = "flow control disabled due to different version heartbeat"
            outcomes.extend((Log(Level.INFO, text), FlowControlEnded(sender)))
        if peer.status is not status:
            peer.status = status
            self._earliest = None
            outcomes.append(Log(Level.INFO, f"Status update for node {sender}: status {status.value}"))
            outcomes.append(PeerStatusChanged(sender, status))
            outcomes.append(speech.hook("status"))
        if new and self.status is not NodeStatus.INIT:
            # It is to know at once that this node lives: heartbeat counts the living when it has heard
            # of everybody, and that may have been no more than an answer.
            outcomes.append(self._beat(now))
        if returned or apart:
            outcomes.append(PeerReturned(sender))
        return outcomes

    def _lateness(self, peer: Peer, now: Seconds) -> list[Log]:
        if peer.heard is None or peer.restarted or self.patience.starting:
            return []
        if now - peer.heard <= self.config.cf.warntime:
            return []
        return [late(peer.name, now - peer.heard, self.patience.deadtime(peer.name))]

    def _node_list(self, asker: NodeName) -> Message:
        members = [name for name in self.config.cf.nodes if name in self.peers or name == self.me]
        removed = [name for name in self.config.cf.nodes if name not in members]
        listed, deleted = ("".join(f"{name} " for name in names) for names in (members, removed))
        return Message.of(dest=asker, t="repnodes", nodelist=listed, delnodelist=deleted or " ")

    def _hear_list(self, sender: NodeName, message: Message, now: Seconds) -> list[Outcome]:
        theirs, ours = message.get("nodelist").split(), list(self.config.cf.nodes)
        outcomes: list[Outcome] = []
        if sorted(theirs) != sorted(ours):
            said = " ".join(theirs)[:MAX_SHOWN]
            text = f"node {sender} has another node list ({said!r}) than we ({' '.join(ours)!r})"
            outcomes.extend(self.complaints.note("node list", Level.WARN, text, now))
        if self.status is NodeStatus.UP and not self.patience.starting:
            outcomes.extend(self._activate(now))
        return outcomes


_STATUSES: Final[Mapping[str, NodeStatus]] = {
    status.value: status for status in (NodeStatus.INIT, NodeStatus.UP, NodeStatus.ACTIVE)
}

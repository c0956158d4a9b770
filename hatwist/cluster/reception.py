# -*- test-case-name: tests.cluster.test_reception -*-
"""
Which of a peer's messages are to be acted on (protocol 8).

What is not acceptable is counted, logged at a bounded rate, and changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import define, field

from hatwist.cluster.actions import Log
from hatwist.cluster.complaints import Complaints
from hatwist.cluster.events import DatagramReceived, DeadlinePassed, KeysChanged
from hatwist.cluster.facts import (
    FlowControlEnded,
    MessageArrived,
    MessageDelivered,
    NodeAdded,
    NodeRemoved,
    PeerAnswered,
    PeerDied,
    PeerHeard,
    PeerRestarted,
    PeerStatusChanged,
    Send,
    TwinFound,
    UuidLearned,
)
from hatwist.cluster.holes import Holes
from hatwist.cluster.lives import Finding, Lives, Stamp
from hatwist.cluster.names import Level, NodeStatus
from hatwist.cluster.opening import Opening
from hatwist.cluster.quality import Measured, Quality
from hatwist.cluster.sequence import ACK_MODULUS, Arrival, Decision, Tracking, Verdict
from hatwist.config.model import LinkName, NodeName
from hatwist.errors import MalformedError
from hatwist.wire.message import Message

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from hatwist.cluster.facts import Outcome
    from hatwist.cluster.identity import Identity
    from hatwist.config.model import HaConfig, Seconds

UUID_LENGTH: Final = 16
_NO_UUID: Final = bytes(UUID_LENGTH)

_Item = (
    DatagramReceived
    | MessageArrived
    | DeadlinePassed
    | PeerDied
    | PeerStatusChanged
    | PeerAnswered
    | FlowControlEnded
    | NodeAdded
    | NodeRemoved
    | KeysChanged
)


@define
class Reception:
    """
    What was received of each peer, and what is asked for again.

    @ivar watch: is shown each authentic message before it is judged; those who
        watch a node set it.
    """

    config: HaConfig
    identity: Identity
    rng: Random
    complaints: Complaints
    watch: Callable[[MessageArrived], None] | None = None
    _tracks: dict[NodeName, Tracking] = field(init=False)
    _uuids: dict[NodeName, bytes] = field(factory=dict)
    _dead: set[NodeName] = field(factory=set)
    _holes: Holes = field(init=False)
    _lives: dict[NodeName, Lives] = field(init=False)
    _former: dict[NodeName, Tracking] = field(factory=dict)
    "What was received of each peer's life before this one."
    _quality: dict[tuple[NodeName, LinkName], Quality] = field(factory=dict)
    _flow: bool = True
    _opening: Opening = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._opening = Opening(self.config, self.identity, self.complaints)
        self._tracks = {
            name: Tracking(self.rng.randrange(ACK_MODULUS))
            for name in self.config.cf.nodes
            if name != self.identity.name
        }
        self._holes = Holes(self.rng, self.config.cf.max_rexmit_delay)
        self._lives = {name: Lives(self.config.cf.keepalive) for name in self._tracks}

    def handle(self, item: _Item, now: Seconds) -> list[Outcome]:
        """Take in bytes, judge a message, ask again, or follow a peer's state."""
        match item:
            case DatagramReceived():
                opened = self._opening.open(item, self._tracks, now)
                return opened if isinstance(opened, list) else self._arrived(opened, now)
            case MessageArrived():
                return self._arrived(item, now)
            case DeadlinePassed():
                return [*self._holes.ask(self._tracks, now)]
            case FlowControlEnded():
                self._flow = False
            case NodeAdded(node):
                self._tracks[node] = Tracking(self.rng.randrange(ACK_MODULUS))
                self._lives[node] = Lives(self.config.cf.keepalive)
            case NodeRemoved(node):
                del self._tracks[node], self._lives[node]
                self._holes.askable.discard(node)
                self._former.pop(node, None)
                self._dead.discard(node)
                self._uuids.pop(node, None)
            case PeerAnswered(peer, link, delay):
                self._quality_of(peer, link).answered(delay, now)
            case KeysChanged(keys):
                self._opening.keys = keys
            case PeerDied(peer):
                self._dead.add(peer)
                self._holes.askable.discard(peer)
                self._tracks[peer].forget()
            case PeerStatusChanged(peer, status):
                self._dead.discard(peer)
                if status in (NodeStatus.UP, NodeStatus.ACTIVE):
                    self._holes.askable.add(peer)
                else:
                    self._holes.askable.discard(peer)
        return []

    def deadline(self) -> Seconds:
        """When the next missing message is to be asked for."""
        return self._holes.deadline(self._tracks)

    def generation(self, peer: NodeName) -> int:
        """Return the generation a peer was last heard with; 0 when never."""
        return self._tracks[peer].generation

    def quality(self, peer: NodeName, link: LinkName, now: Seconds) -> Measured:
        """Return what is known of a peer over a medium: loss, jitter, round trip."""
        quality = self._quality.get((peer, link))
        if quality is None or peer not in self._tracks:
            return Measured()
        return quality.measured(self._tracks[peer].last or 0, now)

    def uuid(self, peer: NodeName) -> bytes:
        """Return a peer's uuid; empty while it is not known."""
        return self._uuids.get(peer, b"")

    def _arrived(self, arrived: MessageArrived, now: Seconds) -> list[Outcome]:
        if self.watch is not None:
            self.watch(arrived)
        try:
            return self._judge(arrived, now)
        except MalformedError as error:
            return [*self._opening.malformed(f"from {arrived.sender}", error, now)]

    def _judge(self, arrived: MessageArrived, now: Seconds) -> list[Outcome]:
        message, sender = arrived.message, arrived.sender
        if message.get("t").startswith("NS_"):
            return self._unsequenced(arrived, now)
        sequence, generation = message.hexadecimal("seq"), message.hexadecimal("hg") or 0
        if not sequence:
            raise MalformedError("no sequence number")
        stamp = Stamp(generation, sequence, message.hexadecimal("ts") or 0)
        found, refused = self._look(sender, stamp, now)
        if refused:
            return found
        track = self._tracks[sender]
        if generation > track.generation:
            self._former[sender] = track
            track = self._tracks[sender] = track.copy()
        arrival = Arrival(generation, sequence, message.get("t") == "status", sender in self._dead)
        decision = track.decide(arrival)
        if decision.verdict is not Verdict.REPLAY:
            self._quality_of(sender, arrived.link).came(generation, sequence, now if arrival.status else None)
        if decision.lost:
            self._holes.schedule(track, now)
        report = self._report(sender, decision, arrival, now)
        if decision.verdict is Verdict.DELIVER:
            report.extend(self._learn(sender, message, now))
        return [*found, *report, *self._deliver(arrived, decision)]

    def _quality_of(self, sender: NodeName, link: LinkName) -> Quality:
        found = self._quality.get((sender, link))
        if found is None:
            found = self._quality[sender, link] = Quality(self.config.cf.keepalive)
        return found

    def _look(self, sender: NodeName, stamp: Stamp, now: Seconds) -> tuple[list[Outcome], bool]:
        """Find out whether two machines use a peer's name; and whether this one is to be refused."""
        finding = self._lives[sender].look(stamp, now)
        if finding is Finding.USUAL:
            return [], False
        text = (
            f"two machines use the name {sender}: one with generation {self._lives[sender].newest.generation}"
            f" is believed, and the other, with {self._lives[sender].refused or stamp.generation}, is ignored"
        )
        said: list[Outcome] = [*self.complaints.note("twin", Level.ERROR, text, now)]
        if finding is Finding.NEWCOMER:
            unknown = Tracking(self._tracks[sender].trigger)
            self._tracks[sender] = self._former.pop(sender, unknown)
            said.append(TwinFound(sender, stamp.generation))
        return said, finding is Finding.REFUSED

    def _unsequenced(self, arrived: MessageArrived, now: Seconds) -> list[Outcome]:
        message, sender = arrived.message, arrived.sender
        generation, known = message.hexadecimal("hg") or 0, self._tracks[sender].generation
        sent, heard = message.hexadecimal("ts") or 0, self._lives[sender].began
        if generation < known or (generation == known and sent < heard):
            # What it said before we first heard it, it may have said to our own former life.
            self.complaints.count("replay")
            return []
        if message.get("t") == "NS_nak_rexmit":
            lost = message.hexadecimal("firstseq") or 0
            if not self._tracks[sender].give_up(lost):
                return []
            text = f"Irretrievably lost packet: node {sender} seq {lost}"
            return [*self.complaints.note("lost for good", Level.ERROR, text, now)]
        if message.get("dest", self.identity.name) != self.identity.name:
            return []
        # It has no number, so it may be a recording: it shows nobody alive, and no link up.
        return [MessageDelivered(sender, message, link=arrived.link)]

    def _deliver(self, arrived: MessageArrived, decision: Decision) -> list[Outcome]:
        match decision.verdict:
            case Verdict.DELIVER:
                if not self._for_us(arrived.message):
                    return []
                return [
                    PeerHeard(arrived.sender, arrived.link),
                    MessageDelivered(
                        arrived.sender, arrived.message, returned=decision.returned, link=arrived.link
                    ),
                ]
            case Verdict.COPY:
                self.complaints.count("copy")
                return [PeerHeard(arrived.sender, arrived.link)]
            case Verdict.OLD:
                self.complaints.count("old copy")
                return []
            case Verdict.REPLAY:
                return []

    def _for_us(self, message: Message) -> bool:
        uuid = message.binary("destuuid")
        if uuid is not None and uuid != _NO_UUID:
            return uuid == self.identity.uuid
        return message.get("dest", self.identity.name) == self.identity.name

    def _learn(self, sender: NodeName, message: Message, now: Seconds) -> list[Outcome]:
        uuid = message.binary("srcuuid")
        known = self._uuids.get(sender)
        if uuid is None or uuid == known or len(uuid) != UUID_LENGTH:
            return []
        self._uuids[sender] = uuid
        learned: list[Outcome] = [UuidLearned(sender, uuid)]
        if known is not None:
            text = f"nodename {sender} uuid changed to {uuid.hex()}"
            learned.extend(self.complaints.note("uuid changed", Level.WARN, text, now))
        return learned

    def _report(self, sender: NodeName, decision: Decision, arrival: Arrival, now: Seconds) -> list[Outcome]:
        report: list[Outcome] = []
        if decision.verdict is Verdict.REPLAY:
            current = self._tracks[sender].generation
            text = (
                f"should_drop_message: attempted replay attack [{sender}]?"
                f" [gen = {arrival.generation}, curgen = {current}]"
            )
            report.extend(self.complaints.note("replay", Level.ERROR, text, now))
        if decision.restarted:
            report.append(Log(Level.INFO, f"Heartbeat restart on node {sender}"))
            report.append(PeerRestarted(sender, arrival.generation))
        if decision.lost:
            first, last = arrival.sequence - decision.lost - 1, arrival.sequence
            report.append(Log(Level.WARN, f"{decision.lost} lost packet(s) for [{sender}] [{first}:{last}]"))
        if decision.lost_all:
            report.append(Log(Level.ERROR, "lost a lot of packets!"))
        if decision.filled:
            report.append(Log(Level.INFO, f"No pkts missing from {sender}!"))
        if decision.acknowledge is not None and self._flow:
            report.append(Send(_acknowledgement(sender, decision.acknowledge)))
        return report


def _acknowledgement(peer: NodeName, number: int) -> Message:
    return Message.of(t="NS_ackmsg", dest=peer, ackseq=f"{number:x}")

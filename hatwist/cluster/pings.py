# -*- test-case-name: tests.cluster.test_pings -*-
"""
Ping nodes: hosts outside of the cluster that show that the network works
(protocol 7.4, 9.4).

With each status of ours every ping node is asked to return a message that is made
as if it had sent it.  What comes back counts for a heartbeat of it, once: it must
be an answer to something we asked lately, so a recording shows nobody alive.
"""

from __future__ import annotations

from collections import deque
from math import inf
from typing import TYPE_CHECKING, Final

from attrs import define, field

from hatwist.cluster import speech
from hatwist.cluster.actions import Deliver, Log, Probe
from hatwist.cluster.events import DeadlinePassed, KeysChanged, Started
from hatwist.cluster.facts import EchoHeard, MessageDelivered, PeerHeard, PingChanged
from hatwist.cluster.names import Delivery, Level, NodeStatus
from hatwist.cluster.quality import Measured, Quality
from hatwist.config.model import LinkName, NodeName
from hatwist.wire.echo import PING, echo_payload
from hatwist.wire.names import MessageType

if TYPE_CHECKING:
    from hatwist.cluster.complaints import Complaints
    from hatwist.cluster.facts import Outcome
    from hatwist.cluster.identity import Identity
    from hatwist.cluster.patience import Patience
    from hatwist.config.model import HaConfig, Seconds
    from hatwist.wire.auth import Keyring
    from hatwist.wire.message import Message

MAX_ASKED: Final = 64
"""Questions that may still be answered, for each ping node."""

_Item = Started | MessageDelivered | EchoHeard | DeadlinePassed | KeysChanged


@define
class PingNode:
    """
    One pseudo member.

    @ivar kind: its directive.
    @ivar status: C{init} until it was heard or died, then C{ping} or C{dead}.
    @ivar heard: when it answered last, alive or dead; None: never.
    """

    link: LinkName
    kind: str
    _quality: Quality
    status: NodeStatus = NodeStatus.INIT
    heard: Seconds | None = None
    _number: int = 0
    "Of the newest question."
    _asked: deque[tuple[str, int, Seconds]] = field(factory=lambda: deque(maxlen=MAX_ASKED))
    "What was asked and not answered, by its time stamp, oldest first."

    @property
    def name(self) -> NodeName:
        """Its name as a member: that of its link."""
        return NodeName(self.link)

    def measured(self, now: Seconds) -> Measured:
        """Return what is known of the way to it; the newest question may still be answered."""
        return self._quality.measured(self._number - 1, now)

    def ask(self, ts: str, now: Seconds) -> None:
        """Take note of a question."""
        self._number += 1
        self._asked.append((ts, self._number, now))

    def answered(self, ts: str, now: Seconds) -> Seconds | None:
        """Take note of an answer; return when the question was asked; None: nobody waits for it."""
        asked = next((one for one in reversed(self._asked) if one[0] == ts), None)
        if asked is None:
            return None
        self._asked.remove(asked)
        _, number, at = asked
        self._quality.came(1, number, None)
        self._quality.answered(now - at, now)
        return at


@define
class Pings:
    """
    Every ping node of ha.cf.

    @ivar nodes: by the name of their link, in file order.
    """

    config: HaConfig
    identity: Identity
    patience: Patience
    complaints: Complaints
    nodes: dict[LinkName, PingNode] = field(init=False)
    _keys: Keyring = field(init=False)
    _began: Seconds = inf

    def __attrs_post_init__(self) -> None:
        self._keys = self.config.keys
        keepalive = self.config.cf.keepalive
        self.nodes = {
            spec.link: PingNode(spec.link, spec.kind, Quality(keepalive))
            for spec in self.config.cf.ping_media
        }

    def handle(self, item: _Item, now: Seconds) -> list[Outcome]:
        """Ask with each status of ours, hear answers, notice silence."""
        match item:
            case Started():
                self._began = now
            case MessageDelivered(_, message, own):
                return self._ask(message, now) if own else []
            case EchoHeard(link, message):
                return self._hear(self.nodes[link], message, now)
            case DeadlinePassed():
                return self._bury_silent(now)
            case KeysChanged(keys):
                self._keys = keys
        return []

    def deadline(self) -> Seconds:
        """When the next of them is dead if it does not answer."""
        return min([self._limit(node) for node in self._living()], default=inf) if self.nodes else inf

    def _ask(self, status: Message, now: Seconds) -> list[Outcome]:
        ts = status.get("ts")
        probes: list[Outcome] = []
        for node in self.nodes.values():
            node.ask(ts, now)
            probes.append(Probe(node.link, echo_payload(node.kind, node.link, ts, self._keys)))
        return probes

    def _hear(self, node: PingNode, message: Message, now: Seconds) -> list[Outcome]:
        kind, status = message.get("t"), message.get("st")
        right = (MessageType.PING_STATUS, PING, node.link) == (kind, status, message.get("src"))
        asked = node.answered(message.get("ts"), now) if right else None
        if asked is None:
            self.complaints.count("strange echo", now)
            return []
        if self.patience.limit(node.name, asked) <= now:
            # It was held back on its way for longer than we wait: it may be dead by now.
            self.complaints.count("late echo", now)
            return []
        node.heard = now
        news = node.status is not NodeStatus.PING
        told = Deliver(message, Delivery.NEWS if news else Delivery.UNCHANGED)
        heard: list[Outcome] = [PeerHeard(node.name, node.link)]
        if not news:
            return [*heard, told]
        node.status = NodeStatus.PING
        said = Log(Level.INFO, f"Status update for node {node.name}: status ping")
        return [*heard, said, told, speech.hook("status"), PingChanged(node.name, alive=True)]

    def _living(self) -> list[PingNode]:
        return [node for node in self.nodes.values() if node.status is not NodeStatus.DEAD]

    def _limit(self, node: PingNode) -> Seconds:
        return self.patience.limit(node.name, self._began if node.heard is None else node.heard)

    def _bury_silent(self, now: Seconds) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for node in self._living():
            if self._limit(node) <= now:
                node.status = NodeStatus.DEAD
                news = speech.dead(node.name, self.identity.stamp(now)).with_field("info", PING)
                outcomes.append(Log(Level.WARN, f"node {node.name}: is dead"))
                outcomes.append(Deliver(news, Delivery.NEWS, own=True))
                outcomes.append(speech.hook("status"))
                outcomes.append(PingChanged(node.name, alive=False))
        return outcomes

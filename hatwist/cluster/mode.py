# -*- test-case-name: tests.cluster.test_mode -*-
"""
Whether the cluster speaks heartbeat's protocol or also hatwist's own (safety 8).

Each hatwist node states the version of its native protocol in its status.  When
every configured node does, the mode is I{native}, otherwise I{compatibility}.  A
node counts as what it last spoke, also across restarts; one that was never heard
counts as C.  The mode changes between operations only, never while a node is
dead, and changing it moves nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import define, field

from hatwist.cluster.actions import Log, Persist, Record
from hatwist.cluster.facts import (
    HoldingsChanged,
    JobFinished,
    MessageDelivered,
    NodeAdded,
    NodeRemoved,
    PeerStatusChanged,
)
from hatwist.cluster.ledger import StandbyPhase
from hatwist.cluster.names import Level, NodeStatus
from hatwist.config.model import NodeName
from hatwist.errors import MalformedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hatwist.cluster.complaints import Complaints
    from hatwist.cluster.facts import Outcome
    from hatwist.cluster.ledger import Ledger
    from hatwist.cluster.roster import Roster
    from hatwist.config.model import Seconds
    from hatwist.wire.message import Message

NATIVE_FIELD: Final = "hatwist"
"""The field of a status that states the version; heartbeat ignores it."""

MEMORY: Final = "peers"
"""The name under which it is kept what each node last spoke."""

C_VERSION: Final = 0
"""What a node speaks whose status states nothing: heartbeat's protocol only."""

VOIDED: Final = (
    "a cluster that was cut in two heals without a restart: heartbeat restarts itself",
    "what cannot be stopped is not started elsewhere: heartbeat reboots its host, at best",
    "what a killed daemon left running is released before it speaks: heartbeat only complains",
)
"""Promises that hold between hatwist nodes, and not for a node that runs heartbeat."""

_STATUSES: Final = ("init", "up", "active")

_Item = MessageDelivered | PeerStatusChanged | NodeAdded | NodeRemoved | JobFinished | HoldingsChanged


def remembered(text: str) -> dict[NodeName, int]:
    """Read what was kept; a line that makes no sense is left out."""
    pairs = [line.split(" ") for line in text.splitlines()]
    return {
        NodeName(words[0]): int(words[1])
        for words in pairs
        if len(words) == 2 and words[1].isascii() and words[1].isdigit() and len(words[1]) < 4
    }


@define
class Mode:
    """
    What every node speaks.

    @ivar preset: hatwist.toml says C{native = true}: a node that was never heard
        counts as native.
    @ivar spoken: the version that each node last stated, C{C_VERSION} where it
        stated none.
    """

    roster: Roster
    ledger: Ledger
    complaints: Complaints
    version: int
    preset: bool
    spoken: dict[NodeName, int] = field(factory=dict)
    _pending: bool = True
    "The mode is to change as soon as nothing moves; looked at with each status until then."

    def __attrs_post_init__(self) -> None:
        self.ledger.native = not self._obstacle()
        self.ledger.c_nodes = self._c_nodes()

    @classmethod
    def of(
        cls,
        roster: Roster,
        ledger: Ledger,
        complaints: Complaints,
        settings: tuple[int, bool],
        memory: Mapping[str, str],
    ) -> Mode:
        """
        Begin with what was kept.

        @param settings: the version that this node speaks, and C{preset}.
        """
        return cls(roster, ledger, complaints, *settings, remembered(memory.get(MEMORY, "")))

    def handle(self, item: _Item, now: Seconds) -> list[Outcome]:
        """Follow what the nodes state, and change when nothing moves."""
        match item:
            case MessageDelivered(sender, message, own):
                if own or message.get("t") != "status" or message.get("st").lower() not in _STATUSES:
                    return []
                heard = self._hear(sender, message, now)
                return [*heard, *self._look()] if heard or self._pending else []
            case NodeRemoved(node):
                self.spoken.pop(node, None)
                return [self._keep(), *self._look()]
            case PeerStatusChanged() | NodeAdded() | JobFinished() | HoldingsChanged():
                return self._look()

    def deadline(self) -> Seconds:
        """Nothing here waits."""
        return float("inf")

    def describe(self) -> str:
        """Say the mode, and why, in words."""
        obstacle = self._obstacle()
        if self.ledger.native:
            least = min([self.version, *self.spoken.values()])
            pending = f"; compatibility as soon as nothing moves: {obstacle}" if obstacle else ""
            return f"native: every node speaks hatwist's protocol, version {least}{pending}"
        return f"compatibility: {obstacle or 'native as soon as nothing moves and no node is dead'}"

    @property
    def voided(self) -> tuple[str, ...]:
        """The promises that some node of this cluster does not keep."""
        return VOIDED if self.ledger.c_nodes else ()

    def _hear(self, sender: NodeName, message: Message, now: Seconds) -> list[Outcome]:
        try:
            version = message.decimal(NATIVE_FIELD) or C_VERSION
        except MalformedError as error:
            return [*self.complaints.malformed(f"from {sender}", error, now)]
        if self.spoken.get(sender) == version:
            return []
        self.spoken[sender] = version
        self.ledger.c_nodes = self._c_nodes()
        words = f"hatwist's protocol, version {version}" if version else "heartbeat's protocol only"
        return [Log(Level.INFO, f"node {sender} speaks {words}"), self._keep()]

    def _keep(self) -> Persist:
        self.ledger.c_nodes = self._c_nodes()
        return Persist(MEMORY, "".join(f"{name} {version}\n" for name, version in self.spoken.items()))

    def _c_nodes(self) -> frozenset[NodeName]:
        return frozenset(name for name, version in self.spoken.items() if version == C_VERSION)

    def _obstacle(self) -> str:
        """Say why the mode cannot be native; empty if it can."""
        if self.version == C_VERSION:
            return "this node is told to speak heartbeat's protocol only"
        for name in self.roster.members:
            if name == self.roster.me:
                continue
            if name not in self.spoken and not self.preset:
                return f"node {name} was never heard"
            if self.spoken.get(name) == C_VERSION:
                return f"node {name} speaks heartbeat's protocol only"
        return ""

    def _look(self) -> list[Outcome]:
        ledger = self.ledger
        obstacle = self._obstacle()
        self._pending = ledger.native is bool(obstacle)
        if not self._pending or not self._is_calm():
            return []
        self._pending = False
        ledger.native = not obstacle
        word, _, why = self.describe().partition(": ")
        return [Log(Level.INFO, f"mode: {word}: {why}"), Record("mode", word, ledger.me, (why,))]

    def _is_calm(self) -> bool:
        """Nothing moves here, and every member lives: no operation and no split is under way."""
        ledger = self.ledger
        if ledger.jobs or ledger.takeover_running or ledger.standby is not StandbyPhase.NOT:
            return False
        living = (NodeStatus.UP, NodeStatus.ACTIVE)
        others = [name for name in self.roster.members if name != ledger.me]
        return all(ledger.peers.get(name) in living for name in others)

# -*- test-case-name: tests.cluster.test_ledger -*-
"""
Who claims what: the record that the resource machines share (protocol 10.1).

Compatibility mode knows two sides and two sets, as heartbeat does: I{ours} and
I{theirs}, local and foreign.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from attrs import define, field

from hatwist.cluster.names import Holding, NodeStatus

if TYPE_CHECKING:
    from hatwist.config.model import NodeName, ResourceGroup
    from hatwist.wire.message import Message

Number = tuple[int, int]
"""Generation and sequence: what orders the messages of one node."""


def number_of(message: Message) -> Number:
    """
    Return the number of a message.

    @raise MalformedError: when it is not one.
    """
    return message.hexadecimal("hg") or 0, message.hexadecimal("seq") or 0


class Phase(Enum):
    """How far the two sides have agreed on who starts with what."""

    INIT = "init"
    STARTING = "starting"
    BOTH_STARTING = "both starting"
    RECEIVED = "received"
    STABLE = "stable"
    SHUTDOWN = "shutdown"


class StandbyPhase(Enum):
    """Whose turn it is in a standby operation."""

    NOT = "not"
    GIVING = "giving"
    TAKING = "taking"
    DONE = "done"


@define
class Ledger:
    """
    The claims of both sides.

    @ivar nice: whether C{auto_failback} is on or off, and not legacy.
    @ivar ours: what this node holds or is acquiring.
    @ivar theirs: what the other side says it holds, in its own words.
    @ivar their_stable: the other side has finished moving things.
    @ivar handing: the set of the running standby operation, in its giver's words.
    @ivar peers: what is known of each peer.
    @ivar yielding: groups are being stopped that both sides had, or that a handover
        which was broken off left behind; they are claimed until they are stopped.
    @ivar contested: the other side has groups that are at home here, and is to let go.
    @ivar conceding: what both sides have stays with the other, wherever it is at home.
    @ivar unclear: a peer is back from a partition and has not said yet what it holds.
    @ivar gone: peers that left in order and have given up everything.
    @ivar newest: the number of each peer's newest claim; older ones count no more.
    @ivar jobs: how many jobs are running.
    @ivar native: every node speaks hatwist's own protocol too; see L{hatwist.cluster.mode}.
    @ivar releasing: peers that are letting go of what they had and have not said that it is
        done: they leave, or they started again and stop first what their former life left.
        What they claim, or do not, says nothing of what still runs there.
    @ivar refused: keys of groups that are claimed here and were not started, or not started
        again, because a peer might have run them; to be started as soon as that is over.
    @ivar blind: peers that see fewer ping nodes than we; nothing is given back to them.
    @ivar fences: there is a fencing device, or a person who plays one.
    @ivar unfenced: peers that fell silent and are not fenced yet.
    @ivar unseen: peers without which nothing is started: they were not seen since our start.
    @ivar leased: this node may answer for resources now (L{hatwist.cluster.lease}).
    @ivar c_nodes: the nodes that last spoke heartbeat's protocol only.
    """

    me: NodeName
    groups: tuple[ResourceGroup, ...]
    nice: bool
    peers: dict[NodeName, NodeStatus] = field(factory=dict)
    phase: Phase = Phase.INIT
    ours: Holding = Holding.NONE
    theirs: Holding = Holding.NONE
    their_stable: bool = False
    standby: StandbyPhase = StandbyPhase.NOT
    handing: Holding = Holding.ALL
    takeover_running: bool = False
    needs_failback: bool = False
    leaving: bool = False
    yielding: bool = False
    contested: bool = False
    conceding: bool = False
    unclear: bool = False
    gone: set[NodeName] = field(factory=set)
    newest: dict[NodeName, Number] = field(factory=dict)
    jobs: int = 0
    native: bool = False
    leased: bool = True
    fences: bool = False
    unfenced: set[NodeName] = field(factory=set)
    unseen: set[NodeName] = field(factory=set)
    c_nodes: frozenset[NodeName] = frozenset()
    blind: set[NodeName] = field(factory=set)
    releasing: set[NodeName] = field(factory=set)
    refused: set[str] = field(factory=set)

    def is_outdated(self, sender: NodeName, number: Number) -> bool:
        """
        Say whether a claim of a peer is older than one that was heard.

        Messages are delivered as they arrive, so one that was lost and sent again
        comes after its successors; heartbeat believes it all the same.
        """
        return number < self.newest.get(sender, (0, 0))

    def claim(self, which: Holding) -> None:
        """Add to what this node holds."""
        self.ours |= which

    def disclaim(self, which: Holding) -> None:
        """Take away from what this node holds."""
        self.ours &= ~which

    def side(self, group: ResourceGroup) -> Holding:
        """Say whether a group is local or foreign here."""
        return Holding.LOCAL if group.node == self.me else Holding.FOREIGN

    def groups_of(self, which: Holding) -> tuple[ResourceGroup, ...]:
        """Return the groups of a set, in file order."""
        return tuple(group for group in self.groups if self.side(group) & which)

    def homed_at(self, node: NodeName) -> tuple[ResourceGroup, ...]:
        """Return the groups whose home is a node, in file order."""
        return tuple(group for group in self.groups if group.node == node)

    def claimed_by_peer(self, group: ResourceGroup) -> bool:
        """Say whether the other side claims a group."""
        return bool(self.theirs & self.side(group).swapped)

    def living_peers(self) -> tuple[NodeName, ...]:
        """Return the peers that are up or active."""
        return tuple(
            name for name, status in self.peers.items() if status in (NodeStatus.UP, NodeStatus.ACTIVE)
        )

    def partners(self) -> tuple[NodeName, ...]:
        """Return the living peers that have not left."""
        return tuple(name for name in self.living_peers() if name not in self.gone)

    def releaser(self) -> NodeName | None:
        """Return a living peer that may still be letting go of something, or None."""
        return next((name for name in self.living_peers() if name in self.releasing), None)

    def lives(self, node: NodeName) -> bool:
        """Say whether a peer has said its status and is not dead."""
        return self.peers.get(node, NodeStatus.DEAD) is not NodeStatus.DEAD

    def owner(self, group: ResourceGroup) -> NodeName | None:
        """Return who claims a group, or None; of several peers the first alive."""
        if self.ours & self.side(group):
            return self.me
        living = self.living_peers()
        if self.claimed_by_peer(group):
            return next(iter(living), None)
        if not self.nice and group.node in living:
            # Legacy nodes do not say what they hold; one that lives has asked for what is its.
            return group.node
        return None

    @property
    def settled(self) -> bool:
        """This node knows what it holds, and is not letting go of anything."""
        return self.phase is Phase.STABLE and self.standby is StandbyPhase.NOT and not self.yielding

    @property
    def stable(self) -> bool:
        """Nothing moves, here or there (protocol 10.1)."""
        if self.jobs or self.takeover_running:
            return False
        if not self.nice:
            return True
        if self.leaving and self.phase is Phase.INIT:
            return True
        return (
            self.their_stable
            and self.standby is StandbyPhase.NOT
            and self.phase in (Phase.STABLE, Phase.SHUTDOWN, Phase.INIT)
        )

# -*- test-case-name: tests.cluster.test_roster -*-
"""
Which configured nodes count as members, and what they are labelled with
(protocol 6.1, 9.9): C{addnode}, C{delnode}, C{setweight}, C{setsite}.

The files say who may be a member; these messages only take one away, or bring it
back, until the daemon starts anew.  A node that no file names is not added:
takeover would not know what to do with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import define, field

from hatwist.cluster.actions import Log, Record
from hatwist.cluster.facts import MessageDelivered, NodeAdded, NodeRemoved
from hatwist.cluster.names import Level, NodeStatus
from hatwist.config.model import NodeName, node_name
from hatwist.errors import MalformedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hatwist.cluster.complaints import Complaints
    from hatwist.cluster.facts import Outcome
    from hatwist.cluster.ledger import Ledger
    from hatwist.config.model import Seconds
    from hatwist.wire.message import Message

DEFAULT_WEIGHT: Final = 100

MAX_SITE: Final = 99
"""Characters of a site."""

MAX_SHOWN: Final = 99
"""Characters of a node's name that are repeated in our log."""


@define
class Roster:
    """
    The members.

    @ivar configured: every node of ha.cf, in its order.
    @ivar removed: those that the operator took away.
    """

    me: NodeName
    configured: tuple[NodeName, ...]
    ledger: Ledger
    complaints: Complaints
    removed: set[NodeName] = field(factory=set)
    weights: dict[NodeName, int] = field(factory=dict)
    sites: dict[NodeName, str] = field(factory=dict)

    @property
    def members(self) -> tuple[NodeName, ...]:
        """Those that count, this node included, in the order of ha.cf."""
        return tuple(name for name in self.configured if name not in self.removed)

    def handle(self, item: MessageDelivered, now: Seconds) -> list[Outcome]:
        """Follow the four messages, whoever sent them."""
        orders: dict[str, Callable[[NodeName, Message, Seconds], list[Outcome]]] = {
            "addnode": self._add,
            "delnode": self._delete,
            "setweight": self._weigh,
            "setsite": self._place,
        }
        order = orders.get(item.message.get("t"))
        return [] if order is None else order(item.sender, item.message, now)

    def deadline(self) -> Seconds:
        """Nothing here waits."""
        return float("inf")

    def weight(self, node: NodeName) -> int:
        """Return what C{hb_setweight} said of a node."""
        return self.weights.get(node, DEFAULT_WEIGHT)

    def site(self, node: NodeName) -> str:
        """Return what C{hb_setsite} said of a node."""
        return self.sites.get(node, "")

    def strangers(self, message: Message) -> tuple[NodeName, ...]:
        """Return the nodes that a message would add and that are in no file of ours."""
        return _names(message, but=self.configured) if message.get("t") == "addnode" else ()

    def refuse(self, strangers: tuple[NodeName, ...], sender: str, now: Seconds) -> list[Log]:
        """Say that nodes are not added, at a bounded rate."""
        more = f" and {len(strangers) - 1} more" if len(strangers) > 1 else ""
        text = (
            f"addnode from {sender}: node [{strangers[0][:MAX_SHOWN]}]{more} is not in our ha.cf,"
            f" and takeover knows no more than {len(self.configured)} nodes; not added"
        )
        return self.complaints.note("strange node", Level.ERROR, text, now)

    def _add(self, sender: NodeName, message: Message, now: Seconds) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for name in _names(message):
            if name in self.members:
                text = f"hb_add_one_node: node({name}) already exists"
                outcomes.extend(self.complaints.note("node exists", Level.INFO, text, now))
            elif name in self.removed:
                self.removed.discard(name)
                text = f"hb_add_one_node: Adding new node[{name}] to configuration."
                outcomes.extend((Log(Level.INFO, text), NodeAdded(name)))
        strangers = self.strangers(message)
        return [*outcomes, *self.refuse(strangers, sender, now)] if strangers else outcomes

    def _delete(self, sender: NodeName, message: Message, now: Seconds) -> list[Outcome]:
        named = [name for name in _names(message) if name in self.members]
        alive = [name for name in named if not self._is_dead(name)]
        if alive:
            text = f"deletion failed: node {alive[0]} is not dead"
            return [*self.complaints.note("deletion failed", Level.WARN, text, now)]
        missing = [name for name in self.members if name not in (*named, self.me) and self._is_dead(name)]
        if missing:
            text = (
                "HBDoMsg_T_DELNODE: deletion failed."
                f" We don't have all required nodes alive ({missing[0]} is dead)"
            )
            return [*self.complaints.note("deletion failed", Level.ERROR, text, now)]
        outcomes: list[Outcome] = []
        for name in named:
            self.removed.add(name)
            outcomes.extend(
                (
                    Log(Level.INFO, f"Removing node [{name}] from configuration."),
                    Record("remove node", name, self.me, (f"delnode from {sender}",)),
                    NodeRemoved(name),
                )
            )
        return outcomes

    def _is_dead(self, node: NodeName) -> bool:
        return node != self.me and self.ledger.peers.get(node) not in (
            NodeStatus.UP,
            NodeStatus.ACTIVE,
            NodeStatus.INIT,
        )

    def _weigh(self, sender: NodeName, message: Message, now: Seconds) -> list[Outcome]:
        node = node_name(message.get("node"))
        if node not in self.members:
            text = f"set weight to non-existing node {node[:MAX_SHOWN]}"
            return [*self.complaints.note("strange node", Level.ERROR, text, now)]
        try:
            self.weights[node] = message.decimal("weight") or 0
        except MalformedError as error:
            return [*self.complaints.malformed(f"from {sender}", error, now)]
        return []

    def _place(self, sender: NodeName, message: Message, now: Seconds) -> list[Outcome]:
        node = node_name(message.get("node"))
        if node not in self.members:
            text = f"set site to non-existing node {node[:MAX_SHOWN]}"
            return [*self.complaints.note("strange node", Level.ERROR, text, now)]
        self.sites[node] = message.get("site")[:MAX_SITE]
        return []


def _names(message: Message, but: tuple[NodeName, ...] = ()) -> tuple[NodeName, ...]:
    """Return the nodes that a message lists, each once."""
    names = dict.fromkeys(node_name(word) for word in message.get("nodelist").split())
    return tuple(name for name in names if name not in but)

# -*- test-case-name: tests.cluster.test_links -*-
"""
Whether each node is heard over each medium (protocol 7.3).

A link is dead when nothing came over it for the deadtime of its node; C{heartbeat}
takes the deadtime of the last node of ha.cf for all, which is its bug.  Links of
this node itself, which a loop or a broadcast brings up, never time out.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from attrs import define, field

from hatwist.cluster.actions import Log
from hatwist.cluster.events import DeadlinePassed, LinkDown, LinkUp
from hatwist.cluster.facts import (
    LinkChanged,
    NodeAdded,
    NodeRemoved,
    PeerDied,
    PeerHeard,
    PeerStatusChanged,
)
from hatwist.cluster.names import Level, LinkStatus
from hatwist.cluster.status import LinkView
from hatwist.config.model import LinkName, NodeName

if TYPE_CHECKING:
    from hatwist.cluster.facts import Outcome
    from hatwist.cluster.patience import Patience
    from hatwist.config.model import HaConfig, Seconds

_Item = (
    PeerHeard | PeerDied | PeerStatusChanged | LinkDown | LinkUp | NodeAdded | NodeRemoved | DeadlinePassed
)


@define
class _Link:
    heard: Seconds | None = None
    status: LinkStatus = LinkStatus.DEAD


@define
class Links:
    """
    Every node over every medium.

    @ivar patience: how long each node may be silent.
    """

    config: HaConfig
    me: NodeName
    patience: Patience
    _all: Counter[LinkName] = field(init=False)
    "How many media of ours each link has."
    _links: dict[tuple[NodeName, LinkName], _Link] = field(init=False)
    _failed: Counter[LinkName] = field(factory=Counter)
    "How many of our media of a link do not carry: two may be on one interface."
    _reasons: dict[LinkName, str] = field(factory=dict)
    "Why they do not."
    _dead: set[NodeName] = field(factory=set)
    _earliest: Seconds | None = None
    "No link dies before; None: nobody knows.  What is heard later only makes it later."
    _shortened: int = 0

    def __attrs_post_init__(self) -> None:
        self._all = Counter(one.link for one in self.config.cf.heartbeat_media)
        self._links = {(node, link): _Link() for node in self.config.cf.nodes for link in self._all}
        # A ping node has one link, which has its name.
        self._links.update({(node, LinkName(node)): _Link() for node in self.config.cf.ping_nodes})

    def handle(self, item: _Item, now: Seconds) -> list[Outcome]:
        """Take note of what was heard, of our own media, and of silence."""
        match item:
            case PeerHeard(peer, link):
                return self._heard(peer, link, now)
            case DeadlinePassed():
                self._earliest = None
                return self._expire(now)
            case NodeAdded(node):
                self._links.update({(node, link): _Link() for link in self._all})
            case NodeRemoved(node):
                self._links = {key: one for key, one in self._links.items() if key[0] != node}
                self._earliest = None
            case PeerDied(node):
                self._dead.add(node)
            case PeerStatusChanged(node):
                self._dead.discard(node)
            case LinkDown(link, reason):
                self._reasons[link] = reason
                return [Log(Level.ERROR, f"medium {link} does not carry: {reason}"), *self._lose(link)]
            case LinkUp(link):
                self._failed[link] -= 1
                return [Log(Level.INFO, f"medium {link} carries again.")]
        return []

    def _lose(self, link: LinkName) -> list[Outcome]:
        """Say so when no medium is left."""
        self._failed[link] += 1
        if any(self._failed[one] < number for one, number in self._all.items()):
            return []
        return [Log(Level.CRIT, "send_to_all_media: No working comm channels to write to.")]

    def deadline(self) -> Seconds:
        """When the next link dies if nothing is heard."""
        if self._earliest is None or self._shortened != self.patience.shortened:
            self._earliest = min((self._limit(key) for key in self._mortal()), default=float("inf"))
            self._shortened = self.patience.shortened
        return self._earliest

    def view(self, node: NodeName, now: Seconds) -> tuple[LinkView, ...]:
        """Return the links of one node, in the order of ha.cf."""
        return tuple(
            LinkView(
                link,
                one.status,
                None if one.heard is None else now - one.heard,
                trouble=self._reasons.get(link, "") if self._failed[link] > 0 else "",
            )
            for (owner, link), one in self._links.items()
            if owner == node
        )

    def _heard(self, peer: NodeName, link: LinkName, now: Seconds) -> list[Outcome]:
        one = self._links.get((peer, link))
        if one is None:
            return []
        one.heard = now
        if one.status is LinkStatus.UP:
            return []
        one.status = LinkStatus.UP
        self._earliest = None
        return [Log(Level.INFO, f"Link {peer}:{link} up."), LinkChanged(peer, link, LinkStatus.UP)]

    def _expire(self, now: Seconds) -> list[Outcome]:
        silent = [key for key in self._mortal() if self._limit(key) <= now]
        for key in silent:
            self._links[key].status = LinkStatus.DEAD
        outcomes: list[Outcome] = []
        for node, link in silent:
            outcomes.append(Log(Level.INFO, f"Link {node}:{link} dead."))
            outcomes.append(LinkChanged(node, link, LinkStatus.DEAD))
            outcomes.extend(self._warn(node, link))
        return outcomes

    def _warn(self, node: NodeName, link: LinkName) -> list[Log]:
        """Say what is left of a node that has lost a link; heartbeat has only the line before."""
        silent = self._links[node, link].heard or 0.0
        others = [
            name
            for (owner, name), one in self._links.items()
            if owner == node
            and one.status is LinkStatus.UP
            and not self._failed[name] > 0
            # What was last heard in the same beat will be silent as well: the node is dead.
            and one.heard is not None
            and one.heard > silent + self.config.cf.keepalive
        ]
        if not others or node in self._dead:
            return []
        text = f"node {node} is not heard over {link} any more, only over {', '.join(others)}"
        return [Log(Level.WARN, text)]

    def _mortal(self) -> list[tuple[NodeName, LinkName]]:
        return [key for key, one in self._links.items() if one.status is LinkStatus.UP and key[0] != self.me]

    def _limit(self, key: tuple[NodeName, LinkName]) -> Seconds:
        heard = self._links[key].heard
        assert heard is not None
        return self.patience.limit(key[0], heard)

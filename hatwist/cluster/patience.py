# -*- test-case-name: tests.cluster.test_patience -*-
"""
How long each node may be silent before it counts as dead (protocol 6.2, 9.4).

A peer says itself how patient to be with it (the field C{dt}).  While the
cluster starts it is C{initdead} for all.  And a judge that was late himself
gives everybody a moment, because what the peers sent may still wait unread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import define, field

if TYPE_CHECKING:
    from hatwist.config.model import HaCf, NodeName, Seconds

LATENESS: Final = 0.1
"""Seconds by which a wake-up may be late without being called late."""

MIN_PATIENCE: Final = 2.0
"""The shortest deadtime a peer may ask for, in keepalives: with less it would die between two beats."""

MAX_PATIENCE: Final = 3600.0
"""The longest deadtime a peer may ask for, in seconds."""


@define
class Patience:
    """
    The limits of silence, shared by links and membership.

    @ivar starting: communication is not established yet.
    @ivar shortened: how often a limit may have become shorter.
    """

    cf: HaCf
    starting: bool = True
    shortened: int = 0
    _asked: dict[NodeName, Seconds] = field(factory=dict)
    _deaf: set[NodeName] = field(factory=set)
    "Peers that confirm what they hear, and have heard nothing of this life of ours."
    _pings: frozenset[NodeName] = field(init=False)
    _grace: Seconds = 0.0
    _next_grace: Seconds = float("-inf")

    def __attrs_post_init__(self) -> None:
        self._pings = frozenset(self.cf.ping_nodes)

    def asked(self, node: NodeName, deadtime: Seconds) -> None:
        """Take note of the deadtime a node asks for."""
        wanted = min(max(deadtime, MIN_PATIENCE * self.cf.keepalive), MAX_PATIENCE)
        if wanted != self._asked.get(node):
            self._asked[node] = wanted
            self.shortened += 1

    def unheard(self, node: NodeName, deaf: bool) -> None:
        """
        Take note whether a peer that confirms what it hears has heard nothing of us.

        It believes that nobody lives, and the guardian of its host waits accordingly if its
        daemon dies: for initdead.
        """
        if deaf:
            self._deaf.add(node)
        elif node in self._deaf:
            self._deaf.discard(node)
            self.shortened += 1

    def established(self) -> None:
        """Take note that everybody was heard or declared dead: initdead counts no more."""
        self.starting = False
        self.shortened += 1

    def forget(self, node: NodeName) -> None:
        """Go back to our own deadtime for a node."""
        self._asked.pop(node, None)
        self._deaf.discard(node)
        self.shortened += 1

    def deadtime(self, node: NodeName) -> Seconds:
        """Return the silence after which a node is dead."""
        if self.starting:
            return self.cf.initdead
        if node in self._pings:
            return self.cf.deadping
        deadtime = self._asked.get(node, self.cf.deadtime)
        return max(deadtime, self.cf.initdead) if node in self._deaf else deadtime

    def limit(self, node: NodeName, heard: Seconds) -> Seconds:
        """Return when a node is dead that was last heard at C{heard}."""
        return max(heard + self.deadtime(node), self._grace)

    def woke(self, expected: Seconds, now: Seconds) -> None:
        """
        Take note of a wake-up that should have been at C{expected}.

        A late judge gives everybody until one keepalive from now, at most ten
        times L{LATENESS}; but not again and again, or a host that is always
        late would never find anybody dead.
        """
        if now - expected > LATENESS and now >= self._next_grace:
            self._grace = now + min(self.cf.keepalive, 10 * LATENESS)
            self._next_grace = self._grace + self.cf.deadtime

# -*- test-case-name: tests.sim.test_old -*-
"""
A simulated node that behaves after a split as heartbeat 3.0.6 does (protocol 9.7).

It states no version of hatwist's own protocol, compares no claims, gives way to
nobody, and restarts itself two seconds after a node is back that it had declared
dead.  In all else it is a node of ours: what real heartbeat does is for the lab.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import define, evolve, field

from hatwist.cluster import speech
from hatwist.cluster.deadlines import Deadlines
from hatwist.cluster.events import DeadlinePassed, LeaveWanted
from hatwist.cluster.facts import MessageDelivered, Send
from hatwist.sim.watched import WatchedNode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from hatwist.cluster.adoption import Inheritance
    from hatwist.cluster.departure import Departure
    from hatwist.cluster.events import Event
    from hatwist.cluster.facts import Fact, Outcome
    from hatwist.cluster.identity import Identity
    from hatwist.config.model import HaConfig, Seconds

RESTART_DELAY: Final = 2.0
"""Seconds from the heal to the restart."""

RESTART: Final = "a healed partition"
"""Who asks such a node to leave, to start again."""


class _Indifferent:
    """heartbeat does not heal: it compares no claims."""

    def handle(self, item: object, now: Seconds) -> list[Outcome]:
        """Do nothing."""
        return []

    def deadline(self) -> Seconds:
        """Wait for nothing."""
        return float("inf")


@define
class _SelfRestart:
    """Says that it had declared the other dead, and leaves to start again."""

    departure: Departure
    _deadlines: Deadlines = field(factory=Deadlines)

    def handle(self, item: object, now: Seconds) -> list[Outcome]:
        """Follow nodes that come back."""
        match item:
            case MessageDelivered(sender, _, _, True):
                self._deadlines.set("restart", now + RESTART_DELAY)
                return [Send(speech.stonith(sender, "unneeded"))]
            case DeadlinePassed() if self._deadlines.expire("restart", now):
                return self.departure.handle(LeaveWanted(RESTART), now)
            case _:
                return []

    def deadline(self) -> Seconds:
        """When to restart."""
        return self._deadlines.first()


class OldNode(WatchedNode):
    """A node whose ways after a split are heartbeat's."""

    def __init__(
        self,
        config: HaConfig,
        identity: Identity,
        rng: Random,
        now: Seconds,
        memory: Mapping[str, str],
        _: Inheritance,
    ) -> None:
        settings = evolve(config.settings, version=0, guardian=False)
        super().__init__(evolve(config, settings=settings), identity, rng, now, memory)
        self.replace("healing", _Indifferent())
        self._restart = _SelfRestart(self.departure)
        self.replace("aftermath", self._restart)

    def route(self, item: Event | Fact, now: Seconds) -> list[Outcome]:
        """Let the restart hear of statuses, too, which its predecessor does not."""
        outcomes = super().route(item, now)
        if isinstance(item, MessageDelivered):
            outcomes += self._restart.handle(item, now)
        return outcomes

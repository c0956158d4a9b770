# -*- test-case-name: tests.cluster.test_membership -*-
"""
One other node: what is known of its beats, and what is logged when they are late
or there again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from hatwist.cluster.actions import Log
from hatwist.cluster.names import Level, NodeStatus

if TYPE_CHECKING:
    from hatwist.cluster.ledger import Number
    from hatwist.config.model import NodeName, Seconds


@define
class Peer:
    """One other node."""

    name: NodeName
    status: NodeStatus = NodeStatus.INIT
    heard: Seconds | None = None
    "When its last status came; None when never since our start, or since it died."
    answered: Seconds | None = None
    "When it was asked what it answered last, in the same time."
    seen: Seconds | None = None
    "When it last showed itself alive, alive or dead."
    number: Number = (0, 0)
    "The number of its newest status."
    restarted: bool = False
    "It has a new generation, whose first status is yet to be looked at."


def late(node: NodeName, interval: Seconds, deadtime: Seconds) -> Log:
    """Say that a heartbeat, a peer's or our own, came late."""
    text = f"Late heartbeat: Node {node}: interval {round(interval * 1000)} ms"
    return Log(Level.CRIT, f"{text} (> deadtime)") if interval > deadtime else Log(Level.WARN, text)


def returning(node: NodeName) -> list[Log]:
    """Say that a peer that was declared dead has been alive all the time."""
    return [
        Log(Level.CRIT, f"Cluster node {node} returning after partition."),
        Log(
            Level.INFO,
            "For information on cluster partitions, See URL: http://linux-ha.org/wiki/Split_Brain",
        ),
        Log(Level.WARN, "Deadtime value may be too small."),
        Log(Level.INFO, "See FAQ for information on tuning deadtime."),
        Log(Level.INFO, "URL: http://linux-ha.org/wiki/FAQ#Heavy_Load"),
    ]

# -*- test-case-name: tests.cluster.test_status -*-
"""
The frozen snapshot of a node that status, control and tests look at.

Nobody reads machines directly.  Ages are seconds before the snapshot.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import field, frozen

from hatwist.cluster.names import GroupState, Holding, LinkStatus, NodeStatus
from hatwist.config.model import LinkName, NodeName, Seconds


@frozen
class LinkView:
    """One node over one medium."""

    link: LinkName
    status: LinkStatus
    heard: Seconds | None
    "Age of the last message over it; None: never."
    loss: float | None = None
    "Which part of the newest messages did not come over it, 0 to 1; None: nobody knows."
    jitter: Seconds | None = None
    "By how much statuses come early or late, smoothed; None: nobody knows."
    delay: Seconds | None = None
    "There and back, the median of the newest answers; None: nobody knows."
    trouble: str = ""
    "Why our own medium does not carry; empty while it does."


@frozen
class NodeView:
    """One member, this node included."""

    name: NodeName
    status: NodeStatus
    generation: int
    heard: Seconds | None
    deadtime: Seconds
    "Silence after which it will be declared dead."
    links: tuple[LinkView, ...]
    uuid: bytes = b""
    "Sixteen bytes; empty while it is not known."
    weight: int = 100
    "What C{hb_setweight} said of it; a label only."
    site: str = ""
    "What C{hb_setsite} said of it; a label only."
    unheard: int = 0
    "So many of our newest messages, all since it came, it has not acknowledged."
    left: bool = False
    "It has given up everything in order, and was not heard to start since."


@frozen
class GroupView:
    """
    One resource group.

    @ivar owner: None when nobody is known to own it.
    @ivar state: what this node knows of it on itself.
    @ivar since: age of that state; None when it never changed.
    @ivar why: the newest recorded decision about it and its causes, in words.
    @ivar failures: how often something of it failed here, as far as that still counts.
    """

    key: str
    home: NodeName
    resources: tuple[str, ...]
    owner: NodeName | None
    state: GroupState
    since: Seconds | None
    why: str
    failures: int = 0


@frozen
class Status:
    """
    Everything there is to show of a node.

    @ivar mode: C{compatibility} or C{native}, and why.
    @ivar holding: what this node claims, C{None} while anything moves
        (heartbeat's word for it is C{transition}).
    """

    node: NodeName
    uuid: str
    generation: int
    status: NodeStatus
    mode: str
    auto_failback: str
    holding: Holding
    peer_holding: Holding
    stable: bool
    leaving: bool
    nodes: tuple[NodeView, ...]
    groups: tuple[GroupView, ...]
    counters: Mapping[str, int]
    newest: Mapping[str, Seconds] = field(factory=lambda: MappingProxyType({}))
    "Age of what was counted last of a kind, where that is known."
    deadline: Seconds | None = None
    "Seconds until the guardian releases what runs here; None: nothing is guarded."
    waiting: tuple[str, ...] = ()
    "What waits for a fencing or for a person, in whole sentences."
    voided: tuple[str, ...] = ()
    "Promises of ours that a node of this cluster does not keep."

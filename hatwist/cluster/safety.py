# -*- test-case-name: tests.cluster.test_node -*-
"""
Facts about what this node may still have, and what of others it may take; see L{hatwist.cluster.facts}.
"""

from __future__ import annotations

from attrs import frozen

from hatwist.config.model import NodeName, Seconds


@frozen
class LeaseOver:
    """The deadline is past; or this daemon was not run for so many seconds that it might be."""

    stood_still: Seconds = 0.0


@frozen
class Adopted:
    """A group that ran before the daemon's start is kept."""

    key: str
    cause: str


@frozen
class Swept:
    """Nothing of a former life runs here any more, but for what is kept."""


@frozen
class FenceWanted:
    """A node fell silent, and nothing of it may be started before it is fenced."""

    node: NodeName
    why: str


@frozen
class NodeFenced:
    """It cannot act; C{how} we know, and C{why} it was to be."""

    node: NodeName
    how: str
    why: str

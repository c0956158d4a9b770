# -*- test-case-name: tests.cluster.test_node -*-
"""
What can happen to a node.  An event and the time are all a node ever learns.
"""

from __future__ import annotations

from attrs import frozen

from hatwist.cluster.names import Holding, Outcome, Ticket
from hatwist.config.model import LinkName


@frozen
class Started:
    """The media are open and the generation is on disk: begin."""


@frozen
class DatagramReceived:
    """
    A medium brought bytes.

    @ivar source: where they came from, for the log only; nothing is decided by it.
    """

    link: LinkName
    data: bytes
    source: str = ""


@frozen
class DeadlinePassed:
    """The time named by C{next_deadline} has come."""


@frozen
class LinkDown:
    """A medium of ours cannot send or receive."""

    link: LinkName
    reason: str


@frozen
class LinkUp:
    """A medium of ours works again."""

    link: LinkName


@frozen
class GroupFinished:
    """
    The outcome of a L{hatwist.cluster.actions.RunGroup}.

    @ivar detail: for people: which resource failed and its last words.
    """

    ticket: Ticket
    outcome: Outcome
    detail: str = ""


@frozen
class LoadSampled:
    """
    The text of C{/proc/loadavg}, which every sequenced message carries.

    The core reads no files, so it is told now and then.
    """

    text: str


@frozen
class StandbyWanted:
    """
    The operator wants this node to give up groups.

    @ivar which: seen from this node.
    @ivar requester: who asked, for the record.
    """

    which: Holding
    requester: str = "operator"


@frozen
class TakeoverWanted:
    """
    The operator wants this node to have groups that the peer owns.

    @ivar which: seen from this node.
    """

    which: Holding
    requester: str = "operator"


@frozen
class LeaveWanted:
    """Give up everything in order and leave the cluster."""

    requester: str = "operator"


Event = (
    Started
    | DatagramReceived
    | DeadlinePassed
    | LinkDown
    | LinkUp
    | GroupFinished
    | LoadSampled
    | StandbyWanted
    | TakeoverWanted
    | LeaveWanted
)

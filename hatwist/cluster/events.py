# -*- test-case-name: tests.cluster.test_node -*-
"""
What can happen to a node.  An event and the time are all a node ever learns.
"""

from __future__ import annotations

from attrs import frozen

from hatwist.cluster.names import Holding, Outcome, Ticket
from hatwist.config.model import LinkName, NodeName
from hatwist.wire.auth import Keyring
from hatwist.wire.message import Message


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
class ResourceFailed:
    """
    A resource of a group that runs here no longer does, as far as its C{status} can be
    believed.

    @ivar how: what was seen, for people.
    @ivar proven: its status said that it was stopped before our start, and that it
        was running after it (safety 10).
    """

    key: str
    resource: str
    how: str
    proven: bool = True


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
class CleanupWanted:
    """
    The operator has looked: failures of a group count no more.

    @ivar key: of the group; empty: of all groups.
    """

    key: str
    requester: str = "operator"


@frozen
class LeaveWanted:
    """Give up everything in order and leave the cluster."""

    requester: str = "operator"


@frozen
class MessageWanted:
    """
    A program of this host, root's own, wants a message sent to the cluster.

    Standard fields are added; types that only a daemon may send are refused.

    @ivar requester: who asked, for the record: C{fifo}.
    """

    message: Message
    requester: str = "fifo"


@frozen
class ClientJoined:
    """A named client signed on to heartbeat's client API on this host (protocol 12.2)."""

    name: str


@frozen
class ClientLeft:
    """
    A named client is gone.

    @ivar reason: C{signoff}, C{EOF} or C{died}, as the API has them.
    """

    name: str
    reason: str


@frozen
class ClientSpoke:
    """A named client that has signed on wants a message sent to the cluster (protocol 12.5)."""

    name: str
    message: Message


@frozen
class ClientAsked:
    """
    A client wants to know whether a client has signed on at another node.

    Answered by a C{respond-cstatus} that is delivered to C{asker}, or by silence.
    """

    node: NodeName
    client: str
    asker: str


@frozen
class KeysChanged:
    """The file authkeys was read anew: sign and verify with these from now on."""

    keys: Keyring


@frozen
class FenceFinished:
    """
    The outcome of a L{hatwist.cluster.actions.Fence}.

    @ivar confirmed: a device, or a person, said that the node cannot act.
    @ivar by: which.
    @ivar words: for people.
    """

    ticket: Ticket
    confirmed: bool
    by: str = ""
    words: str = ""


@frozen
class FenceConfirmed:
    """A person says that a node is down, and that nothing of it runs."""

    node: NodeName
    who: str = "operator"


@frozen
class DeadlineRefused:
    """The guardian says that the deadline has passed: it releases what it was entrusted."""


Event = (
    Started
    | DatagramReceived
    | DeadlinePassed
    | LinkDown
    | LinkUp
    | GroupFinished
    | ResourceFailed
    | LoadSampled
    | StandbyWanted
    | TakeoverWanted
    | CleanupWanted
    | LeaveWanted
    | MessageWanted
    | ClientJoined
    | ClientLeft
    | ClientSpoke
    | ClientAsked
    | KeysChanged
    | DeadlineRefused
    | FenceFinished
    | FenceConfirmed
)

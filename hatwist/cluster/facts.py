# -*- test-case-name: tests.cluster.test_node -*-
"""
What the machines of one node tell each other, and what they ask to be sent.

A fact is a sentence in the past tense.  Who hears which is written in
C{ROUTES} of L{hatwist.cluster.routes}.
"""

from __future__ import annotations

from attrs import field, frozen

from hatwist.cluster.actions import Action
from hatwist.cluster.jobs import Job, Purpose
from hatwist.cluster.names import Holding, LinkStatus, NodeStatus
from hatwist.cluster.safety import Adopted as Adopted
from hatwist.cluster.safety import FenceWanted as FenceWanted
from hatwist.cluster.safety import LeaseOver as LeaseOver
from hatwist.cluster.safety import NodeFenced as NodeFenced
from hatwist.cluster.safety import Swept as Swept
from hatwist.config.model import LinkName, NodeName, ResourceGroup, Seconds
from hatwist.wire.message import Message


@frozen
class MessageArrived:
    """
    An authentic message of a configured node came over a link.

    Only L{hatwist.cluster.reception} hears of it, and those who watch a node.
    """

    link: LinkName
    sender: NodeName
    message: Message


@frozen
class SelfHeard:
    """
    An authentic message came that bears our name or our uuid.

    @ivar where: link and address, for the log.
    """

    link: LinkName
    message: Message
    where: str


@frozen
class EchoHeard:
    """An authentic message came back from a ping node."""

    link: LinkName
    message: Message


@frozen
class PingChanged:
    """A ping node answers, or is dead."""

    node: NodeName
    alive: bool


@frozen
class Refused:
    """
    This node must not start: another machine has its name or its uuid.

    From now on it is silent.
    """

    why: str


@frozen
class Listening:
    """
    This node has started and says nothing yet, or its silence is over.

    A word of it would be taken for a restart of the other machine of its name,
    if there is one.
    """

    silent: bool


@frozen
class TwinSuspected:
    """
    A status with our name was sent in the second in which this node started: by a
    machine that lives, or by our own former life.  The next one will show.
    """


@frozen
class TwinFound:
    """
    Two machines use a peer's name; the one with this generation was there first
    and is believed.
    """

    peer: NodeName
    generation: int


@frozen
class PeerHeard:
    """A link brought something that shows the peer, or this node, alive on it."""

    peer: NodeName
    link: LinkName


@frozen
class LinkChanged:
    """A node is heard over a medium, or is no more."""

    node: NodeName
    link: LinkName
    status: LinkStatus


@frozen
class NodeAdded:
    """A configured node that was taken away counts again."""

    node: NodeName


@frozen
class NodeRemoved:
    """The operator took a dead node away: nobody waits for it or believes it."""

    node: NodeName


@frozen
class MessageDelivered:
    """
    A message is to be acted on, once: not a copy, not a replay, for this node.

    Our own messages are delivered to us as well.

    @ivar returned: the sender was dead and comes back with its old generation.
    @ivar link: over which it came first; None for our own.
    """

    sender: NodeName
    message: Message
    own: bool = False
    returned: bool = False
    link: LinkName | None = field(default=None, eq=False)


@frozen
class PeerRestarted:
    """A peer came with a higher generation than before."""

    peer: NodeName
    generation: int


@frozen
class BeatAsked:
    """Somebody has to hear a heartbeat of ours now."""


@frozen
class ClaimOvertaken:
    """
    A peer had lost a claim of ours and got it again, after its successors.

    heartbeat believes it, and would do so for ever.
    """


@frozen
class FlowControlEnded:
    """
    A peer does not know flow control: nobody acknowledges anything any more, for
    the rest of this life (protocol 6.2).
    """

    peer: NodeName


@frozen
class UuidLearned:
    """A peer's uuid became known, or changed."""

    peer: NodeName
    uuid: bytes


@frozen
class PeerStatusChanged:
    """A peer says something new of itself."""

    peer: NodeName
    status: NodeStatus


@frozen
class PeerDied:
    """
    No medium carried a status of the peer for its deadtime.

    @ivar silence: seconds since its last one, or since our start.
    @ivar heard: False when it was never heard in this life of ours.
    """

    peer: NodeName
    silence: Seconds
    heard: bool


@frozen
class PeerReturned:
    """A peer that we had declared dead never was: the cluster was cut in two."""

    peer: NodeName


@frozen
class ClaimHeard:
    """A peer said in full what it holds, and the ledger has it now."""

    peer: NodeName


@frozen
class HomecomingOver:
    """A legacy peer has had the time to ask for what is at home there."""


@frozen
class PeerLate:
    """A peer that lives was not heard for longer than warntime, and we have just beaten ourselves."""

    peer: NodeName


@frozen
class PeerAnswered:
    """
    A peer has answered a question of this life of ours.

    @ivar link: over which it was asked.
    @ivar delay: seconds from the question to the answer.
    """

    peer: NodeName
    link: LinkName
    delay: Seconds


@frozen
class ProgramJoined:
    """A program that is part of this daemon signs on as if it were a client of the API."""

    name: str


@frozen
class ProgramSpoke:
    """Such a program wants a message sent to its counterparts."""

    name: str
    message: Message


@frozen
class CommunicationEstablished:
    """Every configured node was heard or declared dead; resources may move."""


@frozen
class JobBegun:
    """A job is to be done."""

    job: Job


@frozen
class JobsCancelled:
    """What jobs of these kinds have not ordered yet, they order no more."""

    purposes: tuple[Purpose, ...]


@frozen
class GroupProbed:
    """A job asked whether a group runs here."""

    job: Job
    group: ResourceGroup
    running: bool


@frozen
class JobFinished:
    """
    Every group of a job was dealt with.

    @ivar failed: the keys of the groups whose start failed.
    """

    job: Job
    failed: tuple[str, ...] = ()


@frozen
class HandoverAsked:
    """A standby operation is to begin here, with this node as the giver."""

    which: Holding
    why: str


@frozen
class HoldingsChanged:
    """Claims or stability may have changed; whoever waits may look again."""


@frozen
class Send:
    """
    Send this message to the cluster; standard fields are added.

    @ivar links: over these only; empty: over all.
    """

    message: Message
    links: tuple[LinkName, ...] = ()


Fact = (
    MessageArrived
    | SelfHeard
    | EchoHeard
    | PingChanged
    | Refused
    | Listening
    | TwinSuspected
    | TwinFound
    | PeerHeard
    | LinkChanged
    | NodeAdded
    | NodeRemoved
    | MessageDelivered
    | PeerRestarted
    | BeatAsked
    | ClaimOvertaken
    | FlowControlEnded
    | UuidLearned
    | PeerStatusChanged
    | PeerDied
    | PeerReturned
    | ClaimHeard
    | HomecomingOver
    | PeerLate
    | PeerAnswered
    | ProgramJoined
    | ProgramSpoke
    | CommunicationEstablished
    | LeaseOver
    | FenceWanted
    | NodeFenced
    | Adopted
    | Swept
    | JobBegun
    | JobsCancelled
    | GroupProbed
    | JobFinished
    | HandoverAsked
    | HoldingsChanged
    | Send
)

Outcome = Action | Fact

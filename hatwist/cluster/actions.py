# -*- test-case-name: tests.cluster.test_node -*-
"""
What a node can ask of the world.  Actions are carried out in order.
"""

from __future__ import annotations

from attrs import frozen

from hatwist.cluster.names import Delivery, Level, Ticket, Verb
from hatwist.config.model import LinkName, NodeName, ResourceGroup, Seconds
from hatwist.wire.message import Message


@frozen
class Transmit:
    """
    Send a message on every medium, but to no ping node.

    @ivar data: the datagram.
    @ivar line: the same message as serial lines carry it; empty where there is
        no serial line, or the message cannot be said on one.
    @ivar links: send it on these only; empty: on all.
    """

    data: bytes
    line: bytes = b""
    links: tuple[LinkName, ...] = ()


@frozen
class Probe:
    """Ask a ping node to return these bytes (protocol 7.4)."""

    link: LinkName
    data: bytes


@frozen
class RunGroup:
    """
    Start or stop a group, or ask whether its first resource runs.

    Answered by L{hatwist.cluster.events.GroupFinished} with the same ticket.
    """

    ticket: Ticket
    group: ResourceGroup
    verb: Verb


@frozen
class Log:
    """
    A line for ha-log, in the historical words.

    @ivar entity: who speaks: C{heartbeat}, or the name of the script whose
        part we play, such as C{ResourceManager}.
    """

    level: Level
    text: str
    entity: str = "heartbeat"


@frozen
class Record:
    """
    A decision that changes, or refuses to change, who owns something.

    @ivar decision: a short stable name, such as C{takeover}.
    @ivar subject: what it is about: a group's key, or a node.
    @ivar node: who acts, or will.
    @ivar causes: the facts it rests on, most immediate first.
    """

    decision: str
    subject: str
    node: NodeName
    causes: tuple[str, ...]


@frozen
class Deliver:
    """
    Tell the programs of this host of a message: the clients of heartbeat's API,
    and the scripts of C{rc.d} (protocol 10.8, 12.4).

    A message with C{to_id} is for the client of that name alone.

    @ivar own: this node sent it itself.
    """

    message: Message
    delivery: Delivery
    own: bool = False


@frozen
class PauseClients:
    """Read no more requests of API clients, or read them again (flow control, protocol 8.6)."""

    paused: bool


@frozen
class Persist:
    """
    Keep a text on disk, beside the heartbeat; nothing waits for it.

    @ivar name: which of the core's memories: its file's name.
    @ivar text: a few hundred bytes of ASCII at most.
    """

    name: str
    text: str


@frozen
class PushDeadline:
    """
    Tell the guardian until when what runs here may run (safety 1.2).

    @ivar at: on the node's clock.
    @ivar solo: this node knows of no living peer.
    """

    at: Seconds
    solo: bool = False


@frozen
class Fence:
    """
    Make sure that a node cannot act.

    Answered by L{hatwist.cluster.events.FenceFinished} with the same ticket.
    """

    ticket: Ticket
    node: NodeName
    why: str


@frozen
class CancelFence:
    """Stop a fencing: the node is heard, or somebody else has made sure."""

    ticket: Ticket


@frozen
class Stop:
    """
    The node has left; its daemon may end.

    @ivar refused: it must not be started again by itself: another machine
        uses its name or its uuid.
    @ivar again: it is to begin anew at once, with a new generation.
    """

    why: str
    refused: bool = False
    again: bool = False


Action = (
    Transmit
    | Probe
    | RunGroup
    | Log
    | Record
    | Deliver
    | PauseClients
    | Persist
    | PushDeadline
    | Fence
    | CancelFence
    | Stop
)

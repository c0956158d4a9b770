# -*- test-case-name: tests.cluster.test_node -*-
"""
What a node can ask of the world.  Actions are carried out in order.
"""

from __future__ import annotations

from attrs import frozen

from hatwist.cluster.names import Level, Ticket, Verb
from hatwist.config.model import NodeName, ResourceGroup


@frozen
class Transmit:
    """Send these bytes on every medium."""

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
class Stop:
    """The node has left; its daemon may end."""

    why: str


Action = Transmit | RunGroup | Log | Record | Stop

# -*- test-case-name: tests.cluster.test_work -*-
"""
What a job is: orders about groups that belong together.
"""

from __future__ import annotations

from enum import Enum

from attrs import frozen

from hatwist.cluster.names import Holding
from hatwist.cluster.ownership import Claim, Ground
from hatwist.config.model import NodeName, ResourceGroup


class Purpose(Enum):
    """What a job is for; the value is how records name it."""

    SWEEP = "sweep"
    "Stop what a former life of the daemon left running."
    RELEASE = "release"
    "Stop what was still being released for a former life, whatever it says of itself."
    BOOT = "boot"
    "Ask for the local groups (heartbeat's req_our_resources)."
    REQUESTED = "start"
    "Start a local group, after its request was answered."
    TAKEOVER = "takeover"
    "Start the groups of a node that is dead or has left (mach_down)."
    GIVE = "standby"
    "Stop groups that the peer takes."
    TAKE = "standby takeover"
    "Start groups that the peer gave."
    CLEAR = "clear"
    "Stop a group whose start failed, until it is stopped for certain."
    LEAVE = "leave"
    "Stop everything."
    YIELD = "yield"
    "Stop groups that both nodes had, and whose home is the other."
    RECOVER = "recover"
    "Start again what failed of a group that runs here."
    ANNOUNCE = "announce"
    "Tell the neighbours again of groups that both nodes had, and whose home is here."
    ANSWER = "request"
    "Stop a group that its home asks for (auto_failback legacy)."


@frozen
class Job:
    """
    A sequence of orders.

    @ivar causes: for the records of its decisions, most immediate first.
    @ivar claim: what its starts rest on.
    @ivar which: the set it is about, where it is about a set.
    @ivar node: who asked, died, or left, where somebody did.
    """

    purpose: Purpose
    groups: tuple[ResourceGroup, ...]
    causes: tuple[str, ...]
    claim: Claim = Claim(Ground.HOME)
    which: Holding = Holding.NONE
    node: NodeName = NodeName("")

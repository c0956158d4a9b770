# -*- test-case-name: tests.config.test_model -*-
"""
What hatwist.toml says, as frozen values.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from attrs import field, frozen

from hatwist.config.builtin import USUAL, Addresses
from hatwist.config.words import NodeName, Position, Seconds


class FencingAction(Enum):
    """What a device does to a node."""

    RESET = "reset"
    OFF = "off"


@frozen
class FencingDevice:
    """
    What can fence nodes.

    @ivar type: of the C{stonith} command, a fence agent, or C{meatware}.
    @ivar hosts: the nodes it can fence, each with the device's name for it; none:
        every node, by its own name.
    @ivar file: where its parameters are.
    @ivar parameters: they themselves, where they stand in ha.cf.
    @ivar timeout: of one try.
    @ivar retries: after the first try.
    """

    name: str
    type: str
    where: Position
    hosts: tuple[tuple[NodeName, str], ...] = ()
    file: str = ""
    parameters: str = field(default="", repr=False)
    level: int = 1
    timeout: Seconds = 60.0
    retries: int = 1
    action: FencingAction = FencingAction.RESET


@frozen
class Fencing:
    """
    How nodes are fenced.

    @ivar timeout: of one fencing, all devices and tries together.
    @ivar test_fencing: whether devices that prove nothing count.
    @ivar fence_delay: how long the node that owns less waits before it fences a
        peer that may fence it; None: twice the deadtime.
    @ivar check_every: time between two looks whether the devices answer.
    @ivar wait_for_all: whether a node that starts waits until it has seen every peer once;
        None: if the cluster is native.
    """

    devices: tuple[FencingDevice, ...] = ()
    timeout: Seconds = 300.0
    test_fencing: bool = False
    fence_delay: Seconds | None = None
    check_every: Seconds = 3600.0
    wait_for_all: bool | None = None


@frozen
class Monitoring:
    """
    How a group that runs is watched.

    @ivar interval: seconds between two looks; 0: nobody looks.
    @ivar timeout: seconds one look at a resource may take.
    @ivar restart_within: seconds within which what failed has to run again.
    @ivar migration_threshold: failures that are borne before the group moves; 0: any number.
    @ivar failure_timeout: seconds for which a failure counts.
    @ivar pidfiles: name processes whose end is a reason to look at once.
    """

    interval: Seconds = 120.0
    timeout: Seconds = 20.0
    restart_within: Seconds = 60.0
    migration_threshold: int = 3
    failure_timeout: Seconds = 3600.0
    pidfiles: tuple[str, ...] = ()
    where: Position = field(default=Position("hatwist.toml"), eq=False)


@frozen
class Monitors:
    """
    How groups are watched.

    @ivar usual: those of which nothing else is said.
    @ivar groups: the others, by key.
    """

    usual: Monitoring = Monitoring()
    groups: Mapping[str, Monitoring] = field(factory=lambda: MappingProxyType({}))

    def of(self, key: str) -> Monitoring:
        """Return how a group is watched."""
        return self.groups.get(key, self.usual)


@frozen
class Settings:
    """
    What hatwist.toml says.

    @ivar native: a node that was never heard counts as one that speaks hatwist's
        own protocol.
    @ivar version: of that protocol, as this node states it; 0: it states none.
        No file sets it.
    @ivar parallel: how many groups are started or stopped at a time.
    @ivar stop_within: seconds within which the guardian has stopped everything, or the watchdog
        gets no more food.
    @ivar reset: what cannot be stopped has the watchdog reset the host; else it is blocked.
    @ivar guardian: a process of its own sees to it that nothing runs here after the
        deadline; false for a simulated node unless it says otherwise.
    """

    native: bool = False
    version: int = 1
    parallel: int = 10
    guardian: bool = False
    stop_within: Seconds = 60.0
    reset: bool = True
    fencing: Fencing = Fencing()
    monitors: Monitors = Monitors()
    addresses: Addresses = USUAL

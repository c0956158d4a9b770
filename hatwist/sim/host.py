# -*- test-case-name: tests.sim.test_host -*-
"""
One simulated machine: a clock, a disk, resources, and at times a daemon.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final
from uuid import NAMESPACE_DNS, uuid5

from attrs import define, field

from hatwist.cluster.adoption import Inheritance
from hatwist.cluster.guard import Guard
from hatwist.cluster.identity import Identity
from hatwist.sim.agents import Agents
from hatwist.sim.old import OldNode
from hatwist.sim.watched import WatchedNode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hatwist.cluster.events import Event
    from hatwist.config.model import HaConfig, NodeName, Seconds
    from hatwist.sim.watched import Watch

EPOCH: Final = 1_000_000_000.0
"""Seconds since 1970 when the simulated world begins."""


@define(eq=False)
class Host:
    """
    A machine.

    @ivar offset: what its clock showed when the world began.
    @ivar drift: by how much its second is shorter than a true one.
    @ivar lateness: by how many seconds of the world its alarms ring late.
    @ivar generation: what its disk says; a crash does not harm it.  None: the
        file is lost.
    @ivar old: its daemons are heartbeat's kind: see L{hatwist.sim.old}.
    @ivar memory: what its daemons asked to be kept, on the same disk.
    @ivar guard: what its guardian decides; it outlives the daemon.
    @ivar presumed: its deadline rests on silence, not on what a peer confirmed.
    @ivar met: its last daemon began anew by itself, and knew what every peer had.
    @ivar life: counts its daemons, so that answers to a dead one are ignored.
    @ivar wakes: counts its alarms, so that only the newest one rings.
    @ivar paused: nothing of it runs; its datagrams wait in C{backlog}.
    @ivar resumed: when, on its own clock, its last pause ended.
    """

    name: NodeName
    config: HaConfig
    rng: Random
    offset: Seconds = 0.0
    drift: float = 0.0
    lateness: Seconds = 0.0
    generation: int | None = 0
    node: WatchedNode | None = None
    life: int = 0
    wakes: int = 0
    paused: bool = False
    resumed: Seconds = float("-inf")
    backlog: list[Event] = field(factory=list)
    old: bool = False
    memory: dict[str, str] = field(factory=dict)
    agents: Agents = field(init=False)
    guard: Guard = field(factory=Guard)
    presumed: bool = False
    met: bool = False
    _now: Seconds = float("-inf")

    def __attrs_post_init__(self) -> None:
        self.agents = Agents(self.rng)

    def now(self, world: Seconds, at_least: Seconds = float("-inf")) -> Seconds:
        """Return what its clock shows at a time of the world; it never goes back."""
        now = self.offset + world * (1 + self.drift)
        if now > self._now:
            self._now = now
        if at_least > self._now:
            self._now = at_least
        return self._now

    def world_time(self, local: Seconds) -> Seconds:
        """Return when, in the world's time, its clock shows C{local}."""
        return (local - self.offset) / (1 + self.drift)

    def boot(self, world: Seconds, watches: Mapping[type, Sequence[Watch]]) -> None:
        """Start a daemon, with a new generation: as the service does, from the clock if the file is lost."""
        self.life += 1
        self.generation = (int(EPOCH + world) if self.generation is None else self.generation) + 1
        uuid = uuid5(NAMESPACE_DNS, self.name).bytes
        identity = Identity(self.name, uuid, self.generation, EPOCH - self.offset, 1000 + self.life)
        kind = OldNode if self.old else WatchedNode
        inheritance = Inheritance() if self.old else self.inheritance()
        self.node = kind(self.config, identity, self.rng, self.now(world), self.memory, inheritance)
        self.node.watch(self, watches)

    @property
    def guarded(self) -> bool:
        """Whether it has a guardian; heartbeat has none."""
        return self.config.settings.guardian and not self.old

    def inheritance(self) -> Inheritance:
        """Return what its guardian holds."""
        lapsed = frozenset(self.guard.attach())
        held, guard = frozenset(self.guard.held), self.guard
        return Inheritance(held, lapsed, guard.deadline, guard.solo, self.met)

    def kill(self) -> None:
        """End its daemon at once; the resources stay."""
        self.node = None
        self.life += 1
        self.backlog.clear()
        self.paused = False

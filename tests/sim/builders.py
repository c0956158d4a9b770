"""
Small worlds that the tests of the simulator look at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hatwist.config.model import NodeName
from hatwist.sim.plan import Plan
from hatwist.sim.world import World
from hatwist.wire.message import Message

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hatwist.sim.auditor import Auditor
    from hatwist.sim.host import Host
from hatwist.sim.watched import WatchedNode

ALPHA: Final = NodeName("alpha")
BETA: Final = NodeName("beta")

WEB: Final = "10.0.0.5"
"""The key of the group at home on alpha."""

SQL: Final = "10.0.0.6"
"""The key of the group at home on beta."""


def make_world(
    auditors: Iterable[Auditor] = (),
    groups: Iterable[str] = (f"alpha {WEB}", f"beta {SQL}"),
    settings: str = "",
) -> World:
    """Make a world of two hosts that are off."""
    plan = Plan()
    plan.set_nodes(["alpha", "beta", *settings.split()])
    for group in groups:
        plan.add_group(group.split())
    return World(plan.config(), 1, tuple(auditors))


def running_world(auditors: Iterable[Auditor] = (), settings: str = "") -> World:
    """Make a world in which both daemons run and each has its group."""
    world = make_world(auditors, settings=settings)
    for name in world.hosts:
        world.boot(name)
    world.run(15)
    return world


def node_of(host: Host) -> WatchedNode:
    """Return the daemon of a host that has one."""
    assert host.node is not None
    return host.node


def status(sequence: int, generation: int = 1, deadtime: float = 10.0, kind: str = "status") -> Message:
    """Make a heartbeat as it is delivered."""
    return Message.of(
        t=kind, st="active", dt=f"{round(deadtime * 1000):x}", seq=f"{sequence:x}", hg=f"{generation:x}"
    )

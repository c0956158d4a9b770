# -*- test-case-name: tests.sim.test_owners -*-
"""
Audit the promise that everything is about: no group runs on two hosts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from attrs import define

from hatwist.cluster.facts import PeerDied
from hatwist.cluster.guard import STUCK
from hatwist.cluster.names import NodeStatus, Verb
from hatwist.sim.auditor import Auditor, violate

if TYPE_CHECKING:
    from hatwist.cluster.events import Event
    from hatwist.cluster.facts import Fact
    from hatwist.config.model import Seconds
    from hatwist.sim.host import Host
    from hatwist.sim.world import World

HEALING: Final = 60.0
"""Seconds after which a cluster that is whole again has no group twice."""


@define(eq=False)
class OneOwner(Auditor):
    """
    No group runs on two hosts.

    Excused is what neither fencing, quorum nor witness could prevent when none
    is configured: a living node was declared dead (the network was cut or lost
    a deadtime's worth of statuses, or the node was paused that long), or a
    daemon was killed beside its running resources.  The excuse ends when no
    group runs twice any more; and for a cluster that is whole again, whose
    agents stop what they are told to stop, it ends after L{HEALING}.

    @ivar excuse: why two owners are possible now; empty when they are not.
    """

    sees: ClassVar[tuple[type, ...]] = (PeerDied,)
    excuse: str = ""
    _moves: int = -1
    _whole_since: Seconds | None = None

    def look(self, world: World, host: Host, item: Event | Fact) -> None:
        """Take note of a death that was none."""
        assert isinstance(item, PeerDied)
        other = world.hosts[item.peer]
        if host.node is not None and host.node.ledger.fences and not world.switch.lies:
            return  # nothing is started before it is fenced
        if STUCK in other.guard.groups.values():
            self.excuse = f"the guardian of {item.peer} cannot release what it should"
            return
        if other.guarded and not (other.presumed or not host.guarded):
            return  # its guardian has seen to it, unless it could not know
        if other.node is not None:
            self.excuse = f"{host.name} declared {item.peer} dead, which lives"
        elif other.agents.running:
            self.excuse = f"the daemon of {item.peer} was killed beside its resources"

    def check(self, world: World, host: Host) -> None:
        """Count the owners, if anything moved."""
        if not self.excuse and world.moves == self._moves:
            return
        self._moves = world.moves
        twice = next((group.key for group in world.config.groups if len(runners(world, group.key)) > 1), "")
        if twice and not self.excuse:
            violate(world, f"{twice} runs on {' and '.join(runners(world, twice))}")
        if not _whole(world):
            self._whole_since = None
        elif not twice:
            self.excuse, self._whole_since = "", None
        elif self._whole_since is None:
            self._whole_since = world.time
        elif world.time - self._whole_since > HEALING:
            violate(world, f"{twice} still runs on {' and '.join(runners(world, twice))}; {self.excuse}")


def runners(world: World, key: str) -> list[str]:
    """Return the hosts on which a group runs."""
    return [host.name for host in world.hosts.values() if key in host.agents.running]


def _whole(world: World) -> bool:
    """
    Nobody holds a living node for dead, nothing runs without a daemon, nothing
    refuses to stop; and a node of heartbeat's kind has come to the end of what it
    takes over, which it does whoever comes back meanwhile.
    """
    for host in world.hosts.values():
        if host.node is None:
            if host.agents.running:
                return False
            continue
        if host.old and host.node.ledger.jobs:
            return False
        if host.paused or any((key, Verb.STOP) in host.agents.broken for key in host.agents.running):
            return False
        for peer in host.node.membership.peers.values():
            if peer.status is NodeStatus.DEAD and world.hosts[peer.name].node is not None:
                return False
    return True

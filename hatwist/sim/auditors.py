# -*- test-case-name: tests.sim.test_auditors -*-
"""
What must always hold, asked after every event; and what must hold in peace.

An auditor that finds a violation raises L{hatwist.sim.auditor.Violation}; the
scenario or storm that provoked it fails, and its seed replays it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatwist.cluster.history import MAX_HISTORY
from hatwist.cluster.names import GroupState, NodeStatus
from hatwist.sim.auditor import Auditor, violate
from hatwist.sim.deaths import Promptness, TrueDeaths
from hatwist.sim.delivery import OnceEach
from hatwist.sim.owners import OneOwner, runners

if TYPE_CHECKING:
    from hatwist.config.model import ResourceGroup
    from hatwist.sim.host import Host
    from hatwist.sim.world import World


class Bounds(Auditor):
    """Nothing grows without limit, and the core's own invariants hold."""

    def check(self, world: World, host: Host) -> None:
        """Look at the node."""
        if host.node is None:
            return
        if host.node.history.length > MAX_HISTORY:
            violate(world, f"{host.name} keeps {host.node.history.length} messages")
        for broken in host.node.check():
            violate(world, f"{host.name}: {broken}")


class Agreement(Auditor):
    """
    A cluster that was left in peace agrees with itself.

    Every living daemon sees every other, nothing moves, each group runs on
    exactly one host, and everybody says that it does.  A group runs nowhere if
    nobody lives, or if its owner shows that it could not be started.
    """

    def settled(self, world: World) -> None:
        """Compare what the nodes say, and what runs."""
        living = [host for host in world.hosts.values() if host.node is not None]
        for host in living:
            self._see_each_other(world, host)
        for group in world.config.groups:
            if living:
                self._know_the_owner(world, living, group)

    @staticmethod
    def _see_each_other(world: World, host: Host) -> None:
        assert host.node is not None
        for name, peer in host.node.membership.peers.items():
            if (world.hosts[name].node is not None) is not (peer.status is NodeStatus.ACTIVE):
                violate(world, f"{host.name} says {name} is {peer.status.value}")
        if not host.node.ledger.stable:
            violate(world, f"{host.name} is not stable")

    @staticmethod
    def _know_the_owner(world: World, living: list[Host], group: ResourceGroup) -> None:
        owners = sorted({str(host.node.ledger.owner(group)) for host in living if host.node is not None})
        runs = runners(world, group.key)
        broken = any(
            host.node.work.condition(group).state is GroupState.FAILED
            for host in living
            if host.node is not None and owners == [host.name]
        )
        if len(runs) != 1 and not (broken and not runs):
            violate(world, f"{group.key} runs on {' and '.join(runs) or 'no host'}")
        if runs and owners != runs:
            violate(world, f"{group.key} runs on {runs[0]}, and is said to be owned by {', '.join(owners)}")


def every() -> tuple[Auditor, ...]:
    """Return one of each."""
    return (OneOwner(), TrueDeaths(), Promptness(), OnceEach(), Bounds(), Agreement())


def agreement(world: World) -> None:
    """
    Make sure that a cluster that was left in peace agrees with itself.

    @raise Violation: when it does not.
    """
    for auditor in world.auditors:
        auditor.settled(world)

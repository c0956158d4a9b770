# -*- test-case-name: tests.sim.test_auditor -*-
"""
What an auditor is, and what it raises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NoReturn

if TYPE_CHECKING:
    from hatwist.cluster.events import Event
    from hatwist.cluster.facts import Fact
    from hatwist.sim.host import Host
    from hatwist.sim.world import World


class Violation(AssertionError):
    """Something happened that must never happen."""


def violate(world: World, text: str) -> NoReturn:
    """
    Say when something happened that must never happen, and what.

    @raise Violation: always.
    """
    raise Violation(f"at {world.time:.3f}: {text}")


class Auditor:
    """
    Sees the items of every node before its machines do, and the world after each event.

    @cvar sees: the types of the items it wants to see.
    """

    sees: ClassVar[tuple[type, ...]] = ()

    def look(self, world: World, host: Host, item: Event | Fact) -> None:
        """See an item of one of the types in C{sees}."""

    def check(self, world: World, host: Host) -> None:
        """See the world, of which only C{host} may have changed."""

    def settled(self, world: World) -> None:
        """See the world after it was left in peace for long enough."""

# -*- test-case-name: tests.sim.test_shrink -*-
"""
Leave out what a violation does not need.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.sim.auditor import Auditor, violate
from hatwist.sim.host import Host
from hatwist.sim.shrink import shrink
from hatwist.sim.world import World
from tests.sim.builders import ALPHA, BETA

STORM = ["nodes alpha beta", "boot alpha", "run 1", "boot beta", "run 2", "crash beta", "run 3", "heal"]


class Mourner(Auditor):
    """Objects to the end of beta's first daemon; and, in other words, if alpha was never booted."""

    def check(self, world: World, host: Host) -> None:
        """Look at beta."""
        if host.name == BETA and host.life == 2:
            violate(world, "beta is gone" if world.hosts[ALPHA].life else "beta was alone")


class ShrinkTests(SynchronousTestCase):
    """Short scenarios."""

    def test_shrinks(self) -> None:
        """What is left provokes the same kind of violation, and nothing can be left out of it."""
        kept, violation = shrink(STORM, lambda: (Mourner(),))
        self.assertEqual(kept, ["boot alpha", "boot beta", "crash beta"])
        self.assertEqual(violation, "at 0.000: beta is gone")

    def test_nothing_found(self) -> None:
        """A storm without violation has nothing to be shrunk."""
        self.assertEqual(shrink(STORM, lambda: ()), ([], ""))

    def test_orders_that_make_no_sense(self) -> None:
        """An order that others stand on is kept; orders that make no sense provoke nothing."""
        storm = ["nodes alpha beta links=eth1", "boot all", "cut alpha|beta eth1", "crash beta", "heal"]
        self.assertEqual(shrink(storm, lambda: (Mourner(),))[0], ["boot all", "crash beta"])
        self.assertEqual(shrink(["cut alpha|beta eth7"], lambda: (Mourner(),)), ([], ""))

# -*- test-case-name: tests.sim.test_old -*-
"""
A simulated node with heartbeat's ways after a split.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.events import StandbyWanted
from hatwist.cluster.names import Holding
from hatwist.sim.script import Script


class OldTests(SynchronousTestCase):
    """It restarts itself, and gives way to nobody."""

    def play(self, *orders: str) -> Script:
        """Give orders to a cluster whose beta is old."""
        script = Script()
        for order in (
            "nodes alpha beta keepalive=1 deadtime=5 initdead=10 auto_failback=off",
            "group alpha 10.0.0.5",
            "group beta 10.0.0.6",
            "old beta",
            "boot all",
            "run 30",
            *orders,
        ):
            script.order(order)
        return script

    def test_it_states_nothing_of_ours(self) -> None:
        """Its peer knows what it speaks, and it may become new again."""
        script = self.play()
        node = script.host("alpha").node
        assert node is not None
        self.assertIn("beta speaks heartbeat's protocol only", node.status().mode)
        for order in ("leave beta", "run 10", "new beta", "boot beta", "run 30", "agree"):
            script.order(order)
        self.assertTrue(node.status().mode.startswith("native"))

    def test_it_restarts_after_a_split(self) -> None:
        """It leaves in order two seconds after the heal, and comes back after its deadtime."""
        script = self.play("cut alpha|beta", "run 15", "heal", "run 5")
        beta = script.host("beta")
        self.assertIsNone(beta.node)
        script.order("run 30")
        self.assertIsNotNone(beta.node)
        script.order("agree")

    def test_it_restarts_for_nothing_else(self) -> None:
        """A standby, a death and a farewell are as ever."""
        script = self.play("crash alpha", "run 15", "boot alpha", "run 30")
        script.world.feed(script.host("alpha"), StandbyWanted(Holding.ALL))
        script.order("run 10")
        script.order("leave beta")
        script.order("run 60")
        self.assertIsNone(script.host("beta").node)

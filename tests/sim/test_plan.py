# -*- test-case-name: tests.sim.test_plan -*-
"""
A configuration in the making.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.model import AutoFailback
from hatwist.errors import ConfigError
from hatwist.sim.plan import Plan


class PlanTests(SynchronousTestCase):
    """Nodes, settings and groups."""

    def setUp(self) -> None:
        """Make a plan of what goes without saying."""
        self.plan = Plan()

    def test_goes_without_saying(self) -> None:
        """There are two nodes, one link, and patient times."""
        cf = self.plan.config().cf
        self.assertEqual(cf.nodes, ("alpha", "beta"))
        self.assertEqual([medium.link for medium in cf.media], ["eth0"])
        times = (cf.keepalive, cf.warntime, cf.deadtime, cf.initdead)
        self.assertEqual(times, (1.0, 5.0, 10.0, 20.0))
        self.assertIs(cf.auto_failback, AutoFailback.ON)

    def test_settings(self) -> None:
        """A word with an equals sign is a setting, one without is a node."""
        self.plan.set_nodes(["a", "B", "keepalive=500ms", "links=eth0,eth1", "auto_failback=legacy"])
        cf = self.plan.config().cf
        self.assertEqual(cf.nodes, ("a", "b"))
        self.assertEqual([medium.link for medium in cf.media], ["eth0", "eth1"])
        self.assertEqual((cf.keepalive, cf.auto_failback), (0.5, AutoFailback.LEGACY))

    def test_unknown_setting(self) -> None:
        """A setting that does not exist is refused, and so is a value that makes no sense."""
        for word in ("deathtime=3", "auto_failback=maybe", "keepalive=soon"):
            self.assertRaises(ValueError, self.plan.set_nodes, [word])

    def test_groups(self) -> None:
        """Groups are lines of haresources."""
        self.plan.add_group(["alpha", "10.0.0.5", "www"])
        (group,) = self.plan.config().groups
        self.assertEqual((group.node, group.key), ("alpha", "10.0.0.5"))
        self.assertEqual([resource.script for resource in group.resources], ["IPaddr", "www"])

    def test_bad_group(self) -> None:
        """What would be wrong in haresources is wrong here."""
        error = self.assertRaises(ConfigError, self.plan.add_group, ["alpha"])
        self.assertIn("scenario", str(error))

    def test_unknown_home(self) -> None:
        """The home of a group is one of the nodes."""
        error = self.assertRaises(ValueError, self.plan.add_group, ["gamma", "10.0.0.5"])
        self.assertEqual(str(error), "no such node: gamma; there are alpha, beta")

# -*- test-case-name: tests.sim.test_auditor -*-
"""
What an auditor is by itself.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.events import Started
from hatwist.sim.auditor import Auditor, Violation, violate
from tests.sim.builders import ALPHA, make_world


class AuditorTests(SynchronousTestCase):
    """The base of all auditors, and the one way to object."""

    def test_objects_to_nothing(self) -> None:
        """By itself it wants to see nothing, and finds nothing wrong."""
        world = make_world()
        auditor = Auditor()
        self.assertEqual(auditor.sees, ())
        auditor.look(world, world.hosts[ALPHA], Started())
        auditor.check(world, world.hosts[ALPHA])
        auditor.settled(world)

    def test_violation_says_when(self) -> None:
        """A violation names the time of the world."""
        world = make_world()
        world.run(2.5)
        error = self.assertRaises(Violation, violate, world, "the sky fell")
        self.assertEqual(str(error), "at 2.500: the sky fell")

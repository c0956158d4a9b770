# -*- test-case-name: tests.lab.test_soak_walk -*-
"""
Random walks that can be taken again.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from scripts.lab.soak.choices import MIXED, PAIR, Daemon, Failback
from scripts.lab.soak.scenarios import plain
from scripts.lab.soak.storms import storms
from scripts.lab.soak.walk import LIFE, life, lives


class WalkTests(SynchronousTestCase):
    """Lives drawn from a seed."""

    def names(self, seed: int, number: int) -> list[str]:
        """Return what a cluster goes through, its own name first."""
        choice, scenarios = life(seed, number, MIXED)
        return [choice.name, *(scenario.name for scenario in scenarios)]

    def test_same_seed_same_walk(self) -> None:
        """A life depends on the seed and its number alone."""
        self.assertEqual(self.names(7, 3), self.names(7, 3))
        self.assertNotEqual(self.names(7, 3), self.names(7, 4))
        self.assertNotEqual(self.names(7, 3), self.names(8, 3))

    def test_as_many_as_asked_for(self) -> None:
        """The last life is shorter; the others do not depend on how many are asked for."""
        drawn = list(lives(1, 2 * LIFE + 1, MIXED))
        self.assertEqual([number for number, _, _ in drawn], [1, 2, 3])
        self.assertEqual([len(scenarios) for _, _, scenarios in drawn], [LIFE, LIFE, 1])

    def test_what_is_drawn_fits(self) -> None:
        """No standby in the middle of something with legacy, no killed heartbeat."""
        for number in range(100):
            choice, scenarios = life(1, number, MIXED)
            self.assertTrue(all(scenario.fits(choice) for scenario in scenarios), choice.name)

    def test_everything_can_be_drawn(self) -> None:
        """Every scenario of either kind comes in some life."""
        drawn = {scenario.name for number in range(300) for scenario in life(1, number, PAIR)[1]}
        self.assertEqual(drawn, {scenario.name for scenario in [*plain(), *storms(0.0)]})


class ScenarioTests(SynchronousTestCase):
    """What there is to draw from."""

    def test_names_are_unique(self) -> None:
        """A name stands for one scenario."""
        names = [scenario.name for scenario in [*plain(), *storms(0.0)]]
        self.assertEqual(len(names), len(set(names)))

    def test_what_fits(self) -> None:
        """Only hatwist cleans up after a daemon that was killed; only nice nodes go standby."""
        choice, _ = life(1, 1, MIXED)
        for scenario in [*plain(), *storms(0.0)]:
            if scenario.name.startswith("killed"):
                killed = int(scenario.name.split()[1].removeprefix("node")) - 1
                self.assertEqual(scenario.fits(choice), choice.daemons[killed] is Daemon.HATWIST)
            if "during standby of" in scenario.name:
                self.assertEqual(scenario.fits(choice), choice.failback is not Failback.LEGACY)

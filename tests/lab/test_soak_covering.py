# -*- test-case-name: tests.lab.test_soak_covering -*-
"""
Which clusters are tried when there is no time for all.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from scripts.lab.soak.choices import MIXED, PAIR, Failback, every
from scripts.lab.soak.covering import covering, pairs, shares
from scripts.lab.soak.scenarios import plain


class CoveringTests(SynchronousTestCase):
    """Few choices with every pair of values."""

    def test_every_pair_occurs(self) -> None:
        """Whatever two values one picks, there is a choice with both."""
        for daemons in (MIXED, PAIR):
            wanted = {pair for choice in every(daemons) for pair in pairs(choice)}
            self.assertEqual({pair for choice in covering(daemons) for pair in pairs(choice)}, wanted)

    def test_it_is_small(self) -> None:
        """Nine for three values of three parts; a few more at most for two primaries."""
        self.assertEqual(len(covering(PAIR)), 9)
        self.assertLessEqual(len(covering(MIXED)), 11)

    def test_it_does_not_change(self) -> None:
        """The same choices each time."""
        self.assertEqual(covering(MIXED), covering(MIXED))


class SharesTests(SynchronousTestCase):
    """Which scenarios each of them plays."""

    def test_every_scenario_meets_every_failback_and_primary(self) -> None:
        """Once, and in a cluster that it fits."""
        played = [
            (scenario.name, choice.failback, choice.daemons)
            for choice, scenarios in shares(covering(MIXED), plain())
            for scenario in scenarios
        ]
        wanted = {
            (scenario.name, failback, daemons)
            for scenario in plain()
            for failback in Failback
            for daemons in MIXED
        }
        self.assertEqual(set(played), wanted)
        self.assertEqual(len(played), len(wanted))

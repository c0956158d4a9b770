# -*- test-case-name: tests.sim.test_storms -*-
"""
Storms: what they are made of, and a number of them.

C{python -m hatwist.sim --storms 1-1000} plays more.
"""

from __future__ import annotations

from random import Random

from twisted.trial.unittest import SynchronousTestCase

from hatwist.sim.auditor import Auditor, Violation, violate
from hatwist.sim.script import Script, ScriptError
from hatwist.sim.storm import NAMES, Sea, orders, run_storm
from hatwist.sim.vocabulary import COMMANDS
from hatwist.sim.world import World

SEEDS = 60
"""How many storms each run of the tests goes through."""


class Grumbler(Auditor):
    """Objects to every peace."""

    def settled(self, world: World) -> None:
        """Object."""
        violate(world, "too quiet")


class OrdersTests(SynchronousTestCase):
    """What a storm is made of."""

    def test_seed_decides(self) -> None:
        """The same seed gives the same orders, another one others."""
        self.assertEqual(list(orders(1)), list(orders(1)))
        self.assertNotEqual(list(orders(1)), list(orders(2)))

    def test_trouble_then_peace(self) -> None:
        """Trouble ends with everything mended, and with a takeover after which all agree as well."""
        said = list(orders(1))
        heal = len(said) - 1 - said[::-1].index("heal")
        self.assertIn("network loss=0 delay=1ms line=0 duplicate=0 flip=0 truncate=0", said[:heal])
        self.assertEqual([order for order in said[heal:] if order == "agree"], ["agree"] * 3)
        self.assertIn(said[-6], [f"crash {name}" for name in NAMES])

    def test_only_known_orders(self) -> None:
        """Whatever a storm draws, it is an order of the language."""
        for seed in range(300):
            for order in orders(seed):
                self.assertIn(order.split()[0], COMMANDS)

    def test_nodes_that_start_apart(self) -> None:
        """Some storms begin with a cut."""
        early = [list(orders(seed))[: list(orders(seed)).index("boot alpha")] for seed in range(100)]
        apart = sum("cut alpha|beta" in said for said in early)
        self.assertTrue(0 < apart < 30, apart)

    def test_words(self) -> None:
        """One of several words is drawn, and capitals stand for names."""
        sea = Sea(Random(1), {"NAME": ("alpha",)})
        drawn = {sea.order("pause NAME 3/9") for _ in range(20)}
        self.assertEqual(drawn, {"pause alpha 3", "pause alpha 9"})


class StormTests(SynchronousTestCase):
    """Nothing that must never happen happens."""

    def test_violation_says_how_to_replay(self) -> None:
        """A violation ends with the command that plays the same storm again."""
        error = self.assertRaises(Violation, run_storm, 3, lambda: (Grumbler(),))
        self.assertIn("too quiet", str(error))
        self.assertTrue(str(error).endswith("\nreplay: python -m hatwist.sim --storm 3"))

    def test_orders_make_sense(self) -> None:
        """The orders of a storm can be written into a scenario file as they are."""
        script = Script()
        try:
            for order in orders(1):
                script.order(order)
        except ScriptError as error:
            self.fail(str(error))
        self.assertEqual(script.digest, run_storm(1).digest)

    def test_storms(self) -> None:
        """After each storm the cluster is whole, and nothing went wrong meanwhile."""
        found = []
        for seed in range(1, SEEDS + 1):
            try:
                run_storm(seed)
            except Violation as violation:
                found.append(str(violation))
        self.assertEqual(found, [], "\n\n".join(found))

# -*- test-case-name: tests.fencing.test_plan -*-
"""
Who fences whom, in which order, how often.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.model import FencingAction, FencingDevice, NodeName, Position
from hatwist.fencing.dialects import Order
from hatwist.fencing.plan import (
    LONGEST_PAUSE,
    MOST,
    PERIOD,
    LevelPlan,
    Restraint,
    levels_for,
    name_at,
    pause_before,
)

ALPHA = NodeName("alpha")
BETA = NodeName("beta")


def device(name: str, kind: str = "baytech", level: int = 1, **more: object) -> FencingDevice:
    """Make a device."""
    made = FencingDevice(name, kind, Position("hatwist.toml", 1), level=level)
    for field, value in more.items():
        object.__setattr__(made, field, value)
    return made


class LevelTests(SynchronousTestCase):
    """L{levels_for}."""

    def test_level_by_level(self) -> None:
        """Devices are tried by level, whatever their order in the file."""
        late, early = device("late", level=2), device("early")
        self.assertEqual(
            levels_for([late, early], BETA, False),
            (LevelPlan((early,), Order.RESET), LevelPlan((late,), Order.RESET)),
        )

    def test_two_power_supplies(self) -> None:
        """The devices of one level all switch off, and only then on again."""
        both = device("pdu-a"), device("pdu-b")
        self.assertEqual(levels_for(both, BETA, False), (LevelPlan(both, Order.OFF, Order.ON),))
        stays = device("pdu-a", action=FencingAction.OFF), both[1]
        self.assertEqual(levels_for(stays, BETA, False), (LevelPlan(stays, Order.OFF),))

    def test_a_person_is_no_power_supply(self) -> None:
        """A device and a person: the device resets."""
        both = device("pdu-a"), device("us", "meatware")
        self.assertEqual(levels_for(both, BETA, False), (LevelPlan(both, Order.RESET),))
        off = device("pdu-a", action=FencingAction.OFF)
        self.assertEqual(levels_for([off], BETA, False), (LevelPlan((off,), Order.OFF),))

    def test_whose_device(self) -> None:
        """A device that lists its nodes fences no other; the device's own name for a node is used."""
        one = device("ipmi-a", hosts=((ALPHA, "3"),))
        self.assertEqual(levels_for([one], BETA, False), ())
        self.assertEqual(name_at(one, ALPHA), "3")
        self.assertEqual(name_at(device("pdu"), BETA), "beta")

    def test_what_proves_nothing(self) -> None:
        """null, ssh, suicide and fence_dummy are left out unless test_fencing is on."""
        tests = [device(kind, kind) for kind in ("null", "ssh", "suicide", "external/ssh", "/x/fence_dummy")]
        self.assertEqual(levels_for(tests, BETA, False), ())
        self.assertEqual(levels_for(tests, BETA, True)[0].devices, tuple(tests))


class PauseTests(SynchronousTestCase):
    """L{pause_before}."""

    def test_it_doubles(self) -> None:
        """Pauses double up to a bound."""
        self.assertEqual([pause_before(retry) for retry in range(1, 8)], [1, 2, 4, 8, 16, LONGEST_PAUSE, 30])


class RestraintTests(SynchronousTestCase):
    """L{Restraint}."""

    def test_three_in_ten_minutes(self) -> None:
        """After three fencings of one node there is none until the first is ten minutes old."""
        restraint = Restraint()
        for when in (0.0, 100.0, 200.0):
            self.assertTrue(restraint.may_strike(BETA, when))
            restraint.strike(BETA, when)
        self.assertEqual(MOST, 3)
        self.assertFalse(restraint.may_strike(BETA, PERIOD - 1))
        self.assertTrue(restraint.may_strike(ALPHA, PERIOD - 1))
        self.assertTrue(restraint.may_strike(BETA, PERIOD))

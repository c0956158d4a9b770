# -*- test-case-name: tests.cluster.test_quality -*-
"""
Loss, jitter and round trip of a link.
"""

from __future__ import annotations

from collections.abc import Iterable

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.quality import WINDOW, Measured, Quality


def heard(numbers: Iterable[int], generation: int = 7) -> Quality:
    """Let messages of these numbers come."""
    one = Quality(1.0)
    for number in numbers:
        one.came(generation, number, None)
    return one


class LossTests(SynchronousTestCase):
    """What did not come."""

    def test_nothing_came(self) -> None:
        """Then nobody knows anything."""
        self.assertEqual(Quality(1.0).measured(9, 0.0), Measured())

    def test_share(self) -> None:
        """It is a part of what there was, from the first that came on."""
        self.assertEqual(heard(range(5, 9)).measured(8, 0.0).loss, 0.0)
        self.assertEqual(heard((5, 6, 8)).measured(8, 0.0).loss, 0.25)
        self.assertEqual(heard((5, 6)).measured(8, 0.0).loss, 0.5)

    def test_only_the_newest_count(self) -> None:
        """What was long ago is forgotten; and a long silence is a loss of all."""
        self.assertEqual(
            heard((1, *range(WINDOW + 50, 2 * WINDOW + 50))).measured(2 * WINDOW + 49, 0.0).loss, 0.0
        )
        self.assertEqual(heard(range(1, 9)).measured(9000, 0.0).loss, 1.0)
        self.assertEqual(heard((1, 9000)).measured(9000, 0.0).loss, 1 - 1 / WINDOW)

    def test_late_and_again(self) -> None:
        """What comes after its successor is not new, and does not fill a hole."""
        one = heard((1, 3))
        for number in (2, 3, 4):
            one.came(7, number, None)
        self.assertEqual(one.measured(4, 0.0).loss, 0.25)

    def test_another_life(self) -> None:
        """It begins anew."""
        one = heard((1, 9))
        one.came(8, 3, None)
        self.assertEqual(one.measured(3, 0.0).loss, 0.0)


class TimeTests(SynchronousTestCase):
    """Jitter and round trip."""

    def test_jitter(self) -> None:
        """It follows what statuses are early or late, slowly; extra ones and holes do not count."""
        one = Quality(1.0)
        for number, now in enumerate((0.0, 1.0, 1.01, 4.0)):
            one.came(7, number, now)
        self.assertEqual(one.jitter, 0.0)
        one.came(7, 9, 5.25)
        self.assertEqual(one.jitter, 0.25 / 16)

    def test_round_trip(self) -> None:
        """The median of the newest; after a minute of keepalives it says nothing of now."""
        one = heard((1,))
        for number, delay in enumerate((4.0, 0.5, 0.4, 0.3, 0.2)):
            one.answered(delay, float(number))
        self.assertEqual(one.measured(1, 5.0).delay, 0.4)
        one.answered(0.1, 9.0)
        self.assertEqual(one.measured(1, 68.0).delay, 0.3)
        self.assertIsNone(one.measured(1, 69.0).delay)

# -*- test-case-name: tests.config.test_durations -*-
"""
Times as ha.cf writes them.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.durations import MAX_DURATION, milliseconds, seconds


class DurationTests(SynchronousTestCase):
    """Seconds, unless a unit is attached."""

    def test_seconds(self) -> None:
        """A bare number is in seconds."""
        self.assertEqual([seconds(text) for text in ("2", "1.5", "2.", ".5", "0")], [2.0, 1.5, 2.0, 0.5, 0.0])

    def test_units(self) -> None:
        """The first two letters of the unit count, whatever their case."""
        for text in ("500ms", "500MS", "500msec", "500msecs", "500000us", "500000usec", ".5"):
            self.assertEqual(seconds(text), 0.5, text)

    def test_rounding(self) -> None:
        """The result is in whole milliseconds, halves rounded up."""
        self.assertEqual(
            [seconds(text) for text in ("1.0004", "1.0005", "499us", "500us")], [1.0, 1.001, 0.0, 0.001]
        )

    def test_other_units_are_refused(self) -> None:
        """Other units are refused, and what they mean in seconds is offered."""
        for text, meant in (("10s", "10"), ("5m", "300"), ("1h", "3600"), ("1.5min", "90"), ("10sec", "10")):
            error = self.assertRaises(ValueError, seconds, text)
            self.assertIn(f"write {meant}", str(error))
        self.assertIn("the units are", str(self.assertRaises(ValueError, seconds, "2x")))

    def test_nonsense_is_refused(self) -> None:
        """What is no number is refused; digits of other scripts are none."""
        for text in ("", "ms", "-5", "1e9", "1.2.3", "\u0661", "inf", "nan", "1" * 13):
            self.assertRaises(ValueError, seconds, text)

    def test_bound(self) -> None:
        """There is a longest time."""
        self.assertEqual(seconds(str(MAX_DURATION)), MAX_DURATION)
        self.assertRaises(ValueError, seconds, str(MAX_DURATION + 1))

    def test_milliseconds(self) -> None:
        """Messages have times in whole milliseconds."""
        self.assertEqual(milliseconds(0.25), 250)

# -*- test-case-name: tests.config.test_values -*-
"""
Parsers of single values.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config import values


class ValueTests(SynchronousTestCase):
    """Each parser takes what is right and says what would be."""

    def refused(self, parse: Callable[[str], object], text: str) -> str:
        """Return what the parser says of a bad value."""
        return str(self.assertRaises(ValueError, parse, text))

    def test_boolean(self) -> None:
        """Five words for each, whatever their case."""
        for word in ("true", "on", "YES", "y", "1"):
            self.assertIs(values.boolean(word), True)
        for word in ("false", "Off", "no", "N", "0"):
            self.assertIs(values.boolean(word), False)
        self.assertIn("one of on", self.refused(values.boolean, "maybe"))

    def test_boolean_with_a_stray_mark(self) -> None:
        """A boolean with a mark before or after it gets the plain word as remedy."""
        self.assertEqual(self.refused(values.boolean, "|no"), "write no, without |")
        self.assertEqual(self.refused(values.boolean, "yes;"), "write yes, without ;")
        self.assertIn("one of on", self.refused(values.boolean, "|maybe"))

    def test_integer(self) -> None:
        """Decimal digits within bounds, and nothing else."""
        parse = values.integer(0, 255)
        self.assertEqual([parse("0"), parse("255"), parse("007")], [0, 255, 7])
        for text in ("256", "-1", "3x", "", "0x1", "\u0661", "9" * 5000):
            self.assertEqual(self.refused(parse, text), "a number from 0 to 255")

    def test_number_of(self) -> None:
        """One of a few numbers."""
        parse = values.number_of(9600, 19200)
        self.assertEqual(parse("9600"), 9600)
        self.assertEqual(self.refused(parse, "1200"), "one of 9600 and 19200")

    def test_choice(self) -> None:
        """One of a few words, spelled exactly so; the nearest is offered."""
        parse = values.choice({"file": 1, "time": 2})
        self.assertEqual(parse("time"), 2)
        self.assertEqual(self.refused(parse, "File"), "did you mean file?")
        self.assertEqual(self.refused(parse, "zzz"), "one of file and time")

    def test_positive_seconds(self) -> None:
        """A time above zero, after rounding."""
        self.assertEqual(values.positive_seconds("0.5"), 0.5)
        self.assertEqual(self.refused(values.positive_seconds, "0.0004"), "more than 0")

    def test_facility(self) -> None:
        """A facility of syslog, in lower case."""
        self.assertEqual(values.facility("local7"), "local7")
        self.assertIn("did you mean local0", self.refused(values.facility, "LOCAL0"))
        self.assertIn("one of auth,", self.refused(values.facility, "zzz"))

    def test_path_and_word(self) -> None:
        """A full path begins with a slash; a word is anything."""
        self.assertEqual(values.path("/dev/watchdog"), "/dev/watchdog")
        self.assertIn("full path", self.refused(values.path, "watchdog"))
        self.assertEqual(values.word("anything"), "anything")

    def test_interface(self) -> None:
        """At most 15 characters, none of them a slash."""
        for name in ("eth0", "eth0.100", "eth0:0", "br-lan", "x" * 15):
            self.assertEqual(values.interface(name), name)
        for name in ("eth/0", "x" * 16, "", "\u7f51"):
            self.refused(values.interface, name)

    def test_host(self) -> None:
        """An address or a name; four numbers that are no address are neither."""
        for name in ("10.0.0.1", "2001:db8::1", "node01", "node1.test.com", "al_pha", "n."):
            self.assertEqual(values.host(name), name)
        self.assertIn("from 0 to 255", self.refused(values.host, "10.0.0.256"))
        for name in ("a b", "-a", "a,b", "x" * 101, "node\uff0c", "|no"):
            self.assertIn("name of a host", self.refused(values.host, name))

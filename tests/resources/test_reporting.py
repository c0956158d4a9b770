# -*- test-case-name: tests.resources.test_reporting -*-
"""
What of a program's output reaches the log.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.resources.reporting import MAX_LINE, last_words, lines_of


class LinesTests(SynchronousTestCase):
    """Lines fit for a log."""

    def test_the_last_lines_count(self) -> None:
        """Of many lines the last ones are taken, in order, blank ones left out."""
        self.assertEqual(lines_of("a\n\nb\n  \nc\n", 2), ["b", "c"])

    def test_a_line_is_bounded(self) -> None:
        """A line is cut at its limit."""
        self.assertEqual(lines_of("x" * 5000, 5), ["x" * MAX_LINE])

    def test_control_characters_cannot_forge_anything(self) -> None:
        """What could steer a terminal is replaced; a tab may stay."""
        self.assertEqual(lines_of("red \x1b[31m\ttext\0", 5), ["red ?[31m\ttext"])

    def test_last_words_are_one_line(self) -> None:
        """The last words are the last three lines, on one line."""
        self.assertEqual(last_words("one\ntwo\nthree\nfour\n"), "two | three | four")
        self.assertEqual(last_words(" \n"), "")

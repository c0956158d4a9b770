# -*- test-case-name: tests.config.test_findings -*-
"""
Collecting problems, and words for people.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.findings import MAX_PROBLEMS, Findings, listed, shown, suggestion
from hatwist.config.model import Gravity, Position


class FindingsTests(SynchronousTestCase):
    """L{Findings} keeps everything, in order and in bounds."""

    def test_only_an_error_is_fatal(self) -> None:
        """Warnings and notes do not stop the start."""
        findings = Findings()
        findings.note(Position("f"), "a", "good to know")
        findings.warn(Position("f"), "b", "should be mended")
        self.assertFalse(findings.fatal)
        findings.error(Position("f"), "c", "wrong")
        self.assertTrue(findings.fatal)

    def test_has(self) -> None:
        """It is known whether a problem of a code was found."""
        findings = Findings()
        findings.note(Position("f"), "a", "good to know")
        self.assertTrue(findings.has("a"))
        self.assertFalse(findings.has("b"))

    def test_order_is_that_of_the_files(self) -> None:
        """Problems come file by file, by line and column; those of a whole file come last."""
        findings = Findings()
        for file, line, column in (("b", 0, 0), ("b", 9, 1), ("a", 1, 1), ("b", 2, 7), ("b", 2, 3)):
            findings.note(Position(file, line, column), "x", "")
        self.assertEqual(
            [str(one.where) for one in findings.ordered()], ["b:2:3", "b:2:7", "b:9:1", "b", "a:1:1"]
        )

    def test_a_flood_is_cut(self) -> None:
        """There is an end to what is shown, and it is said."""
        findings = Findings()
        for number in range(MAX_PROBLEMS + 10):
            findings.warn(Position("f", number), "x", "again")
        self.assertEqual(len(findings.problems), MAX_PROBLEMS + 1)
        self.assertEqual(findings.problems[-1].code, "too-many-problems")
        self.assertIs(findings.problems[-1].gravity, Gravity.ERROR)


class WordsTests(SynchronousTestCase):
    """Texts for messages."""

    def test_strange_letters_are_escaped(self) -> None:
        """Control characters and bytes that are no text cannot reach a terminal."""
        self.assertEqual(shown("a\x1b[31m\udcff\u00a0b"), "a\\x1b[31m\\xff\\xa0b")

    def test_long_text_is_cut(self) -> None:
        """A long text is cut, and that is shown."""
        self.assertEqual(shown("abcdef", 3), "abc...")
        self.assertEqual(shown("abc", 3), "abc")

    def test_listed(self) -> None:
        """Words are joined as in a sentence."""
        self.assertEqual(listed(["a"]), "a")
        self.assertEqual(listed(["a", "b", "c"]), "a, b and c")

    def test_suggestion(self) -> None:
        """The nearest known words are offered, whatever their case; nothing if none is near."""
        self.assertEqual(suggestion("KEEPALIV", ["keepalive", "deadtime"]), "did you mean keepalive?")
        self.assertEqual(suggestion("node01", ["node1", "node2"]), "did you mean node1 or node2?")
        self.assertEqual(suggestion("zebra", ["keepalive"]), "")

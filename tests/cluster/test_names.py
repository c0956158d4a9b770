# -*- test-case-name: tests.cluster.test_names -*-
"""
The words of the core.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.names import Holding
from hatwist.errors import MalformedError


class HoldingTests(SynchronousTestCase):
    """Sets of groups, as the wire spells them."""

    def test_words(self) -> None:
        """Each set has the word that C{rsc_hold} has for it, and is read back from it."""
        words = {one: one.word for one in (Holding.NONE, Holding.LOCAL, Holding.FOREIGN, Holding.ALL)}
        self.assertEqual(
            words,
            {
                Holding.NONE: "none",
                Holding.LOCAL: "local",
                Holding.FOREIGN: "foreign",
                Holding.ALL: "all",
            },
        )
        self.assertEqual(
            {word: Holding.of(word) for word in words.values()}, {w: h for h, w in words.items()}
        )

    def test_sides(self) -> None:
        """What is local to one node is foreign to the other; all and none are the same to both."""
        self.assertEqual(Holding.LOCAL.swapped, Holding.FOREIGN)
        self.assertEqual(Holding.FOREIGN.swapped, Holding.LOCAL)
        self.assertEqual(Holding.ALL.swapped, Holding.ALL)
        self.assertEqual(Holding.NONE.swapped, Holding.NONE)

    def test_all_is_both(self) -> None:
        """Local and foreign groups together are all groups."""
        self.assertEqual(Holding.LOCAL | Holding.FOREIGN, Holding.ALL)

    def test_other_words_are_refused(self) -> None:
        """Any other word, another case and no word at all are malformed, and shown at bounded length."""
        for word in ("", "failback", "Local", "all ", "x" * 1000):
            error = self.assertRaises(MalformedError, Holding.of, word)
            self.assertLess(len(str(error)), 80)

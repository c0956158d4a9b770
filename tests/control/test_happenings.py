# -*- test-case-name: tests.control.test_happenings -*-
"""
Remembering and telling.
"""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.spread.pb import DeadReferenceError
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from hatwist.control.happenings import (
    MAX_KEPT,
    MAX_SUBSCRIBERS,
    MAX_TEXT,
    MAX_UNANSWERED,
    Happenings,
    Subscriber,
)
from hatwist.errors import ControlError
from hatwist.interfaces import IControlObserver


class FakeReference:
    """A client's object; it answers only when told to."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []
        self.waiting: list[Deferred[None]] = []
        self.dead = False

    def callRemote(self, *words: object) -> Deferred[None]:
        if self.dead:
            raise DeadReferenceError("gone")
        self.told.append(words)
        self.waiting.append(Deferred())
        return self.waiting[-1]


class HappeningsTests(SynchronousTestCase):
    """What happened, for those who ask and those who follow."""

    def setUp(self) -> None:
        self.happenings = Happenings()
        self.reference = FakeReference()
        self.dropped: list[str] = []
        self.subscriber = Subscriber(self.reference, lambda: self.dropped.append("dropped"))  # type: ignore[arg-type]

    def test_observer(self) -> None:
        """It is what a node tells."""
        self.assertTrue(verifyObject(IControlObserver, self.happenings))

    def test_the_last_are_kept(self) -> None:
        """Only the newest happenings are remembered, oldest first."""
        for number in range(MAX_KEPT + 1):
            self.happenings.happened("log", f"line {number}", float(number))
        kept = self.happenings.recent()
        self.assertEqual(len(kept), MAX_KEPT)
        self.assertEqual(kept[0], ["log", "line 1", 1.0])
        self.assertEqual(kept[-1], ["log", f"line {MAX_KEPT}", float(MAX_KEPT)])

    def test_what_was_before(self) -> None:
        """What a former life left comes first; there is room for its newest only."""
        self.happenings.happened("log", "now", 5.0)
        former = [("decision", f"before {number}", float(number)) for number in range(MAX_KEPT)]
        self.happenings.recall(former[:2])
        before = [["decision", "before 0", 0.0], ["decision", "before 1", 1.0]]
        self.assertEqual(self.happenings.recent(), [*before, ["log", "now", 5.0]])
        self.happenings.recall(former)
        kept = self.happenings.recent()
        self.assertEqual((len(kept), kept[0][1], kept[-1][1]), (MAX_KEPT, "before 3", "now"))
        self.happenings.recall(former)
        self.assertEqual(self.happenings.recent(), kept)

    def test_followers_hear_what_comes(self) -> None:
        """A follower hears what happens from now on, and nothing from before."""
        self.happenings.happened("log", "before", 1.0)
        self.happenings.add(self.subscriber)
        self.happenings.happened("decision", "takeover", 2.0)
        self.happenings.remove(self.subscriber)
        self.happenings.happened("log", "after", 3.0)
        self.assertEqual(self.reference.told, [("happened", "decision", "takeover", 2.0)])

    def test_long_and_strange_text_is_tamed(self) -> None:
        """Text is cut at 4096 characters, and what cannot be encoded becomes a question mark."""
        self.happenings.happened("log", "\udcff" + "x" * MAX_TEXT, 1.0)
        self.assertEqual(self.happenings.recent(), [["log", "?" + "x" * (MAX_TEXT - 1), 1.0]])

    def test_a_slow_follower_is_dropped(self) -> None:
        """A follower 256 happenings behind is dropped, and the others are not held up."""
        brisk = FakeReference()
        self.happenings.add(self.subscriber)
        self.happenings.add(Subscriber(brisk, lambda: self.dropped.append("wrong one")))  # type: ignore[arg-type]
        for number in range(MAX_UNANSWERED + 5):
            self.happenings.happened("log", str(number), 0.0)
            brisk.waiting[-1].callback(None)
        self.assertEqual(self.dropped, ["dropped"])
        self.assertEqual(len(self.reference.told), MAX_UNANSWERED)
        self.assertEqual(len(brisk.told), MAX_UNANSWERED + 5)

    def test_a_follower_that_answers_with_errors_keeps_up(self) -> None:
        """An error is an answer as well."""
        self.happenings.add(self.subscriber)
        for _ in range(MAX_UNANSWERED + 5):
            self.happenings.happened("log", "line", 0.0)
            self.reference.waiting[-1].errback(RuntimeError("the client's own"))
        self.assertEqual(self.dropped, [])

    def test_a_gone_follower_is_forgotten(self) -> None:
        """Telling a client whose connection is gone is no error."""
        self.happenings.add(self.subscriber)
        self.reference.dead = True
        self.happenings.happened("log", "one", 0.0)
        self.happenings.happened("log", "two", 0.0)
        self.assertEqual(self.dropped, ["dropped"])

    def test_followers_are_bounded(self) -> None:
        """One follower too many is refused."""
        for _ in range(MAX_SUBSCRIBERS):
            self.happenings.add(Subscriber(FakeReference(), lambda: None))  # type: ignore[arg-type]
        problem = self.assertRaises(ControlError, self.happenings.add, self.subscriber)
        self.assertEqual(str(problem), "16 clients follow the events already; try again later")

# -*- test-case-name: tests.cluster.test_complaints -*-
"""
Counting what others do wrong.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.actions import Log
from hatwist.cluster.complaints import PERIOD, Complaints
from hatwist.cluster.names import Level
from hatwist.errors import MalformedError


class ComplaintsTests(SynchronousTestCase):
    """Everything is counted, and little of it is said."""

    def test_counting_says_nothing(self) -> None:
        """Copies of messages are counted only."""
        complaints = Complaints()
        complaints.count("copy")
        complaints.count("copy")
        self.assertEqual(complaints.counters, {"copy": 2})

    def test_the_newest(self) -> None:
        """When something came last is known where the time was told."""
        complaints = Complaints()
        complaints.count("copy")
        complaints.count("replay", 3.0)
        complaints.note("malformed", Level.WARN, "x", 4.0)
        self.assertEqual(complaints.newest, {"replay": 3.0, "malformed": 4.0})

    def test_said_once_a_minute(self) -> None:
        """The same kind of complaint is logged once a minute, with the number of those in between."""
        complaints = Complaints()
        first = complaints.note("replay", Level.ERROR, "a replay", 10.0)
        again = [complaints.note("replay", Level.ERROR, "a replay", 10.0 + n) for n in range(1, 60)]
        later = complaints.note("replay", Level.ERROR, "a replay", 10.0 + PERIOD)
        self.assertEqual(first, [Log(Level.ERROR, "a replay")])
        self.assertEqual(again, [[]] * 59)
        self.assertEqual(later, [Log(Level.ERROR, "a replay (59 more like it in the last 60 s)")])
        self.assertEqual(complaints.counters, {"replay": 61})

    def test_rare_ones_are_said_each_time(self) -> None:
        """With more than a minute in between each is said, and nothing is added to it."""
        complaints = Complaints()
        said = [complaints.note("x", Level.WARN, "odd", at) for at in (0.0, 60.0, 200.0)]
        self.assertEqual(said, [[Log(Level.WARN, "odd")]] * 3)

    def test_kinds_do_not_silence_each_other(self) -> None:
        """A complaint of one kind is said though one of another kind was said just now."""
        complaints = Complaints()
        complaints.note("replay", Level.ERROR, "a replay", 0.0)
        self.assertEqual(
            complaints.note("our name", Level.ERROR, "two of us", 0.0), [Log(Level.ERROR, "two of us")]
        )

    def test_malformed(self) -> None:
        """A message that is not as it should be is a warning that says where and why."""
        complaints = Complaints()
        said = complaints.malformed("on eth0 192.0.2.2", MalformedError("no start mark"), 0.0)
        self.assertEqual(said, [Log(Level.WARN, "Bad message on eth0 192.0.2.2: no start mark")])
        self.assertEqual(complaints.counters, {"malformed": 1})

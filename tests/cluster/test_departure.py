# -*- test-case-name: tests.cluster.test_departure -*-
"""
Leave in order (protocol 10.7, 11.2).
"""

from __future__ import annotations

from math import inf

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster import speech
from hatwist.cluster.actions import Log, Record, Stop
from hatwist.cluster.departure import LAST_WORDS, PEER_PATIENCE, Departure
from hatwist.cluster.events import DeadlinePassed, LeaveWanted
from hatwist.cluster.facts import HoldingsChanged, JobBegun, JobFinished, Outcome, Send
from hatwist.cluster.jobs import Job, Purpose
from hatwist.cluster.ledger import Ledger, Phase, StandbyPhase
from hatwist.cluster.names import Holding, Level
from tests.cluster.builders import ALPHA, GROUPS, WEB, identity, settled_ledger

WHY = "operator asked it to"
LEAVE = Job(Purpose.LEAVE, GROUPS, (WHY,), which=Holding.ALL)
SHUTDOWN: list[Outcome] = [
    Log(Level.INFO, "Heartbeat shutdown in progress. (4711)"),
    Log(Level.INFO, "Giving up all HA resources."),
    Record("leave", ALPHA, ALPHA, (WHY,)),
    Send(speech.resource(Holding.NONE, False, "shutdown")),
    JobBegun(LEAVE),
]
DELAYED: list[Outcome] = [Log(Level.WARN, "Shutdown delayed until current resource activity finishes.")]


def ledger(*, nice: bool = True) -> Ledger:
    """Make a ledger at peace, with everything here."""
    return evolve(settled_ledger(nice=nice), ours=Holding.ALL)


def departure(book: Ledger) -> Departure:
    """Make the departure of C{alpha}."""
    return Departure(identity(), book)


class LeaveTests(SynchronousTestCase):
    """The way out."""

    def test_idle(self) -> None:
        """An idle node says what it does and stops all groups, in file order."""
        book = ledger()
        self.assertEqual(departure(book).handle(LeaveWanted(), 5.0), SHUTDOWN)
        self.assertEqual((book.leaving, book.ours, book.phase), (True, Holding.NONE, Phase.SHUTDOWN))

    def test_legacy(self) -> None:
        """In legacy mode nothing is said of holdings."""
        self.assertEqual(
            departure(ledger(nice=False)).handle(LeaveWanted(), 5.0),
            [one for one in SHUTDOWN if not isinstance(one, Send)],
        )

    def test_who_asked(self) -> None:
        """Who asked is on record."""
        outcomes = departure(ledger()).handle(LeaveWanted("SIGTERM"), 5.0)
        self.assertIn(Record("leave", ALPHA, ALPHA, ("SIGTERM asked it to",)), outcomes)

    def test_everything_stopped(self) -> None:
        """When everything is stopped the node says goodbye, and a second later its daemon may end."""
        one = departure(ledger())
        one.handle(LeaveWanted(), 5.0)
        self.assertEqual(
            one.handle(JobFinished(LEAVE), 8.0),
            [Log(Level.INFO, "All HA resources relinquished."), Send(speech.shutdone())],
        )
        self.assertEqual(one.deadline(), 8.0 + LAST_WORDS)
        self.assertEqual(one.handle(DeadlinePassed(), 8.9), [])
        self.assertEqual(
            one.handle(DeadlinePassed(), 9.0),
            [Log(Level.INFO, "alpha Heartbeat shutdown complete."), Stop(WHY)],
        )
        self.assertEqual(one.deadline(), inf)

    def test_other_jobs(self) -> None:
        """The end of another job is no goodbye."""
        one = departure(ledger())
        one.handle(LeaveWanted(), 5.0)
        self.assertEqual(one.handle(JobFinished(Job(Purpose.GIVE, (WEB,), ("x",))), 8.0), [])

    def test_asked_twice(self) -> None:
        """A second wish changes nothing, before and after the node has begun."""
        underway = [Log(Level.INFO, "Heartbeat shutdown already underway.")]
        busy = departure(evolve(ledger(), jobs=1))
        busy.handle(LeaveWanted(), 5.0)
        self.assertEqual(busy.handle(LeaveWanted("again"), 6.0), underway)
        self.assertEqual(busy.deadline(), 5.0 + PEER_PATIENCE)
        idle = departure(ledger())
        idle.handle(LeaveWanted(), 5.0)
        self.assertEqual(idle.handle(LeaveWanted("again"), 6.0), underway)


class PatienceTests(SynchronousTestCase):
    """A node leaves when nothing moves (protocol 10.7)."""

    def test_nobody_wants_to_leave(self) -> None:
        """Without a wish nothing happens, whatever changes."""
        one = departure(ledger())
        self.assertEqual(one.handle(HoldingsChanged(), 0.0), [])
        self.assertEqual(one.handle(DeadlinePassed(), 0.0), [])
        self.assertEqual(one.deadline(), inf)

    def test_own_work_first(self) -> None:
        """While a job runs the node waits, and goes as soon as it is over."""
        book = evolve(ledger(), jobs=1)
        one = departure(book)
        self.assertEqual(one.handle(LeaveWanted(), 5.0), DELAYED)
        self.assertEqual(one.handle(HoldingsChanged(), 6.0), [])
        book.jobs = 0
        self.assertEqual(one.handle(HoldingsChanged(), 7.0), SHUTDOWN)
        self.assertEqual(one.handle(HoldingsChanged(), 8.0), [])

    def test_other_side_for_ten_seconds(self) -> None:
        """For the other side alone it waits ten seconds."""
        for moving in (
            evolve(ledger(), their_stable=False),
            evolve(ledger(), standby=StandbyPhase.TAKING),
            evolve(ledger(), takeover_running=True),
        ):
            one = departure(moving)
            self.assertEqual(one.handle(LeaveWanted(), 5.0), DELAYED)
            self.assertEqual(one.handle(DeadlinePassed(), 14.9), [])
            self.assertEqual(one.handle(DeadlinePassed(), 15.0), SHUTDOWN)
            self.assertEqual(moving.standby, StandbyPhase.NOT)

    def test_own_work_without_limit(self) -> None:
        """For its own work it waits without limit, and looks again each second."""
        book = evolve(ledger(), jobs=1)
        one = departure(book)
        one.handle(LeaveWanted(), 5.0)
        self.assertEqual(one.handle(DeadlinePassed(), 15.0), [])
        self.assertEqual(one.deadline(), 15.0 + LAST_WORDS)
        self.assertEqual(one.handle(DeadlinePassed(), 16.0), [])
        book.jobs = 0
        self.assertEqual(one.handle(DeadlinePassed(), 17.0), SHUTDOWN)

    def test_before_communication(self) -> None:
        """A node that has not spoken of resources yet has nothing to wait for but its own work."""
        book = evolve(ledger(), phase=Phase.INIT, their_stable=False)
        self.assertEqual(departure(book).handle(LeaveWanted(), 5.0), SHUTDOWN)

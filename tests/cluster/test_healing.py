# -*- test-case-name: tests.cluster.test_healing -*-
"""
A cluster that was cut in two comes together again (safety 8).
"""

from __future__ import annotations

from math import inf

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster import speech
from hatwist.cluster.actions import Log
from hatwist.cluster.events import DeadlinePassed
from hatwist.cluster.facts import (
    ClaimHeard,
    HoldingsChanged,
    HomecomingOver,
    JobBegun,
    JobFinished,
    Outcome,
    PeerDied,
    PeerRestarted,
    PeerReturned,
    PeerStatusChanged,
    Send,
)
from hatwist.cluster.healing import HOMECOMING, INSISTENCE, Healing
from hatwist.cluster.jobs import Job, Purpose
from hatwist.cluster.ledger import Ledger, Phase, StandbyPhase
from hatwist.cluster.names import Holding, Level, NodeStatus
from hatwist.cluster.ownership import Claim, Ground
from tests.cluster.builders import BETA, SQL, WEB, settled_ledger

LOCAL, FOREIGN, ALL, NONE = Holding.LOCAL, Holding.FOREIGN, Holding.ALL, Holding.NONE

BACK = "node beta is back after a partition"
YIELD = Job(
    Purpose.YIELD,
    (SQL,),
    ("both nodes had it, and its home is the other", BACK),
    which=FOREIGN,
    node=BETA,
)
LET_GO = "node beta has let go of it"


def ledger(ours: Holding = ALL, theirs: Holding = NONE) -> Ledger:
    """Make a ledger of a node that took everything over; these are the claims."""
    return evolve(settled_ledger(), ours=ours, theirs=theirs)


def jobs(outcomes: list[Outcome]) -> list[Purpose]:
    """Say what begins."""
    return [one.job.purpose for one in outcomes if isinstance(one, JobBegun)]


class CompareTests(SynchronousTestCase):
    """Find out what both sides hold."""

    ASKED = [Send(speech.starting()), Send(speech.resource(ALL, True))]

    def test_returned(self) -> None:
        """A peer that never was dead is asked what it holds, and told what we hold."""
        self.assertEqual(Healing(ledger()).handle(PeerReturned(BETA), 0.0), self.ASKED)

    def test_not_now(self) -> None:
        """While leaving, and before the first agreement, nobody is asked."""
        for book in (evolve(ledger(), leaving=True), evolve(ledger(), phase=Phase.RECEIVED)):
            self.assertEqual(Healing(book).handle(PeerReturned(BETA), 0.0), [])

    def test_busy(self) -> None:
        """While a standby operation runs we say that we are not stable."""
        book = evolve(ledger(), standby=StandbyPhase.GIVING)
        self.assertEqual(Healing(book).handle(PeerReturned(BETA), 0.0)[-1], Send(speech.resource(ALL, False)))

    def test_nothing_waits(self) -> None:
        """In nice mode healing asks for no wake-up."""
        self.assertEqual(Healing(ledger()).deadline(), inf)


class LegacyTests(SynchronousTestCase):
    """Legacy nodes do not say what they hold: each keeps what is at home there."""

    ANNOUNCE = JobBegun(Job(Purpose.ANNOUNCE, (WEB,), (BACK,), which=LOCAL))

    def test_foreign_groups(self) -> None:
        """What was taken over is let go of, in silence, and the neighbours are told where the rest is."""
        book = evolve(ledger(ALL), nice=False)
        one = Healing(book)
        self.assertEqual(
            one.handle(PeerReturned(BETA), 0.0),
            [Log(Level.ERROR, "Both machines own foreign resources!"), JobBegun(YIELD), self.ANNOUNCE],
        )
        self.assertEqual((book.ours, book.yielding), (ALL, True))
        self.assertEqual(one.handle(JobFinished(YIELD), 1.0), [HoldingsChanged()])
        self.assertEqual((book.ours, book.yielding), (LOCAL, False))

    def test_homecoming(self) -> None:
        """A peer that became active has ten seconds to ask for its groups; then it has started them."""
        book = evolve(ledger(ALL), nice=False)
        one = Healing(book)
        self.assertEqual(one.handle(PeerStatusChanged(BETA, NodeStatus.ACTIVE), 5.0), [])
        self.assertEqual(one.deadline(), 5.0 + HOMECOMING)
        self.assertEqual(one.handle(DeadlinePassed(), 14.9), [])
        self.assertEqual(one.handle(DeadlinePassed(), 15.0), [HomecomingOver()])
        self.assertEqual(one.handle(HomecomingOver(), 15.0)[1:], [JobBegun(YIELD), self.ANNOUNCE])
        self.assertEqual(one.deadline(), inf)

    def test_the_time_of_an_earlier_homecoming(self) -> None:
        """It ends with that life: the next one has its own."""
        for end in (PeerDied(BETA, 10.0, True), PeerRestarted(BETA, 4)):
            one = Healing(evolve(ledger(ALL), nice=False))
            one.handle(PeerStatusChanged(BETA, NodeStatus.ACTIVE), 5.0)
            self.assertEqual(one.handle(end, 6.0), [])
            self.assertEqual(one.deadline(), inf)

    def test_asked_in_time(self) -> None:
        """When it has asked, is dead again, or has left, there is nothing to let go of."""
        for book in (
            evolve(ledger(LOCAL), nice=False),
            evolve(ledger(ALL), nice=False, peers={BETA: NodeStatus.DEAD}),
            evolve(ledger(ALL), nice=False, gone={BETA}),
        ):
            self.assertEqual(Healing(book).handle(HomecomingOver(), 15.0), [])

    def test_other_news(self) -> None:
        """Only a legacy peer that became active is waited for."""
        for book, word in (
            (evolve(ledger(ALL), nice=False), NodeStatus.UP),
            (ledger(ALL), NodeStatus.ACTIVE),
        ):
            one = Healing(book)
            self.assertEqual(one.handle(PeerStatusChanged(BETA, word), 5.0), [])
            self.assertEqual(one.deadline(), inf)

    def test_own_groups(self) -> None:
        """Who has only its own keeps them."""
        book = evolve(ledger(LOCAL), nice=False)
        self.assertEqual(Healing(book).handle(PeerReturned(BETA), 0.0), [self.ANNOUNCE])
        self.assertEqual(book.ours, LOCAL)

    def test_leaving(self) -> None:
        """Who leaves lets go of everything anyway."""
        book = evolve(ledger(NONE), nice=False, leaving=True)
        self.assertEqual(Healing(book).handle(PeerReturned(BETA), 0.0), [])

    def test_claims(self) -> None:
        """Claims, which only nice nodes make, mean nothing."""
        book = evolve(ledger(ALL, ALL), nice=False)
        self.assertEqual(Healing(book).handle(ClaimHeard(BETA), 0.0), [])
        self.assertEqual(Healing(book).handle(HoldingsChanged(), 0.0), [])


class ResolveTests(SynchronousTestCase):
    """What both hold stays at home."""

    def test_nothing_contested(self) -> None:
        """Claims that fit together change nothing."""
        for ours, theirs in ((ALL, NONE), (LOCAL, LOCAL), (NONE, ALL), (FOREIGN, FOREIGN)):
            book = ledger(ours, theirs)
            self.assertEqual(Healing(book).handle(ClaimHeard(BETA), 0.0), [])
            self.assertEqual((book.ours, book.theirs), (ours, theirs))

    def test_foreign_groups(self) -> None:
        """Groups at home at the peer that both hold are let go of; until stopped they are claimed."""
        book = evolve(ledger(ALL, LOCAL), needs_failback=True)
        self.assertEqual(
            Healing(book).handle(ClaimHeard(BETA), 0.0),
            [
                Log(Level.ERROR, "Both machines own foreign resources!"),
                Send(speech.resource(ALL, False)),
                JobBegun(YIELD),
            ],
        )
        self.assertEqual((book.ours, book.yielding, book.needs_failback), (ALL, True, False))

    def test_let_go(self) -> None:
        """When they are stopped, and only then, the peer hears that nothing moves here."""
        book = ledger(ALL, LOCAL)
        one = Healing(book)
        one.handle(ClaimHeard(BETA), 0.0)
        self.assertEqual(one.handle(ClaimHeard(BETA), 0.1), [], "it is done once")
        self.assertEqual(
            one.handle(JobFinished(YIELD), 1.0), [Send(speech.resource(LOCAL, True)), HoldingsChanged()]
        )
        self.assertEqual((book.ours, book.yielding), (LOCAL, False))

    def test_taken_back(self) -> None:
        """When the peer died while they were stopped they were taken again, and are kept."""
        book = ledger(ALL, LOCAL)
        one = Healing(book)
        one.handle(ClaimHeard(BETA), 0.0)
        book.yielding = False
        self.assertEqual(one.handle(JobFinished(YIELD), 1.0), [])
        self.assertEqual(book.ours, ALL)

    def test_local_groups(self) -> None:
        """Groups at home here that both hold are kept; the peer hears so, once."""
        book = ledger(LOCAL, ALL)
        one = Healing(book)
        self.assertEqual(
            one.handle(ClaimHeard(BETA), 0.0),
            [Log(Level.ERROR, "Both machines own our resources!"), Send(speech.resource(LOCAL, True))],
        )
        self.assertEqual(one.handle(ClaimHeard(BETA), 0.1), [])
        self.assertEqual(book.ours, LOCAL)

    def test_a_c_node_is_asked_to_let_go(self) -> None:
        """It does not by itself, when it took over and failed back at once; so it is asked, in its words."""
        book = ledger(LOCAL, ALL)
        book.c_nodes = frozenset({BETA})
        one = Healing(book)
        one.handle(ClaimHeard(BETA), 0.0)
        self.assertEqual(one.deadline(), INSISTENCE)
        asked = [
            Log(Level.WARN, "asking it to let go of our resources"),
            Send(speech.takeover(LOCAL)),
        ]
        self.assertEqual(one.handle(DeadlinePassed(), INSISTENCE), asked)
        book.their_stable = False
        self.assertEqual(one.handle(DeadlinePassed(), 2 * INSISTENCE), [], "it moves")
        book.their_stable = True
        self.assertEqual(one.handle(DeadlinePassed(), 3 * INSISTENCE), asked)
        book.theirs = LOCAL
        one.handle(ClaimHeard(BETA), 31.0)
        self.assertEqual(one.deadline(), inf)

    def test_what_was_settled_meanwhile(self) -> None:
        """A takeover settles it: nobody is asked for anything then."""
        book = ledger(LOCAL, ALL)
        book.c_nodes = frozenset({BETA})
        one = Healing(book)
        one.handle(ClaimHeard(BETA), 0.0)
        book.contested = False
        self.assertEqual(one.handle(DeadlinePassed(), INSISTENCE), [])
        self.assertEqual(one.deadline(), inf)

    def test_told_again(self) -> None:
        """When the peer has let go of them the neighbours are told again, and what does not run starts."""
        book = evolve(ledger(LOCAL, ALL), their_stable=False)
        one = Healing(book)
        one.handle(ClaimHeard(BETA), 0.0)
        book.theirs = LOCAL
        self.assertEqual(one.handle(ClaimHeard(BETA), 1.0), [], "it is still letting go")
        book.their_stable = True
        self.assertEqual(
            one.handle(ClaimHeard(BETA), 2.0),
            [
                JobBegun(Job(Purpose.ANNOUNCE, (WEB,), (LET_GO,), which=LOCAL)),
                JobBegun(Job(Purpose.BOOT, (WEB,), (LET_GO,), which=LOCAL)),
            ],
        )
        self.assertEqual(one.handle(ClaimHeard(BETA), 3.0), [])

    def test_everything_contested(self) -> None:
        """When both hold everything each lets go of what is foreign to it."""
        book = ledger(ALL, ALL)
        outcomes = Healing(book).handle(ClaimHeard(BETA), 0.0)
        self.assertEqual(jobs(outcomes), [Purpose.YIELD])

    def test_not_while_something_moves(self) -> None:
        """While leaving, during a standby operation, or before an agreement claims are not compared."""
        for book in (
            evolve(ledger(ALL, ALL), leaving=True),
            evolve(ledger(ALL, ALL), standby=StandbyPhase.DONE),
            evolve(ledger(ALL, ALL), phase=Phase.RECEIVED),
        ):
            self.assertEqual(Healing(book).handle(ClaimHeard(BETA), 0.0), [])

    def test_looked_at_again(self) -> None:
        """Claims that came while something moved are compared when it is over."""
        book = evolve(ledger(ALL, LOCAL), standby=StandbyPhase.DONE)
        one = Healing(book)
        self.assertEqual(one.handle(ClaimHeard(BETA), 0.0), [])
        book.standby = StandbyPhase.NOT
        self.assertEqual(jobs(one.handle(HoldingsChanged(), 1.0)), [Purpose.YIELD])

    def test_claims_of_the_dead(self) -> None:
        """When nobody lives there is nothing to compare with."""
        book = evolve(ledger(ALL, ALL), peers={BETA: NodeStatus.DEAD})
        self.assertEqual(Healing(book).handle(HoldingsChanged(), 0.0), [])

    def test_catching_up(self) -> None:
        """What was not started while it was unclear what the peer holds is started with its first claim."""
        book = ledger(ALL, NONE)
        one = Healing(book)
        one.handle(PeerReturned(BETA), 0.0)
        self.assertTrue(book.unclear)
        cause = "it was not known before"
        self.assertEqual(
            one.handle(ClaimHeard(BETA), 1.0),
            [
                JobBegun(Job(Purpose.BOOT, (WEB,), (cause,), which=LOCAL)),
                JobBegun(Job(Purpose.TAKEOVER, (SQL,), (cause,), Claim(Ground.DEATH, BETA), FOREIGN, BETA)),
            ],
        )
        self.assertFalse(book.unclear)
        self.assertEqual(one.handle(ClaimHeard(BETA), 2.0), [])

    def test_nothing_to_catch_up_with(self) -> None:
        """Nothing is started that we do not claim, or that the peer has to let go of first."""
        for ours, theirs in ((NONE, ALL), (LOCAL, FOREIGN)):
            book = evolve(ledger(ours, theirs), unclear=True)
            outcomes = Healing(book).handle(ClaimHeard(BETA), 1.0)
            self.assertEqual((jobs(outcomes), book.unclear), ([], False))

    def test_other_jobs(self) -> None:
        """The end of another job is nothing to heal."""
        other = Job(Purpose.GIVE, (SQL,), ("operator",))
        self.assertEqual(Healing(ledger()).handle(JobFinished(other), 0.0), [])

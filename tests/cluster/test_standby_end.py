# -*- test-case-name: tests.cluster.test_standby_end -*-
"""
How a standby ends that does not go through (protocol 10.5).
"""

from __future__ import annotations

from math import inf

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster import speech
from hatwist.cluster.actions import Log, Record
from hatwist.cluster.events import DeadlinePassed, StandbyWanted
from hatwist.cluster.facts import (
    HoldingsChanged,
    JobBegun,
    JobFinished,
    JobsCancelled,
    MessageDelivered,
    Outcome,
    PeerRestarted,
    Send,
)
from hatwist.cluster.jobs import Job, Purpose
from hatwist.cluster.names import Holding, Level
from hatwist.cluster.standby import MOVE_PERIOD, REPLY_PERIOD, Standby
from tests.cluster.builders import ALPHA, BETA, SQL, WEB, from_peer
from tests.cluster.test_standby import (
    ALL,
    DONE,
    FOREIGN,
    GIVING,
    LOCAL,
    NONE,
    NOT,
    TAKING,
    claim,
    giving,
    hear,
    hear_own,
    jobs,
    ledger,
    standby,
    taking,
)


class TimeTests(SynchronousTestCase):
    """Nobody is waited for for ever."""

    def test_no_agreement(self) -> None:
        """Without an answer in ten seconds the request is over, nothing was moved, and the peer hears so."""
        book = ledger()
        one = giving(book, LOCAL, now=5.0)
        self.assertEqual(one.handle(DeadlinePassed(), 14.9), [])
        self.assertEqual(
            one.handle(DeadlinePassed(), 15.0),
            [
                Log(Level.WARN, "No reply to standby request.  Standby request cancelled."),
                Record("standby cancelled", "local", ALPHA, ("the other node did not answer",)),
                JobsCancelled((Purpose.GIVE, Purpose.TAKE)),
                Send(speech.resource(LOCAL, True)),
                HoldingsChanged(),
            ],
        )
        self.assertEqual((book.standby, book.their_stable, book.ours), (NOT, True, LOCAL))

    def test_operation_was_cancelled(self) -> None:
        """The timer of an operation that a death has ended means nothing."""
        one = giving(ledger())
        one.ledger.standby = NOT
        self.assertEqual(one.handle(DeadlinePassed(), 10.0), [])
        self.assertEqual(one.deadline(), inf)

    def test_job_ends_after_the_operation(self) -> None:
        """When the operation is over, the end of its job is not told."""
        for purpose in (Purpose.GIVE, Purpose.TAKE):
            job = Job(purpose, (WEB,), ("operator",), which=LOCAL)
            self.assertEqual(standby(ledger()).handle(JobFinished(job), 0.0), [])
        given = Job(Purpose.GIVE, (WEB,), ("operator",), which=LOCAL)
        self.assertEqual(standby(evolve(ledger(), standby=DONE)).handle(JobFinished(given), 0.0), [])

    def test_other_jobs(self) -> None:
        """Other jobs are no part of an operation."""
        one = giving(ledger())
        self.assertEqual(one.handle(JobFinished(Job(Purpose.BOOT, (WEB,), ("boot",))), 0.0), [])

    def test_giver_changes_its_mind(self) -> None:
        """A giver that is stable again gives nothing more, is waited for no longer, and hears so."""
        one = taking(ledger())
        self.assertEqual(
            claim(one, True, seq=10),
            [
                Log(Level.WARN, "beta no longer wants to go standby.  Standby request cancelled."),
                Send(speech.resource(LOCAL, True)),
                HoldingsChanged(),
            ],
        )
        self.assertEqual((one.ledger.standby, one.deadline()), (NOT, inf))

    def test_c_giver(self) -> None:
        """What a C giver says before it has heard our answer proves nothing: it is given a second."""
        one = taking(evolve(ledger(), c_nodes=frozenset({BETA})))
        self.assertEqual(claim(one, True, seq=10), [])
        self.assertEqual(one.handle(DeadlinePassed(), one.deadline() - 0.1), [])
        outcomes = one.handle(DeadlinePassed(), one.deadline())
        self.assertIn(HoldingsChanged(), outcomes)
        self.assertEqual(one.ledger.standby, NOT)

    def test_c_giver_gives(self) -> None:
        """It moves things after all."""
        one = taking(evolve(ledger(), c_nodes=frozenset({BETA})))
        waits = one.deadline()
        claim(one, True, seq=10)
        claim(one, False, seq=11)
        self.assertEqual(one.deadline(), waits)

    def test_c_giver_has_gone_on(self) -> None:
        """A doubt about one step is none about the next."""
        one = taking(evolve(ledger(), c_nodes=frozenset({BETA})))
        claim(one, True, seq=10)
        one._heard = (9, 99)
        self.assertEqual(one.handle(DeadlinePassed(), one.deadline()), [])
        self.assertEqual(one.ledger.standby, TAKING)

    def test_giver_gives_after_all(self) -> None:
        """If it gives after all, its groups are taken: nobody else will start them."""
        one = taking(ledger(NONE, ALL))
        claim(one, True, seq=10)
        self.assertEqual([job.groups for job in jobs(hear(one, "done"))], [(WEB, SQL)])
        self.assertEqual(one.ledger.standby, DONE)

    def test_promise_is_forgotten(self) -> None:
        """With the next operation an earlier promise is forgotten."""
        one = taking(ledger())
        claim(one, True, seq=10)
        one.ledger.their_stable = True
        hear_own(one, "me")
        one.handle(DeadlinePassed(), REPLY_PERIOD)
        self.assertEqual(jobs(hear(one, "done")), [])

    def test_taker_is_done_and_does_not_say_so(self) -> None:
        """A taker that is stable says that it is done at once or never: ten seconds are enough."""
        book = ledger()
        one = giving(book, now=0.0)
        hear(one, "other", now=1.0)
        hear_own(one, "done", now=2.0)
        self.assertEqual(claim(one, True, seq=10, now=5.0), [])
        self.assertEqual((book.standby, one.deadline()), (DONE, 5.0 + REPLY_PERIOD))
        self.assertEqual(claim(one, True, seq=11, now=8.0), [])
        self.assertEqual(one.deadline(), 5.0 + REPLY_PERIOD, "and they are not counted anew")
        one.handle(DeadlinePassed(), 15.0)
        self.assertEqual(book.standby, NOT)

    def test_one_after_the_other(self) -> None:
        """A node that has given may take, with all the time it needs, and then give again."""
        book = ledger(LOCAL, LOCAL)
        one = giving(book, LOCAL)
        hear(one, "other", LOCAL)
        hear_own(one, "done", LOCAL)
        hear(one, "done", LOCAL)
        self.assertEqual((book.standby, book.ours, one.deadline()), (NOT, NONE, inf))
        book.their_stable = True
        hear(one, "me", FOREIGN, 100.0)
        hear(one, "done", FOREIGN, 101.0)
        claim(one, True, seq=10, now=102.0)
        self.assertEqual(one.deadline(), 101.0 + MOVE_PERIOD)
        hear_own(one, "done", FOREIGN, 103.0)
        self.assertEqual((book.standby, book.ours, one.deadline()), (NOT, LOCAL, inf))
        book.their_stable = True
        one.handle(StandbyWanted(LOCAL), 200.0)
        hear_own(one, "me", LOCAL, 200.0)
        self.assertEqual([job.groups for job in jobs(hear(one, "other", LOCAL, 201.0))], [(WEB,)])

    def test_giving_twice(self) -> None:
        """A node that has given one set may give another."""
        book = ledger(ALL, NONE)
        one = giving(book, FOREIGN)
        hear(one, "other", FOREIGN)
        hear_own(one, "done", FOREIGN)
        hear(one, "done", FOREIGN)
        book.their_stable = True
        hear_own(one, "me", LOCAL)
        self.assertEqual([job.groups for job in jobs(hear(one, "other", LOCAL))], [(WEB,)])

    def test_still_giving(self) -> None:
        """While its groups are being stopped a giver has its hour, whatever the other says."""
        one = giving(ledger())
        hear(one, "other", now=1.0)
        claim(one, True, seq=10, now=5.0)
        self.assertEqual(one.deadline(), 1.0 + MOVE_PERIOD)

    def test_set_of_the_last_step(self) -> None:
        """The set of an operation is the one of its last step."""
        giver = giving(ledger(), ALL)
        hear(giver, "other", LOCAL)
        self.assertEqual(giver.ledger.handing, LOCAL)
        taker = taking(ledger(), ALL)
        hear(taker, "done", FOREIGN)
        self.assertEqual(taker.ledger.handing, FOREIGN)

    def test_taken_only_once(self) -> None:
        """What was taken after all is not taken a second time."""
        one = taking(ledger(NONE, ALL))
        claim(one, True, seq=10)
        hear(one, "done")
        hear_own(one, "done")
        self.assertEqual(one.ledger.standby, NOT)
        self.assertEqual(jobs(hear(one, "done")), [])

    def test_own_claim(self) -> None:
        """Our own claim ends nothing."""
        one = taking(ledger())
        own = from_peer(speech.resource(LOCAL, True), src=ALPHA, seq=99)
        self.assertEqual(one.handle(MessageDelivered(ALPHA, own, own=True), 1.0), [])
        self.assertEqual(one.ledger.standby, TAKING)

    def test_taker_still_moves(self) -> None:
        """A taker that moves things has an hour, as has the giver that takes itself the time."""
        one = giving(ledger())
        hear(one, "other", now=1.0)
        hear_own(one, "done", now=2.0)
        claim(one, False, seq=10, now=5.0)
        claim(one, True, seq=8, now=5.0)
        self.assertEqual(one.deadline(), 2.0 + MOVE_PERIOD)
        taker = taking(ledger())
        hear(taker, "done", now=2.0)
        claim(taker, True, seq=10, now=5.0)
        self.assertEqual(taker.deadline(), 2.0 + MOVE_PERIOD)

    def test_claims_in_other_states(self) -> None:
        """In any other state a claim ends no operation."""
        for phase in (NOT, GIVING, DONE):
            book = evolve(ledger(), standby=phase)
            self.assertEqual(claim(standby(book), True, seq=10), [])
            self.assertEqual(book.standby, phase)

    def test_other_claims(self) -> None:
        """Nor does a claim that is older than the request, or one of a giver that moves things."""
        one = taking(ledger())
        self.assertEqual(claim(one, True, seq=8), [])
        self.assertEqual(claim(one, False, seq=10), [])
        self.assertEqual(one.ledger.standby, TAKING)


class BrokenOffTests(SynchronousTestCase):
    """What an operation left half done is stopped before anybody may have it."""

    def restart(self, one: Standby) -> list[Outcome]:
        """Let C{beta} come with a new life, which knows nothing of what was agreed."""
        return one.handle(PeerRestarted(BETA, 4), 5.0)

    def left(self, one: Standby, which: Holding, claimed: Holding) -> list[Outcome]:
        """Make what is done when groups are left."""
        causes = ("the handover was broken off", "node beta was restarted")
        return [
            Record("standby cancelled", "all", ALPHA, (causes[1],)),
            JobsCancelled((Purpose.GIVE, Purpose.TAKE)),
            JobBegun(Job(Purpose.YIELD, one.ledger.groups_of(which), causes, which=which)),
            Send(speech.resource(claimed, False)),
            HoldingsChanged(),
        ]

    def test_nothing_runs(self) -> None:
        """Without an operation a restart means nothing."""
        self.assertEqual(self.restart(standby(ledger())), [])

    def test_asked(self) -> None:
        """Who has only asked, or only agreed, has left nothing half done."""
        for one in (giving(ledger()), taking(ledger())):
            self.assertEqual(
                self.restart(one),
                [
                    Record("standby cancelled", "all", ALPHA, ("node beta was restarted",)),
                    JobsCancelled((Purpose.GIVE, Purpose.TAKE)),
                    Send(speech.resource(LOCAL, True)),
                    HoldingsChanged(),
                ],
            )
            self.assertEqual((one.ledger.standby, one.deadline()), (NOT, inf))

    def test_giver(self) -> None:
        """A giver that was stopping its groups claims them until they are stopped."""
        one = giving(ledger(ALL, NONE))
        hear(one, "other")
        self.assertEqual(self.restart(one), self.left(one, ALL, ALL))
        self.assertEqual((one.ledger.ours, one.ledger.yielding), (ALL, True))

    def test_taker(self) -> None:
        """A taker that was starting groups claims them until they are stopped."""
        one = taking(ledger(NONE, ALL))
        hear(one, "done")
        self.assertEqual(self.restart(one), self.left(one, ALL, ALL))
        self.assertEqual((one.ledger.ours, one.ledger.yielding), (ALL, True))

    def test_taker_of_what_it_had(self) -> None:
        """What the taker had before stays with it."""
        one = taking(ledger(LOCAL, LOCAL))
        hear(one, "done")
        self.assertEqual(self.restart(one), self.left(one, FOREIGN, ALL))

    def test_given(self) -> None:
        """A giver whose groups are stopped has left nothing."""
        one = giving(ledger(ALL, NONE))
        hear(one, "other")
        hear_own(one, "done")
        self.assertEqual(jobs(self.restart(one)), [])
        self.assertEqual((one.ledger.ours, one.ledger.yielding), (NONE, False))

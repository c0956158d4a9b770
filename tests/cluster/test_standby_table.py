# -*- test-case-name: tests.cluster.test_standby_table -*-
"""
The state table of the standby, row by row (protocol 10.5).
"""

from __future__ import annotations

from math import inf

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster import speech
from hatwist.cluster.actions import Log
from hatwist.cluster.facts import (
    HoldingsChanged,
    JobBegun,
    JobFinished,
    Send,
)
from hatwist.cluster.jobs import Job, Purpose
from hatwist.cluster.ledger import Ledger, Phase, StandbyPhase
from hatwist.cluster.names import Level
from hatwist.cluster.ownership import Claim, Ground
from hatwist.cluster.standby import MOVE_PERIOD, REPLY_PERIOD, Standby
from tests.cluster.builders import BETA, SQL, WEB, logged
from tests.cluster.test_standby import (
    ALL,
    DONE,
    FOREIGN,
    GIVING,
    LOCAL,
    NONE,
    NOT,
    ONLY_NICE,
    TAKING,
    giving,
    hear,
    hear_own,
    jobs,
    ledger,
    said,
    standby,
    taking,
)


def gave(book: Ledger) -> Standby:
    """Make the giver, after it has let go."""
    one = standby(book)
    one._releasing = True
    return one


class TableTests(SynchronousTestCase):
    """The state table, row by row."""

    def test_not_me_own(self) -> None:
        """NOT, our own C{me}: we give; the other side has ten seconds to agree."""
        book = ledger()
        one = standby(book)
        self.assertEqual(hear_own(one, "me", now=5.0), [Log(Level.INFO, "alpha wants to go standby [all]")])
        self.assertEqual((book.standby, book.their_stable, book.handing), (GIVING, False, ALL))
        self.assertEqual(one.deadline(), 5.0 + REPLY_PERIOD)

    def test_not_me_other(self) -> None:
        """NOT, C{me} of the other: we agree; it has an hour."""
        book = ledger()
        one = standby(book)
        self.assertEqual(
            hear(one, "me", FOREIGN, 5.0),
            [
                Log(Level.INFO, "beta wants to go standby [foreign]"),
                Send(speech.ask_resources(FOREIGN, "other")),
            ],
        )
        self.assertEqual((book.standby, book.their_stable, book.handing), (TAKING, False, FOREIGN))
        self.assertEqual(one.deadline(), 5.0 + MOVE_PERIOD)

    def test_not_me_in_flux(self) -> None:
        """NOT, C{me}, but one side moves things: ignored."""
        for book in (
            evolve(ledger(), their_stable=False),
            evolve(ledger(), phase=Phase.RECEIVED),
        ):
            for outcomes in (hear(standby(book), "me"), hear_own(standby(book), "me")):
                self.assertIn("ignored.  Other side is in flux.", logged(outcomes)[1])
                self.assertEqual(said(outcomes), [])
            self.assertEqual(book.standby, NOT)

    def test_me_while_the_timer_runs(self) -> None:
        """Any state, C{me} while an operation runs: ignored, with the time that is left."""
        for one in (giving(ledger()), taking(ledger())):
            before = one.ledger.standby
            [text] = logged(hear(one, "me", now=4.0))
            self.assertTrue(text.startswith("Standby in progress- new request from beta ignored ["), text)
            self.assertEqual(one.ledger.standby, before)
        self.assertEqual(
            logged(hear(giving(ledger()), "me", now=4.0)),
            ["Standby in progress- new request from beta ignored [6 seconds left]"],
        )

    def test_giving_other(self) -> None:
        """GIVING, C{other} of the other: the set is given up, said so, and stopped."""
        book = ledger(ALL, NONE)
        one = giving(book, FOREIGN)
        job = Job(Purpose.GIVE, (SQL,), ("operator asked alpha to go standby",), which=FOREIGN, node=BETA)
        self.assertEqual(
            hear(one, "other", FOREIGN, 3.0),
            [
                Log(Level.INFO, "standby: beta can take our foreign resources"),
                Send(speech.resource(LOCAL, False, "standby")),
                Log(Level.INFO, "give up foreign HA resources (standby)."),
                JobBegun(job),
            ],
        )
        self.assertEqual((book.standby, book.ours), (GIVING, LOCAL))
        self.assertEqual(one.deadline(), 3.0 + MOVE_PERIOD)

    def test_giving_other_again(self) -> None:
        """GIVING, C{other} once more: what is being stopped is not given twice."""
        one = giving(ledger())
        hear(one, "other")
        self.assertEqual(jobs(hear(one, "other")), [])

    def test_giving_only_what_is_held(self) -> None:
        """Of the set only what is held here is stopped."""
        one = giving(ledger(LOCAL), ALL)
        self.assertEqual([job.groups for job in jobs(hear(one, "other"))], [(WEB,)])

    def test_given(self) -> None:
        """When everything is stopped the giver says that it is done, and only then."""
        one = giving(ledger())
        [job] = jobs(hear(one, "other"))
        self.assertEqual(
            one.handle(JobFinished(job), 9.0),
            [
                Log(Level.INFO, "all HA resource release completed (standby)."),
                Send(speech.ask_resources(ALL, "done")),
            ],
        )

    def test_giving_done_own(self) -> None:
        """GIVING, our own C{done}: the other side has an hour to start."""
        one = giving(ledger())
        hear(one, "other")
        self.assertEqual(
            hear_own(one, "done", now=9.0), [Log(Level.INFO, "Local standby process completed [all].")]
        )
        self.assertEqual((one.ledger.standby, one.deadline()), (DONE, 9.0 + MOVE_PERIOD))

    def test_taking_done_other(self) -> None:
        """TAKING, C{done} of the other: its foreign groups are our local ones, and are started."""
        book = ledger(NONE, ALL)
        one = taking(book, FOREIGN)
        claim = Claim(Ground.HANDOVER, BETA)
        job = Job(Purpose.TAKE, (WEB,), ("node beta went standby [foreign]",), claim, FOREIGN, BETA)
        self.assertEqual(
            hear(one, "done", FOREIGN, 3.0),
            [
                Log(Level.INFO, "standby: acquire [foreign] resources from beta"),
                Log(Level.INFO, "acquire local HA resources (standby)."),
                JobBegun(job),
            ],
        )
        self.assertEqual((book.standby, book.theirs), (DONE, LOCAL))
        self.assertEqual(one.deadline(), 3.0 + MOVE_PERIOD)

    def test_taken(self) -> None:
        """When everything was started the taker says that it is done."""
        one = taking(ledger(), FOREIGN)
        [job] = jobs(hear(one, "done", FOREIGN))
        self.assertEqual(
            one.handle(JobFinished(job), 9.0),
            [
                Log(Level.INFO, "local HA resource acquisition completed (standby)."),
                Send(speech.ask_resources(FOREIGN, "done")),
            ],
        )

    def test_taking_other_own(self) -> None:
        """TAKING, our own C{other}: nothing."""
        one = taking(ledger())
        self.assertEqual(hear_own(one, "other"), [])
        self.assertEqual(one.ledger.standby, TAKING)

    def test_done_done_own(self) -> None:
        """DONE, our own C{done}: we claim what we took, say so, and it is over."""
        book = evolve(ledger(NONE, NONE), standby=DONE)
        one = standby(book)
        self.assertEqual(
            hear_own(one, "done", FOREIGN),
            [
                Log(Level.INFO, "Standby resource acquisition done [foreign]."),
                Send(speech.resource(LOCAL, True)),
                HoldingsChanged(),
            ],
        )
        self.assertEqual((book.standby, book.ours, one.deadline()), (NOT, LOCAL, inf))

    def test_done_done_other(self) -> None:
        """DONE, C{done} of the other: we say what is left to us, and it is over."""
        book = evolve(ledger(LOCAL, NONE), standby=DONE)
        one = gave(book)
        self.assertEqual(
            hear(one, "done", FOREIGN),
            [
                Log(Level.INFO, "Other node completed standby takeover of foreign resources."),
                Send(speech.resource(LOCAL, True)),
                HoldingsChanged(),
            ],
        )
        self.assertEqual((book.standby, book.ours, one.deadline()), (NOT, LOCAL, inf))

    def test_what_it_took_is_not_free(self) -> None:
        """Until its claim comes the taker is believed to hold what it took; older claims count no more."""
        book = evolve(ledger(LOCAL, LOCAL), standby=DONE)
        hear(gave(book), "done", ALL)
        self.assertEqual(book.theirs, ALL)
        self.assertTrue(book.is_outdated(BETA, (3, 8)))
        self.assertFalse(book.is_outdated(BETA, (3, 10)))

    def test_done_twice(self) -> None:
        """We take, and are not done: that the giver says again that it is moves nothing to it."""
        book = evolve(ledger(LOCAL, NONE), standby=DONE)
        one = standby(book)
        self.assertEqual(logged(hear(one, "done", FOREIGN))[0][:25], "Ignored standby message '")
        self.assertEqual((book.standby, book.theirs), (DONE, NONE))

    def test_a_claim_from_before_it_agreed(self) -> None:
        """It may have come while we asked: the other side is not stable because of it."""
        book = ledger(LOCAL, LOCAL)
        one = giving(book)
        book.their_stable = True
        hear(one, "other", ALL)
        self.assertFalse(book.their_stable)
        self.assertTrue(book.is_outdated(BETA, (3, 8)))

    def test_failback_is_done(self) -> None:
        """What was given home needs no failback; what was given away of ours does not change that."""
        for which, needed in ((FOREIGN, False), (ALL, False), (LOCAL, True)):
            book = evolve(ledger(), standby=DONE, needs_failback=True)
            hear(gave(book), "done", which)
            self.assertEqual(book.needs_failback, needed)

    def test_anything_else(self) -> None:
        """Anything else is logged and ignored."""
        rows = {
            NOT: [("other", True), ("done", True), ("x", False)],
            GIVING: [("other", True), ("done", False), ("me", True), ("x", False)],
            TAKING: [("done", True), ("other", False), ("me", True), ("", False)],
            DONE: [("other", True), ("other", False), ("me", True), ("x", True)],
        }
        for phase, turns in rows.items():
            for turn, own in turns:
                book = evolve(ledger(), standby=phase)
                one = standby(book)
                outcomes = hear_own(one, turn) if own else hear(one, turn)
                sender = "alpha" if own else "beta"
                self.assertEqual(
                    outcomes,
                    [
                        Log(
                            Level.WARN,
                            f"Ignored standby message {turn!r} from {sender} in state {phase.value}",
                        )
                    ],
                )
                self.assertEqual(book, evolve(ledger(), standby=phase))

    def test_nonsense_while_the_timer_runs(self) -> None:
        """Only C{me} is told how long the running operation may take."""
        self.assertEqual(
            logged(hear(giving(ledger()), "x")), ["Ignored standby message 'x' from beta in state giving"]
        )

    def test_agreement_to_a_request_that_is_over(self) -> None:
        """NOT, C{other} or C{done} of the other: nothing is given or taken, and it is told what we hold."""
        for turn in ("other", "done"):
            book = ledger(LOCAL)
            outcomes = hear(standby(book), turn)
            self.assertEqual((said(outcomes), jobs(outcomes)), (["resource local 1"], []))
            self.assertEqual(book.standby, NOT)

    def test_leaving(self) -> None:
        """A leaving node ignores everything."""
        for phase in StandbyPhase:
            for turn in ("me", "other", "done"):
                book = evolve(ledger(NONE), leaving=True, phase=Phase.SHUTDOWN, standby=phase)
                self.assertEqual(hear(standby(book), turn), [])
                self.assertEqual(hear_own(standby(book), turn), [])
                self.assertEqual(book.standby, phase)

    def test_legacy(self) -> None:
        """In legacy mode nothing is handed over."""
        self.assertEqual(hear(standby(ledger(nice=False)), "me"), [Log(Level.INFO, ONLY_NICE)])

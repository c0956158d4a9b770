# -*- test-case-name: tests.cluster.test_standby -*-
"""
The three-step standby (protocol 10.5).
"""

from __future__ import annotations

from math import inf

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster import speech
from hatwist.cluster.actions import Log, Record
from hatwist.cluster.complaints import Complaints
from hatwist.cluster.events import DeadlinePassed, StandbyWanted, TakeoverWanted
from hatwist.cluster.facts import (
    HandoverAsked,
    HoldingsChanged,
    JobBegun,
    JobFinished,
    JobsCancelled,
    MessageDelivered,
    Outcome,
    Send,
)
from hatwist.cluster.jobs import Job, Purpose
from hatwist.cluster.ledger import Ledger, Phase, StandbyPhase
from hatwist.cluster.names import Holding, Level, NodeStatus
from hatwist.cluster.standby import MOVE_PERIOD, REPLY_PERIOD, Standby
from hatwist.wire.message import Message
from tests.cluster.builders import ALPHA, BETA, SQL, WEB, from_peer, line, logged, sent, settled_ledger

LOCAL, FOREIGN, ALL, NONE = Holding.LOCAL, Holding.FOREIGN, Holding.ALL, Holding.NONE
NOT, GIVING, TAKING, DONE = StandbyPhase.NOT, StandbyPhase.GIVING, StandbyPhase.TAKING, StandbyPhase.DONE

ONLY_NICE = "Standby mode only implemented when nice_failback on"


def ledger(ours: Holding = LOCAL, theirs: Holding = LOCAL, *, nice: bool = True) -> Ledger:
    """Make a ledger at peace."""
    return evolve(settled_ledger(nice=nice), ours=ours, theirs=theirs)


def standby(book: Ledger) -> Standby:
    """Make the standby machine of C{alpha}."""
    return Standby(book, Complaints())


def hear(one: Standby, turn: str, which: Holding = ALL, now: float = 0.0) -> list[Outcome]:
    """Let C{beta} take a turn."""
    return one.handle(MessageDelivered(BETA, from_peer(speech.ask_resources(which, turn), seq=9)), now)


def hear_own(one: Standby, turn: str, which: Holding = ALL, now: float = 0.0) -> list[Outcome]:
    """Let our own turn come back."""
    return one.handle(MessageDelivered(ALPHA, speech.ask_resources(which, turn), own=True), now)


def claim(one: Standby, stable: bool, *, seq: int, now: float = 0.0) -> list[Outcome]:
    """Let C{beta}, whose steps have number 9, say what it holds."""
    message = from_peer(speech.resource(LOCAL, stable), seq=seq)
    return one.handle(MessageDelivered(BETA, message), now)


def said(outcomes: list[Outcome]) -> list[str]:
    """Say what is sent."""
    return [line(message) for message in sent(outcomes)]


def jobs(outcomes: list[Outcome]) -> list[Job]:
    """Pick the jobs that begin."""
    return [one.job for one in outcomes if isinstance(one, JobBegun)]


def giving(book: Ledger, which: Holding = ALL, now: float = 0.0) -> Standby:
    """Make the giver, after its request was heard."""
    one = standby(book)
    one.handle(StandbyWanted(which), now)
    hear_own(one, "me", which, now)
    return one


def taking(book: Ledger, which: Holding = ALL, now: float = 0.0) -> Standby:
    """Make the taker, after it agreed."""
    one = standby(book)
    hear(one, "me", which, now)
    return one


class WishTests(SynchronousTestCase):
    """An operation is wanted here."""

    def test_operator(self) -> None:
        """An operator's wish is the first step."""
        self.assertEqual(
            standby(ledger()).handle(StandbyWanted(LOCAL), 0.0),
            [
                Log(Level.INFO, "Going standby [local].", "hb_standby(default)"),
                Send(speech.ask_resources(LOCAL, "me")),
            ],
        )

    def test_failback(self) -> None:
        """So is a wish of another machine."""
        self.assertEqual(
            said(standby(ledger(ALL)).handle(HandoverAsked(FOREIGN, "failback"), 0.0)),
            ["ask_resources foreign me"],
        )

    def test_obstacles(self) -> None:
        """What cannot be done now is refused, with the reason in log and record."""
        dead = {BETA: NodeStatus.DEAD}
        rows = {
            ONLY_NICE: ledger(nice=False),
            "This node is leaving.": evolve(ledger(), leaving=True),
            "No other node is alive.": evolve(ledger(), peers=dead),
            "Another standby operation is in progress.": evolve(ledger(), standby=TAKING),
            "Other side is in flux.": evolve(ledger(), their_stable=False),
            "This node holds no resources.": ledger(NONE),
        }
        for reason, book in rows.items():
            self.assertEqual(
                standby(book).handle(StandbyWanted(ALL), 0.0),
                [
                    Log(Level.WARN, f"standby message [all] from alpha ignored.  {reason}"),
                    Record("standby refused", "all", ALPHA, (reason, "operator asked alpha to go standby")),
                ],
            )

    def test_flux_here(self) -> None:
        """While anything moves here nothing is handed over."""
        for book in (
            evolve(ledger(), phase=Phase.RECEIVED),
            evolve(ledger(), jobs=1),
            evolve(ledger(), takeover_running=True),
        ):
            [refused, _] = logged(standby(book).handle(StandbyWanted(ALL), 0.0)) * 2
            self.assertEqual(refused, "standby message [all] from alpha ignored.  local resources in flux.")

    def test_nothing_to_give(self) -> None:
        """A set that is not held cannot be given."""
        outcomes = standby(ledger(LOCAL)).handle(StandbyWanted(FOREIGN), 0.0)
        self.assertEqual(
            logged(outcomes),
            ["standby message [foreign] from alpha ignored.  This node holds no foreign resources."],
        )

    def test_takeover(self) -> None:
        """Who wants groups of the others asks them to go standby."""
        self.assertEqual(
            standby(ledger()).handle(TakeoverWanted(FOREIGN), 0.0), [Send(speech.takeover(FOREIGN))]
        )

    def test_takeover_refused(self) -> None:
        """Nobody is asked when nobody lives, or in legacy mode."""
        rows = {
            "no other node is alive": evolve(ledger(), peers={BETA: NodeStatus.DEAD}),
            ONLY_NICE: ledger(nice=False),
        }
        for reason, book in rows.items():
            self.assertEqual(
                standby(book).handle(TakeoverWanted(LOCAL), 0.0),
                [
                    Log(Level.WARN, f"takeover [local] refused: {reason}"),
                    Record("takeover refused", "local", ALPHA, (reason, "operator asked for it")),
                ],
            )

    def test_asked_by_a_peer(self) -> None:
        """What a peer calls local is foreign here; its wish is like an operator's."""
        wish = MessageDelivered(BETA, from_peer(speech.takeover(LOCAL), seq=9))
        outcomes = standby(ledger(ALL)).handle(wish, 0.0)
        self.assertEqual(said(outcomes), ["ask_resources foreign me"])
        self.assertEqual(logged(outcomes)[0], "Running /etc/ha.d//rc.d/hb_takeover hb_takeover")

    def test_own_wish(self) -> None:
        """Our own C{hb_takeover} is for the others."""
        own = MessageDelivered(ALPHA, speech.takeover(LOCAL), own=True)
        self.assertEqual(standby(ledger(ALL)).handle(own, 0.0), [])


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


class MessageTests(SynchronousTestCase):
    """What comes over the wire."""

    def test_no_set_means_all(self) -> None:
        """A step without a set is about everything."""
        book = ledger()
        message = from_peer(Message.of(t="ask_resources", info="me"), seq=9)
        standby(book).handle(MessageDelivered(BETA, message), 0.0)
        self.assertEqual(book.handing, ALL)

    def test_unknown_set(self) -> None:
        """A step about something else is malformed and changes nothing (a C node would wait for an hour)."""
        book = ledger()
        message = from_peer(Message.of(t="ask_resources", rsc_hold="failback", info="me"), seq=9)
        self.assertEqual(
            logged(standby(book).handle(MessageDelivered(BETA, message), 0.0)),
            ["Bad message from beta: not a set of resources: 'failback'"],
        )
        self.assertEqual(book.standby, NOT)

    def test_other_messages(self) -> None:
        """Other messages are no step."""
        self.assertEqual(standby(ledger()).handle(MessageDelivered(BETA, speech.starting()), 0.0), [])

    def test_text_of_the_peer(self) -> None:
        """A turn that is nonsense is shown cut short and on one line."""
        [text] = logged(hear(standby(ledger()), "me\n" * 100))
        self.assertLess(len(text), 120)
        self.assertNotIn("\n", text)

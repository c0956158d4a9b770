# -*- test-case-name: tests.cluster.test_standby -*-
"""
The three-step standby (protocol 10.5).
"""

from __future__ import annotations

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster import speech
from hatwist.cluster.actions import Log, Record
from hatwist.cluster.complaints import Complaints
from hatwist.cluster.events import StandbyWanted, TakeoverWanted
from hatwist.cluster.facts import (
    HandoverAsked,
    JobBegun,
    MessageDelivered,
    Outcome,
    Send,
)
from hatwist.cluster.jobs import Job
from hatwist.cluster.ledger import Ledger, Phase, StandbyPhase
from hatwist.cluster.names import Holding, Level, NodeStatus
from hatwist.cluster.standby import Standby
from hatwist.wire.message import Message
from tests.cluster.builders import ALPHA, BETA, from_peer, line, logged, sent, settled_ledger

LOCAL, FOREIGN, ALL, NONE = Holding.LOCAL, Holding.FOREIGN, Holding.ALL, Holding.NONE
NOT, GIVING, TAKING, DONE = StandbyPhase.NOT, StandbyPhase.GIVING, StandbyPhase.TAKING, StandbyPhase.DONE

ONLY_NICE = "Standby mode only implemented when nice_failback on"
LEGACY = "auto_failback is legacy, which knows neither standby nor takeover; write on or off"


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
                Log(Level.PLAIN, "Going standby [local].", "hb_standby(default)"),
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
            cause = reason.rstrip(".") if book.nice else LEGACY
            self.assertEqual(
                standby(book).handle(StandbyWanted(ALL), 0.0),
                [
                    Log(Level.WARN, f"standby message [all] from alpha ignored.  {reason}"),
                    Record("standby refused", "all", ALPHA, (cause, "operator asked alpha to go standby")),
                ],
            )
        # One that has left is alive for a deadtime, and takes nothing.
        left = standby(evolve(ledger(), gone={BETA})).handle(StandbyWanted(ALL), 0.0)
        self.assertIn("No other node is alive", logged(left)[0])

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
        asked = standby(ledger()).handle(TakeoverWanted(FOREIGN, "root"), 0.0)
        self.assertEqual(sent(asked), [speech.takeover(FOREIGN)])
        self.assertEqual(logged(asked), ["takeover [foreign]: asking the other node for it (root asked)"])

    def test_takeover_refused(self) -> None:
        """Nobody is asked when nobody lives, or in legacy mode."""
        rows = {
            "no other node is alive": evolve(ledger(), peers={BETA: NodeStatus.DEAD}),
            ONLY_NICE: ledger(nice=False),
        }
        for reason, book in rows.items():
            cause = reason if book.nice else LEGACY
            self.assertEqual(
                standby(book).handle(TakeoverWanted(LOCAL), 0.0),
                [
                    Log(Level.WARN, f"takeover [local] refused: {reason}"),
                    Record("takeover refused", "local", ALPHA, (cause, "operator asked for it")),
                ],
            )

    def test_asked_by_a_peer(self) -> None:
        """What a peer calls local is foreign here; its wish is like an operator's."""
        wish = MessageDelivered(BETA, from_peer(speech.takeover(LOCAL), seq=9))
        outcomes = standby(ledger(ALL)).handle(wish, 0.0)
        self.assertEqual(said(outcomes), ["ask_resources foreign me"])
        self.assertEqual(logged(outcomes)[0], "Running /etc/ha.d//rc.d/hb_takeover hb_takeover")

    def test_asked_by_a_peer_for_failback(self) -> None:
        """It wants what is at home there; heartbeat would give it everything."""
        wish = MessageDelivered(BETA, from_peer(Message.of(t="hb_takeover", rsc_hold="failback"), seq=9))
        self.assertEqual(said(standby(ledger(ALL)).handle(wish, 0.0)), ["ask_resources foreign me"])

    def test_asked_by_the_dead(self) -> None:
        """Nobody begins anything with a node that is dead: it will not die again to end it."""
        book = ledger(ALL)
        for status in ({}, {BETA: NodeStatus.DEAD}):
            book.peers = status
            one = standby(book)
            text = "standby message [me] from beta ignored: it is dead"
            self.assertEqual(logged(hear(one, "me", ALL)), [text])
            self.assertEqual(book.standby, NOT)

    def test_asked_by_a_script(self) -> None:
        """A step that came through the FIFO has its own cause, whatever was asked for before."""
        book = ledger(ALL)
        one = giving(book)
        hear(one, "other", ALL)
        self.assertEqual(jobs(hear(giving(ledger(ALL)), "other", ALL))[0].causes[0][:8], "operator")
        one = standby(ledger(ALL))
        hear_own(one, "me", ALL)
        script = jobs(hear(one, "other", ALL))[0]
        self.assertEqual(script.causes, ("a script on alpha asked it to go standby",))

    def test_own_wish(self) -> None:
        """Our own C{hb_takeover} is for the others."""
        own = MessageDelivered(ALPHA, speech.takeover(LOCAL), own=True)
        self.assertEqual(standby(ledger(ALL)).handle(own, 0.0), [])


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

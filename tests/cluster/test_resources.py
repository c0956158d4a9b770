# -*- test-case-name: tests.cluster.test_resources -*-
"""
Agree with the peer who holds what (protocol 10.2, 10.3).
"""

from __future__ import annotations

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster import speech
from hatwist.cluster.actions import Log
from hatwist.cluster.complaints import Complaints
from hatwist.cluster.events import DeadlinePassed
from hatwist.cluster.facts import (
    ClaimHeard,
    CommunicationEstablished,
    HoldingsChanged,
    JobBegun,
    MessageDelivered,
    Outcome,
    PeerRestarted,
    Send,
    Swept,
)
from hatwist.cluster.jobs import Purpose
from hatwist.cluster.ledger import Phase
from hatwist.cluster.names import Holding, Level, NodeStatus
from hatwist.cluster.resources import Resources
from hatwist.config.model import HaCf
from hatwist.wire.message import Message
from tests.cluster.builders import (
    ALPHA,
    BETA,
    CF,
    LEGACY,
    SQL,
    WEB,
    config,
    from_peer,
    line,
    logged,
    sent,
    settled_ledger,
)

SWEPT = Swept()
LOCAL, FOREIGN, ALL, NONE = Holding.LOCAL, Holding.FOREIGN, Holding.ALL, Holding.NONE


def resources(
    phase: Phase = Phase.STABLE,
    *,
    ours: Holding = NONE,
    theirs: Holding = NONE,
    their_stable: bool = False,
    cf: HaCf = CF,
) -> Resources:
    """Make the agreement of C{alpha}, whose peer lives."""
    ledger = evolve(
        settled_ledger(nice=cf is not LEGACY),
        phase=phase,
        ours=ours,
        theirs=theirs,
        their_stable=their_stable,
    )
    return Resources(config(cf), ledger, Complaints())


def begin(one: Resources, now: float) -> list[Outcome]:
    """Let the sweep end, and then communication come up."""
    one.handle(SWEPT, 0.0)
    return one.handle(CommunicationEstablished(), now)


def hear(one: Resources, message: Message, now: float = 0.0, *, seq: int = 1) -> list[Outcome]:
    """Let C{beta} say something."""
    return one.handle(MessageDelivered(BETA, from_peer(message, seq=seq)), now)


def hear_own(one: Resources, message: Message, now: float = 0.0) -> list[Outcome]:
    """Let our own message come back."""
    return one.handle(MessageDelivered(ALPHA, message, own=True), now)


def said(outcomes: list[Outcome]) -> list[str]:
    """Say what is sent."""
    return [line(message) for message in sent(outcomes)]


def jobs(outcomes: list[Outcome]) -> list[tuple[Purpose, str]]:
    """Say what is begun, and why."""
    return [(one.job.purpose, one.job.causes[0]) for one in outcomes if isinstance(one, JobBegun)]


def state(one: Resources) -> tuple[Phase, Holding, Holding, bool]:
    """Return phase, ours, theirs, and whether they are stable."""
    ledger = one.ledger
    return (ledger.phase, ledger.ours, ledger.theirs, ledger.their_stable)


class ResourceTests(SynchronousTestCase):
    """The rules of C{resource} (protocol 10.3)."""

    def test_no_set(self) -> None:
        """A message that names no set, or an unknown one, changes nothing."""
        for bad in (Message.of(t="resource", isstable="1"), Message.of(t="resource", rsc_hold="failback")):
            one = resources(Phase.STARTING, theirs=ALL)
            self.assertEqual([type(outcome) for outcome in hear(one, bad)], [Log])
            self.assertEqual(state(one), (Phase.STARTING, NONE, ALL, False))
            self.assertEqual(one.complaints.counters, {"malformed": 1})

    def test_full_replaces(self) -> None:
        """The full form says everything the other side holds."""
        one = resources(theirs=FOREIGN)
        hear(one, speech.resource(LOCAL, False))
        self.assertEqual(one.ledger.theirs, LOCAL)

    def test_partial_adds(self) -> None:
        """The form of the scripts adds to what the other side holds; none takes everything away."""
        one = resources(theirs=LOCAL)
        hear(one, speech.mach_down())
        self.assertEqual(one.ledger.theirs, ALL)
        hear(one, Message.of(t="resource", rsc_hold="none", info="standby"))
        self.assertEqual(one.ledger.theirs, NONE)

    def test_absent_is_not_zero(self) -> None:
        """A message that does not speak of stability changes nothing about it."""
        for before in (True, False):
            one = resources(ours=LOCAL, their_stable=before)
            hear(one, speech.mach_down())
            self.assertEqual(one.ledger.their_stable, before)

    def test_letting_go(self) -> None:
        """While this node lets go of something it does not say that it is stable."""
        one = resources(ours=LOCAL)
        one.ledger.yielding = True
        self.assertEqual(said(hear(one, speech.resource(FOREIGN, True))), ["resource local 0"])
        self.assertEqual(said(hear(one, speech.starting(), seq=2)), ["resource local 0"])

    def test_becomes_unstable(self) -> None:
        """The other side moves things: it is not stable, and gets no answer."""
        one = resources(ours=LOCAL, their_stable=True)
        outcomes = hear(one, speech.resource(LOCAL, False))
        self.assertEqual((one.ledger.their_stable, said(outcomes)), (False, []))

    def test_becomes_stable(self) -> None:
        """The other side has finished: it is answered once with what we hold."""
        one = resources(ours=LOCAL)
        self.assertEqual(
            hear(one, speech.resource(LOCAL, True)),
            [
                Log(Level.INFO, "remote resource transition completed."),
                Send(speech.resource(LOCAL, True)),
                Log(Level.INFO, "Initial resource acquisition complete (T_RESOURCES(us))"),
                ClaimHeard(BETA),
                HoldingsChanged(),
            ],
        )
        self.assertEqual(said(hear(one, speech.resource(LOCAL, True), seq=2)), [])

    def test_stays_unstable(self) -> None:
        """The other side still moves things: there is nothing to say."""
        self.assertEqual(said(hear(resources(ours=LOCAL), speech.resource(LOCAL, False))), [])

    def test_first_answer_starts_the_clock(self) -> None:
        """With the first C{resource}, from whomever, ten seconds begin in which the sides may agree."""
        for phase in (Phase.STARTING, Phase.BOTH_STARTING):
            one = resources(phase)
            hear(one, speech.resource(NONE, False), 5.0)
            self.assertEqual((one.ledger.phase, one.deadline()), (Phase.RECEIVED, 15.0))
            own = resources(phase)
            hear_own(own, speech.resource(NONE, False), 5.0)
            self.assertEqual((own.ledger.phase, own.deadline()), (Phase.RECEIVED, 15.0))
            hear(own, speech.resource(NONE, False), 7.0)
            self.assertEqual(own.deadline(), 15.0, "the clock is not set anew")

    def test_nobody_was_stable(self) -> None:
        """After ten seconds the local groups are acquired although nobody was stable."""
        one = resources(Phase.STARTING)
        hear(one, speech.resource(NONE, False), 5.0)
        self.assertEqual(said(one.handle(DeadlinePassed(), 14.9)), [])
        outcomes = one.handle(DeadlinePassed(), 15.0)
        self.assertEqual(said(outcomes)[0], "resource local 1")
        self.assertEqual(logged(outcomes), ["local resource transition completed."])
        self.assertEqual(jobs(outcomes), [(Purpose.BOOT, "nobody was stable for 10 s")])
        self.assertEqual(state(one), (Phase.STABLE, LOCAL, NONE, False))

    def test_agreed_in_time(self) -> None:
        """When the sides agreed before, the end of the ten seconds means nothing."""
        one = resources(Phase.STARTING)
        hear(one, speech.resource(NONE, True), 5.0)
        self.assertEqual(one.ledger.phase, Phase.STABLE)
        self.assertEqual(one.handle(DeadlinePassed(), 15.0), [])

    def test_other_side_is_stable(self) -> None:
        """A stable other side without our groups lets us acquire them at once."""
        one = resources(Phase.STARTING)
        outcomes = hear(one, speech.resource(LOCAL, True))
        self.assertEqual(jobs(outcomes), [(Purpose.BOOT, "the other side is stable")])
        self.assertEqual(logged(outcomes)[:2], ["remote resource transition completed."] * 2)
        self.assertEqual(said(outcomes), ["resource none 0", "resource local 1"])
        self.assertEqual(state(one), (Phase.STABLE, LOCAL, LOCAL, True))

    def test_other_side_holds_everything(self) -> None:
        """A stable other side that holds our groups keeps them for now."""
        one = resources(Phase.STARTING)
        outcomes = hear(one, speech.resource(ALL, True))
        self.assertEqual(jobs(outcomes), [])
        self.assertEqual(said(outcomes), ["resource none 0", "resource none 1"])
        self.assertEqual(state(one), (Phase.STABLE, NONE, ALL, True))

    def test_before_communication(self) -> None:
        """Before communication is up only the claim is noted."""
        one = resources(Phase.INIT)
        self.assertEqual(hear(one, speech.resource(ALL, True)), [])
        self.assertEqual(state(one), (Phase.INIT, NONE, ALL, False))

    def test_own_before_communication(self) -> None:
        """A takeover that is complete before communication is up is noted all the same."""
        one = resources(Phase.INIT, ours=ALL)
        one.ledger.takeover_running = True
        hear_own(one, speech.mach_down())
        self.assertFalse(one.ledger.takeover_running)

    def test_partial_claim_outdates_nothing(self) -> None:
        """What a script said does not make an older claim in full untrue."""
        one = resources(ours=LOCAL)
        hear(one, speech.mach_down(), seq=9)
        hear(one, speech.resource(LOCAL, False), seq=8)
        self.assertEqual(one.ledger.theirs, LOCAL)

    def test_outdated_claim(self) -> None:
        """A claim that was lost and is sent again after its successor counts no more."""
        one = resources(ours=LOCAL)
        hear(one, speech.resource(ALL, False), seq=9)
        self.assertEqual(hear(one, speech.resource(NONE, True), seq=8), [])
        self.assertEqual((one.ledger.theirs, one.ledger.their_stable), (ALL, False))

    def test_said_before_it_is_done(self) -> None:
        """What is begun comes after everything that is said of it."""
        outcomes = hear(resources(Phase.STARTING), speech.resource(LOCAL, True))
        kinds = [type(one) for one in outcomes]
        self.assertEqual(kinds[-3:], [JobBegun, ClaimHeard, HoldingsChanged])
        self.assertNotIn(JobBegun, kinds[:-3])

    def test_claim_is_told(self) -> None:
        """Only a claim in full is told on."""
        one = resources(ours=LOCAL)
        self.assertIn(ClaimHeard(BETA), hear(one, speech.resource(ALL, False)))
        self.assertNotIn(ClaimHeard(BETA), hear(one, speech.mach_down()))
        self.assertNotIn(ClaimHeard(ALPHA), hear_own(one, speech.resource(ALL, False)))

    def test_own_takeover_is_complete(self) -> None:
        """Our own C{mach_down} ends a takeover; a failback may follow some day."""
        one = resources(ours=ALL)
        one.ledger.takeover_running = True
        outcomes = hear_own(one, speech.mach_down())
        self.assertEqual(logged(outcomes)[0], "mach_down takeover complete.")
        ledger = one.ledger
        self.assertEqual(
            (ledger.takeover_running, ledger.needs_failback, ledger.their_stable), (False, True, False)
        )

    def test_own_takeover_from_the_dead(self) -> None:
        """When nobody else lives nobody is waited for after a takeover."""
        one = resources(ours=ALL)
        one.ledger.peers[BETA] = NodeStatus.DEAD
        hear_own(one, speech.mach_down())
        self.assertTrue(one.ledger.their_stable)

    def test_words_of_others_about_themselves(self) -> None:
        """C{mach_down} and C{shutdown} mean something in our own messages only."""
        one = resources(ours=LOCAL)
        one.ledger.takeover_running = True
        hear(one, speech.mach_down())
        self.assertTrue(one.ledger.takeover_running)
        hear(one, speech.resource(NONE, False, "shutdown"), seq=2)
        self.assertEqual(one.ledger.phase, Phase.STABLE)

    def test_the_peer_is_leaving(self) -> None:
        """Nobody being stable for long is no reason to start anything while it may still be stopping."""
        one = resources(Phase.STARTING)
        hear(one, speech.resource(NONE, False, "shutdown"))
        self.assertEqual(one.ledger.releaser(), BETA)
        at = one.deadline()
        self.assertEqual(jobs(one.handle(DeadlinePassed(), at)), [])
        self.assertEqual(one.ledger.phase, Phase.RECEIVED)
        # Killed meanwhile and started again, it stops the rest before it says anything.
        one.handle(PeerRestarted(BETA, 9), at + 1.0)
        self.assertEqual(one.ledger.releaser(), BETA)
        hear(one, speech.starting(), at + 2.0, seq=2)
        self.assertIsNone(one.ledger.releaser())
        self.assertNotEqual(jobs(one.handle(DeadlinePassed(), one.deadline())), [])

    def test_the_peer_started_again(self) -> None:
        """What its former life left is being stopped, until it says something."""
        for phase, expected in ((Phase.RECEIVED, BETA), (Phase.STABLE, BETA), (Phase.INIT, None)):
            one = resources(phase)
            one.handle(PeerRestarted(BETA, 9), 1.0)
            self.assertEqual(one.ledger.releaser(), expected)

    def test_what_was_refused(self) -> None:
        """It is started when nobody may run it any more, if it is still ours and nothing moves."""
        for ours, other, expected in ((ALL, {}, [WEB, SQL]), (LOCAL, {}, [WEB]), (ALL, {"jobs": 1}, [])):
            one = resources(ours=ours)
            one.ledger.peers[BETA] = NodeStatus.DEAD
            one.ledger.their_stable = True
            one.ledger.refused = {WEB.key, SQL.key}
            for name, value in other.items():
                setattr(one.ledger, name, value)
            begun = [it.job for it in one.handle(HoldingsChanged(), 5.0) if isinstance(it, JobBegun)]
            self.assertEqual([group for job in begun for group in job.groups], expected)
        one = resources(ours=ALL)
        one.ledger.their_stable = True
        one.ledger.refused = {SQL.key}
        one.ledger.releasing = {BETA}
        self.assertEqual(jobs(one.handle(HoldingsChanged(), 5.0)), [])
        one.ledger.releasing = set()
        self.assertEqual(len(jobs(one.handle(HoldingsChanged(), 5.0))), 1)

    def test_refused_without_a_word(self) -> None:
        """Beside a node that does not say what it has, what may not be started yet is not asked for again."""
        one = resources(ours=ALL)
        one.ledger.peers[BETA] = NodeStatus.DEAD
        one.ledger.their_stable = True
        one.ledger.nice = False
        one.ledger.refused = {WEB.key}
        one.ledger.unseen = {BETA}
        self.assertEqual(jobs(one.handle(HoldingsChanged(), 5.0)), [])
        self.assertEqual(one.ledger.refused, {WEB.key})
        one.ledger.unseen = set()
        self.assertNotEqual(jobs(one.handle(HoldingsChanged(), 6.0)), [])
        self.assertEqual(one.ledger.refused, set())

    def test_leaving(self) -> None:
        """A leaving node follows the claims and acquires nothing."""
        one = resources(Phase.SHUTDOWN)
        one.ledger.leaving = True
        outcomes = hear(one, speech.resource(NONE, True))
        self.assertEqual((said(outcomes), jobs(outcomes)), (["resource none 0 shutdown"], []))

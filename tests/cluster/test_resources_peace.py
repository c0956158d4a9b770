# -*- test-case-name: tests.cluster.test_resources_peace -*-
"""
What follows from the agreement: orphans, failback, and what is told of it
(protocol 10.3, 10.5).
"""

from __future__ import annotations

from math import inf

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster import speech
from hatwist.cluster.complaints import Complaints
from hatwist.cluster.events import DeadlinePassed
from hatwist.cluster.facts import (
    ClaimOvertaken,
    HandoverAsked,
    HoldingsChanged,
    JobBegun,
    Outcome,
    PeerRestarted,
    PeerStatusChanged,
)
from hatwist.cluster.jobs import Purpose
from hatwist.cluster.ledger import Ledger, Phase, StandbyPhase
from hatwist.cluster.names import NodeStatus
from hatwist.cluster.resources import AGREEMENT_PERIOD, FAILBACK_AGAIN, FAILBACK_RETRY, GREETING, Resources
from hatwist.config.model import HaCf
from hatwist.wire.message import Message
from tests.cluster.builders import (
    BETA,
    CF,
    FAILBACK_OFF,
    WEB,
    config,
    logged,
    settled_ledger,
)
from tests.cluster.test_resources import ALL, FOREIGN, LOCAL, NONE, hear, hear_own, jobs, resources, said


class OrphanTests(SynchronousTestCase):
    """Groups at home here that nobody claims any more."""

    def test_adopted(self) -> None:
        """When both sides are stable and nobody claims our groups, they are started."""
        one = resources(ours=FOREIGN)
        outcomes = hear(one, speech.resource(NONE, True))
        self.assertEqual(jobs(outcomes), [(Purpose.BOOT, "nobody held it")])
        self.assertEqual(said(outcomes), ["resource foreign 1", "resource all 1"])

    def test_looked_at_again(self) -> None:
        """It is looked at again whenever claims may have changed."""
        one = resources(their_stable=True)
        outcomes = one.handle(HoldingsChanged(), 0.0)
        self.assertEqual(jobs(outcomes), [(Purpose.BOOT, "nobody held it")])
        self.assertEqual(said(outcomes), ["resource local 1"])
        self.assertEqual(one.handle(HoldingsChanged(), 0.0), [])

    def test_not_before_an_agreement(self) -> None:
        """Before the sides have agreed, and by a node that leaves, nothing is adopted."""
        for phase in (Phase.INIT, Phase.RECEIVED, Phase.SHUTDOWN):
            self.assertEqual(resources(phase, their_stable=True).handle(HoldingsChanged(), 0.0), [])
        one = resources(their_stable=True)
        one.ledger.leaving = True
        self.assertEqual(one.handle(HoldingsChanged(), 0.0), [])

    def test_not_while_anything_moves(self) -> None:
        """While a job, a takeover or a standby operation runs, nothing is adopted."""
        for ledger in (
            evolve(settled_ledger(), jobs=1),
            evolve(settled_ledger(), takeover_running=True),
            evolve(settled_ledger(), standby=StandbyPhase.TAKING),
        ):
            one = Resources(config(), ledger, Complaints())
            self.assertEqual(jobs(hear(one, speech.resource(NONE, True))), [])

    def test_claimed(self) -> None:
        """What the peer claims is not adopted."""
        self.assertEqual(jobs(hear(resources(), speech.resource(FOREIGN, True))), [])


class FailbackTests(SynchronousTestCase):
    """The peer is back, and we have its groups (protocol 10.5)."""

    WISH = HandoverAsked(FOREIGN, "auto_failback is on and its home node has returned")

    def back(self, ledger: Ledger, cf: HaCf = CF) -> list[Outcome]:
        """Let the peer say that it is stable."""
        return hear(Resources(config(cf), ledger, Complaints()), speech.resource(NONE, True))

    def test_not_what_it_claims(self) -> None:
        """What the peer claims as well is not handed over to it."""
        one = Resources(config(), self.ledger(), Complaints())
        self.assertNotIn(self.WISH, hear(one, speech.resource(LOCAL, True)))

    def ledger(self) -> Ledger:
        """Make the ledger after a takeover."""
        return evolve(settled_ledger(), ours=ALL, their_stable=False, needs_failback=True)

    def test_on(self) -> None:
        """With C{auto_failback on} its groups are offered to it."""
        self.assertIn(self.WISH, self.back(self.ledger()))

    def test_reasons_against(self) -> None:
        """Nothing is offered with failback off, after no takeover, without its groups, or when leaving."""
        self.assertNotIn(self.WISH, self.back(self.ledger(), FAILBACK_OFF))
        for ledger in (
            evolve(self.ledger(), needs_failback=False),
            evolve(self.ledger(), ours=LOCAL),
            evolve(self.ledger(), leaving=True),
            evolve(self.ledger(), peers={BETA: NodeStatus.INIT}),
        ):
            self.assertNotIn(self.WISH, self.back(ledger))

    def test_tried_again(self) -> None:
        """While another standby operation runs, it is tried again each second."""
        ledger = evolve(self.ledger(), standby=StandbyPhase.GIVING)
        one = Resources(config(), ledger, Complaints())
        hear(one, speech.resource(NONE, True), 5.0)
        self.assertEqual(one.deadline(), 5.0 + FAILBACK_RETRY)
        self.assertEqual(one.handle(DeadlinePassed(), 6.0), [])
        self.assertEqual(one.deadline(), 7.0)
        ledger.standby = StandbyPhase.NOT
        self.assertEqual(one.handle(DeadlinePassed(), 7.0), [self.WISH])
        # What was asked for may come to nothing; it is over when the peer has what is its.
        self.assertEqual(one.deadline(), 7.0 + FAILBACK_AGAIN)
        self.assertEqual(one.handle(DeadlinePassed(), 37.0), [self.WISH])
        ledger.needs_failback = False
        self.assertEqual(one.handle(DeadlinePassed(), 67.0), [])
        self.assertEqual(one.deadline(), inf)

    def test_other_side_moves(self) -> None:
        """While the other side moves things, it is tried again too."""
        one = Resources(config(), evolve(self.ledger(), standby=StandbyPhase.GIVING), Complaints())
        hear(one, speech.resource(NONE, True), 5.0)
        one.ledger.standby = StandbyPhase.NOT
        one.ledger.their_stable = False
        self.assertNotIn(self.WISH, one.handle(DeadlinePassed(), 6.0))
        self.assertEqual(one.deadline(), 6.0 + FAILBACK_RETRY)

    def test_with_the_agreement(self) -> None:
        """When the sides agree while this node has the other's groups, they are offered at once."""
        ledger = evolve(self.ledger(), phase=Phase.RECEIVED)
        self.assertIn(self.WISH, self.back(ledger))

    def test_given_up(self) -> None:
        """When there is nothing to give back any more, it is not tried again."""
        ledger = evolve(self.ledger(), standby=StandbyPhase.GIVING)
        one = Resources(config(), ledger, Complaints())
        hear(one, speech.resource(NONE, True), 5.0)
        ledger.ours = LOCAL
        self.assertEqual(one.handle(DeadlinePassed(), 6.0), [])
        self.assertEqual(one.deadline(), inf)


class ConsultTests(SynchronousTestCase):
    """A peer that does not say that it is stable is asked."""

    ASKED = ["starting", "resource local 1"]

    def test_asked(self) -> None:
        """Ten seconds after its last word a peer that is not stable is asked what it holds, and again."""
        for news in (speech.starting(), speech.resource(LOCAL, False)):
            one = resources(ours=LOCAL, their_stable=True)
            hear(one, news, 5.0)
            asked = one.deadline()
            self.assertGreaterEqual(asked, 5.0 + AGREEMENT_PERIOD)
            self.assertEqual(said(one.handle(DeadlinePassed(), asked)), self.ASKED)
            self.assertEqual(said(one.handle(DeadlinePassed(), one.deadline())), self.ASKED)

    def test_not_needed(self) -> None:
        """Nobody is asked who has become stable, or who is dead; nor does one ask who leaves."""
        for change in ({"their_stable": True}, {"peers": {BETA: NodeStatus.DEAD}}, {"leaving": True}):
            one = resources(ours=LOCAL, their_stable=True)
            hear(one, speech.resource(LOCAL, False), 5.0)
            for name, value in change.items():
                setattr(one.ledger, name, value)
            self.assertEqual(one.handle(DeadlinePassed(), one.deadline()), [])
            self.assertEqual(one.deadline(), inf)

    def test_not_now(self) -> None:
        """While something moves here the question is put off."""
        one = resources(ours=LOCAL, their_stable=True)
        hear(one, speech.resource(LOCAL, False), 5.0)
        one.ledger.standby = StandbyPhase.GIVING
        asked = one.deadline()
        self.assertEqual(one.handle(DeadlinePassed(), asked), [])
        self.assertEqual(one.deadline(), asked + AGREEMENT_PERIOD)


class GreetTests(SynchronousTestCase):
    """A C node becomes active."""

    def meet(self, phase: Phase, *, c_node: bool = True, status: NodeStatus = NodeStatus.ACTIVE) -> Resources:
        """Let beta change its status."""
        one = resources()
        one.ledger.phase = phase
        one.ledger.c_nodes = frozenset({BETA} if c_node else ())
        self.assertEqual(one.handle(PeerStatusChanged(BETA, status), 5.0), [])
        return one

    def test_asked_again(self) -> None:
        """What was said to it before it did not hear; so it is asked again, if we wait for an answer."""
        for phase in (Phase.STARTING, Phase.RECEIVED):
            one = self.meet(phase)
            self.assertEqual(one.deadline(), 5.0 + GREETING)
            self.assertEqual(said(one.handle(DeadlinePassed(), 6.0)), ["starting"])

    def test_not_asked_twice(self) -> None:
        """If it says what it holds it has heard us; heartbeat calls a second question an error."""
        one = self.meet(Phase.STARTING)
        hear(one, speech.resource(LOCAL, False))
        self.assertEqual(one.handle(DeadlinePassed(), 6.0), [])

    def test_settled_meanwhile(self) -> None:
        """Nor if the answer no longer matters."""
        one = self.meet(Phase.STARTING)
        one.ledger.phase = Phase.STABLE
        self.assertEqual(one.handle(DeadlinePassed(), 6.0), [])

    def test_others(self) -> None:
        """One of our kind, one that is only up, one that joins us in peace: not asked."""
        for one in (
            self.meet(Phase.STARTING, c_node=False),
            self.meet(Phase.STARTING, status=NodeStatus.UP),
            self.meet(Phase.STABLE),
        ):
            self.assertEqual(one.deadline(), inf)


class StartingTests(SynchronousTestCase):
    """A peer joins."""

    def test_during_a_takeover(self) -> None:
        """It is told what is ours, and the log that it came early."""
        one = resources(ours=ALL)
        one.ledger.takeover_running = True
        outcomes = hear(one, speech.starting())
        self.assertEqual(logged(outcomes), ["T_STARTING received during takeover."])
        self.assertEqual(said(outcomes), ["resource all 1"])


class RepeatTests(SynchronousTestCase):
    """A C node that hears an old claim after its successor believes it."""

    def test_said_once_more(self) -> None:
        """So the newest is said after it."""
        one = resources(ours=LOCAL)
        one.ledger.c_nodes = frozenset({BETA})
        self.assertEqual(said(one.handle(ClaimOvertaken(), 0.0)), ["resource local 1"])

    def test_not_needed(self) -> None:
        """Our own kind ignores the old one; and before anything was claimed there is nothing to say."""
        one = resources(ours=LOCAL)
        self.assertEqual(one.handle(ClaimOvertaken(), 0.0), [])
        one.ledger.c_nodes = frozenset({BETA})
        one.ledger.phase = Phase.STARTING
        self.assertEqual(one.handle(ClaimOvertaken(), 0.0), [])


class AcquisitionTests(SynchronousTestCase):
    """The line that the first acquisition is over."""

    def announced(self, one: Resources, message: Message, *, own: bool = False) -> list[str]:
        """Say what is logged of it."""
        outcomes = hear_own(one, message) if own else hear(one, message)
        return [text for text in logged(outcomes) if text.startswith("Initial")]

    def test_us(self) -> None:
        """When our own groups are here."""
        one = resources(ours=LOCAL)
        message = speech.resource(LOCAL, True)
        self.assertEqual(
            self.announced(one, message, own=True),
            ["Initial resource acquisition complete (T_RESOURCES(us))"],
        )
        self.assertEqual(self.announced(one, message), [], "it is said once")

    def test_them(self) -> None:
        """With failback off when the other side has ours."""
        one = resources(ours=NONE, cf=FAILBACK_OFF)
        self.assertEqual(
            self.announced(one, speech.resource(ALL, True)),
            ["Initial resource acquisition complete (T_RESOURCES(them))"],
        )

    def test_own_word(self) -> None:
        """In our own message it is about us, whatever the other side has."""
        one = resources(theirs=FOREIGN, cf=FAILBACK_OFF)
        self.assertEqual(
            self.announced(one, speech.resource(NONE, True), own=True),
            ["Initial resource acquisition complete (T_RESOURCES(us))"],
        )

    def test_mach_down(self) -> None:
        """When a takeover brought it about."""
        self.assertEqual(
            self.announced(resources(ours=ALL), speech.mach_down(), own=True),
            ["Initial resource acquisition complete (mach_down)"],
        )

    def test_not_yet(self) -> None:
        """Not before the sides have agreed, nor while ours are elsewhere with failback on."""
        waiting = resources(Phase.RECEIVED, ours=LOCAL)
        self.assertEqual(self.announced(waiting, speech.resource(NONE, False)), [])
        self.assertEqual(self.announced(resources(cf=FAILBACK_OFF), speech.resource(LOCAL, False)), [])
        self.assertEqual(self.announced(resources(), speech.resource(ALL, True)), [])


class PeerTests(SynchronousTestCase):
    """What is known of the peers."""

    def test_status(self) -> None:
        """The ledger has the newest status of each peer."""
        one = resources()
        one.handle(PeerStatusChanged(BETA, NodeStatus.UP), 0.0)
        self.assertEqual(one.ledger.peers, {BETA: NodeStatus.UP})

    def test_goodbye_is_forgotten(self) -> None:
        """A peer that starts again, or has restarted, has not left."""
        for news in (PeerStatusChanged(BETA, NodeStatus.INIT), PeerRestarted(BETA, 4)):
            one = resources()
            one.ledger.gone = {BETA}
            self.assertEqual(one.handle(news, 0.0), [])
            self.assertEqual(one.ledger.gone, set())

    def test_goodbye_is_kept(self) -> None:
        """A peer that left still beats for a while."""
        one = resources()
        one.ledger.gone = {BETA}
        one.handle(PeerStatusChanged(BETA, NodeStatus.ACTIVE), 0.0)
        self.assertEqual(one.ledger.gone, {BETA})


class HomeTests(SynchronousTestCase):
    """What is begun."""

    def test_only_local_groups(self) -> None:
        """At boot only the groups at home here are looked at."""
        [begun] = [
            one
            for one in hear(resources(Phase.STARTING), speech.resource(LOCAL, True))
            if isinstance(one, JobBegun)
        ]
        self.assertEqual(begun.job.groups, (WEB,))

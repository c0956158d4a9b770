# -*- test-case-name: tests.cluster.test_resources_start -*-
"""
How the agreement begins (protocol 10.2, 10.3).
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster import speech
from hatwist.cluster.events import DeadlinePassed
from hatwist.cluster.facts import (
    CommunicationEstablished,
    Send,
)
from hatwist.cluster.jobs import Purpose
from hatwist.cluster.ledger import Phase
from hatwist.cluster.names import Holding, NodeStatus
from hatwist.cluster.resources import AGREEMENT_PERIOD
from tests.cluster.builders import (
    BETA,
    CF,
    LEGACY,
)
from tests.cluster.test_resources import (
    ALL,
    LOCAL,
    NONE,
    SWEPT,
    begin,
    hear,
    hear_own,
    jobs,
    resources,
    said,
    state,
)


class BeginTests(SynchronousTestCase):
    """Communication comes up (protocol 10.2)."""

    def test_nice(self) -> None:
        """In nice mode the peers are asked what they hold; nothing is acquired."""
        one = resources(Phase.INIT)
        self.assertEqual(begin(one, 1.0), [Send(speech.starting())])
        self.assertEqual(state(one), (Phase.STARTING, NONE, NONE, False))

    def test_leftovers_first(self) -> None:
        """Nothing is asked and nothing claimed before what a former life left running was released."""
        for cf in (CF, LEGACY):
            one = resources(Phase.INIT, cf=cf)
            self.assertEqual(one.handle(CommunicationEstablished(), 1.0), [])
            self.assertEqual(hear(one, speech.starting(), 2.0), [])
            self.assertEqual(state(one), (Phase.INIT, NONE, NONE, False))
            self.assertNotEqual(one.handle(SWEPT, 3.0), [])

    def test_alone(self) -> None:
        """A node that is alone waits for nobody."""
        one = resources(Phase.INIT)
        one.ledger.peers[BETA] = NodeStatus.DEAD
        outcomes = begin(one, 1.0)
        self.assertEqual(said(outcomes), ["starting", "resource local 1"])
        self.assertEqual(jobs(outcomes), [(Purpose.BOOT, "no other node is alive")])
        self.assertEqual(state(one), (Phase.STABLE, LOCAL, NONE, True))
        self.assertEqual(one.handle(DeadlinePassed(), 1.0 + AGREEMENT_PERIOD), [])

    def test_legacy(self) -> None:
        """In legacy mode the local groups are acquired at once, and nothing is said."""
        one = resources(Phase.INIT, cf=LEGACY)
        outcomes = begin(one, 1.0)
        self.assertEqual(one.ledger.phase, Phase.STABLE)
        self.assertEqual(said(outcomes), [])
        self.assertEqual(jobs(outcomes), [(Purpose.BOOT, "communication is established")])

    def test_leaving(self) -> None:
        """A node that is leaving begins nothing any more."""
        for cf in (CF, LEGACY):
            one = resources(Phase.SHUTDOWN, cf=cf)
            one.ledger.leaving = True
            self.assertEqual(begin(one, 1.0), [])
            self.assertEqual(state(one), (Phase.SHUTDOWN, NONE, NONE, False))

    def test_asked_again(self) -> None:
        """When nobody answers for ten seconds the question is repeated, and so on."""
        one = resources(Phase.INIT)
        begin(one, 1.0)
        self.assertEqual(one.deadline(), 1.0 + AGREEMENT_PERIOD)
        self.assertEqual(one.handle(DeadlinePassed(), 10.9), [])
        self.assertEqual(said(one.handle(DeadlinePassed(), 11.0)), ["starting"])
        self.assertEqual(one.deadline(), 21.0)
        self.assertEqual(said(one.handle(DeadlinePassed(), 21.0)), ["starting"])


class StartingTests(SynchronousTestCase):
    """The rows of C{starting} from another node (protocol 10.3)."""

    def test_overtaken(self) -> None:
        """One that was overtaken by a claim is answered, but takes nothing away."""
        one = resources(ours=LOCAL)
        hear(one, speech.resource(LOCAL, True), seq=5)
        outcomes = hear(one, speech.starting(), seq=4)
        self.assertEqual((said(outcomes), one.ledger.their_stable), (["resource local 1"], True))

    def row(self, phase: Phase, ours: Holding = NONE) -> tuple[Phase, bool, list[str]]:
        """Hear it in a phase; return the next phase, whether they are stable, and what is sent."""
        one = resources(phase, ours=ours, their_stable=True)
        outcomes = hear(one, speech.starting())
        return (one.ledger.phase, one.ledger.their_stable, said(outcomes))

    def test_both_starting(self) -> None:
        """Two nodes that start together each answer that they are not stable."""
        self.assertEqual(self.row(Phase.STARTING), (Phase.BOTH_STARTING, False, ["resource none 0"]))

    def test_stable(self) -> None:
        """A stable node answers what it holds, and knows that the other side is not stable."""
        self.assertEqual(self.row(Phase.STABLE, ALL), (Phase.STABLE, False, ["resource all 1"]))

    def test_still_waiting(self) -> None:
        """A node that waits for agreement answers that it is not stable."""
        self.assertEqual(self.row(Phase.RECEIVED), (Phase.RECEIVED, False, ["resource none 0"]))

    def test_leaving(self) -> None:
        """A leaving node answers that it is not stable."""
        self.assertEqual(self.row(Phase.SHUTDOWN), (Phase.SHUTDOWN, False, ["resource none 0"]))

    def test_before_communication(self) -> None:
        """Before communication is up there is no answer."""
        self.assertEqual(self.row(Phase.INIT), (Phase.INIT, True, []))

    def test_own(self) -> None:
        """Our own question is not for us."""
        one = resources(Phase.STARTING)
        self.assertEqual(hear_own(one, speech.starting()), [])
        self.assertEqual(one.ledger.phase, Phase.STARTING)

    def test_legacy(self) -> None:
        """In legacy mode nobody answers."""
        one = resources(ours=LOCAL, cf=LEGACY)
        self.assertEqual(hear(one, speech.starting()), [])
        self.assertEqual(hear(one, speech.resource(ALL, True)), [])
        self.assertEqual(one.ledger.theirs, NONE)

    def test_other_messages(self) -> None:
        """Other messages are for others."""
        self.assertEqual(hear(resources(), speech.shutdone()), [])

# -*- test-case-name: tests.cluster.test_fencing -*-
"""
Who must be fenced, and when.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.actions import CancelFence, Fence, Record
from hatwist.cluster.events import DeadlinePassed, FenceConfirmed, FenceFinished
from hatwist.cluster.facts import (
    ClaimHeard,
    FenceWanted,
    HoldingsChanged,
    NodeFenced,
    NodeRemoved,
    PeerDied,
    PeerStatusChanged,
)
from hatwist.cluster.fencing import FIRST_PAUSE, LONGEST_PAUSE, Fencing
from hatwist.cluster.ledger import Ledger
from hatwist.cluster.names import Holding, NodeStatus, Ticket
from hatwist.cluster.takeover import Takeover
from hatwist.config.model import Fencing as Settings
from hatwist.config.model import FencingDevice, HaConfig, NodeName, Position
from hatwist.config.model import Settings as All
from tests.cluster.builders import ALPHA, BETA, CF, GAMMA, KEYS, settled_ledger

DEVICES = (FencingDevice("pdu", "baytech", Position("f")),)
DELAY = 2 * CF.deadtime


def fencing(
    me: NodeName = ALPHA, *, native: bool = False, restarted: bool = False, **more: object
) -> Fencing:
    """Make a node's; its peer has just died."""
    ledger = evolve(settled_ledger(), me=me, native=native)
    ledger.peers = {BETA if me == ALPHA else ALPHA: NodeStatus.DEAD}
    settings = evolve(Settings(devices=DEVICES), **more)  # type: ignore[arg-type]
    return Fencing(HaConfig(CF, KEYS, ledger.groups, All(fencing=settings)), ledger, restarted)


def decisions(outcomes: Sequence[object]) -> list[str]:
    """Return what is decided."""
    return [one.decision for one in outcomes if isinstance(one, Record)]


class DelayTests(SynchronousTestCase):
    """Who shoots first."""

    def wait(self, me: NodeName, ours: Holding, theirs: Holding, **more: object) -> float:
        """Return how long a node waits."""
        one = fencing(me, **more)  # type: ignore[arg-type]
        one.ledger.ours, one.ledger.theirs = ours, theirs
        peer = next(iter(one.ledger.peers))
        fenced = [each for each in one.handle(FenceWanted(peer, "silence"), 5.0) if isinstance(each, Fence)]
        return 0.0 if fenced else one.deadline() - 5.0

    def test_the_owner(self) -> None:
        """Who owns more does not wait."""
        self.assertEqual(self.wait(ALPHA, Holding.ALL, Holding.NONE), 0.0)
        self.assertEqual(self.wait(BETA, Holding.ALL, Holding.NONE), 0.0)

    def test_who_owns_less(self) -> None:
        """The other one does."""
        self.assertEqual(self.wait(ALPHA, Holding.NONE, Holding.ALL), DELAY)
        self.assertEqual(self.wait(ALPHA, Holding.NONE, Holding.ALL, fence_delay=3.0), 3.0)

    def test_as_much(self) -> None:
        """The first of ha.cf does not wait."""
        self.assertEqual(self.wait(ALPHA, Holding.LOCAL, Holding.LOCAL), 0.0)
        self.assertEqual(self.wait(BETA, Holding.LOCAL, Holding.LOCAL), DELAY)

    def test_a_node_that_was_added(self) -> None:
        """One that ha.cf does not list is never the first."""
        one = fencing()
        self.assertTrue(
            any(isinstance(each, Fence) for each in one.handle(FenceWanted(GAMMA, "silence"), 0.0))
        )


class FenceTests(SynchronousTestCase):
    """One fencing."""

    def setUp(self) -> None:
        self.one = fencing()
        self.one.ledger.unfenced.add(BETA)
        self.begun = self.one.handle(FenceWanted(BETA, "silence"), 0.0)

    def test_it_begins(self) -> None:
        """Once, with its reason."""
        self.assertEqual(self.begun[1:], [Fence(Ticket(1), BETA, "silence")])
        self.assertEqual(decisions(self.begun), ["fence"])
        self.assertEqual(self.one.handle(FenceWanted(BETA, "again"), 1.0), [])
        self.assertIn("beta is to be fenced since 3 s", self.one.waits(3.0)[0])

    def test_confirmed(self) -> None:
        """Its groups may be taken."""
        outcomes = self.one.handle(FenceFinished(Ticket(1), True, "pdu"), 2.0)
        self.assertEqual(decisions(outcomes), ["fenced"])
        self.assertEqual(
            outcomes[1:], [NodeFenced(BETA, "pdu has confirmed that beta cannot act", "silence")]
        )
        self.assertEqual(self.one.ledger.unfenced, set())
        self.assertEqual(self.one.waits(3.0), ())
        self.assertEqual(self.one.handle(FenceFinished(Ticket(1), True, "pdu"), 2.0), [])

    def test_failed(self) -> None:
        """It is tried again, ever more slowly; the operator is told how to go on."""
        now, pauses = 0.0, []
        for number in range(1, 7):
            failed = self.one.handle(FenceFinished(Ticket(number), False, "", "no"), now)
            self.assertEqual(decisions(failed), ["fencing failed"])
            pauses.append(self.one.deadline() - now)
            now = self.one.deadline()
            self.assertEqual(self.one.handle(DeadlinePassed(), now - 0.1), [])
            self.assertEqual(decisions(self.one.handle(DeadlinePassed(), now)), ["fence"])
        self.assertEqual(pauses, [FIRST_PAUSE, 10.0, 20.0, 40.0, LONGEST_PAUSE, LONGEST_PAUSE])
        self.assertIn("failed 6 times", self.one.waits(now)[0])

    def test_a_person(self) -> None:
        """A word counts, also while a device works."""
        outcomes = self.one.handle(FenceConfirmed(BETA, "bob"), 1.0)
        self.assertEqual(outcomes[0], CancelFence(Ticket(1)))
        self.assertEqual(outcomes[-1], NodeFenced(BETA, "bob says that it is down", "silence"))

    def test_it_lives(self) -> None:
        """Who is heard is not fenced any more, nor said to be down."""
        outcomes = self.one.handle(PeerStatusChanged(BETA, NodeStatus.ACTIVE), 1.0)
        self.assertEqual(outcomes[1:], [CancelFence(Ticket(1))])
        self.assertEqual(self.one.ledger.unfenced, set())
        self.one.ledger.peers[BETA] = NodeStatus.ACTIVE
        self.assertEqual(decisions(self.one.handle(FenceConfirmed(BETA), 1.0)), ["fencing refused"])

    def test_it_lives_while_it_is_waited(self) -> None:
        """Between two tries there is nothing to stop."""
        self.one.handle(FenceFinished(Ticket(1), False), 1.0)
        outcomes = self.one.handle(NodeRemoved(BETA), 2.0)
        self.assertEqual(decisions(outcomes), ["fencing cancelled"])
        self.assertEqual(len(outcomes), 1)


class WaitForAllTests(SynchronousTestCase):
    """A node that starts."""

    def test_who_waits(self) -> None:
        """A native node with a device does, if it is not told otherwise, and has not just been restarted."""
        self.assertEqual(fencing(native=True).ledger.unseen, {BETA})
        self.assertEqual(fencing().ledger.unseen, set())
        self.assertEqual(fencing(wait_for_all=True).ledger.unseen, {BETA})
        self.assertEqual(fencing(native=True, wait_for_all=False).ledger.unseen, set())
        self.assertEqual(fencing(native=True, restarted=True).ledger.unseen, set())
        self.assertEqual(fencing(native=True, devices=()).ledger.unseen, set())

    def test_seen(self) -> None:
        """Then what was refused may be started."""
        one = fencing(native=True)
        self.assertIn("beta was not seen", one.waits(0.0)[0])
        self.assertEqual(one.handle(PeerStatusChanged(BETA, NodeStatus.UP), 1.0), [])
        self.assertEqual(one.handle(ClaimHeard(BETA), 1.0), [HoldingsChanged()])
        self.assertEqual(one.handle(ClaimHeard(BETA), 1.0), [])
        self.assertEqual(one.waits(0.0), ())

    def test_seen_and_legacy(self) -> None:
        """A node of the legacy kind does not say what it holds: it is asked."""
        one = fencing(native=True)
        one.ledger.nice = False
        self.assertEqual(one.handle(PeerStatusChanged(BETA, NodeStatus.UP), 1.0), [HoldingsChanged()])

    def test_a_person(self) -> None:
        """Or when somebody says that it is down."""
        one = fencing(native=True)
        outcomes = one.handle(FenceConfirmed(BETA), 1.0)
        self.assertEqual(decisions(outcomes), ["fenced"])
        self.assertIn(HoldingsChanged(), outcomes)
        self.assertEqual(one.ledger.unseen, set())


class TakeoverTests(SynchronousTestCase):
    """What the takeover makes of it."""

    def setUp(self) -> None:
        self.ledger: Ledger = evolve(settled_ledger(), fences=True, theirs=Holding.LOCAL)
        self.takeover = Takeover(self.ledger)

    def test_nothing_before(self) -> None:
        """A death begins a fencing, and nothing else."""
        outcomes = self.takeover.handle(PeerDied(BETA, 10.0, True), 0.0)
        self.assertEqual([type(one) for one in outcomes], [FenceWanted])
        self.assertEqual(self.ledger.unfenced, {BETA})
        self.assertFalse(self.ledger.takeover_running)

    def test_never_seen(self) -> None:
        """Of one that was not seen since our start nothing is known."""
        self.ledger.unseen.add(BETA)
        outcomes = self.takeover.handle(PeerDied(BETA, 30.0, False), 0.0)
        self.assertEqual(decisions(outcomes), ["takeover refused"])

    def test_fenced(self) -> None:
        """Then its groups are taken."""
        self.takeover.handle(PeerDied(BETA, 10.0, True), 0.0)
        outcomes = self.takeover.handle(NodeFenced(BETA, "pdu", "silence"), 1.0)
        self.assertIn("takeover of node", decisions(outcomes))

    def test_fenced_and_nothing_to_take(self) -> None:
        """Who has everything already takes nothing."""
        self.ledger.ours = Holding.ALL
        self.takeover.handle(PeerDied(BETA, 10.0, True), 0.0)
        outcomes = self.takeover.handle(NodeFenced(BETA, "pdu", "silence"), 1.0)
        self.assertEqual(decisions(outcomes), [])
        self.assertTrue(self.ledger.needs_failback)

    def test_fenced_too_late(self) -> None:
        """Who is back, or is left by us, is not taken over from."""
        self.assertEqual(self.takeover.handle(NodeFenced(BETA, "pdu", "silence"), 1.0), [])

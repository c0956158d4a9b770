# -*- test-case-name: tests.sim.test_auditors -*-
"""
The auditors of bounds and of agreement, and all of them together.
"""

from __future__ import annotations

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.history import MAX_HISTORY
from hatwist.cluster.names import GroupState, Holding, NodeStatus
from hatwist.cluster.work import Condition
from hatwist.sim.auditor import Violation
from hatwist.sim.auditors import Agreement, Bounds, agreement, every
from tests.sim.builders import ALPHA, BETA, WEB, make_world, node_of, running_world


class BoundsTests(SynchronousTestCase):
    """Nothing grows without limit."""

    def setUp(self) -> None:
        """Boot both."""
        self.auditor = Bounds()
        self.world = running_world()
        self.alpha = self.world.hosts[ALPHA]

    def test_history(self) -> None:
        """More than 500 messages are never kept."""
        sent = node_of(self.alpha).history._sent
        one = next(iter(sent.values()))
        self.auditor.check(self.world, self.alpha)
        sent.update(dict.fromkeys(range(1000, 1000 + MAX_HISTORY), one))
        error = self.assertRaises(Violation, self.auditor.check, self.world, self.alpha)
        self.assertIn("alpha keeps 5", str(error))

    def test_invariants_of_the_core(self) -> None:
        """What the core itself finds wrong is a violation."""
        node_of(self.alpha).ledger.jobs += 1
        error = self.assertRaises(Violation, self.auditor.check, self.world, self.alpha)
        self.assertIn("alpha: 1 jobs are booked, 0 are running", str(error))

    def test_no_daemon(self) -> None:
        """A host without daemon has no bounds to break."""
        self.world.crash(ALPHA)
        self.auditor.check(self.world, self.alpha)


class AgreementTests(SynchronousTestCase):
    """What everybody says in peace, and what runs."""

    def setUp(self) -> None:
        """Boot both; each has its group."""
        self.auditor = Agreement()
        self.world = running_world()
        self.alpha, self.beta = self.world.hosts[ALPHA], self.world.hosts[BETA]

    def objection(self) -> str:
        """Return what is wrong."""
        return str(self.assertRaises(Violation, self.auditor.settled, self.world))

    def test_peace(self) -> None:
        """Two nodes that run agree; so do one and the host of a dead one; so does nobody."""
        self.auditor.settled(self.world)
        self.world.crash(ALPHA)
        self.world.run(15)
        self.auditor.settled(self.world)
        self.world.crash(BETA)
        self.auditor.settled(self.world)

    def test_living_node_seen_dead(self) -> None:
        """Every living node is seen active, and every dead one is not."""
        node_of(self.alpha).membership.peers[BETA].status = NodeStatus.UP
        self.assertIn("alpha says beta is up", self.objection())
        node_of(self.alpha).membership.peers[BETA].status = NodeStatus.ACTIVE
        self.world.crash(BETA)
        self.assertIn("alpha says beta is active", self.objection())

    def test_something_moves(self) -> None:
        """In peace nothing moves."""
        node_of(self.beta).ledger.their_stable = False
        self.assertIn("beta is not stable", self.objection())

    def test_runs_nowhere(self) -> None:
        """Each group runs."""
        self.alpha.agents.running.clear()
        self.assertIn(f"{WEB} runs on no host", self.objection())

    def test_runs_twice(self) -> None:
        """No group runs twice."""
        self.beta.agents.running.append(WEB)
        self.assertIn(f"{WEB} runs on alpha and beta", self.objection())

    def test_wrong_claim(self) -> None:
        """Everybody names the host on which it runs."""
        node_of(self.beta).ledger.ours = Holding.ALL
        self.assertIn(f"{WEB} runs on alpha, and is said to be owned by alpha, beta", self.objection())

    def test_could_not_be_started(self) -> None:
        """A group may run nowhere if its owner shows that its start failed."""
        self.alpha.agents.running.clear()
        conditions = node_of(self.alpha).work.conditions
        conditions[WEB] = evolve(conditions[WEB], state=GroupState.FAILED)
        self.auditor.settled(self.world)

    def test_failed_elsewhere(self) -> None:
        """What failed on a node that does not own it explains nothing."""
        self.alpha.agents.running.clear()
        node_of(self.beta).work.conditions[WEB] = Condition(GroupState.FAILED, 0.0, "")
        self.assertIn(f"{WEB} runs on no host", self.objection())


class EveryTests(SynchronousTestCase):
    """All auditors together."""

    def test_new_ones(self) -> None:
        """Each world has auditors of its own."""
        for one, other in zip(every(), every(), strict=True):
            self.assertIs(type(one), type(other))
            self.assertIsNot(one, other)

    def test_agreement_asks_them_all(self) -> None:
        """The order C{agree} asks every auditor of the world."""
        world = make_world(every())
        world.boot(ALPHA)
        self.assertRaises(Violation, agreement, world)
        world.run(60)
        agreement(world)

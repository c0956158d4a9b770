# -*- test-case-name: tests.cluster.test_ownership -*-
"""
Who may own a group.
"""

from __future__ import annotations

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.ledger import StandbyPhase
from hatwist.cluster.names import Holding, NodeStatus
from hatwist.cluster.ownership import Claim, Ground, Permission, may_own
from tests.cluster.builders import BETA, SQL, WEB, settled_ledger


class MayOwnTests(SynchronousTestCase):
    """Every start is allowed or refused for a reason."""

    def test_leaving_node_owns_nothing_more(self) -> None:
        """Whatever the ground, a node that leaves starts nothing."""
        ledger = evolve(settled_ledger(), leaving=True, standby=StandbyPhase.DONE)
        ledger.peers[BETA] = NodeStatus.DEAD
        for ground in Ground:
            self.assertEqual(
                may_own(WEB, Claim(ground, BETA), ledger), Permission(False, "this node is leaving")
            )

    def test_without_a_lease(self) -> None:
        """What the guardian would release at once is not started."""
        ledger = evolve(settled_ledger(), leased=False)
        refused = may_own(WEB, Claim(Ground.HOME), ledger)
        self.assertEqual(refused, Permission(False, "no peer has confirmed in time that it hears this node"))

    def test_not_fenced(self) -> None:
        """Nothing of a peer that is silent, and nothing it may hold, before it is fenced."""
        ledger = evolve(settled_ledger(), peers={BETA: NodeStatus.DEAD}, unfenced={BETA})
        words = "node beta is silent, and not fenced yet"
        self.assertEqual(may_own(SQL, Claim(Ground.DEATH, BETA), ledger), Permission(False, words))
        self.assertEqual(may_own(WEB, Claim(Ground.HOME), ledger), Permission(False, words))

    def test_not_seen(self) -> None:
        """Nothing at all before every peer was seen, where that is waited for."""
        refused = may_own(WEB, Claim(Ground.HOME), evolve(settled_ledger(), unseen={BETA}))
        self.assertEqual(refused, Permission(False, "node beta was not seen since this node's start"))

    def test_home(self) -> None:
        """A group may be started at its home when nobody else claims it."""
        self.assertEqual(
            may_own(WEB, Claim(Ground.HOME), settled_ledger()),
            Permission(True, "its home is here and nobody else holds it"),
        )

    def test_home_is_elsewhere(self) -> None:
        """The home of a group is no reason anywhere else."""
        self.assertEqual(
            may_own(SQL, Claim(Ground.HOME), settled_ledger()), Permission(False, "its home is beta")
        )

    def test_peer_holds_what_is_at_home_here(self) -> None:
        """A living peer that claims the group keeps it; a dead one does not."""
        ledger = evolve(settled_ledger(), theirs=Holding.FOREIGN)
        self.assertEqual(may_own(WEB, Claim(Ground.HOME), ledger), Permission(False, "node beta holds it"))
        ledger.peers[BETA] = NodeStatus.DEAD
        self.assertTrue(may_own(WEB, Claim(Ground.HOME), ledger).allowed)

    def test_peer_is_leaving(self) -> None:
        """What it claims says nothing of what still runs there, until it is gone or dead."""
        ledger = evolve(settled_ledger(), releasing={BETA})
        refused = may_own(WEB, Claim(Ground.HOME), ledger)
        self.assertIn("node beta has not said yet", refused.reason)
        self.assertFalse(refused.allowed)
        ledger.peers[BETA] = NodeStatus.DEAD
        self.assertTrue(may_own(WEB, Claim(Ground.HOME), ledger).allowed)

    def test_peer_that_is_back_is_letting_go(self) -> None:
        """Nor may what it had be taken then, whatever it claims."""
        ledger = evolve(settled_ledger(), releasing={BETA})
        for ground in (Ground.DEATH, Ground.GOODBYE):
            self.assertFalse(may_own(SQL, Claim(ground, BETA), ledger).allowed)
        ledger.gone.add(BETA)
        self.assertTrue(may_own(SQL, Claim(Ground.GOODBYE, BETA), ledger).allowed)

    def test_death(self) -> None:
        """The groups of a dead node are anybody's."""
        ledger = evolve(settled_ledger(), peers={BETA: NodeStatus.DEAD}, theirs=Holding.ALL)
        self.assertEqual(
            may_own(SQL, Claim(Ground.DEATH, BETA), ledger), Permission(True, "node beta is dead")
        )

    def test_dead_node_is_back_before_its_group_was_started(self) -> None:
        """A takeover does not go on with a group that its node holds again."""
        ledger = evolve(settled_ledger(), theirs=Holding.LOCAL)
        self.assertEqual(
            may_own(SQL, Claim(Ground.DEATH, BETA), ledger),
            Permission(False, "node beta is back and holds it"),
        )
        ledger.theirs = Holding.NONE
        self.assertEqual(
            may_own(SQL, Claim(Ground.DEATH, BETA), ledger),
            Permission(True, "node beta is back and does not hold it"),
        )

    def test_dead_legacy_node_is_back(self) -> None:
        """A legacy node does not say what it holds; what is at home there it is taken to hold."""
        ledger = settled_ledger(nice=False)
        self.assertEqual(
            may_own(SQL, Claim(Ground.DEATH, BETA), ledger),
            Permission(False, "node beta is back and holds it"),
        )

    def test_claimed_again_after_a_goodbye(self) -> None:
        """A node that left and claims the group again has it."""
        ledger = evolve(settled_ledger(), gone={BETA}, theirs=Holding.LOCAL)
        self.assertEqual(
            may_own(SQL, Claim(Ground.GOODBYE, BETA), ledger),
            Permission(False, "node beta is back and holds it"),
        )

    def test_contested(self) -> None:
        """While the other has still to let go of our groups none of them is started, if it lives."""
        ledger = evolve(settled_ledger(), contested=True)
        self.assertEqual(may_own(WEB, Claim(Ground.HOME), ledger), Permission(False, "node beta holds it"))
        ledger.peers[BETA] = NodeStatus.DEAD
        self.assertTrue(may_own(WEB, Claim(Ground.HOME), ledger).allowed)

    def test_unclear(self) -> None:
        """After a partition nothing is started before the peer has said what it holds, if it lives."""
        ledger = evolve(settled_ledger(), unclear=True, standby=StandbyPhase.DONE)
        for ground in Ground:
            self.assertEqual(
                may_own(WEB, Claim(ground, BETA), ledger),
                Permission(False, "node beta is back, and has not said what it holds"),
            )
        ledger.peers[BETA] = NodeStatus.DEAD
        self.assertTrue(may_own(SQL, Claim(Ground.DEATH, BETA), ledger).allowed)

    def test_goodbye(self) -> None:
        """The groups of a node that left in order may be started while it still beats."""
        ledger = evolve(settled_ledger(), gone={BETA})
        self.assertEqual(
            may_own(SQL, Claim(Ground.GOODBYE, BETA), ledger),
            Permission(True, "node beta left in order and has let go"),
        )

    def test_handover(self) -> None:
        """What a peer gave up may be started, but only while the operation lasts."""
        ledger = evolve(settled_ledger(), standby=StandbyPhase.DONE)
        claim = Claim(Ground.HANDOVER, BETA)
        self.assertEqual(may_own(WEB, claim, ledger), Permission(True, "node beta gave it up to this node"))
        ledger.standby = StandbyPhase.NOT
        self.assertEqual(may_own(WEB, claim, ledger), Permission(False, "the standby operation is over"))

    def test_reply(self) -> None:
        """With C{auto_failback legacy} the owner's answer is the reason."""
        self.assertEqual(
            may_own(WEB, Claim(Ground.REPLY, BETA), settled_ledger(nice=False)),
            Permission(True, "node beta answered that it does not run it"),
        )

# -*- test-case-name: tests.cluster.test_ledger -*-
"""
Who claims what (protocol 10.1).
"""

from __future__ import annotations

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.ledger import Ledger, Phase, StandbyPhase, number_of
from hatwist.cluster.names import Holding, NodeStatus
from hatwist.errors import MalformedError
from hatwist.wire.message import Message
from tests.cluster.builders import ALPHA, BETA, GAMMA, GROUPS, SQL, WEB, group, settled_ledger


class ClaimTests(SynchronousTestCase):
    """Two sides, two sets."""

    def test_begins_with_nothing(self) -> None:
        """A node that starts claims nothing and believes nothing of the other side."""
        ledger = Ledger(ALPHA, GROUPS, nice=True)
        self.assertEqual((ledger.ours, ledger.theirs), (Holding.NONE, Holding.NONE))
        self.assertEqual((ledger.phase, ledger.standby), (Phase.INIT, StandbyPhase.NOT))
        self.assertFalse(ledger.their_stable)

    def test_claims_add_up(self) -> None:
        """A claim is added to what is held, and taken away again."""
        ledger = settled_ledger()
        ledger.claim(Holding.LOCAL)
        ledger.claim(Holding.FOREIGN)
        self.assertEqual(ledger.ours, Holding.ALL)
        ledger.disclaim(Holding.LOCAL)
        self.assertEqual(ledger.ours, Holding.FOREIGN)
        ledger.disclaim(Holding.LOCAL)
        self.assertEqual(ledger.ours, Holding.FOREIGN)

    def test_sides(self) -> None:
        """A group is local where its home is, and foreign everywhere else."""
        ledger = settled_ledger()
        self.assertEqual(ledger.side(WEB), Holding.LOCAL)
        self.assertEqual(ledger.side(SQL), Holding.FOREIGN)

    def test_groups_of_a_set(self) -> None:
        """A set of groups is in the order of haresources."""
        mail = group(ALPHA, "10.0.0.3")
        ledger = evolve(settled_ledger(), groups=(mail, SQL, WEB))
        self.assertEqual(ledger.groups_of(Holding.ALL), (mail, SQL, WEB))
        self.assertEqual(ledger.groups_of(Holding.LOCAL), (mail, WEB))
        self.assertEqual(ledger.groups_of(Holding.FOREIGN), (SQL,))
        self.assertEqual(ledger.groups_of(Holding.NONE), ())
        self.assertEqual(ledger.homed_at(ALPHA), (mail, WEB))
        self.assertEqual(ledger.homed_at(GAMMA), ())

    def test_claims_of_the_other_side_are_in_its_own_words(self) -> None:
        """What the peer calls foreign is local here."""
        ledger = settled_ledger()
        ledger.theirs = Holding.FOREIGN
        self.assertTrue(ledger.claimed_by_peer(WEB))
        self.assertFalse(ledger.claimed_by_peer(SQL))

    def test_living_peers(self) -> None:
        """A peer lives while it is up or active."""
        ledger = settled_ledger()
        ledger.peers = {BETA: NodeStatus.UP, GAMMA: NodeStatus.ACTIVE}
        self.assertEqual(ledger.living_peers(), (BETA, GAMMA))
        ledger.peers = {BETA: NodeStatus.INIT, GAMMA: NodeStatus.DEAD}
        self.assertEqual(ledger.living_peers(), ())

    def test_owner(self) -> None:
        """The owner is who claims the group: this node first, then the first living peer, or nobody."""
        ledger = settled_ledger()
        self.assertIsNone(ledger.owner(WEB))
        ledger.theirs = Holding.ALL
        self.assertEqual(ledger.owner(WEB), BETA)
        ledger.ours = Holding.LOCAL
        self.assertEqual(ledger.owner(WEB), ALPHA)
        ledger.peers = {BETA: NodeStatus.DEAD}
        self.assertIsNone(ledger.owner(SQL))

    def test_legacy_owner(self) -> None:
        """Legacy nodes do not say what they hold: the owner is taken to be the home, if it lives."""
        ledger = settled_ledger(nice=False)
        self.assertEqual((ledger.owner(WEB), ledger.owner(SQL)), (None, BETA))
        self.assertEqual(settled_ledger().owner(SQL), None, "nice nodes say it")
        ledger.ours = Holding.ALL
        self.assertEqual(ledger.owner(SQL), ALPHA)
        ledger = settled_ledger(nice=False)
        ledger.peers = {BETA: NodeStatus.DEAD}
        self.assertIsNone(ledger.owner(SQL))

    def test_settled(self) -> None:
        """A node is settled when it has agreed, hands nothing over, and lets go of nothing."""
        still = settled_ledger()
        self.assertTrue(still.settled)
        self.assertFalse(evolve(still, phase=Phase.RECEIVED).settled)
        self.assertFalse(evolve(still, standby=StandbyPhase.TAKING).settled)
        self.assertFalse(evolve(still, yielding=True).settled)

    def test_outdated(self) -> None:
        """A claim counts if no newer one of the same node was heard, by generation and then by number."""
        ledger = settled_ledger()
        self.assertFalse(ledger.is_outdated(BETA, (0, 0)))
        ledger.newest[BETA] = (3, 9)
        rows = {(3, 8): True, (2, 500): True, (3, 9): False, (3, 10): False, (4, 1): False}
        self.assertEqual({number: ledger.is_outdated(BETA, number) for number in rows}, rows)
        self.assertFalse(ledger.is_outdated(GAMMA, (3, 8)))

    def test_number(self) -> None:
        """The number of a message is its generation and sequence; what is absent is zero."""
        message = Message.of(hg="1f", seq="a")
        self.assertEqual(number_of(message), (31, 10))
        self.assertEqual(number_of(Message.of(t="NS_st")), (0, 0))
        self.assertRaises(MalformedError, number_of, Message.of(hg="x"))


class StableTests(SynchronousTestCase):
    """Nothing moves, here or there."""

    def test_nice(self) -> None:
        """Both sides are idle and have agreed: this is stable."""
        self.assertTrue(settled_ledger().stable)

    def test_what_moves_is_not_stable(self) -> None:
        """A job, a takeover, a standby operation, a busy peer: each of them alone is enough."""
        still = settled_ledger()
        moving = {
            "a job runs": evolve(still, jobs=1),
            "a takeover": evolve(still, takeover_running=True),
            "the other side moves": evolve(still, their_stable=False),
            "a standby operation": evolve(still, standby=StandbyPhase.GIVING),
            "not agreed yet": evolve(still, phase=Phase.RECEIVED),
            "just asked": evolve(still, phase=Phase.STARTING),
        }
        self.assertEqual({name: one.stable for name, one in moving.items()}, dict.fromkeys(moving, False))

    def test_stable_phases(self) -> None:
        """Before the agreement, after it, and while leaving a node can be stable."""
        for phase in (Phase.INIT, Phase.STABLE, Phase.SHUTDOWN):
            self.assertTrue(evolve(settled_ledger(), phase=phase).stable)

    def test_leaving_before_any_agreement(self) -> None:
        """A node that leaves before it agreed with anybody waits for nobody."""
        ledger = evolve(settled_ledger(), phase=Phase.INIT, their_stable=False)
        self.assertFalse(ledger.stable)
        ledger.leaving = True
        self.assertTrue(ledger.stable)
        ledger.phase = Phase.SHUTDOWN
        self.assertFalse(ledger.stable)

    def test_legacy(self) -> None:
        """With C{auto_failback legacy} only what runs here counts."""
        ledger = evolve(settled_ledger(nice=False), their_stable=False, phase=Phase.INIT)
        self.assertTrue(ledger.stable)
        ledger.jobs = 1
        self.assertFalse(ledger.stable)

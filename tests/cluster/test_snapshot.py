# -*- test-case-name: tests.cluster.test_snapshot -*-
"""
What there is to show of a node.
"""

from __future__ import annotations

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.events import LeaveWanted, StandbyWanted
from hatwist.cluster.names import GroupState, Holding, LinkStatus, NodeStatus
from hatwist.cluster.snapshot import snapshot
from hatwist.cluster.status import GroupView, LinkView, NodeView, Status
from tests.cluster.builders import ALPHA, BETA, ETH0, ETH1, GROUPS, LEGACY, SQL, WEB, Cluster, node

DEAD = LinkView(ETH0, LinkStatus.DEAD, None), LinkView(ETH1, LinkStatus.DEAD, None)


def group_of(status: Status, key: str) -> GroupView:
    """Pick one group."""
    return next(one for one in status.groups if one.key == key)


class SnapshotTests(SynchronousTestCase):
    """A frozen picture."""

    def test_before_the_start(self) -> None:
        """A node that has not begun knows itself and its configuration, and nothing else."""
        self.assertEqual(
            snapshot(node(), 3.0),
            Status(
                node=ALPHA,
                uuid="61616161-6161-6161-6161-616161616161",
                generation=7,
                status=NodeStatus.INIT,
                mode="compatibility: node beta was never heard",
                auto_failback="on",
                holding=Holding.NONE,
                peer_holding=Holding.NONE,
                stable=False,
                leaving=False,
                nodes=(
                    NodeView(ALPHA, NodeStatus.INIT, 7, 0.0, 10.0, DEAD, b"a" * 16),
                    NodeView(BETA, NodeStatus.INIT, 0, None, 30.0, DEAD),
                ),
                groups=(
                    GroupView(WEB.key, ALPHA, ("10.0.0.1", "apache"), None, GroupState.STOPPED, None, ""),
                    GroupView(SQL.key, BETA, ("10.0.0.2", "mysql"), None, GroupState.STOPPED, None, ""),
                ),
                counters={},
            ),
        )

    def test_at_peace(self) -> None:
        """Two nodes at peace: each has its group, and hears the other."""
        cluster = Cluster.of()
        cluster.start(ALPHA, BETA)
        cluster.run(30.5)
        status = cluster.nodes[ALPHA].status()
        self.assertEqual((status.holding, status.peer_holding), (Holding.LOCAL, Holding.LOCAL))
        self.assertTrue(status.stable)
        beta = status.nodes[1]
        self.assertEqual((beta.status, beta.generation, beta.deadtime), (NodeStatus.ACTIVE, 7, 10.0))
        assert beta.heard is not None
        self.assertLess(beta.heard, 1.0)
        self.assertEqual([one.status for one in beta.links], [LinkStatus.UP, LinkStatus.DEAD])
        web = group_of(status, WEB.key)
        self.assertEqual((web.owner, web.state), (ALPHA, GroupState.RUNNING))
        assert web.since is not None
        self.assertGreater(web.since, 15.0)
        self.assertEqual(
            web.why,
            "start by alpha; its home is here and nobody else holds it; nobody was stable for 10 s",
        )
        self.assertEqual((group_of(status, SQL.key).owner, group_of(status, SQL.key).why), (BETA, ""))

    def test_moved(self) -> None:
        """After a standby the other is the owner, and it is known why."""
        cluster = Cluster.of()
        cluster.start(ALPHA, BETA)
        cluster.run(30.0)
        cluster.feed(ALPHA, StandbyWanted(Holding.ALL, "root"))
        cluster.run(10.0)
        web = group_of(cluster.nodes[ALPHA].status(), WEB.key)
        self.assertEqual((web.owner, web.state), (BETA, GroupState.STOPPED))
        self.assertEqual(web.why, "standby by alpha; root asked alpha to go standby")
        web = group_of(cluster.nodes[BETA].status(), WEB.key)
        self.assertEqual((web.owner, web.state), (BETA, GroupState.RUNNING))

    def test_not_proven_released(self) -> None:
        """Who has started a group owns it until it is proven released, whatever is claimed."""
        cluster = Cluster.of()
        cluster.start(ALPHA, BETA)
        cluster.run(30.0)
        cluster.script = 5.0
        cluster.feed(ALPHA, StandbyWanted(Holding.ALL))
        cluster.run(2.0)
        web = group_of(cluster.nodes[ALPHA].status(), WEB.key)
        self.assertEqual((web.owner, web.state), (ALPHA, GroupState.STOPPING))
        cluster.run(5.0)
        self.assertNotEqual(group_of(cluster.nodes[ALPHA].status(), WEB.key).owner, ALPHA)

    def test_leaving(self) -> None:
        """A node that leaves says so, and owns nothing."""
        cluster = Cluster.of()
        cluster.start(ALPHA, BETA)
        cluster.run(30.0)
        cluster.feed(ALPHA, LeaveWanted())
        status = cluster.nodes[ALPHA].status()
        self.assertEqual((status.leaving, status.holding), (True, Holding.NONE))

    def test_before_it_is_active(self) -> None:
        """A node that is not active yet does not say who owns what of others."""
        one = node()
        one.ledger.theirs = Holding.ALL
        one.ledger.peers[BETA] = NodeStatus.ACTIVE
        self.assertEqual([view.owner for view in one.status().groups], [None, None])
        one.ledger.ours = Holding.LOCAL
        self.assertEqual([view.owner for view in one.status().groups], [ALPHA, None])
        one.membership.status = NodeStatus.ACTIVE
        self.assertEqual([view.owner for view in one.status().groups], [ALPHA, BETA])

    def test_frozen(self) -> None:
        """What happens later does not change a picture."""
        one = node()
        before = one.status()
        one.complaints.count("replay")
        self.assertEqual(before.counters, {})
        self.assertEqual(one.status().counters, {"replay": 1})
        self.assertEqual(evolve(one.status(), counters={}), before)

    def test_legacy(self) -> None:
        """The setting of C{auto_failback} is shown as written."""
        self.assertEqual(node(LEGACY).status().auto_failback, "legacy")

    def test_order(self) -> None:
        """Nodes and groups are in the order of the files, counters by name."""
        one = node()
        for kind in ("replay", "copy", "malformed"):
            one.complaints.count(kind)
        status = one.status()
        self.assertEqual([view.name for view in status.nodes], [ALPHA, BETA])
        self.assertEqual([view.key for view in status.groups], [each.key for each in GROUPS])
        self.assertEqual(list(status.counters), ["copy", "malformed", "replay"])

# -*- test-case-name: tests.cluster.test_roster -*-
"""
Nodes that are taken away and brought back, and their labels.
"""

from __future__ import annotations

from math import inf

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.complaints import Complaints
from hatwist.cluster.events import MessageWanted
from hatwist.cluster.facts import MessageDelivered, NodeAdded, NodeRemoved
from hatwist.cluster.names import NodeStatus
from hatwist.cluster.roster import Roster
from hatwist.config.model import NodeName
from hatwist.wire.message import Message
from tests.cluster.builders import (
    ALPHA,
    BETA,
    CF,
    GAMMA,
    THREE,
    Cluster,
    datagram,
    from_peer,
    logged,
    settled_ledger,
    status,
    transmitted,
)


def roster(*nodes: NodeName) -> Roster:
    """Make alpha's; beta lives, and so does gamma where there is one."""
    ledger = settled_ledger()
    ledger.peers[GAMMA] = NodeStatus.ACTIVE
    return Roster(ALPHA, nodes or CF.nodes, ledger, Complaints())


def order(kind: str, **fields: str) -> MessageDelivered:
    """Let beta send one of the four messages."""
    return MessageDelivered(BETA, Message.of(t=kind, **fields))


class MemberTests(SynchronousTestCase):
    """addnode and delnode."""

    def test_a_living_node_is_not_removed(self) -> None:
        """Only the dead are taken away."""
        one = roster()
        refused = one.handle(order("delnode", nodelist="beta"), 0.0)
        self.assertEqual(logged(refused), ["deletion failed: node beta is not dead"])
        self.assertEqual(one.members, (ALPHA, BETA))

    def test_nothing_is_removed_while_another_is_dead(self) -> None:
        """All other nodes must be there to hear of it."""
        one = roster(*THREE.nodes)
        one.ledger.peers.update({BETA: NodeStatus.DEAD, GAMMA: NodeStatus.DEAD})
        text = "HBDoMsg_T_DELNODE: deletion failed. We don't have all required nodes alive (gamma is dead)"
        self.assertEqual(logged(one.handle(order("delnode", nodelist="beta"), 0.0)), [text])

    def test_a_dead_node_is_removed_and_brought_back(self) -> None:
        """It is no member until somebody adds it again."""
        one = roster()
        one.ledger.peers[BETA] = NodeStatus.DEAD
        removed = one.handle(order("delnode", nodelist="Beta beta unheard"), 0.0)
        self.assertEqual(logged(removed), ["Removing node [beta] from configuration."])
        self.assertIn(NodeRemoved(BETA), removed)
        self.assertEqual(one.members, (ALPHA,))
        added = one.handle(order("addnode", nodelist="beta alpha"), 0.0)
        self.assertEqual(
            logged(added),
            [
                "hb_add_one_node: Adding new node[beta] to configuration.",
                "hb_add_one_node: node(alpha) already exists",
            ],
        )
        self.assertIn(NodeAdded(BETA), added)
        self.assertEqual(one.members, (ALPHA, BETA))

    def test_an_unknown_node_is_not_added(self) -> None:
        """It is said why."""
        one = roster()
        text = (
            "addnode from beta: node [gamma] is not in our ha.cf,"
            " and takeover knows no more than 2 nodes; not added"
        )
        self.assertEqual(logged(one.handle(order("addnode", nodelist="gamma"), 0.0)), [text])

    def test_ten_thousand_unknown_nodes(self) -> None:
        """One line, with the first of them."""
        one = roster()
        names = " ".join(f"x{number}" for number in range(10_000))
        (line,) = logged(one.handle(order("addnode", nodelist=names), 0.0))
        self.assertIn("node [x0] and 9999 more is not in our ha.cf", line)

    def test_nobody_removes_himself(self) -> None:
        """Who hears this is not dead; heartbeat was seen to refuse it in the same words."""
        refused = roster().handle(order("delnode", nodelist="alpha"), 0.0)
        self.assertEqual(logged(refused), ["deletion failed: node alpha is not dead"])

    def test_other_messages_are_not_for_it(self) -> None:
        """And nothing here waits."""
        self.assertEqual(roster().handle(order("starting"), 0.0), [])
        self.assertEqual(roster().deadline(), inf)


class LabelTests(SynchronousTestCase):
    """setweight and setsite."""

    def test_labels_are_kept(self) -> None:
        """They are what they were set to, and else heartbeat's defaults."""
        one = roster()
        self.assertEqual((one.weight(BETA), one.site(BETA)), (100, ""))
        one.handle(order("setweight", node="Beta", weight="7"), 0.0)
        one.handle(order("setsite", node="beta", site="x" * 200), 0.0)
        self.assertEqual((one.weight(BETA), one.site(BETA)), (7, "x" * 99))

    def test_what_makes_no_sense_is_logged(self) -> None:
        """Unknown nodes, and a weight that is no number."""
        one = roster()
        self.assertEqual(
            [
                *logged(one.handle(order("setweight", node="gamma", weight="7"), 0.0)),
                *logged(one.handle(order("setsite", node="gamma", site="x"), 61.0)),
                *logged(one.handle(order("setweight", node="beta", weight="x"), 0.0)),
            ],
            [
                "set weight to non-existing node gamma",
                "set site to non-existing node gamma",
                "Bad message from beta: field 'weight' is not a number: 'x'",
            ],
        )


class ClusterTests(SynchronousTestCase):
    """The whole node."""

    def setUp(self) -> None:
        self.cluster = Cluster.of()
        self.cluster.start(ALPHA, BETA)
        self.cluster.run(15)
        self.cluster.crash(BETA)
        self.cluster.run(15)

    def tell(self, kind: str) -> None:
        """Let alpha's operator add or delete beta."""
        self.cluster.feed(ALPHA, MessageWanted(Message.of(t=kind, nodelist="beta")))

    def test_a_removed_node_is_a_stranger(self) -> None:
        """It is not shown, not listed to who asks, and not believed, until it is added again."""
        alpha = self.cluster.nodes[ALPHA]
        self.tell("delnode")
        self.assertEqual([one.name for one in alpha.status().nodes], [ALPHA])
        self.cluster.reboot(BETA)
        self.cluster.run(5)
        self.assertEqual(alpha.status().counters["unknown node"] > 0, True)
        self.assertEqual(self.cluster.running[ALPHA], {"10.0.0.1", "10.0.0.2"})
        self.cluster.crash(BETA)
        self.tell("addnode")
        self.assertEqual([one.status for one in alpha.status().nodes][1], NodeStatus.DEAD)
        self.cluster.reboot(BETA, 9)
        self.cluster.run(30)
        self.assertEqual(self.cluster.running[BETA], {"10.0.0.2"})
        self.assertEqual(alpha.status().nodes[1].uuid, b"b" * 16)

    def test_the_list_of_nodes_names_the_removed(self) -> None:
        """A node that asks is told who counts and who was taken away."""
        cluster = Cluster.of(THREE)
        cluster.start(ALPHA, BETA, GAMMA)
        cluster.run(15)
        cluster.crash(GAMMA)
        cluster.run(15)
        cluster.feed(ALPHA, MessageWanted(Message.of(t="delnode", nodelist="gamma")))
        asked = datagram(from_peer(Message.of(t="reqnodes", dest="alpha"), seq=999, hg=7))
        (answer,) = [one for one in transmitted(cluster.feed(ALPHA, asked)) if one.get("t") == "repnodes"]
        self.assertEqual((answer.get("nodelist"), answer.get("delnodelist")), ("alpha beta ", "gamma "))

    def test_a_status_of_a_stranger_is_ignored(self) -> None:
        """Its links are gone as well."""
        self.tell("delnode")
        alpha = self.cluster.nodes[ALPHA]
        actions = self.cluster.feed(ALPHA, datagram(from_peer(status(), seq=9999, hg=99)))
        self.assertIn("bad node [beta]", logged(actions)[0])
        self.assertEqual(alpha.links.view(BETA, self.cluster.now), ())

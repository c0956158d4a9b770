# -*- test-case-name: tests.lab.test_throughput -*-
"""
The measurement of heartbeats: that what is measured is what it says.

No time is asserted here, whatever the machine.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.actions import Deliver, Log, Transmit
from hatwist.cluster.events import DatagramReceived, DeadlinePassed
from hatwist.wire.envelope import open_datagram
from scripts.lab.throughput import CASES, HEAD, Cost, Listener, measure
from scripts.lab.traffic import KEEPALIVE, LINK, SOURCE, Traffic, configuration


def member(nodes: int, method: str = "sha1") -> Listener:
    """Make a node that has joined its cluster."""
    listener = Listener(Traffic(configuration(nodes, method)))
    listener.join()
    return listener


@define
class Counted:
    """What a node did in some keepalives."""

    listener: Listener
    statuses: int = 0
    acknowledgements: int = 0
    delivered: int = 0
    logged: int = 0

    def hear(self, count: int) -> int:
        """Do as C{listen} does, but look at what comes out; return how many datagrams went in."""
        listener, node = self.listener, self.listener.node
        rounds = listener.rounds(count)
        for one in rounds:
            for offset, data in one:
                self._look(node.handle(DatagramReceived(LINK, data, SOURCE), listener.now + offset))
            listener.now += KEEPALIVE
            while (at := node.next_deadline()) <= listener.now:
                self._look(node.handle(DeadlinePassed(), at))
        return sum(len(one) for one in rounds)

    def _look(self, actions: Sequence[object]) -> None:
        for action in actions:
            if isinstance(action, Transmit):
                kind = open_datagram(action.data, self.listener.node.config.keys).get("t")
                self.statuses += kind == "status"
                self.acknowledgements += kind == "NS_ackmsg"
            elif isinstance(action, Deliver) and not action.own:
                self.delivered += action.message.get("t") == "status"
            self.logged += isinstance(action, Log)


class ListenerTests(SynchronousTestCase):
    """The node that is measured is an ordinary member of its cluster."""

    def test_every_heartbeat_counts(self) -> None:
        """In every case each peer's newest status is the newest that was made, and nothing is amiss."""
        for nodes, method in CASES:
            listener = member(nodes, method)
            listener.listen(listener.rounds(40), float)
            peers = listener.node.membership.peers.values()
            self.assertEqual(len(peers), nodes - 1)
            self.assertEqual({peer.number[1] for peer in peers}, {listener.traffic.sequence})
            self.assertEqual(listener.node.complaints.counters, {})
            self.assertEqual(listener.node.check(), ())

    def test_own_work_is_in_proportion(self) -> None:
        """
        A node acts on every status, beats once in a keepalive, acknowledges one
        status in ten, and has nothing to log.
        """
        for nodes in (2, 8):
            counted = Counted(member(nodes))
            heard = counted.hear(100)
            self.assertEqual((heard, counted.delivered), ((nodes - 1) * 110, (nodes - 1) * 100))
            self.assertEqual(
                (counted.statuses, counted.acknowledgements, counted.logged), (100, (nodes - 1) * 10, 0)
            )

    def test_acknowledged_messages_are_forgotten(self) -> None:
        """The peers' acknowledgements are taken: the history stays short."""
        listener = member(8)
        listener.listen(listener.rounds(100), float)
        self.assertLess(listener.node.history.length, 25)


class CostTests(SynchronousTestCase):
    """The sums."""

    def test_line(self) -> None:
        """Heartbeats a second, with and without the node's own, then the cost of each part."""
        cost = Cost(2, "sha1", 1000, verify=0.004, decode=0.006, core=0.01, own=0.02, status=16e-6)
        self.assertEqual(
            cost.line(),
            "    2  sha1     25,000   50,000   62,500        4.0     6.0    10.0    20.0    40.0",
        )
        self.assertEqual(len(cost.line()), len(HEAD.splitlines()[-1]))

    def test_something_is_measured(self) -> None:
        """A short measurement has heard all that it made."""
        cost = measure(32, "sha1", 0.0)
        self.assertEqual(cost.messages % 31, 0)
        self.assertGreater(cost.messages, 1000)
        self.assertGreater(cost.verify, 0)
        self.assertGreater(cost.own, 0)
        self.assertGreater(cost.status, 0)

# -*- test-case-name: tests.lab.test_mixed -*-
"""
One node runs hatwist, the other heartbeat 3.0.6, in one cluster; needs root.
"""

from __future__ import annotations

from scripts.lab.client import Probe
from scripts.lab.configuration import ha_cf, web
from scripts.lab.host import Host
from scripts.lab.nodes import HatwistNode, HeartbeatNode, Node
from scripts.lab.plan import VIRTUAL
from tests.lab.base import SETTLED, NodesTestCase, require

COMPLAINTS = r"failed authentication|replay attack|unexpected|[Ii]rretrievably|Ignored standby"


class MixedTests(NodesTestCase[Node]):
    """Everything a pair of nodes does, with a peer that is not of our kind."""

    old = "node02"
    "Which node runs heartbeat."

    def node(self, host: Host) -> Node:
        """One of each."""
        return HeartbeatNode(host) if host.name == self.old else HatwistNode(host)

    def setUp(self) -> None:
        """Build the rack, if heartbeat can run here."""
        require(HeartbeatNode.obstacle())
        super().setUp()

    def test_power_cut_standby_and_farewell(self) -> None:
        """node01 dies, comes back, goes standby, takes back, leaves: the service is always somewhere."""
        self.client.power_on()
        self.boot(web(ha_cf(), "IPaddr2"))
        self.two.await_log("Initial resource acquisition complete", SETTLED)
        probe = Probe(self.client, "http", VIRTUAL, 80)
        probe.await_answer("node01", SETTLED)

        self.one.cut_power()
        probe.await_answer("node02", SETTLED)
        self.one.boot()
        probe.await_answer("node01", SETTLED)
        self.calm()
        self.standby()
        probe.await_answer("node02", SETTLED)
        self.calm()
        self.takeover()
        probe.await_answer("node01", SETTLED)
        self.calm()
        self.one.stop()
        probe.await_answer("node02", SETTLED)
        self.assertOwner("node02")
        for node in (self.one, self.two):
            self.assertEqual(node.count(COMPLAINTS), 0, node.log())

    def standby(self) -> None:
        """Give everything up on node01, the way of its kind."""
        self._ask("standby")

    def takeover(self) -> None:
        """Get everything back on node01, the way of its kind."""
        self._ask("takeover")

    def _ask(self, what: str) -> None:
        if isinstance(self.one, HatwistNode):
            status, text = self.one.control(what, "all")
        else:
            status, text = self.one.host.run(f"/usr/share/heartbeat/hb_{what}", "all")
        self.assertEqual(status, 0, text)


class OldFirstTests(MixedTests):
    """The same with heartbeat on the node that is at home there."""

    old = "node01"

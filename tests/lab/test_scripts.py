# -*- test-case-name: tests.lab.test_scripts -*-
"""
heartbeat's own scripts, unchanged, beside hatwist; needs root and its package.
"""

from __future__ import annotations

from scripts.lab.configuration import address_only, ha_cf
from scripts.lab.host import Host
from scripts.lab.nodes import HatwistNode, HeartbeatNode, Node, install_scripts
from scripts.lab.watch import until
from tests.lab.base import SETTLED, NodesTestCase, require

STOCK = "/usr/share/heartbeat"


class StockTests(NodesTestCase[Node]):
    """node01 runs hatwist with heartbeat's scripts installed."""

    peer: type[Node] = HatwistNode

    def node(self, host: Host) -> Node:
        """hatwist on node01."""
        return HatwistNode(host) if host.name == "node01" else self.peer(host)

    def setUp(self) -> None:
        """Build the rack and start both."""
        require(HeartbeatNode.obstacle())
        super().setUp()
        self.boot(address_only(ha_cf(auto_failback="off"), "IPaddr2"))
        install_scripts(self.one.host)

    def calm(self) -> None:
        """Wait until nothing moves."""
        one = self.one
        assert isinstance(one, HatwistNode)
        until(lambda: one.status()["stable"], SETTLED, "node01 says that nothing moves")

    def do(self, script: str, *arguments: str) -> None:
        """Run a script by hand on node01."""
        self.one.host.do(f"{STOCK}/{script}", *arguments)

    def test_by_hand(self) -> None:
        """The group goes and comes back."""
        self.calm()
        self.do("hb_standby")
        self.settle("node02")
        self.calm()
        self.do("hb_takeover", "local")
        self.settle("node01")
        self.assertOwner("node01")


class MixedTests(StockTests):
    """The same with heartbeat 3.0.6 on node02."""

    peer = HeartbeatNode

# -*- test-case-name: tests.lab.test_real_heartbeat -*-
"""
The lab itself, tried with heartbeat 3.0.6: what is known of it must come out.
"""

from __future__ import annotations

from scripts.lab.client import Probe
from scripts.lab.configuration import ha_cf, web
from scripts.lab.host import Host
from scripts.lab.nodes import HeartbeatNode
from scripts.lab.plan import VIRTUAL
from tests.lab.base import SETTLED, NodesTestCase, require

WON = "Initial resource acquisition complete"


class HeartbeatTests(NodesTestCase[HeartbeatNode]):
    """Two nodes with heartbeat as the package installs it; needs root."""

    def node(self, host: Host) -> HeartbeatNode:
        """One that runs heartbeat."""
        return HeartbeatNode(host)

    def setUp(self) -> None:
        """Build the rack, if heartbeat can run here."""
        require(HeartbeatNode.obstacle())
        super().setUp()

    def test_takeover_after_power_cut_and_failback(self) -> None:
        """node01 dies: node02 takes over after deadtime; node01 returns and takes back."""
        self.client.power_on()
        self.boot(web(ha_cf(), "IPaddr2"))
        self.two.await_log(WON, SETTLED)
        probe = Probe(self.client, "http", VIRTUAL, 80)
        probe.await_answer("node01", SETTLED)

        died = self.one.cut_power()
        probe.await_answer("node02", SETTLED)
        self.assertOwner("node02")
        outage = probe.handover(died)
        assert outage is not None
        self.assertGreater(outage.length, 1.2)  # deadtime less one keepalive, less a tick
        self.assertEqual(self.two.count("node node01: is dead"), 1)

        self.one.boot()
        probe.await_answer("node01", SETTLED)
        self.assertOwner("node01")

    def test_graceful_stop(self) -> None:
        """node01's daemon leaves: it lets go first, node02 takes at once."""
        self.boot(web(ha_cf(), "IPaddr2"))
        self.two.await_log(WON, SETTLED)
        self.one.stop()
        self.settle("node02")
        self.assertOwner("node02")
        self.assertEqual(self.two.count("Received shutdown notice from 'node01'"), 1)

# -*- test-case-name: tests.lab.test_death -*-
"""
node01 dies, and returns.
"""

from __future__ import annotations

from scripts.lab.client import Probe
from scripts.lab.configuration import ha_cf, web
from scripts.lab.plan import VIRTUAL
from tests.lab.base import SETTLED, TwoNodesTestCase


class DeathTests(TwoNodesTestCase):
    """The power of node01 is cut."""

    def die(self, auto_failback: str) -> None:
        """Start both nodes, cut the power of node01, and wait until node02 serves."""
        self.client.power_on()
        self.boot(web(ha_cf(auto_failback=auto_failback)))
        self.two.await_log("Initial resource acquisition complete", SETTLED)
        self.probe = Probe(self.client, "http", VIRTUAL, 80)
        self.probe.await_answer("node01", SETTLED)
        self.died = self.one.cut_power()
        self.probe.await_answer("node02", SETTLED)
        self.assertOwner("node02")

    def test_takeover_after_deadtime(self) -> None:
        """node02 waits for deadtime, says that node01 is dead, and serves."""
        self.die("on")
        outage = self.probe.handover(self.died)
        assert outage is not None
        self.assertEqual((outage.before, outage.after), ("node01", "node02"))
        # From node01's last heartbeat on it is 1.5 s; that was at most 0.2 s before it died.
        self.assertGreater(outage.length, 1.2)
        self.assertEqual(self.two.count("WARN: node node01: is dead"), 1)

    def test_failback_on(self) -> None:
        """With auto_failback on the group goes home when node01 is back, in an orderly way."""
        self.die("on")
        self.one.boot()
        self.probe.await_answer("node01", SETTLED)
        self.assertOwner("node01")

    def test_failback_off(self) -> None:
        """With auto_failback off it stays where it is."""
        self.die("off")
        self.one.boot()
        self.one.await_log("Initial resource acquisition complete", SETTLED)
        self.two.await_log("Status update for node node01: status active", SETTLED, times=2)
        self.assertOwner("node02")
        self.assertEqual(self.probe.look()[-1].who, "node02")

    def test_survivor_dies_too(self) -> None:
        """What node02 took over is served by node01 again when node02 dies in turn."""
        self.die("off")
        self.one.boot()
        self.one.await_log("Initial resource acquisition complete", SETTLED)
        self.two.cut_power()
        self.probe.await_answer("node01", SETTLED)
        self.assertOwner("node01")

    def test_daemon_killed_without_a_good_bye(self) -> None:
        """A new daemon on node01 finds what the old one left running, and there is one owner."""
        self.boot(web(ha_cf()))
        self.one.kill()
        self.one.start()
        self.one.await_log("Local status now set to: 'active'", SETTLED, times=2)
        self.settle("node01")

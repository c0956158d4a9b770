# -*- test-case-name: tests.lab.test_split -*-
"""
The heartbeat cable is pulled out, and put back in.
"""

from __future__ import annotations

from scripts.lab.configuration import address_only, ha_cf
from scripts.lab.plan import VIRTUAL
from scripts.lab.watch import until
from tests.lab.base import SETTLED, TwoNodesTestCase


class SplitTests(TwoNodesTestCase):
    """With a single medium nobody can tell a cut cable from a death."""

    def split(self, auto_failback: str) -> None:
        """Start both, cut the cable, and wait until both believe to be alone."""
        self.boot(address_only(ha_cf(auto_failback=auto_failback)))
        self.two.await_log("Initial resource acquisition complete", SETTLED)
        self.one.host.cut("eth1")
        self.one.await_log("node node02: is dead", SETTLED)
        self.two.await_log("node node01: is dead", SETTLED)
        until(lambda: len(self.watch.owners(VIRTUAL)) == 2, SETTLED, "both own it")

    def test_one_owner_after_the_heal(self) -> None:
        """While the link is cut both have the address; when it is back, soon one only."""
        self.split("on")
        self.one.host.heal("eth1")
        until(lambda: len(self.watch.owners(VIRTUAL)) == 1, SETTLED, "there is one owner")
        for node in (self.one, self.two):
            node.await_log("returning after partition", SETTLED)

    def test_one_owner_after_the_heal_without_failback(self) -> None:
        """The same with auto_failback off."""
        self.split("off")
        self.one.host.heal("eth1")
        until(lambda: len(self.watch.owners(VIRTUAL)) == 1, SETTLED, "there is one owner")

    def test_loss_is_no_death(self) -> None:
        """A quarter of all packets lost, both ways: asked for again, nobody dies, nothing moves."""
        for node in (self.one, self.two):
            node.host.power_on()
            node.host.lose("eth1", 0.25)
            address_only(ha_cf(deadtime="5", initdead="10")).write(node.host)
        for node in (self.one, self.two):
            node.start()
        self.settle("node01")
        self.two.await_log("Initial resource acquisition complete", SETTLED)
        # Until it leaves: its last word may be lost for good, and then it is found dead.
        self.assertEqual(self.two.count("WARN: node node01: is dead"), 0)
        self.one.stop()
        self.settle("node02")
        self.assertOwner("node02")

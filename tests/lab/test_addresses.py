# -*- test-case-name: tests.lab.test_addresses -*-
"""
Addresses on real hosts: one that somebody else has, and one whose card is taken out.
"""

from __future__ import annotations

from dataclasses import replace

from scripts.lab.configuration import address_only, ha_cf
from scripts.lab.plan import VIRTUAL
from scripts.lab.watch import until
from tests.lab.base import SETTLED, TwoNodesTestCase

OTHER = "172.16.20.210"
"""On the network of the heartbeats."""

GROUPS = f"node01 IPaddr::{VIRTUAL}/24/eth0\nnode01 IPaddr::{OTHER}/24/eth1\n"


class AddressTests(TwoNodesTestCase):
    """node01 has two groups, an address on each of its cards."""

    def setUp(self) -> None:
        """Start both nodes."""
        super().setUp()
        self.client.power_on()
        files = address_only(ha_cf(auto_failback="off", deadtime="3000ms"))
        self.boot(replace(files, haresources=GROUPS, settings="[addresses]\nrefresh = 1\n"))
        self.two.await_log("Initial resource acquisition complete", SETTLED)
        self.calm()

    def troubles(self) -> list[str]:
        """Return what node01 shows an operator of addresses."""
        return [one for one in self.one.status()["troubles"] if "also claimed" in one]

    def test_an_address_that_somebody_else_has(self) -> None:
        """Who else has it, and says nothing, is named, shown, and counted; the group stays."""
        self.client.do("ip", "address", "add", f"{VIRTUAL}/24", "dev", "eth0")
        mac = self.client.do("cat", "/sys/class/net/eth0/address").strip()
        words = f"{VIRTUAL} is also claimed by {mac} on eth0"
        self.one.await_log(rf"IPaddr\(IPaddr_{VIRTUAL}\).*ERROR: {words}", SETTLED)
        self.assertEqual([one.partition(" (")[0] for one in self.troubles()], [words])
        self.assertIn(words, self.one.control("status")[1])
        until(lambda: self.one.status()["counters"].get("address conflicts", 0) > 2, SETTLED, "counted")
        self.assertEqual(self.one.count("also claimed"), 1)
        self.assertEqual(self.two.count("also claimed"), 0)
        self.assertIn("node01", self.watch.owners(VIRTUAL))

    def test_a_card_that_is_taken_out(self) -> None:
        """Its group fails by its name and goes to the other node; the other group runs until then."""
        self.one.host.pull("eth0")
        self.one.await_log("ERROR: there is no interface eth0", SETTLED)
        self.assertEqual(self.one.count(rf"{OTHER}/24/eth1 stop"), 0)
        self.assertEqual(self.watch.owners(OTHER), ("node01",))
        until(lambda: "node02" in self.watch.owners(VIRTUAL), SETTLED, "node02 has it")
        self.one.host.put("eth0")
        self.calm()
        self.assertOwner("node02")
        self.assertEqual(self.watch.judge(OTHER).overlaps, ())

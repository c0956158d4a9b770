# -*- test-case-name: tests.lab.test_media -*-
"""
Each medium carries a cluster from its start to a takeover.
"""

from __future__ import annotations

from scripts.lab.configuration import address_only, ha_cf
from tests.lab.base import SETTLED, TwoNodesTestCase


class MediaTests(TwoNodesTestCase):
    """Start together, then the power of node01 is cut."""

    def carries(self, media: str, link: str = "eth1") -> None:
        """Go through it with these media."""
        self.boot(address_only(ha_cf(media)))
        self.two.await_log(f"Link node01:{link} up", SETTLED)
        self.two.await_log("Initial resource acquisition complete", SETTLED)
        self.assertOwner("node01")
        self.one.cut_power()
        self.settle("node02")
        self.assertOwner("node02")
        self.two.await_log(f"Link node01:{link} dead", SETTLED)

    def test_bcast(self) -> None:
        """Ethernet broadcast."""
        self.carries("bcast eth1")

    def test_mcast(self) -> None:
        """UDP multicast, as the seed has it."""
        self.carries("mcast eth1 225.0.0.75 694 1 0")

    def test_ucast(self) -> None:
        """UDP to one address; each node names both, the files being the same."""
        self.carries("ucast eth1 172.16.20.208\nucast eth1 172.16.20.209")

    def test_two_media(self) -> None:
        """With a second medium a cut cable is no death."""
        self.boot(address_only(ha_cf("bcast eth0 eth1")))
        self.two.await_log("Initial resource acquisition complete", SETTLED)
        self.one.host.cut("eth1")
        self.two.await_log("Link node01:eth1 dead", SETTLED)
        self.one.await_log("Link node02:eth1 dead", SETTLED)
        self.assertEqual(self.two.count("is dead"), 0)
        self.assertOwner("node01")

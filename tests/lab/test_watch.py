# -*- test-case-name: tests.lab.test_watch -*-
"""
The watcher, against a real kernel.
"""

from __future__ import annotations

from scripts.lab import plan
from scripts.lab.observe import ArpSeen
from scripts.lab.plan import VIRTUAL
from scripts.lab.watch import until
from tests.lab.base import SETTLED, LabTestCase


class WatchTests(LabTestCase):
    """What a host does to an address is seen, and judged."""

    def setUp(self) -> None:
        """Two hosts, switched on."""
        super().setUp()
        self.one = plan.node(self.rack, 1)
        self.two = plan.node(self.rack, 2)
        self.one.power_on()
        self.two.power_on()

    def test_move_is_no_overlap_however_quick(self) -> None:
        """Fifty moves without a pause: fifty owners, never two."""
        add, remove = (f"ip address {verb} {VIRTUAL}/24 dev eth0" for verb in ("add", "del"))
        for _ in range(25):
            for host in (self.one, self.two):
                host.do("sh", "-c", add)
                host.do("sh", "-c", remove)
        verdict = self.watch.judge(VIRTUAL)
        self.assertEqual(len(verdict.tenures), 50)
        self.assertEqual(verdict.overlaps, ())
        self.assertEqual(verdict.owners, ())

    def test_two_owners_are_seen(self) -> None:
        """Also when the second one has it for an instant only."""
        self.one.do("ip", "address", "add", f"{VIRTUAL}/24", "dev", "eth0")
        self.two.do(f"ip address add {VIRTUAL}/24 dev eth0; ip address del {VIRTUAL}/24 dev eth0")
        self.watch.await_owner(VIRTUAL, "node01", SETTLED)
        verdict = self.watch.judge(VIRTUAL)
        self.assertEqual([overlap.hosts for overlap in verdict.overlaps], [("node01", "node02")])

    def test_power_cut_ends_ownership(self) -> None:
        """A host that is off owns nothing; back on, neither."""
        self.one.do("ip", "address", "add", f"{VIRTUAL}/24", "dev", "eth0")
        self.watch.await_owner(VIRTUAL, "node01", SETTLED)
        self.one.power_off()
        until(lambda: self.watch.owners(VIRTUAL) == (), SETTLED, "nobody owns it")
        self.one.power_on()
        self.assertEqual(self.watch.owners(VIRTUAL), ())

    def test_lifetime_that_ends_is_seen(self) -> None:
        """An address that the kernel itself takes away is gone."""
        life = ("valid_lft", "1", "preferred_lft", "1")
        self.one.do("ip", "address", "add", f"{VIRTUAL}/24", "dev", "eth0", *life)
        self.watch.await_owner(VIRTUAL, "node01", SETTLED)
        until(lambda: self.watch.owners(VIRTUAL) == (), SETTLED, "nobody owns it")

    def test_answers_are_seen(self) -> None:
        """Who answers ARP is known by its MAC and by the port it came from."""
        self.one.do("ip", "address", "add", f"{VIRTUAL}/24", "dev", "eth0")
        self.two.do("ping", "-c1", VIRTUAL)
        until(lambda: bool(self.answers()), SETTLED, "the answer is seen")
        self.assertEqual((self.answers()[0].host, self.answers()[0].mac), ("node01", "02:00:00:00:01:00"))
        self.assertEqual(self.watch.judge(VIRTUAL).faults, ())

    def answers(self) -> list[ArpSeen]:
        """Return the answers for the address so far."""
        self.watch.look()
        arps = [event for event in self.watch.events if isinstance(event, ArpSeen)]
        return [arp for arp in arps if arp.address == VIRTUAL and not arp.announcement]

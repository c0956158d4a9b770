# -*- test-case-name: tests.lab.test_observe -*-
"""
The verdict on an address, from events made by hand.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from scripts.lab.observe import (
    AddressChanged,
    ArpSeen,
    Event,
    Gap,
    Overlap,
    Overrun,
    Tenure,
    Unplugged,
    judge,
    read,
)

VIP = "172.16.0.210"
MACS = {"node01": "02:00:00:00:01:00", "node02": "02:00:00:00:02:00"}


def got(when: float, host: str, card: str = "eth0", address: str = VIP) -> AddressChanged:
    """The host got the address."""
    return AddressChanged(when, host, card, address, present=True)


def lost(when: float, host: str, card: str = "eth0") -> AddressChanged:
    """The host lost the address."""
    return AddressChanged(when, host, card, VIP, present=False)


def answered(when: float, host: str, mac: str = "") -> ArpSeen:
    """The host answered a question for the address."""
    return ArpSeen(when, host, mac or MACS[host], VIP, announcement=False)


def announced(when: float, host: str) -> ArpSeen:
    """The host told everybody that it has the address."""
    return ArpSeen(when, host, MACS[host], VIP, announcement=True)


class OwnershipTests(SynchronousTestCase):
    """Who owned it, when, and how many at a time."""

    def test_orderly_move_has_a_gap_and_no_fault(self) -> None:
        """One lets go, then the other takes: a gap, no overlap, one owner at the end."""
        verdict = judge([got(1.0, "node01"), lost(5.0, "node01"), got(5.25, "node02")], VIP)
        self.assertEqual(verdict.tenures, (Tenure("node01", 1.0, 5.0), Tenure("node02", 5.25)))
        self.assertEqual(verdict.gaps, (Gap(5.0, 5.25, "node01", "node02"),))
        self.assertEqual(verdict.gaps[0].length, 0.25)
        self.assertEqual(verdict.owners, ("node02",))
        self.assertEqual(verdict.faults, ())

    def test_two_owners_overlap(self) -> None:
        """The second takes before the first lets go: an overlap, however short."""
        verdict = judge([got(1.0, "node01"), got(5.0, "node02"), lost(5.001, "node01")], VIP)
        self.assertEqual(verdict.overlaps, (Overlap(("node01", "node02"), 5.0, 5.001),))
        self.assertEqual(verdict.faults, (f"node01 and node02 both owned {VIP} for 1.0 ms",))
        self.assertEqual(verdict.gaps, ())

    def test_order_decides_not_the_stamp(self) -> None:
        """Two events with one stamp: what came first decides whether there were two owners."""
        orderly = [got(1.0, "node01"), lost(5.0, "node01"), got(5.0, "node02")]
        self.assertEqual(judge(orderly, VIP).overlaps, ())
        reverse = [got(1.0, "node01"), got(5.0, "node02"), lost(5.0, "node01")]
        self.assertEqual(judge(reverse, VIP).overlaps, (Overlap(("node01", "node02"), 5.0, 5.0),))

    def test_overlap_that_lasts(self) -> None:
        """Two owners at the end are both named, and the overlap has no end."""
        verdict = judge([got(1.0, "node01"), got(5.0, "node02")], VIP)
        self.assertEqual(verdict.overlaps, (Overlap(("node01", "node02"), 5.0),))
        self.assertEqual(verdict.owners, ("node01", "node02"))
        self.assertEqual(verdict.faults, (f"node01 and node02 both owned {VIP} still",))

    def test_third_owner_is_a_further_overlap(self) -> None:
        """Each change of the set of owners is told."""
        events = [got(1.0, "a"), got(2.0, "b"), got(3.0, "c"), lost(4.0, "b"), lost(5.0, "c")]
        expected = (
            Overlap(("a", "b"), 2.0, 3.0),
            Overlap(("a", "b", "c"), 3.0, 4.0),
            Overlap(("a", "c"), 4.0, 5.0),
        )
        self.assertEqual(judge(events, VIP).overlaps, expected)

    def test_power_cut_ends_ownership(self) -> None:
        """A card that is gone from the rack takes its addresses along."""
        events: list[Event] = [got(1.0, "node01"), Unplugged(5.0, "node01", "eth1")]
        self.assertEqual(judge(events, VIP).owners, ("node01",))
        events += [Unplugged(5.1, "node01", "eth0"), Unplugged(5.1, "node01", "eth0"), got(6.0, "node02")]
        self.assertEqual(judge(events, VIP).owners, ("node02",))
        self.assertEqual(judge(events, VIP).faults, ())

    def test_address_on_two_cards_is_one_owner(self) -> None:
        """A host owns the address until its last card has lost it."""
        events: list[Event] = [
            got(1.0, "node01"),
            got(2.0, "node01", "eth1"),
            lost(3.0, "node01"),
            lost(4.0, "node01", "eth1"),
        ]
        self.assertEqual(judge(events, VIP).tenures, (Tenure("node01", 1.0, 4.0),))

    def test_renewal_changes_nothing(self) -> None:
        """An address that is set again, as a renewed lifetime is, was there all the time."""
        events = [got(1.0, "node01"), got(2.0, "node01"), got(3.0, "node01")]
        self.assertEqual(judge(events, VIP).tenures, (Tenure("node01", 1.0),))

    def test_gap_after_an_overlap_starts_when_the_last_owner_let_go(self) -> None:
        """The end of the longest ownership counts."""
        events = [got(1.0, "a"), got(2.0, "b"), lost(3.0, "b"), lost(4.0, "a"), got(5.0, "b")]
        self.assertEqual(judge(events, VIP).gaps, (Gap(4.0, 5.0, "a", "b"),))

    def test_other_addresses_do_not_count(self) -> None:
        """Only the address in question is judged."""
        verdict = judge([got(1.0, "node01", address="10.0.0.1"), got(2.0, "node02")], VIP)
        self.assertEqual(verdict.tenures, (Tenure("node02", 2.0),))

    def test_lost_events_prove_nothing(self) -> None:
        """A watcher that was overrun makes every verdict a fault."""
        verdict = judge([got(1.0, "node01"), Overrun(2.0)], VIP)
        self.assertEqual(verdict.faults, ("events were lost, so nothing is proved",))


class SegmentTests(SynchronousTestCase):
    """What the client's segment saw."""

    def test_owner_may_answer_and_announce(self) -> None:
        """ARP of the owner is no fault, also a moment before and after its events."""
        events: list[Event] = [
            announced(0.95, "node01"),
            got(1.0, "node01"),
            answered(3.0, "node01"),
            lost(5.0, "node01"),
            answered(5.05, "node01"),
        ]
        self.assertEqual(judge(events, VIP).faults, ())

    def test_announcement_by_a_stranger(self) -> None:
        """Who announces the address without owning it is named."""
        verdict = judge([got(1.0, "node01"), announced(3.0, "node02")], VIP)
        self.assertEqual(verdict.faults, (f"node02 (02:00:00:00:02:00) announced {VIP} without owning it",))

    def test_answer_long_after_letting_go(self) -> None:
        """Who answers more than 100 ms after it let go is a stranger."""
        verdict = judge([got(1.0, "node01"), lost(2.0, "node01"), answered(2.2, "node01")], VIP)
        self.assertEqual(
            verdict.faults, (f"node01 (02:00:00:00:01:00) answered for {VIP} without owning it",)
        )

    def test_two_macs_within_100_ms(self) -> None:
        """Two answers from different MACs are a fault when both owned it."""
        events: list[Event] = [
            got(1.0, "node01"),
            got(2.0, "node02"),
            answered(3.0, "node01"),
            answered(3.05, "node02"),
        ]
        verdict = judge(events, VIP)
        self.assertEqual([(a.host, b.host) for a, b in verdict.rivals], [("node01", "node02")])
        self.assertIn(f"node01 and node02 both answered for {VIP}", verdict.faults)

    def test_old_owner_answers_after_the_new_one(self) -> None:
        """Within the tolerance of its events it is no stranger, but a rival."""
        events: list[Event] = [
            got(1.0, "node01"),
            lost(2.0, "node01"),
            got(2.01, "node02"),
            answered(2.03, "node02"),
            answered(2.06, "node01"),
        ]
        verdict = judge(events, VIP)
        self.assertEqual(verdict.strangers, ())
        self.assertEqual(len(verdict.rivals), 1)

    def test_quick_orderly_move_is_no_rivalry(self) -> None:
        """Old owner, letting go, new owner, in this order, is how it should be."""
        events: list[Event] = [
            got(1.0, "node01"),
            answered(1.99, "node01"),
            lost(2.0, "node01"),
            got(2.01, "node02"),
            answered(2.02, "node02"),
        ]
        self.assertEqual(judge(events, VIP).faults, ())

    def test_two_macs_far_apart(self) -> None:
        """Answers further apart than 100 ms are not compared."""
        events: list[Event] = [
            got(1.0, "node01"),
            got(2.0, "node02"),
            answered(3.0, "node01"),
            answered(3.1, "node02"),
        ]
        self.assertEqual(judge(events, VIP).rivals, ())

    def test_stranger_is_not_also_a_rival(self) -> None:
        """One fault is told once."""
        verdict = judge([got(1.0, "node01"), answered(3.0, "node01"), answered(3.01, "node02")], VIP)
        self.assertEqual(len(verdict.faults), 1)


class ReadTests(SynchronousTestCase):
    """Reading what the watcher writes."""

    def test_each_kind(self) -> None:
        """Every kind of line becomes its event, and unknown kinds are left out."""
        lines = [
            '{"what": "ready", "when": 0.5}',
            '{"what": "address", "host": "a", "card": "e", "address": "::1", "present": true, "when": 1.5}',
            '{"what": "unplugged", "host": "a", "card": "eth0", "when": 2.5}',
            '{"what": "arp", "host": "a", "mac": "m", "address": "::1", "announcement": true, "when": 3.5}',
            '{"what": "overrun", "when": 4.5}',
        ]
        expected = [
            AddressChanged(1.5, "a", "e", "::1", present=True),
            Unplugged(2.5, "a", "eth0"),
            ArpSeen(3.5, "a", "m", "::1", announcement=True),
            Overrun(4.5),
        ]
        self.assertEqual(read(lines), expected)

# -*- test-case-name: tests.lab.test_soak_audit -*-
"""
What an audit looks at, and what it leaves out.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from scripts.lab.observe import AddressChanged, ArpSeen, Event, judge
from scripts.lab.plan import VIRTUAL
from scripts.lab.soak.audit import faults, unexcused


def change(when: float, host: str, present: bool) -> AddressChanged:
    """Return that a host got or lost the address."""
    return AddressChanged(when, host, "eth0", VIRTUAL, present)


class FaultsTests(SynchronousTestCase):
    """Faults of the time in question."""

    def test_past_faults_are_past(self) -> None:
        """An overlap that ended, or an ARP frame that was seen, before it began counts no more."""
        events: list[Event] = [
            change(1.0, "node01", True),
            change(2.0, "node02", True),
            change(3.0, "node02", False),
            ArpSeen(4.0, "node02", "02:00:00:00:02:00", VIRTUAL, announcement=True),
        ]
        verdict = judge(events, VIRTUAL)
        self.assertEqual(len(faults(verdict, since=1.5)), 2)
        self.assertEqual(len(faults(verdict, since=3.5)), 1)
        self.assertEqual(faults(verdict, since=4.5), [])

    def test_what_lasts_counts(self) -> None:
        """Two owners that were there before, and still are."""
        verdict = judge([change(1.0, "node01", True), change(2.0, "node02", True)], VIRTUAL)
        self.assertEqual(len(faults(verdict, since=9.0)), 1)


class ExcuseTests(SynchronousTestCase):
    """What a scenario makes unavoidable."""

    def test_unexcused(self) -> None:
        """An expression excuses what it is found in, and nothing else."""
        found = ["node01 and node02 both owned 1.2.3.4", "node01 announced 1.2.3.4 without owning it"]
        self.assertEqual(unexcused(found, ["both owned"]), found[1:])
        self.assertEqual(unexcused(found, []), found)

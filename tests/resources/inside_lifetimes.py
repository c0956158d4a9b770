"""
Lifetimes on a real kernel; run by L{tests.resources.test_lifetimes}, through L{run_inside}.
"""

from __future__ import annotations

import re

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from hatwist.resources.lifetimes import Lifetimes
from hatwist.resources.network import Held
from tests.namespaces import ip
from tests.resources.conformance import IP, OTHER, SIX
from tests.resources.fakes import LogBook, group
from tests.resources.inside import furnish

FOREVER = "forever"


class LifetimesInside(SynchronousTestCase):
    """L{Lifetimes} and what C{ip} shows."""

    def setUp(self) -> None:
        furnish()
        self.addCleanup(ip, "link delete eth0")
        self.clock = Clock()
        self.log = LogBook()
        self.lifetimes = Lifetimes(self.clock, self.log)
        self.addCleanup(self.lifetimes.close)

    def add(self, *addresses: Held) -> None:
        """Add addresses as the built-in agent does."""
        with self.lifetimes.network() as network:
            index = network.link("eth0").index
            for one in addresses:
                network.add(Held(one.ip, one.prefix, index))

    def lifetime(self, address: object) -> str:
        """Return what is left to an address."""
        (found,) = re.findall(r"valid_lft (\S+)", ip(f"address show dev eth0 to {address}"))
        return str(found)

    def test_for_ever(self) -> None:
        """Without a guardian addresses stay."""
        self.add(Held(IP, 24, 0))
        self.assertEqual(self.lifetime(IP), FOREVER)

    def test_from_the_start(self) -> None:
        """What is added has its lifetime from the start, whatever its family."""
        self.lifetimes.pushed(1001.5)
        self.add(Held(IP, 24, 0), Held(SIX, 64, 0))
        for one in (IP, SIX):
            self.assertIn(self.lifetime(one), ("1000sec", "999sec"))

    def test_renewed(self) -> None:
        """What was there before gets one, and only that of the group."""
        self.add(Held(IP, 24, 0), Held(OTHER, 24, 0))
        self.lifetimes.pushed(1001.5)
        self.lifetimes.entrusted(group(f"IPaddr::{IP}/24/eth0"))
        self.assertIn(self.lifetime(IP), ("1000sec", "999sec"))
        self.assertEqual(self.lifetime(OTHER), FOREVER)
        self.clock.advance(500.0)
        self.assertIn(self.lifetime(IP), ("500sec", "499sec"))
        self.assertEqual(self.log.entries, [])

# -*- test-case-name: tests.media.test_ucast -*-
"""
C{ucast}: the suite in name spaces of its own, and its names.
"""

from __future__ import annotations

from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.model import LinkName, MediumSpec, Position
from hatwist.errors import MediumError
from hatwist.media.ucast import UCAST, resolve
from hatwist.media.udp import UdpFactory
from tests.media.conformance import Ear
from tests.namespaces import run_inside


def spec(address: str, interface: str = "lo") -> MediumSpec:
    """Make a spec as the configuration would."""
    where = Position("ha.cf")
    return MediumSpec("ucast", LinkName(interface), where, interface, address, 16940)


class UcastTests(SynchronousTestCase):
    """The directive C{ucast}."""

    def test_conformance(self) -> None:
        """Unicast over a virtual cable does what every medium does."""
        run_inside(self, "tests.media.inside.UcastInside")

    def test_number_needs_no_look_up(self) -> None:
        """A peer written as a number is taken as it is."""
        self.assertEqual(resolve(spec("192.0.2.7")), "192.0.2.7")

    def test_bad_name_is_named(self) -> None:
        """A name that cannot be one is refused, and shown."""
        problem = self.assertRaises(MediumError, resolve, spec("no..such..name"))
        self.assertIn("ucast lo: cannot resolve hostname 'no..such..name'", str(problem))

    def test_name_is_looked_up_before_the_sockets(self) -> None:
        """A medium with a bad name does not start, whatever its interface."""
        medium = UdpFactory(UCAST, lambda level, text: None).make(
            spec("no..such..name", "nowhere0"), MemoryReactorClock(), Ear()
        )
        problem = self.assertRaises(MediumError, medium.start)
        self.assertIn("hostname", str(problem))

# -*- test-case-name: tests.media.test_bcast -*-
"""
C{bcast}: the suite in name spaces of its own, and its faults.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.model import LinkName, MediumSpec, Position
from hatwist.errors import MediumError
from hatwist.media.bcast import plan
from tests.namespaces import run_inside


class BcastTests(SynchronousTestCase):
    """The directive C{bcast}."""

    def test_conformance(self) -> None:
        """Broadcast over a virtual cable does what every medium does."""
        run_inside(self, "tests.media.inside.BcastInside")

    def test_interface_without_broadcast_is_refused(self) -> None:
        """The loopback interface has no broadcast address, and the message says so."""
        spec = MediumSpec("bcast", LinkName("lo"), Position("ha.cf"), interface="lo", port=16940)
        problem = self.assertRaises(MediumError, plan, spec, "")
        self.assertEqual(str(problem), "bcast lo: interface lo has no broadcast address")

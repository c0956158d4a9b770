# -*- test-case-name: tests.media.test_mcast -*-
"""
C{mcast}: the suite in name spaces of its own, and its plan.
"""

from __future__ import annotations

import socket
import sys

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.model import LinkName, MediumSpec, Position
from hatwist.media.mcast import plan
from tests.namespaces import run_inside


class McastTests(SynchronousTestCase):
    """The directive C{mcast}."""

    def test_conformance(self) -> None:
        """Multicast over a virtual cable does what every medium does."""
        run_inside(self, "tests.media.inside.McastInside")

    def test_conformance_with_loop(self) -> None:
        """So it does when the sender hears itself."""
        run_inside(self, "tests.media.inside.McastLoopInside")

    def test_plan(self) -> None:
        """The receiver is bound to the group itself; TTL, loop and interface are the sender's."""
        spec = MediumSpec(
            "mcast", LinkName("lo"), Position("ha.cf"), "lo", "225.0.0.75", 16940, ttl=3, loop=True
        )
        made = plan(spec, "225.0.0.75")
        index = socket.if_nametoindex("lo")
        self.assertEqual(made.bind, ("225.0.0.75", 16940))
        self.assertEqual(made.destination, ("225.0.0.75", 16940))
        self.assertEqual(
            [(option.word, option.value) for option in made.send[1:]],
            [("IP_MULTICAST_LOOP", 1), ("IP_MULTICAST_TTL", 3)],
        )
        self.assertEqual(
            made.joined[0].value, b"\xe1\x00\x00\x4b" + b"\0\0\0\0" + index.to_bytes(4, sys.byteorder)
        )

# -*- test-case-name: tests.media.test_mcast6 -*-
"""
C{mcast6}: the suite in name spaces of its own, and its plan.
"""

from __future__ import annotations

import socket

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.model import LinkName, MediumSpec, Position
from hatwist.media.mcast6 import plan
from tests.namespaces import run_inside


class Mcast6Tests(SynchronousTestCase):
    """The directive C{mcast6}."""

    def test_conformance(self) -> None:
        """Multicast over a virtual cable does what every medium does."""
        run_inside(self, "tests.media.inside6.Mcast6Inside")

    def test_conformance_with_loop(self) -> None:
        """So it does when the sender hears itself."""
        run_inside(self, "tests.media.inside6.Mcast6LoopInside")

    def test_plan(self) -> None:
        """The receiver is bound to group and interface; hops, loop and interface are the sender's."""
        spec = MediumSpec(
            "mcast6", LinkName("lo"), Position("ha.cf"), "lo", "ff12::75:1", 694, ttl=3, loop=True
        )
        made = plan(spec, "ff12::75:1")
        index = socket.if_nametoindex("lo")
        self.assertEqual(made.bind, ("ff12::75:1", 694, 0, index))
        self.assertEqual(made.destination, made.bind)
        self.assertEqual(
            [(option.word, option.value) for option in made.send],
            [("IPV6_MULTICAST_IF", index), ("IPV6_MULTICAST_LOOP", 1), ("IPV6_MULTICAST_HOPS", 3)],
        )

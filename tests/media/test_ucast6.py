# -*- test-case-name: tests.media.test_ucast6 -*-
"""
C{ucast6}: the suite in name spaces of its own, and its plan.
"""

from __future__ import annotations

import socket

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.model import LinkName, MediumSpec, Position
from hatwist.media.ucast6 import plan, started
from tests.namespaces import run_inside


def spec(address: str) -> MediumSpec:
    """Make a spec as the configuration would."""
    return MediumSpec("ucast6", LinkName("lo"), Position("ha.cf"), "lo", address, 694)


class Ucast6Tests(SynchronousTestCase):
    """The directive C{ucast6}."""

    def test_conformance(self) -> None:
        """Unicast over a virtual cable does what every medium does."""
        run_inside(self, "tests.media.inside6.Ucast6Inside")

    def test_a_link_local_peer_gets_the_scope_of_the_interface(self) -> None:
        """fe80::2 means the one of this interface; other addresses need no scope."""
        index = socket.if_nametoindex("lo")
        self.assertEqual(plan(spec("fe80::2"), "fe80::2").destination, ("fe80::2", 694, 0, index))
        self.assertEqual(plan(spec("2001:db8::2"), "2001:db8::2").destination, ("2001:db8::2", 694, 0, 0))

    def test_the_scope_is_said(self) -> None:
        """The line of the start shows the scope where there is one."""
        for address, shown in (("fe80::2", "fe80::2%lo"), ("2001:db8::2", "2001:db8::2")):
            line = started(spec(address), plan(spec(address), address))[-1]
            self.assertEqual(line, f"glib: ucast6: heartbeat started for [{shown}]:694 on interface lo")

# -*- test-case-name: tests.lab.test_ipfail -*-
"""
Groups leave the node that does not see the gateway any more: all of L{gateway.LABS} beside each other.
"""

from __future__ import annotations

from scripts.lab.nodes import HeartbeatNode
from tests.lab.base import require
from tests.lab.beside import gateway
from tests.lab.beside.case import BesideTestCase


class IpfailTests(BesideTestCase):
    """hatwist in the part of ipfail, and beside the real one."""

    timeout = 300

    def test_every_lab(self) -> None:
        """
        Each lab comes to its end; the docstring of each says what must hold.

        Where heartbeat cannot run, those without it are played, and then it is said why not all.
        """
        obstacle = HeartbeatNode.obstacle()
        self.play(gateway.LABS if obstacle is None else gateway.PAIRS)
        require(obstacle)

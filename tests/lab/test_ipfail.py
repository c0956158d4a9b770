# -*- test-case-name: tests.lab.test_ipfail -*-
"""
Groups leave the node that does not see the gateway any more: all of L{gateway.LABS} beside each other.
"""

from __future__ import annotations

import traceback

from twisted.trial.unittest import TestCase

from scripts.lab import rack
from scripts.lab.nodes import HeartbeatNode
from tests.lab.base import require
from tests.lab.beside import gateway
from tests.lab.beside.labs import run


class IpfailTests(TestCase):
    """hatwist in the part of ipfail, and beside the real one."""

    timeout = 300

    def test_every_lab(self) -> None:
        """
        Each lab comes to its end; the docstring of each says what must hold.

        Where heartbeat cannot run, those without it are played, and then it is said why not all.
        """
        require(rack.obstacle())
        obstacle = HeartbeatNode.obstacle()
        failed = run(gateway.LABS if obstacle is None else gateway.PAIRS)
        for error in failed.values():
            traceback.print_exception(error)
        self.assertEqual(sorted(failed), [])
        require(obstacle)

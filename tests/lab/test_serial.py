# -*- test-case-name: tests.lab.test_serial -*-
"""
Clusters on a null modem cable alone, all beside each other; needs root.
"""

from __future__ import annotations

from scripts.lab.nodes import HeartbeatNode
from tests.lab.base import require
from tests.lab.beside.case import BesideTestCase
from tests.lab.beside.lines import LABS


class SerialTests(BesideTestCase):
    """hatwist beside hatwist, and beside heartbeat 3.0.6."""

    timeout = 600

    def test_every_line(self) -> None:
        """Start, trouble on the line, standby and back, death: see L{tests.lab.beside.lines}."""
        require(HeartbeatNode.obstacle())
        self.play(LABS)

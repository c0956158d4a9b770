# -*- test-case-name: tests.lab.test_media -*-
"""
Media on which something goes wrong, and several media at once; all labs beside each other.
"""

from __future__ import annotations

from scripts.lab.nodes import HeartbeatNode
from tests.lab.base import require
from tests.lab.beside import interfaces, several
from tests.lab.beside.case import BesideTestCase


class MediaTests(BesideTestCase):
    """Between two nodes with hatwist, and beside heartbeat 3.0.6."""

    timeout = 300

    def test_hatwist(self) -> None:
        """Each lab comes to its end; the docstring of each says what must hold."""
        self.play([*several.LABS, *interfaces.LABS], print)

    def test_beside_heartbeat(self) -> None:
        """So does each with a node of heartbeat."""
        require(HeartbeatNode.obstacle())
        self.play(interfaces.BESIDE, print)

# -*- test-case-name: tests.lab.test_beside -*-
"""
What does not fit a matrix of clusters and scenarios, all beside each other; needs root.
"""

from __future__ import annotations

from scripts.lab.nodes import HeartbeatNode
from tests.lab.base import require
from tests.lab.beside.case import BesideTestCase
from tests.lab.beside.labs import LABS


class BesideTests(BesideTestCase):
    """hatwist beside heartbeat 3.0.6, where things are odd."""

    timeout = 900

    def test_every_lab(self) -> None:
        """Each of L{LABS} comes to its end; the docstring of each says what must hold."""
        require(HeartbeatNode.obstacle())
        self.play(LABS)

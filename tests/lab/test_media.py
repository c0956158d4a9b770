# -*- test-case-name: tests.lab.test_media -*-
"""
Media on which something goes wrong, and several media at once; all labs beside each other.
"""

from __future__ import annotations

import traceback
from collections.abc import Sequence

from twisted.trial.unittest import TestCase

from scripts.lab import rack
from scripts.lab.nodes import HeartbeatNode
from tests.lab.base import require
from tests.lab.beside import interfaces, several
from tests.lab.beside.labs import Lab, run


class MediaTests(TestCase):
    """Between two nodes with hatwist, and beside heartbeat 3.0.6."""

    timeout = 300

    def play(self, labs: Sequence[Lab]) -> None:
        """Play labs, and show what went wrong."""
        failed = run(labs, print)
        for error in failed.values():
            traceback.print_exception(error)
        self.assertEqual(sorted(failed), [])

    def test_hatwist(self) -> None:
        """Each lab comes to its end; the docstring of each says what must hold."""
        require(rack.obstacle())
        self.play([*several.LABS, *interfaces.LABS])

    def test_beside_heartbeat(self) -> None:
        """So does each with a node of heartbeat."""
        require(rack.obstacle())
        require(HeartbeatNode.obstacle())
        self.play(interfaces.BESIDE)

# -*- test-case-name: tests.lab.test_demo -*-
"""
The demo, from its first line to its exit status.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from scripts.lab.demo import Move
from scripts.lab.outage import Outage
from tests.lab.base import LabTestCase

CHECKOUT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "scripts.lab.demo"]


class MoveTests(SynchronousTestCase):
    """Whether a move took as long as it should."""

    def move(self, length: float) -> Move:
        """Return a move with an outage of so many seconds, where 1 to 2 are expected."""
        return Move("node01 dies", Outage(10.0, 10.0 + length, "node01", "node02"), 1.0, 2.0, "")

    def test_bounds(self) -> None:
        """Too long is wrong, and so is too short: somebody took too early."""
        self.assertTrue(self.move(1.5).fine)
        self.assertFalse(self.move(0.5).fine)
        self.assertFalse(self.move(2.5).fine)


class DemoTests(LabTestCase):
    """The command, as a person runs it."""

    def test_whole_story(self) -> None:
        """node01 serves, dies, node02 serves, node01 returns and serves; status 0."""
        ran = subprocess.run(COMMAND, cwd=CHECKOUT, capture_output=True, text=True, timeout=200, check=False)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        self.assertIn(
            "owners of 172.16.0.210: node01 -> node02 -> node01; never two at a time: yes", ran.stdout
        )
        for text in ("The power of node01 is cut", "WARN: node node01: is dead", "--seed-timing keeps"):
            self.assertIn(text, ran.stdout)
        self.assertTrue(ran.stdout.endswith("  The service survived.\n"))

    def test_interrupted(self) -> None:
        """Ctrl-C ends it at once, with the usual status for that."""
        demo = subprocess.Popen(COMMAND, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
        self.addCleanup(demo.wait)
        self.addCleanup(demo.kill)
        assert demo.stdout is not None
        self.addCleanup(demo.stdout.close)
        while "is on" not in demo.stdout.readline():
            pass
        demo.send_signal(signal.SIGINT)
        self.assertTrue(demo.stdout.read().endswith("Interrupted; nothing is left behind.\n"))
        self.assertEqual(demo.wait(20), 130)

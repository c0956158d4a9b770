# -*- test-case-name: tests.sim.test_determinism -*-
"""
The same seed and the same orders give the same transcript, always.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from hatwist.sim.script import Script
from hatwist.sim.storm import run_storm

CHECKOUT = Path(__file__).resolve().parents[2]
SCENARIO = """\
nodes alpha beta links=eth0,eth1
group alpha 10.0.0.5 www
group beta 10.0.0.6 mail
network loss=20% delay=1ms..50ms duplicate=10%
trace all
boot all
run 30
crash alpha
run 30
boot alpha
run 60
"""


def play(text: str) -> Script:
    """Give every order of a text."""
    script = Script()
    for line in text.splitlines():
        script.order(line)
    return script


def simulate(*arguments: str, hash_seed: str) -> str:
    """Run the simulator as a program of its own."""
    ran = subprocess.run(
        [sys.executable, "-m", "hatwist.sim", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.stdout + ran.stderr


class DeterminismTests(SynchronousTestCase):
    """Nothing is left to chance."""

    def test_scenario_twice(self) -> None:
        """A scenario that is played twice gives the same lines and the same datagrams."""
        first, second = play(SCENARIO), play(SCENARIO)
        self.assertEqual(first.take(), second.take())
        self.assertEqual(first.digest, second.digest)

    def test_another_seed(self) -> None:
        """With another seed other datagrams are lost."""
        self.assertNotEqual(play(SCENARIO).digest, play(f"seed 2\n{SCENARIO}").digest)

    def test_storm_twice(self) -> None:
        """A storm that is played twice is the same storm."""
        self.assertEqual(run_storm(7).digest, run_storm(7).digest)

    def test_order_of_hashes(self) -> None:
        """It does not depend on the order in which Python happens to keep sets."""
        path = Path(self.mktemp())
        path.write_text(f"{SCENARIO}----\n")
        runs = [simulate(str(path.absolute()), hash_seed=seed) for seed in ("0", "1")]
        self.assertEqual(runs[0], runs[1])
        self.assertIn("beta     decide takeover 10.0.0.5", runs[0])
        storms = [simulate("--storms", "1-4", hash_seed=seed) for seed in ("0", "1")]
        self.assertEqual(storms[0], storms[1])
        self.assertRegex(storms[0], r"4 storms, \d+ events, nothing found \([0-9a-f]{16}\)")

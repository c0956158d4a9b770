# -*- test-case-name: tests.lab.test_soak -*-
"""
Clusters live through scenarios, several side by side.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from twisted.trial.unittest import TestCase

from scripts.lab import rack
from scripts.lab.nodes import HeartbeatNode
from scripts.lab.soak import complaints
from scripts.lab.soak.choices import MIXED
from scripts.lab.soak.covering import covering, shares
from scripts.lab.soak.jobs import side_by_side
from scripts.lab.soak.main import Work, play
from scripts.lab.soak.scenarios import plain
from scripts.lab.soak.table import result, table
from scripts.lab.soak.walk import lives
from tests.lab.base import require

JOBS = 6
SEED = 306
ITERATIONS = 15


class MixedTests(TestCase):
    """A node with hatwist and one with heartbeat 3.0.6 in one cluster; needs root."""

    timeout = 900

    def test_they_are_one_cluster(self) -> None:
        """
        Whatever the medium, the signature, the failback and the primary: one owner, no complaint.

        Every two of them occur together, every scenario meets every failback on both
        primaries, and a random walk lets things come together.
        """
        require(rack.obstacle())
        require(HeartbeatNode.obstacle())
        walks = [Work(choice, walk, f"life {n} ") for n, choice, walk in lives(SEED, ITERATIONS, MIXED)]
        self.prove([*walks, *(Work(*share) for share in shares(covering(MIXED), plain()))])

    def prove(self, work: Sequence[Work]) -> None:
        """Let all of them live, and show what went wrong."""
        reference, keep = complaints.load(), Path(tempfile.mkdtemp(prefix="soak-"))
        lived = list(side_by_side([partial(play, one, reference, keep) for one in work], JOBS))
        outcomes = [outcome for _, life in lived for outcome in life]
        if any(outcome.problems for outcome in outcomes):
            print("\n".join(["", *(one.label + result(life) for one, life in lived), table(outcomes)]))
        for outcome in outcomes:
            if outcome.problems and not outcome.known and outcome.logs is not None:
                for log in sorted(outcome.logs.glob("*.log")):
                    print(f"--- {log}", *log.read_text().splitlines()[-100:], sep="\n")
        failed = [f"{o.choice.name}: {o.scenario}" for o in outcomes if o.problems and not o.known]
        self.assertEqual(failed, [])

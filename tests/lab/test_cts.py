# -*- test-case-name: tests.lab.test_cts -*-
"""
The test classes of heartbeat's own test suite, each once, divided over the kinds of cluster.

Its helpers are not among them: they are the steps that the classes consist of.
C{./scripts/soak --cts} plays all of them on each, with each node.
"""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

from twisted.trial.unittest import TestCase

from scripts.lab import rack
from scripts.lab.cts.classes import CLASSES
from scripts.lab.cts.known import reason
from scripts.lab.cts.run import Part, Result, play
from scripts.lab.cts.table import told
from scripts.lab.nodes import HeartbeatNode
from scripts.lab.soak.choices import MIXED, NODES, PAIR, Daemons
from scripts.lab.soak.jobs import side_by_side
from tests.lab.base import require

JOBS = 2
ONE, TWO = NODES
BY_NAME = {one.name: one for one in CLASSES}

LISTS: dict[Daemons, list[tuple[str, str]]] = {
    MIXED[1]: [
        ("SpecialTest1", TWO),
        ("Flip", ONE),
        ("DetectionTime", ONE),
        ("standby", TWO),
        ("Split_brain, kept", ONE),
    ],
    MIXED[0]: [
        ("StartOnebyOne", ONE),
        ("Restart", TWO),
        ("StopOnebyOne", ONE),
    ],
    PAIR[0]: [
        ("SimulStart", ONE),
        ("RestartOnebyOne", ONE),
        ("SimulStop", ONE),
    ],
}
"""
What each kind of cluster goes through.

The first wants no daemon to run, and a class that leaves none is the last: to start both
at the same time costs ten seconds, in which neither knows the other to be stable.
"""


class ClassicTests(TestCase):
    """A pair of hatwist nodes, and one with heartbeat 3.0.6 on either node; needs root."""

    timeout = 600

    def test_classes(self) -> None:
        """Every class passes, but for what is known; two nodes with hatwist log in the older form."""
        require(rack.obstacle())
        require(HeartbeatNode.obstacle())
        keep = Path(tempfile.mkdtemp(prefix="cts-"))
        pieces = [
            partial(_play, daemons, [(BY_NAME[name], node) for name, node in names], keep)
            for daemons, names in LISTS.items()
        ]
        results = [result for lived in side_by_side(pieces, JOBS) for result in lived]
        failed = [told(result) for result in results if result.problems and not reason(result)]
        self.assertEqual(failed, [], f"logs: {keep}")
        self.assertEqual(len(results), sum(map(len, LISTS.values())))


def _play(daemons: Daemons, todo: list[Part], keep: Path) -> list[Result]:
    results = play(daemons, todo, keep / "+".join(one.value for one in daemons), daemons in PAIR)
    return [result for result in results if not result.void]

# -*- test-case-name: tests.sim.test_scenarios -*-
"""
Play every recorded scenario, and compare what happens with the record.

C{python -m hatwist.sim --rewrite tests/sim/scenarios/NAME.txt} records anew; the
diff is read like code before it is kept.
"""

from __future__ import annotations

from difflib import unified_diff
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from hatwist.sim.script import Script, read_blocks, write_blocks

SCENARIOS = Path(__file__).with_name("scenarios")


class ScenarioTests(SynchronousTestCase):
    """One file, one theme."""

    def test_explained(self) -> None:
        """Each file begins with a comment that says what it shows."""
        paths = sorted(SCENARIOS.glob("*.txt"))
        self.assertNotEqual(paths, [])
        for path in paths:
            self.assertTrue(path.read_text().startswith("# "), path.name)

    def test_as_recorded(self) -> None:
        """What happens is what was recorded."""
        differences: list[str] = []
        for path in sorted(SCENARIOS.glob("*.txt")):
            recorded = path.read_text()
            script = Script()
            now = write_blocks([script.play(block) for block in read_blocks(recorded)])
            differences += unified_diff(
                recorded.splitlines(), now.splitlines(), path.name, "now", lineterm=""
            )
        self.assertEqual(differences, [], "\n".join(differences))

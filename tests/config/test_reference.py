# -*- test-case-name: tests.config.test_reference -*-
"""
The documentation says what the tables say.
"""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.reference import _key_row, directive_table, toml_table
from hatwist.config.toml import KeySpec

DOCS = Path(__file__).parents[2] / "docs"


class ReferenceTests(SynchronousTestCase):
    """docs/configuration.md is in step with the tables."""

    def setUp(self) -> None:
        self.text = (DOCS / "configuration.md").read_text(encoding="utf-8")

    def test_every_directive_is_documented(self) -> None:
        """The table of directives is printed from THE table."""
        self.assertIn(directive_table(), self.text)

    def test_every_key_is_documented(self) -> None:
        """The table of keys of hatwist.toml is printed from its table."""
        self.assertIn(toml_table(), self.text)

    def test_key_in_a_table(self) -> None:
        """A key is named with its table."""
        spec = KeySpec("monitor", "interval", float, "120", "Time between two looks.")
        self.assertEqual(
            _key_row(spec), ("`monitor.interval`", "float", "`120`", "active", "Time between two looks.")
        )

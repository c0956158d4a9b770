# -*- test-case-name: tests.config.test_builtin -*-
"""
What hatwist.toml says of the built-in address.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.builtin import Addresses
from hatwist.config.findings import Findings
from hatwist.config.toml import parse_toml


class AddressesTests(SynchronousTestCase):
    """C{[addresses]}."""

    def setUp(self) -> None:
        self.findings = Findings()

    def read(self, text: str) -> Addresses:
        """Read hatwist.toml."""
        return parse_toml(text, "f.toml", self.findings).addresses

    def test_what_is_said(self) -> None:
        """Who holds addresses, and how often they are announced; 0 is never."""
        self.assertEqual(self.read(""), Addresses(builtin=True, refresh=60.0))
        text = "[addresses]\nbuiltin = false\nrefresh = 0\n"
        self.assertEqual(self.read(text), Addresses(builtin=False, refresh=0.0))
        self.assertEqual(self.findings.problems, [])

    def test_nonsense(self) -> None:
        """More than once a second is too often, once a day the least."""
        for nonsense in ("0.5", "-1", "100000"):
            self.assertEqual(self.read(f"[addresses]\nrefresh = {nonsense}\n"), Addresses())
        self.assertEqual([one.text for one in self.findings.problems], ["refresh is out of range"] * 3)

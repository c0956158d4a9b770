# -*- test-case-name: tests.fencing.test_secrets -*-
"""
What a device is told does not come out again.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.fencing.secrets import values_of


class SecretTests(SynchronousTestCase):
    """L{values_of}."""

    def test_positional(self) -> None:
        """Every parameter but an address counts as secret, comments do not count."""
        self.assertEqual(
            values_of("# a comment\n10.0.0.9 admin pa=ss lan\n"), {"admin", "pa=ss", "ss", "ss lan"}
        )

    def test_named(self) -> None:
        """So do the values of an agent's options, whole and word by word."""
        self.assertEqual(
            values_of("ip=10.0.0.9\nuser = adm\npassword=two words\nverbose=on\n"),
            {"ip=10.0.0.9", "user", "=", "adm", "password=two", "words", "two", "two words", "verbose=on"},
        )

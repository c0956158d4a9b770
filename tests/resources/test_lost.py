# -*- test-case-name: tests.resources.test_lost -*-
"""
Hearing of the kernel which addresses are gone.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.namespaces import run_inside


class LostTests(SynchronousTestCase):
    """On a real kernel, in a name space of its own."""

    def test_lost_addresses(self) -> None:
        """What an interface loses is told at once."""
        run_inside(self, "tests.resources.inside.LostInside")

# -*- test-case-name: tests.lab.test_beside -*-
"""
What every test starts from that plays labs beside each other.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence

from twisted.trial.unittest import TestCase

from scripts.lab import rack
from tests.lab.base import require
from tests.lab.beside.labs import Lab, run


class BesideTestCase(TestCase):
    """A test of many labs; needs root."""

    def setUp(self) -> None:
        """Go on only where there can be a rack."""
        require(rack.obstacle())

    def play(self, labs: Sequence[Lab], said: Callable[[str], object] = lambda text: None) -> None:
        """
        Let each lab come to its end, and show what went wrong.

        @param said: is told when one has ended.
        """
        failed = run(labs, said)
        for error in failed.values():
            traceback.print_exception(error)
        self.assertEqual(sorted(failed), [])

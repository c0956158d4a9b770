# -*- test-case-name: tests.guardian.test_addresses -*-
"""
Removing addresses: how they are written, and on a real kernel.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.guardian.addresses import packed
from tests.namespaces import run_inside


class PackedTests(SynchronousTestCase):
    """L{packed}."""

    def test_both_families(self) -> None:
        """Four bytes, or sixteen."""
        self.assertEqual(packed("172.16.0.210"), bytes([172, 16, 0, 210]))
        self.assertEqual(packed("2001:db8::5"), bytes.fromhex("20010db8000000000000000000000005"))

    def test_nonsense(self) -> None:
        """What is no address is refused."""
        for text in ("", "172.16.0", "172.16.0.210/24", "2001:db8::5/64", "www"):
            self.assertRaises(OSError, packed, text)


class KernelTests(SynchronousTestCase):
    """On a real kernel, in a name space of its own."""

    def test_removing(self) -> None:
        """What is to go goes, wherever it is and whoever added it, and nothing else does."""
        run_inside(self, "tests.guardian.inside.KernelInside")

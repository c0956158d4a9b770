# -*- test-case-name: tests.control.test_authority -*-
"""
Who may ask.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.control.authority import refusal
from hatwist.unix import Credentials


class AuthorityTests(SynchronousTestCase):
    """Root and the daemon's own uid."""

    def test_root_may(self) -> None:
        """Root may, whoever the daemon runs as."""
        self.assertEqual(refusal(Credentials(1, 0, 0), own_uid=90), "")

    def test_own_uid_may(self) -> None:
        """So may whoever the daemon runs as."""
        self.assertEqual(refusal(Credentials(1, 90, 90), own_uid=90), "")

    def test_others_may_not(self) -> None:
        """Nobody else may, members of root's group included."""
        self.assertEqual(
            refusal(Credentials(1, 1000, 0), own_uid=90),
            "permission denied: uid 1000 is neither root nor the daemon's own",
        )

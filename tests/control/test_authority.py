# -*- test-case-name: tests.control.test_authority -*-
"""
Who may ask.
"""

from __future__ import annotations

import os
import socket

from twisted.trial.unittest import SynchronousTestCase

from hatwist.control.authority import Credentials, peer_credentials, refusal


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

    def test_kernel_knows_us(self) -> None:
        """The kernel's word about a socket pair of ours is: this process."""
        near, far = socket.socketpair(socket.AF_UNIX)
        with near, far:
            self.assertEqual(peer_credentials(near), Credentials(os.getpid(), os.geteuid(), os.getegid()))

    def test_not_a_unix_socket(self) -> None:
        """What has no credentials names nobody."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            self.assertNotEqual(peer_credentials(other).uid, 0)

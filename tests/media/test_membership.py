# -*- test-case-name: tests.media.test_membership -*-
"""
Whether an interface still hears a group, from the kernel's own lists.
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from hatwist.media.membership import groups4, groups6, member

IGMP = """\
Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter
1\tlo        :     1      V3
\t\t\t\t010000E0     1 0:00000000\t\t0
2\tc0        :     2      V3
\t\t\t\t4B0000E1     1 0:00000000\t\t0
\t\t\t\t010000E0     1 0:00000000\t\t0
"""

IGMP6 = """\
1    lo              ff020000000000000000000000000001     1 0000000C 0
2    c0              ff120000000000000000000000750001     1 00000004 0
"""


class MembershipTests(SynchronousTestCase):
    """Lists as the kernel writes them."""

    def setUp(self) -> None:
        self.net = Path(self.mktemp())
        self.net.mkdir()
        (self.net / "igmp").write_text(IGMP)
        (self.net / "igmp6").write_text(IGMP6)

    def test_members(self) -> None:
        """A group is heard on the interface that has it, and on no other."""
        for group, index, expected in (
            ("225.0.0.75" if sys.byteorder == "little" else "75.0.0.225", 2, True),
            ("225.0.0.75", 1, False),
            ("225.0.0.76", 2, False),
            ("ff12::75:1", 2, True),
            ("ff12::75:1", 1, False),
            ("ff12::75:2", 2, False),
        ):
            self.assertEqual(member(group, index, self.net), expected, (group, index))

    def test_no_list(self) -> None:
        """Where there is no list nothing is known to be wrong."""
        self.assertTrue(member("225.0.0.75", 2, self.net / "nowhere"))
        self.assertTrue(member("ff12::75:1", 2, self.net / "nowhere"))

    def test_strange_lists(self) -> None:
        """What is not as expected is left out."""
        self.assertEqual(groups4(""), set())
        self.assertEqual(groups4("head\n\nx\n\t\t\t\tshort 1\n\t\n"), set())
        self.assertEqual(groups6("1 lo short 1\nx lo\n\n1\n"), set())

    def test_this_machine(self) -> None:
        """A group that a socket joins is listed, and no longer when the socket is closed."""
        index = socket.if_nametoindex("lo")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            request = socket.inet_aton("225.9.8.7") + bytes(4) + index.to_bytes(4, sys.byteorder)
            one.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, request)
            self.assertTrue(member("225.9.8.7", index))
        self.assertFalse(member("225.9.8.7", index))

# -*- test-case-name: tests.media.test_icmp -*-
"""
Opening sockets for echoes, as far as it needs no right; the rest is tried
inside the name spaces of L{tests.media.test_ping}.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.errors import MediumError
from hatwist.media.icmp import keep_only, open_echo
from hatwist.wire.icmp import ICMP, ICMP6


class IcmpSocketTests(SynchronousTestCase):
    """Filters and refusals."""

    def test_only_echo_replies_pass(self) -> None:
        """Of the types of ICMP only 0 is heard, of ICMPv6 only 129; a bit that is set is not heard."""
        for variant, reply, bits in ((ICMP, 0, 32), (ICMP6, 129, 256)):
            value = keep_only(variant).value
            assert isinstance(value, bytes)
            words = [int.from_bytes(value[start : start + 4], "little") for start in range(0, bits // 8, 4)]
            heard = [bit for bit in range(bits) if not words[bit // 32] >> bit % 32 & 1]
            self.assertEqual(heard, [reply])

    def test_no_right_names_what_would_help(self) -> None:
        """Whoever may have neither socket learns what to do."""
        problem = self.assertRaises(MediumError, open_echo, "ha.cf:3: ping gw", ICMP, ())
        self.assertEqual(
            str(problem),
            "ha.cf:3: ping gw: cannot open a socket for ICMP: not permitted; run as root, give the program "
            "CAP_NET_RAW, or let net.ipv4.ping_group_range have one of its groups",
        )

    def test_other_trouble_is_named(self) -> None:
        """A kernel that has no such sockets is no question of rights."""
        problem = self.assertRaises(MediumError, open_echo, "ping gw", ICMP, (9,))
        self.assertIn("ping gw: cannot open a socket for ICMP: ", str(problem))
        self.assertNotIn("ping_group_range", str(problem))

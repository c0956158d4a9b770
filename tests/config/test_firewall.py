# -*- test-case-name: tests.config.test_firewall -*-
"""
What a firewall does to our datagrams.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.firewall import Packet, blocked_by_iptables, blocked_by_nft

PACKET = Packet(694, "eth1")


class IptablesTests(SynchronousTestCase):
    """C{iptables -S}."""

    def blocked(self, *rules: str, policy: str = "ACCEPT") -> str | None:
        """Judge our packet by a policy and rules."""
        return blocked_by_iptables("\n".join([f"-P INPUT {policy}", *rules, ""]), PACKET)

    def test_policy(self) -> None:
        """Without a rule the policy decides; without a listing nothing is known."""
        self.assertIsNone(self.blocked())
        self.assertEqual(self.blocked(policy="DROP"), "the policy of chain INPUT")
        self.assertIsNone(blocked_by_iptables("", PACKET))

    def test_matching_rules(self) -> None:
        """The first rule that matches decides, and is named if it drops."""
        for rule in (
            "-A INPUT -j DROP",
            "-A INPUT -p udp -j REJECT --reject-with icmp-port-unreachable",
            "-A INPUT -p udp -m udp --dport 694 -j DROP",
            "-A INPUT -i eth+ -p udp -m udp --dport 600:700 -j DROP",
            '-A INPUT -i eth1 -p udp -m multiport --dports 80,694 -m comment --comment "no hearts" -j DROP',
        ):
            self.assertEqual(self.blocked(rule), rule)
            self.assertIsNone(self.blocked("-A INPUT -p udp -m udp --dport 694 -j ACCEPT", rule))

    def test_other_rules(self) -> None:
        """A rule about something else, or that is not understood, does not decide."""
        for rule in (
            "-A INPUT -p tcp -j DROP",
            "-A INPUT -i eth0 -j DROP",
            "-A INPUT -p udp -m udp --dport 695 -j DROP",
            "-A INPUT -p udp -m udp --dport x -j DROP",
            "-A INPUT -m conntrack --ctstate INVALID -j DROP",
            "-A INPUT ! -i lo -j DROP",
            "-A INPUT -j LOG",
            "-A INPUT -p udp",
            "-A INPUT -m comment --comment 'open -j DROP",
            "-A FORWARD -j DROP",
        ):
            self.assertIsNone(self.blocked(rule), rule)

    def test_chains(self) -> None:
        """Other chains are followed, and come back."""
        rules = ("-N mine", "-A INPUT -j mine", "-A mine -p tcp -j DROP")
        self.assertIsNone(self.blocked(*rules))
        self.assertEqual(self.blocked(*rules, policy="DROP"), "the policy of chain INPUT")
        self.assertIsNone(self.blocked(*rules, "-A mine -p udp -j ACCEPT", policy="DROP"))
        self.assertEqual(self.blocked(*rules, "-A mine -g mine2", "-A mine2 -j DROP"), "-A mine2 -j DROP")

    def test_circle(self) -> None:
        """Chains that jump in a circle come to an end."""
        self.assertIsNone(self.blocked("-A INPUT -j mine", "-A mine -j mine"))


class NftTests(SynchronousTestCase):
    """C{nft list ruleset}."""

    def blocked(self, *rules: str, policy: str = "policy accept;", more: str = "") -> str | None:
        """Judge our packet by a policy, rules, and further chains."""
        lines = [
            "table inet filter {",
            "\tchain input {",
            f"\t\ttype filter hook input priority filter; {policy}".rstrip(),
            *(f"\t\t{rule}" for rule in rules),
            "\t}",
            more,
            "}",
            "table ip nat {",
            "}",
        ]
        return blocked_by_nft("\n".join(lines), PACKET)

    def test_policy(self) -> None:
        """Without a rule the policy decides; it is accept where none is listed."""
        self.assertIsNone(self.blocked())
        self.assertIsNone(self.blocked(policy=""))
        self.assertEqual(self.blocked(policy="policy drop;"), "the policy of chain input")
        self.assertIsNone(blocked_by_nft("", PACKET))

    def test_tables_of_the_other_version(self) -> None:
        """A table of IPv6 does nothing to what comes over IPv4, and the other way round."""
        hook = "  type filter hook input priority 0; policy drop;"
        for family, four, six in (("ip", True, False), ("ip6", False, True), ("inet", True, True)):
            listing = f"table {family} x {{\n chain in {{\n{hook}\n }}\n}}\n"
            for packet, blocked in ((PACKET, four), (Packet(694, "eth1", six=True), six)):
                said = blocked_by_nft(listing, packet)
                self.assertEqual(said, "the policy of chain in" if blocked else None)

    def test_matching_rules(self) -> None:
        """The first rule that matches decides, and is named if it drops."""
        for rule in (
            "drop",
            "reject with icmpx port-unreachable",
            "udp dport 694 drop",
            'iifname "eth1" udp dport { 80, 690-700 } counter packets 3 bytes 99 drop',
            'iifname { "eth0", "eth1" } meta l4proto udp drop',
            'iif "eth*" ip protocol udp drop',
            "meta l4proto { tcp, udp } drop",
        ):
            self.assertEqual(self.blocked(rule), rule)
            self.assertIsNone(self.blocked("udp dport 694 accept", rule))

    def test_other_rules(self) -> None:
        """A rule about something else, or that is not understood, does not decide."""
        for rule in (
            "tcp dport 22 drop",
            'iif "lo" drop',
            "udp dport 695 drop",
            "ct state invalid drop",
            "counter packets 1 bytes 1",
            "counter packets 1",
            "meta l4proto",
            "ip saddr 10.0.0.0/8 drop",
        ):
            self.assertIsNone(self.blocked(rule), rule)

    def test_chains(self) -> None:
        """Other chains are followed, and come back."""
        more = "\tchain mine {\n\t\tudp dport 694 drop\n\t}"
        self.assertEqual(self.blocked("jump mine", more=more), "udp dport 694 drop")
        self.assertIsNone(self.blocked("tcp dport 1 jump mine", more=more))
        self.assertIsNone(self.blocked("goto nowhere"))

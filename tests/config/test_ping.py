# -*- test-case-name: tests.config.test_ping -*-
"""
Good and bad ping nodes.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.findings import Findings
from hatwist.config.hacf import read_hacf
from hatwist.config.haresources import parse_haresources
from hatwist.config.model import node_name
from hatwist.config.ping import check_pings, ping_hosts, written_neighbourhood

HOSTS = {"alpha": ("10.0.0.1",), "beta": ("10.0.0.2",), "www": ("10.0.0.5",), "gw": ("10.0.0.254",)}


class PingTests(SynchronousTestCase):
    """A ping node is neither a member nor out of reach."""

    def check(self, text: str, resources: str = "alpha 10.0.0.5/24 IPaddr::10.9.9.9 httpd\n") -> list[str]:
        """Return what is said of the ping nodes of a text."""
        findings = Findings()
        cf = read_hacf("node alpha beta\nucast eth0 10.0.1.2\n" + text, "f", findings, node_name("a")).cf
        groups = parse_haresources(resources, "r", findings)
        check_pings(cf, written_neighbourhood(cf, groups, HOSTS), HOSTS, findings)
        return [one.code + ": " + one.text.partition(": ")[2] for one in findings.problems]

    def test_good(self) -> None:
        """A router in a known network, or whatever has a name, is good."""
        self.assertEqual(self.check("ping 10.0.0.254 gw router.test"), [])

    def test_members(self) -> None:
        """A node, an address of one, a peer's address and a service address are members."""
        self.assertEqual(
            self.check("ping Beta 10.0.0.2 10.0.1.2 www"),
            [
                "ping-member: Beta is a node",
                "ping-member: 10.0.0.2 is an address of node beta",
                "ping-member: 10.0.1.2 is the peer of ucast eth0",
                "ping-member: www is the service address of group 10.0.0.5/24",
            ],
        )
        self.assertEqual(
            self.check("ping_group ALPHA 10.0.0.254"), ["ping-member: ALPHA is the name of a node"]
        )

    def test_strangers(self) -> None:
        """Addresses in no known network are named, with the networks."""
        self.assertEqual(
            self.check("ping_group g 192.168.1.1 10.0.0.254\nping 192.168.1.1\nping6 fe80::1"),
            [
                "ping-outside: 192.168.1.1 is in no network known here (10.0.0.0/24)",
                "ping-outside: 192.168.1.1 is in no network known here (10.0.0.0/24)",
            ],
        )

    def test_no_network_known(self) -> None:
        """Where no network is known nothing is out of reach."""
        self.assertEqual(self.check("ping 192.168.1.1", "alpha httpd\n"), [])

    def test_impossible_hosts(self) -> None:
        """What cannot be a host is named."""
        self.assertEqual(
            self.check("ping_group g 10.0.0.1,10.0.0.2"), ["ping-host: 10.0.0.1,10.0.0.2 cannot be a host"]
        )

    def test_hosts(self) -> None:
        """The hosts of a ping node, and of a group."""
        cf = read_hacf("ping a\nping_group g b c", "f", Findings(), node_name("a")).cf
        self.assertEqual([ping_hosts(spec) for spec in cf.media], [("a",), ("b", "c")])

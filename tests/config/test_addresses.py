# -*- test-case-name: tests.config.test_addresses -*-
"""
Addresses that move, and addresses of hosts.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.addresses import (
    check_addresses,
    check_interfaces,
    check_peers,
    service_interface,
    written_owners,
)
from hatwist.config.findings import Findings
from hatwist.config.hacf import read_hacf
from hatwist.config.haresources import parse_haresources
from hatwist.config.model import HaCf, ResourceGroup, node_name


def groups(resources: str) -> tuple[ResourceGroup, ...]:
    """Return the groups of a text."""
    return parse_haresources(f"alpha {resources}\n", "f", Findings())


def read(text: str) -> HaCf:
    """Return what ha.cf says, as node alpha reads it."""
    return read_hacf(text, "ha.cf", Findings(), node_name("alpha")).cf


def found(findings: Findings) -> list[str]:
    """Return gravity, column, text and remedy of each finding."""
    return [f"{one.gravity.value} {one.where.column}: {one.text} ({one.remedy})" for one in findings.problems]


class InterfaceTests(SynchronousTestCase):
    """The interface of a service address exists."""

    def check(self, resources: str, *interfaces: str) -> list[str]:
        """Return what is said of the interfaces of a text."""
        findings = Findings()
        check_interfaces(groups(resources), frozenset(interfaces), findings)
        return found(findings)

    def test_forms(self) -> None:
        """The interface stands third, also as an alias; a broadcast address may stand in its place."""
        for text, expected in (
            ("10.0.0.5", ""),
            ("10.0.0.5/24", ""),
            ("10.0.0.5/24/eth0", "eth0"),
            ("IPaddr2::10.0.0.5/24/eth0:1/10.0.0.255", "eth0"),
            ("10.0.0.5/24/10.0.0.255", ""),
            ("IPv6addr::[2001:db8::5]/64/eth1/", "eth1"),
            ("IPaddr::nonsense/24/eth0", ""),
            ("httpd::10.0.0.5/24/eth0", ""),
        ):
            self.assertEqual(service_interface(groups(text)[0].resources[0]), expected, text)

    def test_missing(self) -> None:
        """One that does not exist is an error with near names, or with all there are."""
        self.assertEqual(
            self.check("10.77.0.61/24/eth9 10.77.0.62/24/eth0", "eth0", "lo"),
            ["error 7: [10.77.0.61/24/eth9]: interface [eth9] does not exist (did you mean eth0?)"],
        )
        self.assertEqual(
            self.check("10.0.0.5/24/wan", "eth0", "lo"),
            ["error 7: [10.0.0.5/24/wan]: interface [wan] does not exist (this host has eth0 and lo)"],
        )
        self.assertEqual(
            self.check("10.0.0.5/24/wan"), ["error 7: [10.0.0.5/24/wan]: interface [wan] does not exist ()"]
        )

    def test_nobody_has_looked(self) -> None:
        """Where the interfaces are not known, nothing is said of them."""
        findings = Findings()
        check_interfaces(groups("10.0.0.5/24/eth9"), None, findings)
        self.assertEqual(found(findings), [])


class OwnAddressTests(SynchronousTestCase):
    """A service address is no host's own."""

    def test_address_of_a_node(self) -> None:
        """The address that /etc/hosts has for a node is a warning, said once."""
        owners = written_owners(read("node alpha beta\n"), {"beta": ("10.0.0.2",), "other": ("10.0.0.5",)})
        findings = Findings()
        for _ in range(2):
            check_addresses(groups("10.0.0.2/24 10.0.0.5/24 httpd"), owners, findings)
        (said,) = found(findings)
        self.assertIn("warning 7: [10.0.0.2/24] is the address of node beta in /etc/hosts", said)


class PeerTests(SynchronousTestCase):
    """One ucast line at least names the other node."""

    def check(self, text: str) -> list[str]:
        """Return what is said of the ucast lines of a text."""
        findings = Findings()
        for _ in range(2):
            check_peers(read(text), node_name("alpha"), {"10.0.0.1", "10.0.1.1", "fe80::1"}, findings)
        return [f"{one.where.line}: {one.text}" for one in findings.problems]

    def test_only_own(self) -> None:
        """Only own addresses, or the own name, is a warning at the first of them, said once."""
        self.assertEqual(
            self.check("bcast eth0\nucast eth0 10.0.0.1\nucast eth1 Alpha\n"),
            ["2: no ucast line names a peer, but only this host: 10.0.0.1 and Alpha"],
        )

    def test_only_own_over_ipv6(self) -> None:
        """However an address is written."""
        self.assertEqual(
            self.check("ucast6 eth0 FE80:0::1\n"),
            ["1: no ucast line names a peer, but only this host: FE80:0::1"],
        )

    def test_a_peer(self) -> None:
        """With one line for the peer the own ones do no harm; without any there is nothing to say."""
        self.assertEqual(self.check("ucast eth0 10.0.0.1\nucast eth0 10.0.0.2\n"), [])
        self.assertEqual(self.check("ucast eth0 10.0.0.1\nucast6 eth0 fe80::2\n"), [])
        self.assertEqual(self.check("bcast eth0\n"), [])

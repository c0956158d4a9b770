# -*- test-case-name: tests.config.test_haresources -*-
"""
haresources to resource groups.
"""

from __future__ import annotations

from ipaddress import ip_interface

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.findings import Findings
from hatwist.config.haresources import parse_haresources, service_address, split
from hatwist.config.model import Position, Resource, ResourceGroup, node_name


class GroupTests(SynchronousTestCase):
    """One logical line, one group."""

    def read(self, text: str) -> tuple[ResourceGroup, ...]:
        """Read a text; what is found is kept."""
        self.findings = Findings()
        return parse_haresources(text, "f", self.findings)

    def found(self) -> list[str]:
        """Return code and place of each problem."""
        return [f"{one.code} {one.where.line}:{one.where.column}" for one in self.findings.problems]

    def test_group(self) -> None:
        """The node is folded; resources keep their order, text and place."""
        (group,) = self.read("Node1 IPaddr::10.0.0.5/24/eth0/  Filesystem::/dev/sdb5::/web::ext3 httpd\n")
        self.assertEqual(group.node, node_name("node1"))
        self.assertEqual(group.where, Position("f", 1, 1))
        self.assertEqual(
            group.resources,
            (
                Resource("IPaddr::10.0.0.5/24/eth0/", "IPaddr", ("10.0.0.5/24/eth0/",)),
                Resource("Filesystem::/dev/sdb5::/web::ext3", "Filesystem", ("/dev/sdb5", "/web", "ext3")),
                Resource("httpd", "httpd"),
            ),
        )
        self.assertEqual([one.where.column for one in group.resources], [7, 34, 68])
        self.assertEqual(self.found(), [])

    def test_shorthand(self) -> None:
        """What looks like an address is IPaddr; the key stays as written."""
        (group,) = self.read("a 10.0.0.5/24/eth0 1.2.3\n")
        self.assertEqual(group.key, "10.0.0.5/24/eth0")
        self.assertEqual(group.resources[0].script, "IPaddr")
        self.assertEqual(group.resources[0].arguments, ("10.0.0.5/24/eth0",))
        self.assertEqual(group.resources[1].script, "1.2.3")

    def test_brackets(self) -> None:
        """An IPv6 address stands in brackets; the script gets it without."""
        (group,) = self.read("a IPaddr2::[2001:db8::5]/64/eth0 [2001:db8::6]\n")
        self.assertEqual(group.resources[0].arguments, ("2001:db8::5/64/eth0",))
        self.assertEqual(group.resources[1].script, "IPv6addr")
        self.assertEqual(group.resources[1].arguments, ("2001:db8::6",))
        self.assertEqual(self.found(), [])

    def test_split(self) -> None:
        """Double colons separate, single ones do not; other brackets are left alone."""
        for text, expected in (
            ("a::b::c", ("a", "b", "c")),
            ("Filesystem::10.0.0.1:/web::/mnt::nfs", ("Filesystem", "10.0.0.1:/web", "/mnt", "nfs")),
            ("a::", ("a", "")),
            ("a::[x]::b", ("a", "[x]", "b")),
            ("a::[::1]::b::[::2]", ("a", "::1", "b", "::2")),
            ("a::[::1", ("a", "[", "1")),
            ("a]::[b::c", ("a]", "[b", "c")),
            ("[a", ("[a",)),
        ):
            self.assertEqual(split(text), expected, text)

    def test_bare_ipv6_address(self) -> None:
        """What cannot be a script and is an IPv6 address gets its brackets shown."""
        findings = Findings()
        parse_haresources("a ::1 2001:db8:0:0:0:0:0:5/64/eth0 /x\n", "f", findings)
        self.assertEqual(
            [one.remedy for one in findings.problems],
            [
                "write IPv6addr::[::1]",
                "write IPv6addr::[2001:db8:0:0:0:0:0:5]/64/eth0",
                "write SCRIPT or SCRIPT::ARGUMENT::ARGUMENT",
            ],
        )

    def test_service_address(self) -> None:
        """The address of a resource, with its network if the prefix is written."""
        for arguments, expected in (
            (("10.0.0.5/24/eth0",), ip_interface("10.0.0.5/24")),
            (("10.0.0.5/24/eth0/10.0.0.255",), ip_interface("10.0.0.5/24")),
            (("10.0.0.5",), ip_interface("10.0.0.5/32")),
            (("10.0.0.5/eth0",), ip_interface("10.0.0.5/32")),
            (("2001:db8::5/64",), ip_interface("2001:db8::5/64")),
            (("name/24",), None),
            (("10.0.0.5/99",), None),
            ((), None),
        ):
            self.assertEqual(service_address(Resource("x", "IPaddr2", arguments)), expected)
        self.assertIsNone(service_address(Resource("x", "httpd", ("10.0.0.5",))))

    def test_bad_resources(self) -> None:
        """What names no script, and empty arguments."""
        self.read("a ::x /bin/sh x::::y\nb\n")
        self.assertEqual(
            self.found(), ["bad-resource 1:3", "bad-resource 1:7", "empty-argument 1:15", "empty-group 2:1"]
        )

    def test_bad_addresses(self) -> None:
        """A malformed address is an error, what may be a name a warning, and bare IPv6 gets its brackets."""
        self.read("a IPaddr IPaddr::10.0.0.300 IPaddr::vip IPv6addr::2001:db8::5/64/eth0 IPv6addr::2001:x\n")
        self.assertEqual(
            [f"{one.gravity.value} {one.code}" for one in self.findings.problems],
            [
                "error bad-address",
                "error bad-address",
                "warning bad-address",
                "error unbracketed-address",
                "error bad-address",
            ],
        )
        self.assertEqual(self.findings.problems[3].remedy, "write IPv6addr::[2001:db8::5]/64/eth0")

    def test_duplicates(self) -> None:
        """A key twice and an address in two groups are errors; the rest is a warning."""
        self.read("a 10.0.0.1 x\nb 10.0.0.1 y\na 10.0.0.2 x x\nb IPaddr2::10.0.0.2 z\n")
        self.assertEqual(
            self.found(),
            [
                "duplicate-group 2:3",
                "duplicate-resource 3:14",
                "duplicate-resource 3:12",
                "duplicate-address 4:3",
            ],
        )

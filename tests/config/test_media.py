# -*- test-case-name: tests.config.test_media -*-
"""
The directives that name media.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.draft import Refused
from hatwist.config.lexer import Line
from hatwist.config.media import PARSERS, Preceding
from hatwist.config.model import LinkName, MediumSpec, Position

WHERE = Position("f", 1, 1)


def parse(kind: str, text: str) -> MediumSpec:
    """Parse the words after a directive, with port 694 and 19200 baud set before it."""
    return PARSERS[kind](Line("f", 1, text).words(), Preceding(WHERE, 694, 19200))


class MediaTests(SynchronousTestCase):
    """Words in, a specification out."""

    def refused(self, kind: str, text: str) -> str:
        """Return place and text of what is said of bad words."""
        refused = self.assertRaises(Refused, parse, kind, text)
        return f"{refused.where.column}: {refused.text}"

    def test_datagram_media(self) -> None:
        """bcast and ucast use the port set before them, mcast its own; the link is the interface."""
        place = Position("f", 1, 1)
        eth0 = LinkName("eth0")
        for kind, text, expected in (
            ("bcast", "eth0", MediumSpec("bcast", eth0, place, "eth0", port=694)),
            ("ucast", "eth0 10.0.0.2", MediumSpec("ucast", eth0, place, "eth0", "10.0.0.2", 694)),
            ("ucast6", "eth0 fe80::2", MediumSpec("ucast6", eth0, place, "eth0", "fe80::2", 694)),
            (
                "mcast",
                "eth0 225.0.0.1 695 1 0",
                MediumSpec("mcast", eth0, place, "eth0", "225.0.0.1", 695, 1, False),
            ),
            (
                "mcast6",
                "eth0 ff12::1 695 4 1",
                MediumSpec("mcast6", eth0, place, "eth0", "ff12::1", 695, 4, True),
            ),
        ):
            self.assertEqual(parse(kind, text), expected)

    def test_serial(self) -> None:
        """A serial line is called by its device and has the speed set before it."""
        expected = MediumSpec("serial", LinkName("/dev/ttyS0"), WHERE, baud=19200)
        self.assertEqual(parse("serial", "/dev/ttyS0"), expected)

    def test_ping_media(self) -> None:
        """A ping node is called by its host as written, a group by its name."""
        self.assertEqual(parse("ping", "GW"), MediumSpec("ping", LinkName("GW"), WHERE, address="GW"))
        self.assertEqual(parse("ping6", "fe80::1").address, "fe80::1")
        group = MediumSpec("ping_group", LinkName("g"), WHERE, members=("10.0.0.1", "gw"))
        self.assertEqual(parse("ping_group", "g 10.0.0.1 gw"), group)

    def test_multicast_says_what_is_missing(self) -> None:
        """All five words of mcast are mandatory; the first missing one is named at the last that is there."""
        self.assertEqual(self.refused("mcast", ""), "1: mcast statement without device")
        self.assertEqual(self.refused("mcast", "eth0"), "1: mcast [eth0] missing mcast address")
        self.assertEqual(self.refused("mcast", "eth0 225.0.0.1"), "6: mcast [eth0] missing port")
        self.assertEqual(self.refused("mcast", "eth0 225.0.0.1 694"), "16: mcast [eth0] missing ttl")
        self.assertEqual(self.refused("mcast", "eth0 225.0.0.1 694 1"), "20: mcast [eth0] missing loop")
        self.assertEqual(self.refused("mcast6", "eth0 ff12::1 694"), "14: mcast6 [eth0] missing hops")

    def test_multicast_says_what_is_wrong(self) -> None:
        """The wrong word of mcast is named at its place."""
        self.assertEqual(
            self.refused("mcast", "eth/0 225.0.0.1 694 1 0"),
            "1: mcast device [eth/0] is invalid or not set up properly",
        )
        for text, expected in (
            ("eth0 10.0.0.1 694 1 0", "6: mcast [eth0] bad addr [10.0.0.1]"),
            ("eth0 ff12::1 694 1 0", "6: mcast [eth0] bad addr [ff12::1]"),
            ("eth0 225.0.0.1 0 1 0", "16: mcast [eth0] bad port [0]"),
            ("eth0 225.0.0.1 65536 1 0", "16: mcast [eth0] bad port [65536]"),
            ("eth0 225.0.0.1 694 5 0", "20: mcast [eth0] bad ttl [5]"),
            ("eth0 225.0.0.1 694 1 2", "22: mcast [eth0] bad loop [2]"),
        ):
            self.assertEqual(self.refused("mcast", text), expected)
        self.assertEqual(
            self.refused("mcast6", "eth0 225.0.0.1 694 1 0"), "6: mcast6 [eth0] bad addr [225.0.0.1]"
        )

    def test_unicast(self) -> None:
        """ucast wants an interface and a peer."""
        self.assertEqual(self.refused("ucast", ""), "1: ucast statement without device")
        self.assertEqual(self.refused("ucast", "eth/0 10.0.0.1"), "1: ucast: bad device [eth/0]")
        self.assertEqual(self.refused("ucast", "eth0"), "1: ucast: [eth0] missing target IP address/hostname")

    def test_the_wrong_unicast(self) -> None:
        """An address of the other version of IP is refused, and the right directive is named."""
        refused = self.assertRaises(Refused, parse, "ucast", "eth0 fe80::2")
        self.assertEqual(refused.text, "ucast: cannot resolve hostname [fe80::2]")
        self.assertEqual(refused.remedy, "write ucast6 eth0 fe80::2")

    def test_unicast_over_ipv6(self) -> None:
        """ucast6 wants an interface and an address in figures; its scope is that of the interface."""
        self.assertEqual(self.refused("ucast6", ""), "1: ucast6 statement without device")
        text = "1: ucast6 device [eth/0] is invalid or not set up properly"
        self.assertEqual(self.refused("ucast6", "eth/0 fe80::1"), text)
        self.assertEqual(self.refused("ucast6", "eth0"), "1: ucast6 [eth0] missing ucast6 address")
        for address in ("|", "beta", "10.0.0.1", "ff12::1", "::1", "::", "fe80::2%eth1", "::ffff:10.0.0.1"):
            self.assertEqual(
                self.refused("ucast6", f"eth0 {address}"), f"6: ucast6 [eth0] bad addr [{address}]"
            )
        self.assertEqual(parse("ucast6", "eth0 fe80::2%eth0").address, "fe80::2")
        self.assertEqual(parse("ucast6", "eth0 2001:db8::2").address, "2001:db8::2")

    def test_groups_of_ipv6(self) -> None:
        """Of scopes and flags heartbeat takes only some."""
        for scope in range(16):
            for flags in range(16):
                group = f"ff{flags:x}{scope:x}::75:1"
                if scope in (2, 4, 5, 8) and flags < 2:
                    self.assertEqual(parse("mcast6", f"eth0 {group} 694 1 0").address, group)
                else:
                    text = f"6: mcast6 [eth0] bad addr [{group}]"
                    self.assertEqual(self.refused("mcast6", f"eth0 {group} 694 1 0"), text)

    def test_what_is_wrong_with_multicast_over_ipv6(self) -> None:
        """Each word of mcast6 is looked at."""
        for text, expected in (
            ("eth0 fe80::1 694 1 0", "6: mcast6 [eth0] bad addr [fe80::1]"),
            ("eth0 ff12::1%eth0 694 1 0", "6: mcast6 [eth0] bad addr [ff12::1%eth0]"),
            ("eth0 ff12::1 0 1 0", "14: mcast6 [eth0] bad port [0]"),
            ("eth0 ff12::1 70000 1 0", "14: mcast6 [eth0] bad port [70000]"),
            ("eth0 ff12::1 694 5 0", "18: mcast6 [eth0] bad hops [5]"),
            ("eth0 ff12::1 694 1 2", "20: mcast6 [eth0] bad loop [2]"),
        ):
            self.assertEqual(self.refused("mcast6", text), expected)

    def test_others(self) -> None:
        """A broadcast interface, a device and a ping host that cannot be."""
        self.assertEqual(self.refused("bcast", "a/b"), "1: IP interface [a/b] does not exist")
        self.assertEqual(
            self.refused("serial", "ttyS0"), "1: Serial port not full pathname [ttyS0] in config file"
        )
        self.assertEqual(self.refused("ping", "1.2.3.400"), "1: ping: bad host [1.2.3.400]")
        self.assertEqual(self.refused("ping", "fe80::1"), "1: ping: bad host [fe80::1]")
        self.assertEqual(self.refused("ping6", "10.0.0.1"), "1: ping6: bad host [10.0.0.1]")

    def test_ping_group_wants_hosts(self) -> None:
        """A ping group has a name that fits, and hosts."""
        self.assertEqual(self.refused("ping_group", ""), "1: ping_group without hosts")
        self.assertEqual(self.refused("ping_group", "g"), "1: ping_group without hosts")
        self.assertIn("the name is too long", self.refused("ping_group", "g" * 101 + " 10.0.0.1"))

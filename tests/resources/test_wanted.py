# -*- test-case-name: tests.resources.test_wanted -*-
"""
The forms of an address in haresources.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from twisted.trial.unittest import SynchronousTestCase

from hatwist.errors import AgentError
from hatwist.resources.wanted import Wanted, read_wanted
from tests.resources.fakes import resource

IP = IPv4Address("172.16.0.210")
LAST = IPv4Address("172.16.0.255")
SIX = IPv6Address("2001:db8::5")


class FormsTests(SynchronousTestCase):
    """L{read_wanted}."""

    def test_ipv4(self) -> None:
        """All forms of the original, with a slash at the end or without."""
        forms = {
            "172.16.0.210": Wanted(IP),
            "172.16.0.210/24": Wanted(IP, 24),
            "172.16.0.210/255.255.255.0": Wanted(IP, 24),
            "172.16.0.210/24/eth0": Wanted(IP, 24, "eth0"),
            "172.16.0.210/24/eth0/": Wanted(IP, 24, "eth0"),
            "172.16.0.210/24/eth0/172.16.0.255": Wanted(IP, 24, "eth0", broadcast=LAST),
            "172.16.0.210/24/eth0/172.16.0.255/": Wanted(IP, 24, "eth0", broadcast=LAST),
            "172.16.0.210/24/172.16.0.255": Wanted(IP, 24, broadcast=LAST),
            "172.16.0.210/24/eth0:0": Wanted(IP, 24, "eth0", "eth0:0"),
            "172.16.0.210//eth0": Wanted(IP, None, "eth0"),
        }
        for text, wanted in forms.items():
            self.assertEqual(read_wanted((text,)), wanted, text)

    def test_ipv6(self) -> None:
        """IPv6 addresses may be written out or, though haresources splits them, with a double colon."""
        for text in ("2001:db8:0:0:0:0:0:5/64/eth0", "2001:db8::5/64/eth0"):
            arguments = resource(f"IPv6addr::{text}").arguments
            self.assertEqual(read_wanted(arguments), Wanted(SIX, 64, "eth0"), text)

    def test_mistakes(self) -> None:
        """What cannot be meant is refused, with the text."""
        for text, problem in {
            "": "not an IP address: nothing",
            "example.com/24": "not an IP address: example.com/24",
            "172.16.0.300": "not an IP address: 172.16.0.300",
            "172.16.0.210/33": "not a netmask: '33' in 172.16.0.210/33",
            "172.16.0.210/0": "not a netmask: '0' in 172.16.0.210/0",
            "172.16.0.210/255.0.255.0": "not a netmask: '255.0.255.0' in 172.16.0.210/255.0.255.0",
            "172.16.0.210/24/1.2.3": "not a broadcast address: '1.2.3' in 172.16.0.210/24/1.2.3",
            "2001:db8:0:0:0:0:0:5/64/eth0/1.2.3.4": (
                "not a broadcast address: '1.2.3.4' in 2001:db8:0:0:0:0:0:5/64/eth0/1.2.3.4"
            ),
            "172.16.0.210/24/eth0/172.16.0.255/x": (
                "more than ip/bits/interface/broadcast: 172.16.0.210/24/eth0/172.16.0.255/x"
            ),
        }.items():
            self.assertEqual(str(self.assertRaises(AgentError, read_wanted, (text,))), problem)

    def test_broadcast(self) -> None:
        """The broadcast address is the one given, or the last of the subnet if it has room for one."""
        self.assertEqual(Wanted(IP).broadcast_at(24), LAST)
        self.assertEqual(
            Wanted(IP, broadcast=IPv4Address("10.0.0.9")).broadcast_at(24), IPv4Address("10.0.0.9")
        )
        self.assertIsNone(Wanted(IP).broadcast_at(31))
        self.assertIsNone(Wanted(IP).broadcast_at(32))
        self.assertIsNone(Wanted(SIX).broadcast_at(64))

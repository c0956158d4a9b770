"""
What every L{Network} does, the kernel's and the one in memory.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from attrs import evolve

from hatwist.resources.network import Held, Network, NoLinkError, Route

if TYPE_CHECKING:
    from twisted.trial.unittest import SynchronousTestCase

    _Case = SynchronousTestCase
else:
    _Case = object

HOME = "172.16.0.208"
IP = IPv4Address("172.16.0.210")
OTHER = IPv4Address("172.16.0.211")
LAST = IPv4Address("172.16.0.255")
SIX = IPv6Address("2001:db8::5")
OUTSIDE = IPv4Address("198.51.100.7")


class NetworkConformance(_Case):
    """
    The suite.

    The host has C{eth0}, an Ethernet interface with MAC C{02:00:ac:10:00:01}
    and C{172.16.0.208/24}, and a default route over it.
    """

    network: Network

    def setUp(self) -> None:
        self.network = self.make_network()
        self.eth0 = self.network.link("eth0").index

    def make_network(self) -> Network:
        """Return the host's network."""
        raise NotImplementedError

    def address(self, ip: IPv4Address = IP, prefix: int = 24, label: str = "eth0") -> Held:
        """Return an address for eth0."""
        return Held(ip, prefix, self.eth0, label, LAST)

    def on_eth0(self) -> set[str]:
        """Return the IPv4 addresses of eth0."""
        held = self.network.held()
        return {str(one.ip) for one in held if one.index == self.eth0 and one.ip.version == 4}

    def test_links(self) -> None:
        """An interface is found by name and by index; it tells its MAC, and whether it has neighbours."""
        eth0 = self.network.link("eth0")
        self.assertEqual(self.network.link(eth0.index), eth0)
        self.assertEqual((eth0.name, eth0.hardware.hex(), eth0.announces), ("eth0", "0200ac100001", True))
        self.assertFalse(self.network.link("lo").announces)

    def test_no_such_link(self) -> None:
        """An interface that is not there is named."""
        problem = self.assertRaises(NoLinkError, self.network.link, "eth9")
        self.assertEqual(str(problem), "there is no interface eth9")

    def test_add_and_remove(self) -> None:
        """An address is there once it was added, as it was asked for, until it is removed."""
        address = self.address(label="eth0:0")
        self.network.add(address)
        self.assertIn(evolve(address, secondary=True), self.network.held())
        self.network.remove(address)
        self.assertEqual(self.on_eth0(), {HOME})

    def test_where_an_address_is(self) -> None:
        """An address is found where it is, and only there."""
        self.assertEqual(self.network.at(IP), ())
        self.network.add(self.address())
        self.assertEqual([(one.ip, one.index) for one in self.network.at(IP)], [(IP, self.eth0)])
        self.network.remove(self.address())
        self.assertEqual(self.network.at(IP), ())

    def test_twice_is_no_error(self) -> None:
        """To add what is there, and to remove what is gone, is done already."""
        for _ in range(2):
            self.network.add(self.address())
            self.assertEqual(self.on_eth0(), {HOME, str(IP)})
        for _ in range(2):
            self.network.remove(self.address())
            self.assertEqual(self.on_eth0(), {HOME})

    def test_a_single_address(self) -> None:
        """An address may stand alone in its subnet, without a broadcast address."""
        alone = Held(OUTSIDE, 32, self.eth0, "eth0")
        self.network.add(alone)
        self.assertIn(alone, self.network.held())

    def test_ipv6(self) -> None:
        """An IPv6 address has neither label nor broadcast address."""
        address = Held(SIX, 64, self.eth0)
        self.network.add(address)
        self.assertIn(address, self.network.held())
        self.network.remove(address)
        self.assertNotIn(address, self.network.held())

    def lifetimes(self) -> dict[str, int | None]:
        """Return how long the addresses of eth0 will be there."""
        return {str(one.ip): one.lifetime for one in self.network.held() if one.index == self.eth0}

    def test_lifetimes(self) -> None:
        """An address is there for ever, or for some seconds; they can be changed, and nothing else is."""
        six = Held(SIX, 64, self.eth0)
        self.network.add(self.address(label="eth0:0"), 90)
        self.network.add(six, 80)
        before = self.network.held()
        told = self.lifetimes()
        self.assertEqual((told[HOME], told[str(IP)], told[str(SIX)]), (None, 90, 80))
        for lifetime in (70, None, 60):
            for one in before:
                if one.ip in (IP, SIX):
                    self.network.renew(one, lifetime)
            told = self.lifetimes()
            self.assertEqual((told[HOME], told[str(IP)], told[str(SIX)]), (None, lifetime, lifetime))
            self.assertEqual(self.network.held(), before)

    def test_neighbours_in_the_subnet_stay(self) -> None:
        """To remove the first address of a subnet leaves the others where they are."""
        self.network.add(self.address())
        self.network.add(self.address(OTHER))
        home = next(one for one in self.network.held() if str(one.ip) == HOME)
        self.network.remove(home)
        self.assertEqual(self.on_eth0(), {str(IP), str(OTHER)})

    def test_routes(self) -> None:
        """The route to an address is the closest; a default route has prefix 0."""
        self.assertEqual(self.network.route(IP), Route(self.eth0, 24))
        self.assertEqual(self.network.route(IP, self.eth0), Route(self.eth0, 24))
        self.assertEqual(self.network.route(OUTSIDE), Route(self.eth0, 0))
        self.assertIsNone(self.network.route(SIX))

    def test_bring_up(self) -> None:
        """An interface that is up may be brought up."""
        self.network.bring_up(self.network.link("eth0"))

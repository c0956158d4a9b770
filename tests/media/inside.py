"""
The IPv4 media in real name spaces; run by the tests of each, through L{run_inside}.
"""

from __future__ import annotations

import os

from twisted.trial.unittest import SynchronousTestCase

from hatwist.errors import MediumError
from hatwist.media.bcast import BCAST
from hatwist.media.mcast import MCAST
from hatwist.media.sockets import broadcast_address
from hatwist.media.ucast import UCAST
from tests.media.cable import ALPHA, BETA
from tests.media.udpcable import UdpCable, UdpConformance, spec
from tests.namespaces import ip

GROUP = "225.0.0.75"
SOURCE = f"{ALPHA}:"


class AddressTests(UdpConformance):
    """What only IPv4 has: an interface is of no use without an address."""

    def test_a_lost_address_is_reported_and_heals(self) -> None:
        """An interface that loses its address is linkDown, though the kernel takes every datagram."""
        ip("address flush dev cable0")
        self.rest()
        self.trouble()
        self.assertIn("address", self.cable.alpha.ear.reports[0][1])
        ip(f"address add {ALPHA}/24 broadcast + dev cable0")
        self.recovery()


class BcastInside(AddressTests, SynchronousTestCase):
    """C{bcast cable0}."""

    def make_udp_cable(self) -> UdpCable:
        return UdpCable(BCAST, spec("bcast"), spec("bcast"), echo=True, source=SOURCE)

    def test_opening_and_closing_are_said(self) -> None:
        """Starting and stopping are logged in the historical words."""
        self.cable.alpha.medium.stop()
        self.assertEqual(
            [self.cable.lines[0], self.cable.lines[-1]],
            [
                "info: glib: UDP Broadcast heartbeat started on port 16940 (16940) interface cable0",
                "info: glib: UDP Broadcast heartbeat closed on port 16940 interface cable0 - Status: 0",
            ],
        )

    def test_broadcast_address_is_the_interface_s(self) -> None:
        """The destination is the broadcast address of the interface."""
        self.assertEqual(broadcast_address("bcast cable0", "cable0"), "192.0.2.255")

    @staticmethod
    def tunnels() -> list[str]:
        """Return the names of tunnels to make; a container may have no device for them."""
        return ["tunnel0"] if os.access("/dev/net/tun", os.R_OK | os.W_OK) else []

    def test_interfaces_that_cannot_broadcast(self) -> None:
        """A tunnel, or an interface whose address has no broadcast address, is refused, and says so."""
        for name in self.tunnels():
            ip(f"tuntap add dev {name} mode tun")
            ip(f"address add 198.51.100.1/24 dev {name}")
        ip("link add silent0 type veth peer name silent1")
        ip("address add 203.0.113.1/24 dev silent0")
        ip("link add bare0 type veth peer name bare1")
        ip("link add deaf0 arp off type veth peer name deaf1")
        ip("address add 192.0.2.129/25 broadcast + dev deaf0")
        for name, why in (
            *((name, f"interface {name} has no broadcast address") for name in self.tunnels()),
            ("silent0", "interface silent0 has no broadcast address"),
            ("deaf0", "interface deaf0 has ARP switched off, and cannot broadcast"),
            ("bare0", "interface bare0: it has no IPv4 address: Cannot assign requested address"),
        ):
            self.addCleanup(ip, f"link delete {name}")
            end = self.cable.end(spec("bcast", interface=name))
            problem = self.assertRaises(MediumError, end.start)
            self.assertEqual(str(problem), f"bcast {name}: {why}")

    def test_an_interface_whose_arp_is_off_for_a_while(self) -> None:
        """Without ARP a broadcast goes to the interface's own hardware address, and that is said."""
        ip("link set cable0 arp off")
        self.rest()
        self.trouble()
        ip("link set cable0 arp on")
        self.recovery()

    def test_another_broadcast_address(self) -> None:
        """When both interfaces get addresses of another net the medium follows."""
        ip("address flush dev cable0")
        ip("address add 198.51.100.1/25 broadcast + dev cable0")
        with self.cable.wire.at_beta():
            ip("address flush dev cable0")
            ip("address add 198.51.100.2/25 broadcast + dev cable0")
        self.rest()
        self.cable.beta.send(b"to alpha")
        self.cable.alpha.send(b"to beta")
        self.until(lambda: b"to beta" in self.cable.beta.ear.heard)
        self.until(lambda: b"to alpha" in self.cable.alpha.ear.heard)
        now = "info: bcast cable0: it sends to 198.51.100.127:16940 now"
        self.assertEqual(self.cable.lines.count(now), 2)
        self.assertEqual(self.kinds(), [])


class McastInside(AddressTests, SynchronousTestCase):
    """C{mcast cable0 225.0.0.75 16940 1 0}."""

    def make_udp_cable(self) -> UdpCable:
        return UdpCable(MCAST, spec("mcast", GROUP), spec("mcast", GROUP), echo=False, source=SOURCE)

    def test_opening_is_said(self) -> None:
        """Starting is logged in the historical words."""
        line = "info: glib: UDP multicast heartbeat started for group 225.0.0.75 port 16940"
        self.assertEqual(self.cable.lines[0], f"{line} interface cable0 (ttl=1 loop=0)")

    def test_one_group_on_two_interfaces_is_two_links(self) -> None:
        """What arrives on one interface does not keep the link over another up."""
        ip("link add other0 type veth peer name other1")
        self.addCleanup(ip, "link delete other0")
        ip("address add 198.51.100.1/24 dev other0")
        ip("link set other1 up")
        ip("link set other0 up")
        self.beside(spec("mcast", GROUP, "other0"))


class McastLoopInside(AddressTests, SynchronousTestCase):
    """C{mcast cable0 225.0.0.75 16940 1 1}: the sender hears itself."""

    def make_udp_cable(self) -> UdpCable:
        looped = spec("mcast", GROUP, loop=True)
        return UdpCable(MCAST, looped, looped, echo=True, source=SOURCE)


class UcastInside(AddressTests, SynchronousTestCase):
    """C{ucast cable0 PEER}."""

    def make_udp_cable(self) -> UdpCable:
        return UdpCable(UCAST, spec("ucast", BETA), spec("ucast", ALPHA), echo=False, source=SOURCE)

    def test_opening_is_said(self) -> None:
        """Starting is logged in the historical words."""
        self.assertEqual(
            self.cable.lines[:7],
            [
                "info: glib: ucast: write socket priority set to IPTOS_LOWDELAY on cable0",
                "info: glib: ucast: bound send socket to device: cable0",
                "info: glib: ucast: set SO_REUSEPORT(w)",
                "info: glib: ucast: set SO_REUSEADDR",
                "info: glib: ucast: bound receive socket to device: cable0",
                "info: glib: ucast: set SO_REUSEPORT",
                "info: glib: ucast: started on port 16940 interface cable0 to 192.0.2.2",
            ],
        )

    def test_several_peers_share_an_interface(self) -> None:
        """With two ucast lines on one interface each datagram is heard by one of them."""
        self.share(spec("ucast", ALPHA))

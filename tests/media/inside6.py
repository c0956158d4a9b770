"""
The IPv6 media in real name spaces; run by the tests of each, through L{run_inside}.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.media.mcast6 import MCAST6
from hatwist.media.ucast6 import UCAST6
from tests.media.cable import ALPHA6, BETA6, setting
from tests.media.udpcable import UdpCable, UdpConformance, spec
from tests.namespaces import ip

GROUP6 = "ff12::75:1"
OTHER6 = "ff12::75:2"
SOURCE = f"[{ALPHA6}]:"


class Udp6Conformance(UdpConformance):
    """The suite, and what only IPv6 has."""

    def test_a_lost_address_is_reported_and_heals(self) -> None:
        """Without a link-local address nothing can be sent, and that is linkDown."""
        ip("address flush dev cable0")
        self.trouble()
        ip(f"address add {ALPHA6}/64 dev cable0 nodad")
        self.recovery()

    def test_ipv6_that_was_off_for_a_while(self) -> None:
        """An interface whose IPv6 was switched off and on again is heard again, too."""
        setting("disable_ipv6", 1)
        self.trouble()
        setting("disable_ipv6", 0)
        self.cable.wire.wait()
        self.recovery()

    def test_an_mtu_too_small_for_a_while(self) -> None:
        """Below 1280 bytes the kernel takes IPv6 off an interface, and forgets its groups."""
        ip("link set cable0 mtu 1000")
        self.trouble()
        ip("link set cable0 mtu 1500")
        self.cable.wire.wait()
        self.recovery()

    def test_an_mtu_too_small_between_two_datagrams(self) -> None:
        """What was forgotten is noticed, even if everything that is sent goes out."""
        self.cable.alpha.send(b"before")
        ip("link set cable0 mtu 1000")
        ip("link set cable0 mtu 1500")
        self.cable.wire.wait()
        self.rest()
        self.cable.alpha.send(b"after")
        self.cable.beta.send(b"to alpha")
        self.until(lambda: b"to alpha" in self.cable.alpha.ear.heard)
        self.assertEqual(self.kinds(), [])


class Mcast6Inside(Udp6Conformance, SynchronousTestCase):
    """C{mcast6 cable0 ff12::75:1 16940 1 0}."""

    def make_udp_cable(self) -> UdpCable:
        both = spec("mcast6", GROUP6)
        return UdpCable(MCAST6, both, both, echo=False, source=SOURCE)

    def test_opening_is_said(self) -> None:
        """Starting is logged in the historical words."""
        line = "info: glib: UDP multicast heartbeat started for [ff12::75:1]:16940"
        self.assertEqual(self.cable.lines[0], f"{line} on interface cable0 (hops=1 loop=0)")

    def test_refused_datagrams_are_told_in_the_words_of_ipv6(self) -> None:
        """heartbeat has no blank between interface and address there."""
        ip("link set cable0 down")
        self.cable.alpha.send(b"void")
        words = "crit: glib: mcast6_write: Unable to send HBcomm packet cable0[ff12::75:1]:16940 len=4 [-1]: "
        self.assertEqual(self.cable.lines[2][: len(words)].lower(), words.lower())

    def test_one_group_on_two_interfaces_is_two_links(self) -> None:
        """What arrives on one interface does not keep the link over another up."""
        ip("link add other0 type veth peer name other1")
        self.addCleanup(ip, "link delete other0")
        ip("link set other1 up")
        ip("link set other0 up")
        self.beside(spec("mcast6", GROUP6, "other0"))

    def test_two_groups_on_one_interface(self) -> None:
        """What is sent to one group is not heard by another one of the same port."""
        self.beside(spec("mcast6", OTHER6))


class Mcast6LoopInside(Udp6Conformance, SynchronousTestCase):
    """C{mcast6 cable0 ff14::75:1 16940 4 1}: the sender hears itself; admin scope."""

    def make_udp_cable(self) -> UdpCable:
        looped = spec("mcast6", "ff14::75:1", loop=True)
        return UdpCable(MCAST6, looped, looped, echo=True, source=SOURCE)


class Ucast6Inside(Udp6Conformance, SynchronousTestCase):
    """C{ucast6 cable0 PEER}, with link-local addresses."""

    def make_udp_cable(self) -> UdpCable:
        return UdpCable(UCAST6, spec("ucast6", BETA6), spec("ucast6", ALPHA6), echo=False, source=SOURCE)

    def test_opening_is_said(self) -> None:
        """Starting is logged in the historical words."""
        self.assertEqual(
            self.cable.lines[:4],
            [
                "info: glib: ucast6: bound send socket to device: cable0",
                "info: glib: ucast6: bound receive socket to device: cable0",
                "info: glib: ucast6: set SO_REUSEPORT",
                f"info: glib: ucast6: heartbeat started for [{BETA6}%cable0]:16940 on interface cable0",
            ],
        )

    def test_several_peers_share_an_interface(self) -> None:
        """With two ucast6 lines on one interface each datagram is heard by one of them."""
        self.share(spec("ucast6", ALPHA6))

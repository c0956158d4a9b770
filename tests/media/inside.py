"""
The UDP media in real name spaces; run by the tests of each, through L{run_inside}.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.names import Level
from hatwist.config.model import LinkName, MediumSpec, Position
from hatwist.media.bcast import BCAST
from hatwist.media.mcast import MCAST
from hatwist.media.sockets import broadcast_address
from hatwist.media.ucast import UCAST
from hatwist.media.udp import Recipe, UdpFactory
from tests.media.cable import ALPHA, BETA, Wire, ip
from tests.media.conformance import Cable, Ear, End, MediumConformance, turn

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

GROUP = "225.0.0.75"
PORT = 16940


def spec(kind: str, address: str = "", interface: str = "cable0", loop: bool = False) -> MediumSpec:
    """Make a spec as the configuration would."""
    where = Position("ha.cf", 1)
    return MediumSpec(kind, LinkName(interface), where, interface, address, PORT, loop=loop)


class UdpCable(Cable):
    """Two UDP media on a wire."""

    def __init__(self, recipe: Recipe, alpha: MediumSpec, beta: MediumSpec, echo: bool) -> None:
        self.echo = echo
        self.source = f"{ALPHA}:"
        self.lines: list[str] = []
        self.wire = Wire()
        self.reactor = MemoryReactorClock()
        self.recipe = recipe
        self.alpha = self._end(alpha)
        self.beta = self._end(beta, self.wire.at_beta)

    def _end(
        self, made: MediumSpec, around: Callable[[], AbstractContextManager[object]] | None = None
    ) -> End:
        ear = Ear()
        medium = UdpFactory(self.recipe, self._say).make(made, self.reactor, ear)
        return End(medium, ear, around) if around else End(medium, ear)

    def _say(self, level: Level, text: str) -> None:
        self.lines.append(f"{level.value}: {text}")

    def without_interface(self) -> End:
        return self._end(spec(self.recipe.name, GROUP if self.recipe is MCAST else BETA, "nowhere0"))

    def unplug(self) -> None:
        self.wire.unplug()

    def replug(self) -> None:
        self.wire.plug()

    def close(self) -> None:
        self.alpha.medium.stop()
        self.beta.medium.stop()
        self.wire.close()


class UdpConformance(MediumConformance):
    """The suite, and what only UDP has."""

    cable: UdpCable

    def make_udp_cable(self) -> UdpCable:
        """Join two ends."""
        raise NotImplementedError

    def make_cable(self) -> UdpCable:
        cable = self.make_udp_cable()
        self.addCleanup(cable.close)
        return cable

    def test_a_downed_interface_is_reported_and_heals(self) -> None:
        """An interface set down is linkDown, set up again linkUp, with the same sockets."""
        ip("link set cable0 down")
        self.cable.alpha.send(b"void")
        self.settle()
        self.assertEqual([kind for kind, _ in self.cable.alpha.ear.reports], ["down"])
        ip("link set cable0 up")
        self.cable.alpha.send(b"back")
        self.settle()
        self.assertEqual([kind for kind, _ in self.cable.alpha.ear.reports], ["down", "up"])

    def test_too_long_a_datagram_is_said_and_the_link_stays(self) -> None:
        """A datagram that UDP cannot carry is the sender's fault, not the link's."""
        self.cable.alpha.send(b"x" * 70000)
        self.settle()
        self.assertEqual(self.cable.alpha.ear.reports, [])
        self.assertIn("70000 bytes are too many", self.cable.lines[-1])

    def test_source_port_is_not_the_heartbeat_port(self) -> None:
        """Heartbeats leave from any port, as heartbeat's do."""
        self.cable.alpha.send(b"from anywhere")
        self.until(lambda: bool(self.cable.beta.ear.heard))
        self.assertNotEqual(self.cable.beta.ear.sources[0], f"{ALPHA}:{PORT}")

    def test_other_interfaces_are_not_heard(self) -> None:
        """A medium hears its own interface only."""
        ip("link set lo up")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.sendto(b"from lo", ("127.0.0.1", PORT))
        self.settle()
        self.assertEqual(self.cable.alpha.ear.heard, [])


class BcastInside(UdpConformance, SynchronousTestCase):
    """C{bcast cable0}."""

    def make_udp_cable(self) -> UdpCable:
        return UdpCable(BCAST, spec("bcast"), spec("bcast"), echo=True)

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


class McastInside(UdpConformance, SynchronousTestCase):
    """C{mcast cable0 225.0.0.75 16940 1 0}."""

    def make_udp_cable(self) -> UdpCable:
        return UdpCable(MCAST, spec("mcast", GROUP), spec("mcast", GROUP), echo=False)

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
        ear = Ear()
        other = UdpFactory(MCAST, self.cable._say).make(
            spec("mcast", GROUP, "other0"), self.cable.reactor, ear
        )
        other.start()
        self.addCleanup(other.stop)
        self.cable.beta.send(b"over cable0")
        self.until(lambda: bool(self.cable.alpha.ear.heard))
        self.settle()
        self.assertEqual(ear.heard, [])


class McastLoopInside(UdpConformance, SynchronousTestCase):
    """C{mcast cable0 225.0.0.75 16940 1 1}: the sender hears itself."""

    def make_udp_cable(self) -> UdpCable:
        looped = spec("mcast", GROUP, loop=True)
        return UdpCable(MCAST, looped, looped, echo=True)


class UcastInside(UdpConformance, SynchronousTestCase):
    """C{ucast cable0 PEER}."""

    def make_udp_cable(self) -> UdpCable:
        return UdpCable(UCAST, spec("ucast", BETA), spec("ucast", ALPHA), echo=False)

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
        ear = Ear()
        second = UdpFactory(UCAST, self.cable._say).make(spec("ucast", ALPHA), self.cable.reactor, ear)
        with self.cable.wire.at_beta():
            second.start()
        self.addCleanup(second.stop)
        for number in range(8):
            self.cable.alpha.send(b"%d" % number)
        heard = self.cable.beta.ear.heard
        self.until(lambda: len(heard) + len(ear.heard) == 8)
        turn(self.cable.reactor, wait=0.02)
        self.assertEqual(sorted(heard + ear.heard), [b"%d" % number for number in range(8)])

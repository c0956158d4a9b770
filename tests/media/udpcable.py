"""
What every UDP medium does in real name spaces, IPv4 or IPv6.
"""

from __future__ import annotations

import socket
import subprocess
from typing import TYPE_CHECKING

from attrs import evolve
from twisted.internet.testing import MemoryReactorClock

from hatwist.cluster.names import Level
from hatwist.config.model import LinkName, MediumSpec, Position
from hatwist.media.udp import Recipe, UdpFactory
from tests.media.cable import Wire
from tests.media.conformance import MAX_TURNS, Cable, Ear, End, MediumConformance, turn
from tests.namespaces import ip

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

PORT = 16940


def spec(kind: str, address: str = "", interface: str = "cable0", loop: bool = False) -> MediumSpec:
    """Make a spec as the configuration would."""
    where = Position("ha.cf", 1)
    return MediumSpec(kind, LinkName(interface), where, interface, address, PORT, loop=loop)


class UdpCable(Cable):
    """Two UDP media on a wire."""

    def __init__(
        self, recipe: Recipe, alpha: MediumSpec, beta: MediumSpec, *, echo: bool, source: str
    ) -> None:
        self.echo = echo
        self.source = source
        self.lines: list[str] = []
        self.wire = Wire()
        self.reactor = MemoryReactorClock()
        self.recipe = recipe
        self.alpha = self.end(alpha)
        self.beta = self.end(beta, self.wire.at_beta)

    def end(
        self, made: MediumSpec, around: Callable[[], AbstractContextManager[object]] | None = None
    ) -> End:
        """Make one more medium of this kind, with an ear."""
        ear = Ear()
        medium = UdpFactory(self.recipe, self.say).make(made, self.reactor, ear)
        return End(medium, ear, around) if around else End(medium, ear)

    def say(self, level: Level, text: str) -> None:
        """Keep a line for ha-log."""
        self.lines.append(f"{level.value}: {text}")

    def without_interface(self) -> End:
        return self.end(evolve(self.alpha.medium.spec, interface="nowhere0"))

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

    def kinds(self) -> list[str]:
        """Return what alpha's medium has said of itself."""
        return [kind for kind, _ in self.cable.alpha.ear.reports]

    def trouble(self) -> None:
        """Let a datagram of alpha's fail, and linkDown be said."""
        for number in range(3):
            self.cable.alpha.send(b"void %d" % number)
        self.settle()
        self.assertEqual(self.kinds(), ["down"])

    def recovery(self) -> None:
        """A little later alpha sends and hears again, and has said so once."""
        self.exchange()
        self.assertEqual(self.kinds(), ["down", "up"])

    def exchange(self) -> None:
        """A little later each hears the other; the kernel may have to look for neighbours first."""
        self.rest()
        for number in range(MAX_TURNS):
            self.cable.beta.send(b"to alpha %d" % number)
            self.cable.alpha.send(b"to beta %d" % number)
            self.rest()
            self.settle()
            heard = [*self.cable.alpha.ear.heard, *self.cable.beta.ear.heard]
            if number > 1 and {b"to alpha %d" % number, b"to beta %d" % number} <= {*heard}:
                return
        raise AssertionError("they do not hear each other")

    def beside(self, made: MediumSpec) -> None:
        """A second medium hears nothing of what the first does."""
        other = self.cable.end(made)
        other.start()
        self.addCleanup(other.medium.stop)
        self.cable.beta.send(b"over cable0")
        self.until(lambda: bool(self.cable.alpha.ear.heard))
        self.settle()
        self.assertEqual(other.ear.heard, [])

    def share(self, made: MediumSpec) -> None:
        """With a second line for another peer each datagram is heard by one of both."""
        second = self.cable.end(made, self.cable.wire.at_beta)
        second.start()
        self.addCleanup(second.medium.stop)
        for number in range(8):
            self.cable.alpha.send(b"%d" % number)
        heard, others = self.cable.beta.ear.heard, second.ear.heard
        self.until(lambda: len(heard) + len(others) == 8)
        turn(self.cable.reactor, wait=0.02)
        self.assertEqual(sorted(heard + others), [b"%d" % number for number in range(8)])

    def test_a_downed_interface_is_reported_and_heals(self) -> None:
        """An interface set down is linkDown, set up again linkUp, with the same sockets."""
        ip("link set cable0 down")
        self.trouble()
        ip("link set cable0 up")
        self.cable.wire.wait()
        self.recovery()
        self.assertEqual([line for line in self.cable.lines if "anew" in line], [])

    def test_an_interface_made_anew_under_its_old_index(self) -> None:
        """An interface that comes back as the same number is heard again, not only sent over."""
        index = socket.if_nametoindex("cable0")
        self.cable.unplug()
        self.cable.wire.plug(index)
        self.assertEqual(socket.if_nametoindex("cable0"), index)
        self.exchange()

    def test_an_interface_that_is_another_one(self) -> None:
        """When the name goes to another device while the old one lives on, the name counts."""
        ip("link set cable0 down")
        ip("link set cable0 name old0")
        ip("link set old0 up")
        with self.cable.wire.at_beta():
            ip("link set cable0 down")
            ip("link set cable0 name old0")
        self.cable.wire.plug()
        self.addCleanup(ip, "link delete old0")
        self.exchange()
        self.assertIn(
            f"info: {self.cable.recipe.name} cable0: opened anew: the interface is another one",
            self.cable.lines,
        )

    def test_a_firewall_that_rejects(self) -> None:
        """While a rule of the firewall forbids us to send the medium is down, and up without it."""
        self.firewall("-A")
        self.trouble()
        self.firewall("-D")
        self.recovery()

    def firewall(self, what: str) -> None:
        """Add or delete a rule that forbids to send over the cable."""
        command = ["iptables", "-w", what, "OUTPUT", "-o", "cable0", "-p", "udp", "-j", "DROP"]
        if self.cable.source.startswith("["):
            command[0] = "ip6tables"
        subprocess.run(command, check=True, capture_output=True)

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
        self.assertNotEqual(self.cable.beta.ear.sources[0], f"{self.cable.source}{PORT}")

    def test_other_interfaces_are_not_heard(self) -> None:
        """A medium hears its own interface only, and its own version of IP."""
        ip("link set lo up")
        for family, here in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            with socket.socket(family, socket.SOCK_DGRAM) as stranger:
                stranger.sendto(b"from lo", (here, PORT))
        self.settle()
        self.assertEqual(self.cable.alpha.ear.heard, [])

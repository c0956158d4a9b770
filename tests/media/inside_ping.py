"""
The ping media in real name spaces; run by L{tests.media.test_ping}.
"""

from __future__ import annotations

import socket
from contextlib import closing
from functools import partial
from pathlib import Path

from attrs import evolve
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.names import Level
from hatwist.config.model import LinkName, MediumSpec, Position
from hatwist.errors import MediumError
from hatwist.media.icmp import ECHO_SOCKETS, open_echo
from hatwist.media.ping import PING, PING6, PING_GROUP, Kind, PingMedium
from hatwist.wire.icmp import ICMP
from tests.media.cable import BETA, Wire
from tests.media.conformance import MAX_TURNS, Cable, Ear, End, MediumConformance, turn
from tests.namespaces import ip

GROUP_RANGE = Path("/proc/sys/net/ipv4/ping_group_range")
DATAGRAM = (socket.SOCK_DGRAM,)


def spec(host: str, kind: str = "ping", members: tuple[str, ...] = ()) -> MediumSpec:
    """Make a spec as the configuration would, but for the link's name."""
    return MediumSpec(kind, LinkName("cable0"), Position("ha.cf", 1), address=host, members=members)


class PingCable(Cable):
    """A wire whose other end answers: who sends is who hears."""

    echo = True
    source = BETA

    def __init__(self, kind: Kind, made: MediumSpec, kinds: tuple[int, ...]) -> None:
        self.kind = kind
        self.kinds = kinds
        self.wire = Wire()
        self.reactor = MemoryReactorClock()
        self.lines: list[str] = []
        self.alpha = self.beta = self.end(made)

    def end(self, made: MediumSpec) -> End:
        """Make a medium with an ear."""
        ear = Ear()
        opener = partial(open_echo, kinds=self.kinds)
        return End(PingMedium(made, self.kind, self.reactor, ear, self._say, opener), ear)

    def _say(self, level: Level, text: str) -> None:
        self.lines.append(f"{level.value}: {text}")

    def without_interface(self) -> End:
        return self.end(evolve(self.alpha.medium.spec, address="nowhere0..", members=()))

    def unplug(self) -> None:
        self.wire.unplug()

    def replug(self) -> None:
        self.wire.plug()

    def close(self) -> None:
        self.alpha.medium.stop()
        self.wire.close()


class PingConformance(MediumConformance):
    """The suite, and what only a ping medium has."""

    cable: PingCable

    def make_ping_cable(self) -> PingCable:
        """Make a wire and a medium that pings over it."""
        return PingCable(PING, spec(BETA), ECHO_SOCKETS)

    def make_cable(self) -> PingCable:
        GROUP_RANGE.write_text("0 0")
        cable = self.make_ping_cable()
        self.addCleanup(cable.close)
        return cable

    def second(self) -> End:
        """Start another medium that pings the same host."""
        end = self.cable.end(self.cable.alpha.medium.spec)
        end.start()
        self.addCleanup(end.medium.stop)
        return end

    def test_two_media_hear_their_own(self) -> None:
        """Both ping one host with one number; each hears what it sent."""
        other = self.second()
        self.cable.alpha.send(b"mine")
        other.send(b"other")
        self.until(lambda: bool(self.cable.alpha.ear.heard and other.ear.heard))
        self.settle()
        self.assertEqual((self.cable.alpha.ear.heard, other.ear.heard), ([b"mine"], [b"other"]))

    def test_a_silent_host_is_no_failure(self) -> None:
        """A host that is not there is not heard, and the link works."""
        end = self.cable.end(spec("192.0.2.77"))
        end.start()
        self.addCleanup(end.medium.stop)
        end.send(b"anybody")
        self.settle()
        self.assertEqual((end.ear.heard, end.ear.reports), ([], []))


class RawInside(PingConformance, SynchronousTestCase):
    """C{ping} with a raw socket."""

    def test_the_socket_is_raw_if_it_may_be(self) -> None:
        """Whoever may have both gets the raw one."""
        made = open_echo("ping", ICMP)
        with closing(made.socket):
            self.assertTrue(made.raw)

    def test_requests_are_not_heard(self) -> None:
        """The kernel keeps from us what is no echo reply."""
        ip("link set lo up")
        with closing(open_echo("ping", ICMP).socket) as ear:
            self.cable.alpha.send(b"x")
            self.until(lambda: bool(self.cable.alpha.ear.heard))
            heard = ear.recv(1000)
            self.assertEqual(heard[20], ICMP.reply)
            with closing(open_echo("ping", ICMP).socket) as other:
                other.sendto(b"\x0d\0\xf2\xff" + b"\0" * 16, ("127.0.0.1", 0))
            self.assertRaises(BlockingIOError, ear.recv, 1000)


class DatagramInside(PingConformance, SynchronousTestCase):
    """C{ping} with the kernel's datagram socket."""

    def make_ping_cable(self) -> PingCable:
        return PingCable(PING, spec(BETA), DATAGRAM)

    def test_outside_of_the_group_range(self) -> None:
        """A group that is not in ping_group_range, as here at beta, gets no socket, and a word of advice."""
        with self.cable.wire.at_beta():
            problem = self.assertRaises(MediumError, open_echo, "ping gw", ICMP, DATAGRAM)
        self.assertIn("let net.ipv4.ping_group_range have", str(problem))


class GroupInside(PingConformance, SynchronousTestCase):
    """C{ping_group gw 192.0.2.77 192.0.2.2}: the first is not there."""

    def make_ping_cable(self) -> PingCable:
        made = spec("", "ping_group", ("192.0.2.77", BETA))
        return PingCable(PING_GROUP, made, ECHO_SOCKETS)


class Ping6Inside(SynchronousTestCase):
    """C{ping6 ::1}."""

    def comes_back(self, kinds: tuple[int, ...]) -> None:
        """Send with a socket of the first of these kinds, and hear it."""
        ip("link set lo up")
        GROUP_RANGE.write_text("0 0")
        reactor, ear = MemoryReactorClock(), Ear()
        opener = partial(open_echo, kinds=kinds)
        made = spec("::1", "ping6")
        medium = PingMedium(made, PING6, reactor, ear, lambda level, text: None, opener)
        medium.start()
        self.addCleanup(medium.stop)
        sent = [b"x", b"###\n" + b"\0" * 9000]
        for data in sent:
            medium.send(data)
        for _ in range(MAX_TURNS):
            if len(ear.heard) == len(sent):
                break
            turn(reactor)
        self.assertEqual((ear.heard, ear.sources), (sent, ["::1", "::1"]))

    def test_raw(self) -> None:
        """What is sent by a raw socket comes back; the kernel makes the checksum."""
        self.comes_back(ECHO_SOCKETS)

    def test_datagram(self) -> None:
        """What is sent by the kernel's datagram socket comes back; the range of IPv4 holds."""
        self.comes_back(DATAGRAM)

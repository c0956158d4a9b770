# -*- test-case-name: tests.media.test_ping -*-
"""
Ping media: the suite in name spaces of its own, and hosts made of a pair of sockets.
"""

from __future__ import annotations

import socket
import struct

from attrs import evolve
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.names import Level
from hatwist.config.model import LinkName, MediumSpec, Position
from hatwist.errors import MediumError
from hatwist.media.icmp import EchoSocket
from hatwist.media.ping import PING, PING6, PING_GROUP, Kind, PingMedium, look_up
from hatwist.wire.icmp import ICMP, ICMP6, Variant, checksum
from tests.media.conformance import Ear, turn
from tests.namespaces import run_inside

GATEWAY = MediumSpec("ping", LinkName("192.0.2.254"), Position("ha.cf", 3, 6), address="192.0.2.254")
GROUP = MediumSpec(
    "ping_group", LinkName("gw"), Position("ha.cf", 4, 12), members=("192.0.2.254", "192.0.2.253")
)


class Net:
    """
    Hosts that answer, in place of the kernel's socket.

    @ivar requests: what was sent to whom.
    @ivar refused: why the kernel does not send to an address.
    """

    def __init__(self) -> None:
        self.requests: list[tuple[bytes, str]] = []
        self.refused: dict[str, OSError] = {}
        self.trouble: MediumError | None = None
        self.opened: list[FakeSocket] = []

    def open(self, title: str, variant: Variant) -> EchoSocket:
        """Open a socket as if it were the kernel's datagram socket."""
        if self.trouble:
            raise self.trouble
        made = FakeSocket(self)
        self.opened.append(made)
        return EchoSocket(made, raw=False)

    def answer(self, source: str, index: int = -1) -> None:
        """Let an address answer a request."""
        request, _ = self.requests[index]
        rest = b"\x12\x34" + request[6:]
        self.opened[-1].arrived.append(
            (b"\0\0" + struct.pack(">H", checksum(b"\0\0\0\0" + rest)) + rest, source)
        )


class FakeSocket(socket.socket):
    """One that reaches a L{Net} only."""

    def __init__(self, net: Net) -> None:
        super().__init__(socket.AF_INET, socket.SOCK_DGRAM)
        self.net = net
        self.arrived: list[tuple[bytes, str]] = []
        self.broken: OSError | None = None

    def sendto(self, data: bytes, address: tuple[str, int]) -> int:  # type: ignore[override]
        """Send, or not."""
        if address[0] in self.net.refused:
            raise self.net.refused[address[0]]
        self.net.requests.append((data, address[0]))
        return len(data)

    def recvmsg(self, bufsize: int, *_: int) -> tuple[bytes, list[tuple[int, int, bytes]], int, object]:
        """Receive what has arrived."""
        if self.broken:
            raise self.broken
        if not self.arrived:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        data, source = self.arrived.pop(0)
        return data, [], 0, (source, 0)


class PingTests(SynchronousTestCase):
    """A medium whose hosts answer on order."""

    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()
        self.ear = Ear()
        self.net = Net()
        self.lines: list[str] = []

    def start(self, spec: MediumSpec = GATEWAY, kind: Kind = PING) -> PingMedium:
        """Make and start a medium."""
        medium = PingMedium(spec, kind, self.reactor, self.ear, self.say, self.net.open)
        medium.start()
        self.addCleanup(medium.stop)
        return medium

    def say(self, level: Level, text: str) -> None:
        """Write a line down."""
        self.lines.append(f"{level.value}: {text}")

    def read(self) -> None:
        """Let the descriptor read what has arrived."""
        for reader in self.reactor.getReaders():
            reader.doRead()
        self.reactor.advance(0)

    def test_conformance(self) -> None:
        """Pinging over a virtual cable does what every medium does."""
        run_inside(self, "tests.media.inside_ping")

    def test_a_datagram_comes_back(self) -> None:
        """What is sent to a host is heard from it, on the link of the ping node."""
        self.start().send(b"said by the gateway")
        self.net.answer("192.0.2.254")
        self.read()
        self.assertEqual(self.net.requests[0][0][8:], b"said by the gateway")
        self.assertEqual((self.ear.heard, self.ear.links), ([b"said by the gateway"], ["192.0.2.254"]))
        self.assertEqual(self.ear.sources, ["192.0.2.254"])

    def test_each_member_of_a_group_is_asked_and_the_first_answer_counts(self) -> None:
        """A group is heard once a datagram, whoever of it answers first."""
        self.start(GROUP, PING_GROUP).send(b"said by gw")
        self.assertEqual([host for _, host in self.net.requests], ["192.0.2.254", "192.0.2.253"])
        self.assertEqual(self.net.requests[0][0], self.net.requests[1][0])
        self.net.answer("192.0.2.253")
        self.net.answer("192.0.2.254")
        self.read()
        self.assertEqual((self.ear.heard, self.ear.links), ([b"said by gw"], ["gw"]))
        self.assertEqual(self.ear.sources, ["192.0.2.253"])

    def test_opening_is_said(self) -> None:
        """Starting is logged in the historical words."""
        self.start()
        self.start(GROUP, PING_GROUP)
        self.start(MediumSpec("ping6", LinkName("::1"), Position("ha.cf"), address="::1"), PING6)
        alone = "info: glib: ping heartbeat started."
        self.assertEqual(self.lines, [alone, "info: glib: ping group heartbeat started.", alone])

    def test_a_silent_host_is_no_failure_of_the_medium(self) -> None:
        """That nobody answers is for the core to judge."""
        medium = self.start()
        for _ in range(3):
            medium.send(b"x")
        self.read()
        self.assertEqual((self.ear.heard, self.ear.reports), ([], []))

    def test_what_the_kernel_does_not_send_is_linkdown_once(self) -> None:
        """No route is said once, with the reason; so is that there is one again."""
        medium = self.start()
        self.net.refused["192.0.2.254"] = OSError(101, "Network is unreachable")
        medium.send(b"x")
        medium.send(b"x")
        self.read()
        self.net.refused.clear()
        medium.send(b"x")
        medium.send(b"x")
        self.read()
        self.assertEqual(self.ear.reports, [("down", "Network is unreachable"), ("up", "")])
        expected = [
            "ERROR: glib: Error sending packet: Network is unreachable",
            "ERROR: write_child: write failure on ping 192.0.2.254.: Network is unreachable",
        ]
        self.assertEqual(self.lines[1:], expected)

    def test_one_member_that_can_be_reached_is_enough(self) -> None:
        """A group works while one of its hosts can be sent to."""
        medium = self.start(GROUP, PING_GROUP)
        self.net.refused["192.0.2.254"] = OSError(101, "Network is unreachable")
        medium.send(b"x")
        self.read()
        self.assertEqual(self.ear.reports, [])
        self.net.refused["192.0.2.253"] = OSError(1, "Operation not permitted")
        medium.send(b"x")
        self.read()
        self.assertEqual(self.ear.reports, [("down", "Network is unreachable")])

    def test_another_address_that_answers_is_named_once(self) -> None:
        """A router that answers from another of its addresses is no ping node that answers."""
        medium = self.start()
        for _ in range(2):
            medium.send(b"x")
            self.net.answer("198.51.100.1")
        self.read()
        self.assertEqual(self.ear.heard, [])
        line = "WARN: ping 192.0.2.254: 198.51.100.1 answers for 192.0.2.254; its replies do not count"
        self.assertEqual(self.lines[1:], [line])

    def test_too_long_a_datagram_is_said_and_the_link_stays(self) -> None:
        """A datagram that no packet can carry is the sender's fault."""
        self.start().send(b"x" * 70000)
        self.read()
        self.assertEqual((self.net.requests, self.ear.reports), ([], []))
        self.assertEqual(self.lines[1:], ["ERROR: ping 192.0.2.254: an echo of 70000 bytes, more than 65507"])

    def test_a_socket_that_breaks_is_opened_anew(self) -> None:
        """When nothing can be heard, linkDown is said, and the next datagram opens a new socket."""
        medium = self.start()
        self.net.opened[0].broken = OSError(100, "Network is down")
        self.read()
        self.net.trouble = MediumError("not yet")
        medium.send(b"lost")
        self.net.trouble = None
        medium.send(b"heard")
        self.net.answer("192.0.2.254")
        self.read()
        self.assertEqual(self.ear.reports, [("down", "Network is down"), ("up", "")])
        self.assertEqual(self.ear.heard, [b"heard"])

    def test_a_failed_start_can_be_tried_again(self) -> None:
        """Without a socket the medium is not started, and sends nothing."""
        self.net.trouble = MediumError("no right")
        medium = PingMedium(GATEWAY, PING, self.reactor, self.ear, self.say, self.net.open)
        self.assertRaises(MediumError, medium.start)
        medium.send(b"x")
        self.net.trouble = None
        medium.start()
        self.addCleanup(medium.stop)
        self.assertEqual(self.net.requests, [])

    def test_unknown_host_is_named_with_its_line(self) -> None:
        """A ping node that nobody knows does not start, and is shown where it stands."""
        spec = evolve(GATEWAY, link=LinkName("no..such..name"), address="no..such..name")
        problem = self.assertRaises(MediumError, self.start, spec)
        self.assertIn("ping no..such..name: unknown host: no..such..name: ", str(problem))
        self.assertNotIn("ha.cf", str(problem))

    def test_unknown_members_are_left_out(self) -> None:
        """A group with a host that nobody knows is said, and lives with the others."""
        medium = self.start(evolve(GROUP, members=("no..such..name", "192.0.2.253")), PING_GROUP)
        medium.send(b"x")
        self.assertEqual([host for _, host in self.net.requests], ["192.0.2.253"])
        self.assertEqual(self.lines[0][:43], "ERROR: glib: unknown host: no..such..name: ")
        self.assertIn(" (ha.cf:4:12: ping_group gw)", self.lines[0])

    def test_group_of_unknown_hosts_is_never_heard(self) -> None:
        """A group of which nobody is known is said, and no reason not to start; nothing is sent."""
        medium = self.start(evolve(GROUP, members=("no..such..name", "nor..this")), PING_GROUP)
        medium.send(b"x")
        self.read()
        self.assertEqual((self.net.requests, self.ear.reports), ([], []))
        self.assertEqual([line[:26] for line in self.lines[:2]], ["ERROR: glib: unknown host:"] * 2)

    def test_a_member_that_is_written_twice_is_asked_once(self) -> None:
        """Two names of one host make one request."""
        medium = self.start(evolve(GROUP, members=("192.0.2.253", "192.0.2.253")), PING_GROUP)
        medium.send(b"x")
        self.assertEqual(len(self.net.requests), 1)

    def test_stop_closes_the_socket(self) -> None:
        """Once stopped nothing is sent, and nothing that had arrived is delivered."""
        medium = self.start()
        medium.send(b"x")
        self.net.answer("192.0.2.254")
        self.successResultOf(medium.stop())
        medium.send(b"too late")
        self.read()
        turn(self.reactor, wait=0)
        self.assertEqual((self.ear.heard, len(self.net.requests)), ([], 1))
        self.assertEqual(self.net.opened[0].fileno(), -1)

    def test_numbers_are_of_the_right_family(self) -> None:
        """An IPv6 address is no host of ping, an IPv4 address none of ping6."""
        self.assertEqual(look_up("192.0.2.1", ICMP), ("192.0.2.1", 0))
        self.assertEqual(look_up("2001:db8::1", ICMP6), ("2001:db8::1", 0, 0, 0))
        self.assertRaises(MediumError, look_up, "2001:db8::1", ICMP)
        self.assertRaises(MediumError, look_up, "192.0.2.1", ICMP6)

# -*- test-case-name: tests.media.test_udp -*-
"""
A UDP medium's answers to trouble that no cable makes on order.
"""

from __future__ import annotations

import errno
import os
import socket

from attrs import evolve
from twisted.internet.error import ConnectionLost
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.model import LinkName, MediumSpec, Position
from hatwist.errors import MediumError
from hatwist.media.sockets import REUSEADDR, Address, Option, Plan, Sockets
from hatwist.media.udp import LOOK_EVERY, STEADY, Recipe, UdpMedium
from tests.media.conformance import Ear, turn

SPEC = MediumSpec("ucast", LinkName("lo"), Position("ha.cf"), "lo", "127.0.0.1", 16941)


def free_port() -> int:
    """Return a UDP port that nobody uses now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class _Refusing:
    """Both sockets of a medium, for a kernel that refuses what is sent."""

    def __init__(self, sockets: Sockets | _Refusing, number: int) -> None:
        self._sockets: Sockets = sockets._sockets if isinstance(sockets, _Refusing) else sockets
        self._number = number
        self.receive = self._sockets.receive
        self.send = self
        self.close = self._sockets.close

    def sendto(self, data: bytes, address: Address) -> None:
        """Send, or not."""
        if self._number:
            raise OSError(self._number, os.strerror(self._number))
        self._sockets.send.sendto(data, address)


class UdpMediumTests(SynchronousTestCase):
    """A medium that sends to itself over the loopback interface."""

    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()
        self.ear = Ear()
        self.lines: list[str] = []
        self.resolved: list[str] = []
        here = ("127.0.0.1", free_port())
        self.plan = Plan(
            "ucast lo",
            socket.if_nametoindex("lo"),
            (),
            (REUSEADDR,),
            here,
            here,
        )
        self.trouble: MediumError | None = None
        self.planned = 0
        recipe = Recipe("ucast", self._make_plan, lambda spec, plan: ("started",), resolve=self._resolve)
        self.medium = UdpMedium(
            SPEC, recipe, self.reactor, self.ear, lambda level, text: self.lines.append(text)
        )
        self.medium.start()
        self.addCleanup(self.medium.stop)

    def _make_plan(self, spec: MediumSpec, address: str) -> Plan:
        self.planned += 1
        if self.trouble:
            raise self.trouble
        return self.plan

    def _resolve(self, spec: MediumSpec) -> str:
        self.resolved.append(spec.address)
        return spec.address

    def settle(self) -> None:
        """Make two turns."""
        turn(self.reactor, wait=0.02)
        turn(self.reactor, wait=0.02)

    def kinds(self) -> list[str]:
        """Return what the medium has said of itself."""
        return [kind for kind, _ in self.ear.reports]

    def refuse_next(self, refused: bool, number: int = errno.ENOBUFS) -> None:
        """Let the kernel refuse what is sent from now on, or take it."""
        for reader in self.reactor.getReaders():
            reader.sockets = _Refusing(reader.sockets, number if refused else 0)

    def lose_reader(self) -> None:
        """Let the reactor give the descriptor up, as it does after a poll error."""
        for reader in self.reactor.getReaders():
            self.reactor.removeReader(reader)
            reader.connectionLost(Failure(ConnectionLost()))

    def test_a_deaf_medium_is_down_and_opens_anew(self) -> None:
        """When nothing can be heard, linkDown is said, and the next datagram opens new sockets."""
        self.lose_reader()
        self.settle()
        self.assertEqual(self.kinds(), ["down"])
        self.medium.send(b"heard again")
        self.settle()
        self.assertEqual(self.ear.heard, [b"heard again"])
        self.assertEqual(self.lines, ["started", "started", "ucast lo: opened anew: it could not be read"])
        self.reactor.advance(STEADY)
        self.medium.send(b"and again")
        self.settle()
        self.assertEqual(self.kinds(), ["down", "up"])

    def test_names_are_not_resolved_again(self) -> None:
        """Opening anew uses the address found at the start."""
        self.lose_reader()
        self.medium.send(b"anew")
        self.assertEqual(self.resolved, ["127.0.0.1"])

    def test_opening_anew_may_fail_for_a_while(self) -> None:
        """While new sockets cannot be opened the link stays down, without more words."""
        self.lose_reader()
        self.trouble = MediumError("not yet")
        self.medium.send(b"lost")
        self.medium.send(b"lost")
        self.settle()
        self.assertEqual(self.kinds(), ["down"])
        self.trouble = None
        self.reactor.advance(LOOK_EVERY)
        self.medium.send(b"heard")
        self.settle()
        self.assertEqual(self.kinds(), ["down", "up"])
        self.assertEqual(self.ear.heard, [b"heard"])

    def test_it_looks_at_most_once_a_second(self) -> None:
        """However much is sent it looks at its interface once a second, and once when trouble begins."""
        self.planned = 0
        for _ in range(40):
            self.medium.send(b"twenty a second")
            self.reactor.advance(0.05)
        self.assertEqual(self.planned, 2)
        self.trouble = MediumError("gone")
        self.lose_reader()
        self.planned = 0
        for _ in range(100):
            self.medium.send(b"twenty a second")
            self.reactor.advance(0.05)
        self.assertEqual(self.planned, 5)

    def test_trouble_is_answered_at_once(self) -> None:
        """When trouble begins nobody waits for the second to be over."""
        self.medium.send(b"looks")
        self.lose_reader()
        self.medium.send(b"opens anew")
        self.settle()
        self.assertIn(b"opens anew", self.ear.heard)

    def test_one_that_never_can_be_opened_again_is_tried_once_a_second(self) -> None:
        """While opening fails, it is tried once a second, and said once."""
        self.plan = evolve(self.plan, receive=(Option("SO_NONSENSE", socket.SOL_SOCKET, 9999),))
        self.lose_reader()
        for _ in range(60):
            self.medium.send(b"twenty a second")
            self.reactor.advance(0.05)
        self.assertEqual(self.planned, 1 + 3)
        self.assertEqual(self.kinds(), ["down"])
        words = [line for line in self.lines if line.startswith("glib")]
        self.assertEqual(len(words), 1)
        self.assertIn("it is not open", words[0])

    def test_every_other_datagram_is_not_enough(self) -> None:
        """A medium that takes some datagrams and others not is down until it took all of a second."""
        good = self.plan
        for number in range(50):
            self.refuse_next(number % 2 == 0)
            self.medium.send(b"x")
            self.reactor.advance(0.05)
        self.assertEqual(self.kinds(), ["down"])
        self.refuse_next(False)
        for _ in range(21):
            self.medium.send(b"x")
            self.reactor.advance(0.05)
        self.assertEqual(self.kinds(), ["down", "up"])
        self.assertEqual(self.plan, good)

    def test_every_errno_of_a_lost_network_is_linkdown(self) -> None:
        """Whatever the kernel says is the reason, and the next datagram is tried all the same."""
        for number in (errno.ENOBUFS, errno.ENETDOWN, errno.EPERM, errno.ENETUNREACH, errno.EAGAIN):
            self.ear.reports.clear()
            self.refuse_next(True, number)
            self.medium.send(b"lost")
            self.settle()
            self.assertEqual(self.ear.reports, [("down", os.strerror(number))])
            self.refuse_next(False)
            self.reactor.advance(STEADY)
            self.medium.send(b"heard")
            self.settle()
            self.assertEqual(self.kinds(), ["down", "up"])

    def test_an_interface_without_address_is_down_though_it_sends(self) -> None:
        """The kernel takes datagrams for an interface that has lost its address, and nobody hears them."""
        self.plan = evolve(self.plan, address="192.0.2.1")
        self.lose_reader()
        self.medium.send(b"opens anew")
        self.reactor.advance(STEADY)
        self.medium.send(b"fine")
        self.plan = evolve(self.plan, address="")
        self.reactor.advance(STEADY)
        for _ in range(3):
            self.medium.send(b"sent")
            self.reactor.advance(STEADY)
        self.assertEqual(self.kinds(), ["down", "up", "down"])
        self.assertIn("has lost its IPv4 address", self.ear.reports[-1][1])
        self.plan = evolve(self.plan, address="192.0.2.7")
        for _ in range(2):
            self.medium.send(b"sent")
            self.reactor.advance(STEADY)
        self.assertEqual(self.kinds(), ["down", "up", "down", "up"])

    def test_another_destination_needs_no_new_sockets(self) -> None:
        """When the broadcast address changes, what is sent goes to the new one."""
        host, port = self.plan.destination[:2]
        self.plan = evolve(self.plan, destination=("127.0.0.2", port))
        self.medium.send(b"elsewhere")
        self.plan = evolve(self.plan, destination=(host, port))
        self.reactor.advance(LOOK_EVERY)
        self.medium.send(b"here")
        self.settle()
        self.assertEqual(self.ear.heard, [b"here"])
        said = [f"ucast lo: it sends to {one}:{port} now" for one in ("127.0.0.2", host)]
        self.assertEqual(self.lines, ["started", *said])

    def test_a_forgotten_group_is_joined_again(self) -> None:
        """An interface that is not a member of the group any more is noticed, though all is sent."""
        self.plan = evolve(self.plan, group="225.9.8.6")
        self.reactor.advance(LOOK_EVERY)
        self.lose_reader()
        self.medium.send(b"opens anew, without joining")
        self.reactor.advance(LOOK_EVERY)
        self.medium.send(b"notices")
        self.assertEqual(self.lines[-1], "ucast lo: opened anew: the interface has forgotten group 225.9.8.6")

    def test_a_refused_datagram_is_linkdown_with_the_kernel_s_reason(self) -> None:
        """What the kernel answers is the reason that is given."""
        self.medium.stop()
        self.plan = evolve(self.plan, destination=("255.255.255.255", 16941))
        ear = Ear()
        recipe = Recipe("ucast", self._make_plan, lambda spec, plan: ())
        medium = UdpMedium(SPEC, recipe, self.reactor, ear, lambda level, text: None)
        medium.start()
        self.addCleanup(medium.stop)
        medium.send(b"a broadcast without permission")
        medium.send(b"a broadcast without permission")
        self.settle()
        self.assertEqual(ear.reports, [("down", os.strerror(errno.EACCES))])

    def test_refused_datagrams_are_reported_in_heartbeat_s_words(self) -> None:
        """What is refused is reported once, and how much it was when the medium carries again."""
        port = self.plan.destination[1]
        self.plan = evolve(self.plan, destination=("255.255.255.255", port))
        self.lose_reader()
        self.medium.send(b"opens anew")
        self.medium.send(b"one more")
        self.plan = evolve(self.plan, destination=("127.0.0.1", port))
        self.lose_reader()
        self.reactor.advance(LOOK_EVERY)
        self.medium.send(b"heard")
        packet = f"HBcomm packet lo 255.255.255.255:{port} len=10 [-1]"
        expected = [
            f"glib: ucast_write: Unable to send {packet}: {os.strerror(errno.EACCES)}",
            "Temporarily Suppressing write error messages",
            "Is a cable unplugged on ucast lo?",
            "2 messages discarded due to write errors on ucast lo",
        ]
        self.assertEqual([line for line in self.lines if line != "started" and "anew" not in line], expected)

    def test_sending_before_the_start_does_nothing(self) -> None:
        """A medium that is not open takes datagrams and says nothing."""
        recipe = Recipe("ucast", self._make_plan, lambda spec, plan: ())
        medium = UdpMedium(SPEC, recipe, self.reactor, self.ear, lambda level, text: None)
        medium.send(b"nowhere")
        self.settle()
        self.assertEqual((self.ear.heard, self.ear.reports), ([], []))

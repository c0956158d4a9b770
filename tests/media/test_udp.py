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
from hatwist.media.sockets import REUSEADDR, Plan
from hatwist.media.udp import Recipe, UdpMedium
from tests.media.conformance import Ear, turn

SPEC = MediumSpec("ucast", LinkName("lo"), Position("ha.cf"), "lo", "127.0.0.1", 16941)


def free_port() -> int:
    """Return a UDP port that nobody uses now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


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
        recipe = Recipe("ucast", self._make_plan, lambda spec, plan: ("started",), resolve=self._resolve)
        self.medium = UdpMedium(
            SPEC, recipe, self.reactor, self.ear, lambda level, text: self.lines.append(text)
        )
        self.medium.start()
        self.addCleanup(self.medium.stop)

    def _make_plan(self, spec: MediumSpec, address: str) -> Plan:
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

    def lose_reader(self) -> None:
        """Let the reactor give the descriptor up, as it does after a poll error."""
        for reader in self.reactor.getReaders():
            self.reactor.removeReader(reader)
            reader.connectionLost(Failure(ConnectionLost()))

    def test_a_deaf_medium_is_down_and_opens_anew(self) -> None:
        """When nothing can be heard, linkDown is said, and the next datagram opens new sockets."""
        self.lose_reader()
        self.settle()
        self.assertEqual([kind for kind, _ in self.ear.reports], ["down"])
        self.medium.send(b"heard again")
        self.settle()
        self.assertEqual([kind for kind, _ in self.ear.reports], ["down", "up"])
        self.assertEqual(self.ear.heard, [b"heard again"])
        self.assertEqual(self.lines, ["started", "started"])

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
        self.assertEqual([kind for kind, _ in self.ear.reports], ["down"])
        self.trouble = None
        self.medium.send(b"heard")
        self.settle()
        self.assertEqual([kind for kind, _ in self.ear.reports], ["down", "up"])
        self.assertEqual(self.ear.heard, [b"heard"])

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
        self.medium.send(b"heard")
        packet = f"HBcomm packet lo 255.255.255.255:{port} len=10 [-1]"
        expected = [
            f"glib: ucast_write: Unable to send {packet}: {os.strerror(errno.EACCES)}",
            "Temporarily Suppressing write error messages",
            "Is a cable unplugged on ucast lo?",
            "2 messages discarded due to write errors on ucast lo",
        ]
        self.assertEqual([line for line in self.lines if line != "started"], expected)

    def test_sending_before_the_start_does_nothing(self) -> None:
        """A medium that is not open takes datagrams and says nothing."""
        recipe = Recipe("ucast", self._make_plan, lambda spec, plan: ())
        medium = UdpMedium(SPEC, recipe, self.reactor, self.ear, lambda level, text: None)
        medium.send(b"nowhere")
        self.settle()
        self.assertEqual((self.ear.heard, self.ear.reports), ([], []))

# -*- test-case-name: tests.media.test_datagram -*-
"""
The read descriptor: with made-up turns, and once with the real reactor.
"""

from __future__ import annotations

import socket

from twisted.internet import reactor
from twisted.internet.address import IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost, MessageLengthError
from twisted.internet.interfaces import IReactorFDSet, IReadDescriptor, IUDPTransport
from twisted.internet.protocol import DatagramProtocol
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase
from zope.interface.verify import verifyObject

from hatwist.media.datagram import MAX_READS, DatagramDescriptor
from hatwist.media.sockets import ONLY_IPV6, REUSEADDR, Plan, open_sockets
from tests.media.conformance import turn


class Hearing(DatagramProtocol):
    """Writes down what it hears; raises on request."""

    noisy = False

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.first: Deferred[bytes] = Deferred()

    def datagramReceived(self, datagram: bytes, addr: tuple[str, int]) -> None:
        self.heard.append(datagram)
        if len(self.heard) == 1:
            self.first.callback(datagram)
        if datagram == b"raise":
            raise RuntimeError("on request")


LOOPBACK = Plan("ucast lo", 1, (), (REUSEADDR,), ("127.0.0.1", 0), ("127.0.0.1", 1))


def descriptor(
    protocol: DatagramProtocol,
    used: IReactorFDSet,
    broken: list[str],
    plan: Plan = LOOPBACK,
) -> tuple[DatagramDescriptor, tuple[str, int]]:
    """Make a descriptor on the loopback interface, and say where it listens."""
    made = DatagramDescriptor(open_sockets(plan), protocol, used, broken.append)
    return made, made.sockets.receive.getsockname()


class DescriptorTests(SynchronousTestCase):
    """What the reactor and the protocol see."""

    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()
        self.protocol = Hearing()
        self.broken: list[str] = []
        self.made, self.where = descriptor(self.protocol, self.reactor, self.broken)
        self.made.startListening()
        self.addCleanup(self.made.stopListening)

    def test_interfaces(self) -> None:
        """It is what a reactor reads and what a datagram protocol writes to."""
        self.assertTrue(verifyObject(IReadDescriptor, self.made))
        self.assertTrue(verifyObject(IUDPTransport, self.made))
        self.assertEqual(self.made.getHost().port, self.where[1])
        self.assertFalse(self.made.getBroadcastAllowed())
        self.assertEqual(self.made.logPrefix(), "heartbeat")

    def test_ipv6(self) -> None:
        """It says where it listens in the terms of IPv6, too."""
        plan = Plan(
            "ucast6 lo", 1, (), (ONLY_IPV6,), ("::", 0, 0, 0), ("::1", 1, 0, 0), family=socket.AF_INET6
        )
        made, where = descriptor(Hearing(), MemoryReactorClock(), [], plan)
        self.addCleanup(made.stopListening)
        self.assertEqual(made.getHost(), IPv6Address("UDP", "::", where[1]))

    def test_a_wake_up_is_bounded(self) -> None:
        """One wake-up delivers at most 64 datagrams; the rest waits for the next."""
        for number in range(MAX_READS + 1):
            self.made.write(b"%d" % number, self.where)
        turn(self.reactor)
        self.assertEqual(len(self.protocol.heard), 64)
        turn(self.reactor)
        self.assertEqual(self.protocol.heard[-1], b"64")

    def test_a_raising_protocol_goes_on_hearing(self) -> None:
        """An error in what hears is logged, and the next datagram is delivered."""
        self.made.write(b"raise", self.where)
        self.made.write(b"go on", self.where)
        turn(self.reactor)
        self.assertEqual(self.protocol.heard, [b"raise", b"go on"])
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)

    def test_too_long(self) -> None:
        """A datagram longer than UDP carries is refused by name."""
        self.assertRaises(MessageLengthError, self.made.write, b"x" * 65536, self.where)

    def test_reading_an_empty_socket(self) -> None:
        """Being woken for nothing is no error."""
        self.made.doRead()
        self.assertEqual((self.protocol.heard, self.broken), ([], []))

    def test_a_broken_socket_is_reported(self) -> None:
        """A receiving socket that the kernel took away is reported, not raised."""
        self.made.sockets.receive.close()
        self.made.doRead()
        self.assertEqual(self.broken, ["Bad file descriptor"])

    def test_losing_the_reactor_is_reported(self) -> None:
        """A descriptor the reactor gives up is reported, unless we closed it."""
        self.made.connectionLost(Failure(ConnectionLost("poll says so")))
        self.assertIn("poll says so", self.broken[0])
        self.made.stopListening()
        self.made.connectionLost(Failure(ConnectionLost("again")))
        self.assertEqual(len(self.broken), 1)

    def test_what_a_medium_never_does(self) -> None:
        """It is never connected, and broadcast is the plan's decision."""
        self.assertRaises(NotImplementedError, self.made.connect, "127.0.0.1", 1)
        self.assertRaises(NotImplementedError, self.made.setBroadcastAllowed, True)


class RealReactorTests(TestCase):
    """The same under the reactor that is running."""

    def test_a_datagram_arrives(self) -> None:
        """The running reactor wakes the descriptor."""
        protocol = Hearing()
        made, where = descriptor(protocol, IReactorFDSet(reactor), [])
        made.startListening()
        self.addCleanup(made.stopListening)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"x" * 60000, where)
        arrived = protocol.first.addCallback(lambda data: self.assertEqual(data, b"x" * 60000))
        return arrived.addTimeout(10, reactor)  # type: ignore[return-value]

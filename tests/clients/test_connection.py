# -*- test-case-name: tests.clients.test_connection -*-
"""
The bounds a client lives in.
"""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.interfaces import IPushProducer
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from hatwist.clients.connection import MAX_CONNECTIONS, MAX_WAITING
from hatwist.clients.frames import frame
from hatwist.cluster.actions import Deliver
from hatwist.cluster.events import ClientLeft
from hatwist.cluster.names import Delivery
from hatwist.wire.message import Message
from tests.clients.builders import request, sign_on
from tests.clients.wire import Room
from tests.wire.strategies import QUICK

NEWS = Message.of(t="ifstat", node="beta", ifname="eth1", st="dead")


class ConnectionTestCase(SynchronousTestCase):
    """One desk."""

    def setUp(self) -> None:
        self.room = Room()

    def tell(self, times: int = 1) -> None:
        """Let something happen, so many times."""
        for _ in range(times):
            self.room.desk.tell(Deliver(NEWS, Delivery.NEWS))


class HostileTests(ConnectionTestCase):
    """Who does not speak as agreed."""

    def test_no_frame(self) -> None:
        """It is dropped at once, counted and named."""
        line = self.room.client("x")
        line.write(struct.pack("=iI", 4, 0xABCE))
        self.assertTrue(line.transport.aborted)
        text = "WARN: client [x] pid 10 uid 0: a frame with the magic number 0xabce"
        self.assertEqual((self.room.lines, self.room.counted), ([text], {"bad frame": 1}))
        line.connection.connectionLost()
        self.assertEqual(self.room.fed[1:], [ClientLeft("x", "EOF")])

    def test_no_message(self) -> None:
        """So is who frames what is no message, before or after it has signed on."""
        for line in (self.room.connect(), self.room.client()):
            line.write(frame(b"hello"))
            self.assertTrue(line.transport.aborted)
        self.assertEqual(self.room.counted, {"bad frame": 2})

    def test_nothing_counts_after_that(self) -> None:
        """What follows is not looked at, and nothing is sent any more."""
        line = self.room.client()
        line.write(b"x" * 8)
        line.say(request("numnodes"))
        line.connection.send(b"news")
        self.assertEqual(line.heard(), [])

    @given(st.lists(st.binary(max_size=60), max_size=4))
    @QUICK
    def test_noise(self, pieces: list[bytes]) -> None:
        """Whatever is written, nothing breaks."""
        room = Room()
        line = room.client("x")
        for piece in pieces:
            line.write(piece)
            line.write(frame(piece or b"x"))
        room.desk.tell(Deliver(NEWS, Delivery.NEWS))
        line.connection.connectionLost()
        self.assertEqual(room.fed[1:], [ClientLeft("x", "EOF")])

    def test_too_many(self) -> None:
        """One more than there is room for is sent away; when one leaves there is room."""
        lines = [self.room.connect() for _ in range(MAX_CONNECTIONS)]
        self.assertIsNone(self.room.factory.buildProtocol(None))
        self.assertEqual(self.room.counted, {"too many clients": 1})
        lines[0].connection.connectionLost()
        self.assertIsNotNone(self.room.factory.buildProtocol(None))


class TurnTests(ConnectionTestCase):
    """When a client is read from."""

    def test_one_at_a_time(self) -> None:
        """However many requests come at once, each has a turn of the reactor for itself."""
        line = self.room.client()
        line.connection.dataReceived(frame(b">>>\nt=hbapi-req\nreqtype=numnodes\n<<<\n\0") * 3)
        self.assertEqual(len(line.heard()), 1)
        self.assertEqual(line.transport.producerState, "paused")
        line.turn()
        self.assertEqual(len(line.heard()), 2)
        self.assertEqual(line.transport.producerState, "producing")

    def test_paused(self) -> None:
        """While the cluster takes no messages nobody is read, nor who comes then."""
        line = self.room.client()
        self.room.factory.pause(True)
        late = self.room.connect()
        for one, message in ((line, request("numnodes")), (late, sign_on("x"))):
            self.assertEqual(one.ask(message), [])
            self.assertEqual(one.transport.producerState, "paused")
        self.room.factory.pause(False)
        line.turn()
        self.assertEqual((len(line.heard()), len(late.heard())), (1, 1))
        self.assertEqual(line.transport.producerState, "producing")

    def test_told_while_paused(self) -> None:
        """It is told what happens all the same."""
        line = self.room.client()
        self.room.factory.pause(True)
        self.tell()
        self.assertEqual(line.heard(), [NEWS])

    def test_gone_in_between(self) -> None:
        """A client that is gone has no next turn."""
        line = self.room.client()
        line.connection.dataReceived(frame(b">>>\nt=hbapi-req\nreqtype=numnodes\n<<<\n\0") * 3)
        line.connection.connectionLost()
        self.room.clock.advance(1)
        self.assertEqual(len(line.heard()), 1)


class QueueTests(ConnectionTestCase):
    """A client that does not read."""

    def setUp(self) -> None:
        super().setUp()
        self.line = self.room.client("x")
        verifyObject(IPushProducer, self.line.connection)
        self.line.connection.pauseProducing()

    def test_waits(self) -> None:
        """64 messages wait until it reads, in order."""
        self.tell(64)
        self.assertEqual((self.line.heard(), self.line.closed), ([], False))
        self.line.connection.resumeProducing()
        self.assertEqual(self.line.heard(), [NEWS] * 64)
        self.tell()
        self.assertEqual(self.line.heard(), [NEWS])

    def test_one_too_many(self) -> None:
        """With one more it is dropped, and nobody else notices."""
        other = self.room.client()
        self.tell(65)
        self.assertEqual((self.line.transport.aborted, other.closed), (True, False))
        self.assertEqual(len(other.heard()), 65)
        text = "WARN: client [x] pid 10 uid 0 does not read: 65 messages wait"
        self.assertEqual(self.room.lines, [text])
        self.line.connection.stopProducing()
        self.line.connection.connectionLost()
        self.assertEqual(self.room.fed[1:], [ClientLeft("x", "EOF")])

    def test_its_own_length(self) -> None:
        """It may have asked for less."""
        assert self.line.connection.client is not None
        self.line.connection.client.queue = 2
        self.tell(3)
        self.assertTrue(self.line.transport.aborted)

    def test_long_messages(self) -> None:
        """A few long ones are as bad as many short ones."""
        self.line.connection.send(b"x" * MAX_WAITING)
        self.assertFalse(self.line.closed)
        self.line.connection.send(b"x")
        self.assertTrue(self.line.transport.aborted)

    def test_before_sign_on(self) -> None:
        """Nobody has more than that without a name."""
        line = self.room.connect()
        line.connection.pauseProducing()
        for _ in range(65):
            line.connection.send(b"x")
        self.assertTrue(line.transport.aborted)

    def test_not_read_meanwhile(self) -> None:
        """Its requests wait until it has read what there is."""
        self.assertEqual(self.line.ask(request("numnodes")), [])
        self.assertEqual(self.line.transport.producerState, "paused")
        self.line.connection.resumeProducing()
        self.line.turn()
        self.assertEqual([one.get("numnodes") for one in self.line.heard()], ["2"])

    def test_full_again(self) -> None:
        """The kernel may take a part only."""
        self.tell(3)
        write = self.line.transport.write

        def once(data: bytes) -> None:
            write(data)
            self.line.connection.pauseProducing()

        self.line.transport.write = once  # type: ignore[method-assign]
        for left in (2, 1, 0):
            self.line.connection.resumeProducing()
            self.assertEqual(self.line.heard(), [NEWS])
            self.assertEqual(len(self.line.connection._waiting), left)

    def test_hanging_up(self) -> None:
        """What waits is sent before we hang up, and hanging up twice is no more than once."""
        self.tell(2)
        self.line.connection.hang_up()
        self.line.connection.hang_up()
        self.assertEqual(self.line.heard(), [NEWS] * 2)
        self.assertTrue(self.line.transport.disconnecting)

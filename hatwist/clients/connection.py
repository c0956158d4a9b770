# -*- test-case-name: tests.clients.test_connection -*-
"""
The connection of one client: frames in, frames out, and the bounds it lives in.

One message is handled in each of the reactor's turns, so a client that asks
much delays no heartbeat.  It is not read from while it does not read itself, and
while the cluster cannot take more messages.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, Protocol

from twisted.internet import protocol
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

from hatwist.clients.client import QUEUE
from hatwist.clients.frames import Frames
from hatwist.errors import MalformedError
from hatwist.unix import Credentials, peer_credentials
from hatwist.wire.compress import decode_plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.interfaces import IAddress, IDelayedCall, IReactorTime
    from twisted.internet.unix import Server
    from twisted.python.failure import Failure

    from hatwist.clients.client import Client
    from hatwist.wire.message import Message

    class Desk(Protocol):
        """As much of L{hatwist.clients.desk.Desk} as matters here."""

        def hear(self, connection: Connection, message: Message) -> None:
            """Take a message."""

        def left(self, connection: Connection) -> None:
            """Learn that the other end is gone."""

        def complain(self, kind: str, text: str) -> None:
            """Count and log what a client did wrong."""


MAX_CONNECTIONS: Final = 128
"""Clients at a time; one more is closed at once."""

MAX_WAITING: Final = 4 * 1024 * 1024
"""Bytes that may wait for one client, however few messages they are."""

NOBODY: Final = Credentials(0, -1, -1)


def kernel_credentials(transport: Server) -> Credentials:
    """Return who connected a transport, by its socket."""
    return peer_credentials(transport.getHandle())


@implementer(IPushProducer)
class Connection(protocol.Protocol):
    """
    @ivar peer: who is at the other end, in the kernel's words.
    @ivar client: who has signed on; None before.
    @ivar sweeps: how often it was looked at while nobody had signed on.
    @ivar closing: nothing is read or sent any more.
    """

    factory: ConnectionFactory
    transport: Server

    def __init__(self, desk: Desk, clock: IReactorTime, paused: bool) -> None:
        self.peer = NOBODY
        self.client: Client | None = None
        self.sweeps = 0
        self.closing = False
        self._desk = desk
        self._clock = clock
        self._frames = Frames()
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._full = False
        self._paused = paused
        self._turn: IDelayedCall | None = None

    def connectionMade(self) -> None:
        """Learn who it is before it can say anything."""
        self.factory.connections.append(self)
        self.peer = self.factory.credentials_of(self.transport)
        self.transport.registerProducer(self, True)
        self._go_on()

    def dataReceived(self, data: bytes) -> None:
        """Take bytes; what they ask for is done one message at a time."""
        self._frames.feed(data)
        self._go_on()

    def connectionLost(self, reason: Failure = protocol.connectionDone) -> None:
        """Forget it."""
        self.closing = True
        if self._turn is not None and self._turn.active():
            self._turn.cancel()
        if self in self.factory.connections:
            self.factory.connections.remove(self)
        self._desk.left(self)

    def send(self, data: bytes) -> None:
        """Send a frame, or drop a client that does not read."""
        if self.closing:
            return
        if not self._full:
            self.transport.write(data)
            return
        self._waiting.append(data)
        self._size += len(data)
        many = self.client.queue if self.client else QUEUE
        if len(self._waiting) > many or self._size > MAX_WAITING:
            text = f"{self.who} does not read: {len(self._waiting)} messages wait"
            self._desk.complain("slow client", text)
            self.drop()

    @property
    def who(self) -> str:
        """Who it is, for the log."""
        name = self.client.name if self.client else "?"
        return f"client [{name}] pid {self.peer.pid} uid {self.peer.uid}"

    def hang_up(self) -> None:
        """Close once everything is sent."""
        if not self.closing:
            self.closing = True
            self._flush()
            self.transport.unregisterProducer()
            self.transport.loseConnection()

    def drop(self) -> None:
        """Close now, whatever was not sent."""
        self.closing = True
        self._waiting.clear()
        self.transport.abortConnection()

    def pause(self, paused: bool) -> None:
        """Read no more requests, or read them again."""
        self._paused = paused
        self._go_on()

    def pauseProducing(self) -> None:
        """Let messages wait here: the kernel takes no more."""
        self._full = True

    def resumeProducing(self) -> None:
        """Send what waits."""
        self._full = False
        while self._waiting and not self._full:
            data = self._waiting.popleft()
            self._size -= len(data)
            self.transport.write(data)
        self._go_on()

    def stopProducing(self) -> None:
        """Nothing will be taken any more."""
        self._waiting.clear()

    def _flush(self) -> None:
        while self._waiting:
            self.transport.write(self._waiting.popleft())

    def _go_on(self) -> None:
        """Handle the next message if it may be handled now."""
        if self.closing or self._turn is not None:
            return
        if self._paused or self._full:
            self.transport.pauseProducing()
            return
        try:
            body = self._frames.take()
            message = None if body is None else decode_plain(body)
        except MalformedError as error:
            self._desk.complain("bad frame", f"{self.who}: {error}")
            self.drop()
            return
        if message is None:
            self.transport.resumeProducing()
            return
        self.transport.pauseProducing()
        self._turn = self._clock.callLater(0, self._next)
        self._desk.hear(self, message)

    def _next(self) -> None:
        self._turn = None
        self._go_on()


class ConnectionFactory(protocol.Factory):
    """
    Makes the connection of each client.

    @ivar connections: those there are.
    @ivar paused: whether new ones are read from.
    @ivar credentials_of: finds out who connected.
    """

    noisy = False

    def __init__(
        self,
        desk: Desk,
        clock: IReactorTime,
        credentials_of: Callable[[Server], Credentials] = kernel_credentials,
    ) -> None:
        self.connections: list[Connection] = []
        self.paused = False
        self.credentials_of = credentials_of
        self._desk = desk
        self._clock = clock

    def buildProtocol(self, addr: IAddress | None) -> Connection | None:  # type: ignore[override]
        """Make a connection, or close it when there are too many."""
        if len(self.connections) >= MAX_CONNECTIONS:
            text = f"more than {MAX_CONNECTIONS} clients at a time"
            self._desk.complain("too many clients", text)
            return None
        made = Connection(self._desk, self._clock, self.paused)
        made.factory = self
        return made

    def pause(self, paused: bool) -> None:
        """Read no more from anybody, or read again."""
        self.paused = paused
        for connection in list(self.connections):
            connection.pause(paused)

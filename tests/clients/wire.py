"""
A desk with clients at it, in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import Factory, define, field
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from hatwist.clients.connection import Connection, ConnectionFactory
from hatwist.clients.desk import Desk, Processes
from hatwist.clients.frames import Frames, frame
from hatwist.cluster.names import Level
from hatwist.wire.compress import decode_plain, encode_plain
from tests.clients.builders import ALPHA, CF, ROOT, STATUS, VERSION, sign_on
from tests.clients.test_rights import entry, rights

if TYPE_CHECKING:
    from hatwist.cluster.events import Event
    from hatwist.unix import Credentials
    from hatwist.wire.message import Message


class Transport(StringTransport):
    """
    A transport that is full when the test says so, and knows how it was closed.

    @ivar aborted: whether it was closed without sending what was left.
    """

    aborted = False

    def abortConnection(self) -> None:
        self.aborted = True
        super().abortConnection()


@define
class Table(Processes):
    """
    The processes of a host that has these.

    @ivar uid: whose they are.
    @ivar signals: what they were sent.
    """

    pids: set[int] = Factory(lambda: {10, 11})
    uid: int = 0
    signals: list[tuple[int, int]] = Factory(list)

    def lives(self, pid: int) -> bool:
        return pid in self.pids

    def signal(self, peer: Credentials, number: int) -> None:
        if peer.pid in self.pids and peer.uid == self.uid:
            self.signals.append((peer.pid, number))


@define
class Room:
    """
    A desk, its clients, and what comes of it.

    @ivar fed: what the core was told.
    @ivar lines: what was logged.
    @ivar answer: what the core does about it, at once.
    """

    clock: Clock = Factory(Clock)
    table: Table = Factory(Table)
    fed: list[Event] = Factory(list)
    lines: list[str] = Factory(list)
    peers: dict[object, Credentials] = Factory(dict)
    desk: Desk = field(init=False)
    factory: ConnectionFactory = field(init=False)

    def __attrs_post_init__(self) -> None:
        made = rights(entry("dopd", "hacluster root"), entry("x", "root"))
        self.desk = Desk(
            ALPHA, CF, made, VERSION, lambda: STATUS, self.say, self.clock.seconds, 90, self.table
        )
        self.desk.feed = self.fed.append
        self.factory = ConnectionFactory(self.desk, self.clock, lambda transport: self.peers[transport])

    def say(self, level: Level, text: str) -> None:
        self.lines.append(f"{level.value}: {text}")

    def connect(self, peer: Credentials = ROOT) -> Line:
        """Let somebody connect."""
        transport = Transport()
        self.peers[transport] = peer
        connection = self.factory.buildProtocol(None)
        assert connection is not None
        connection.makeConnection(transport)
        return Line(self.clock, connection, transport)

    def client(self, name: str = "", peer: Credentials = ROOT) -> Line:
        """Let somebody sign on; without a name a casual client."""
        line = self.connect(peer)
        line.say(sign_on(name, peer))
        line.heard()
        return line

    @property
    def counted(self) -> dict[str, int]:
        """What was done wrong, and how often."""
        return self.desk.complaints.counters


@define
class Line:
    """One client's connection."""

    clock: Clock
    connection: Connection
    transport: Transport
    _frames: Frames = Factory(Frames)

    def write(self, data: bytes) -> None:
        """Send bytes, and let the reactor turn until nothing is left to do at once."""
        self.connection.dataReceived(data)
        self.turn()

    def turn(self) -> None:
        """Let everything happen that waits for the reactor's next turn."""
        while any(call.getTime() <= self.clock.seconds() for call in self.clock.getDelayedCalls()):
            self.clock.advance(0)

    def say(self, *messages: Message) -> None:
        """Send messages."""
        self.write(b"".join(frame(encode_plain(one, prefer_classic=True)) for one in messages))

    def heard(self) -> list[Message]:
        """Return what was heard since the last call."""
        self._frames.feed(self.transport.value())
        self.transport.clear()
        found = []
        while (body := self._frames.take()) is not None:
            found.append(decode_plain(body))
        return found

    def ask(self, message: Message) -> list[Message]:
        """Send a request and return what is heard then."""
        self.say(message)
        return self.heard()

    @property
    def closed(self) -> bool:
        """Whether we have closed it, one way or the other."""
        return self.transport.disconnecting or self.transport.aborted

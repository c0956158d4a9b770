"""
A daemon's control socket and its clients, joined in memory.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure
from twisted.spread import pb
from twisted.test.iosim import FakeTransport, connect

from hatwist.control.broker import ControlBroker, ControlFactory
from hatwist.control.client import Control
from hatwist.control.happenings import Happenings
from hatwist.control.perspective import Operator
from hatwist.unix import Credentials
from tests.control.fakes import FakeControl

if TYPE_CHECKING:
    from twisted.test.iosim import IOPump

T = TypeVar("T")

ROOT = Credentials(42, 0, 0)


async def _await(asked: Deferred[T]) -> T:
    """Make the failures of Perspective Broker, which are text, into exceptions."""
    return await asked


class Line:
    """One client's connection."""

    def __init__(self, daemon: Daemon) -> None:
        self.factory = pb.PBClientFactory()
        self.factory.noisy = False
        self.broker: pb.Broker = self.factory.buildProtocol(None)
        self.clock = MemoryReactorClock()
        self.server = daemon.factory.buildProtocol(None)
        self.pump: IOPump | None = None
        if self.server is not None:
            near, far = FakeTransport(self.broker, False), FakeTransport(self.server, True)
            self.pump = connect(self.server, far, self.broker, near, clock=self.clock)
            self.flush()

    def write(self, data: bytes) -> None:
        """Send the daemon bytes, whatever they are."""
        assert self.broker.transport is not None
        self.broker.transport.write(data)

    def write_in_pieces(self) -> None:
        """Send what is waiting as a real transport does, at most 64 KiB at a time."""
        transport: object = self.broker.transport
        assert isinstance(transport, FakeTransport)
        waiting = transport.getOutBuffer()
        for start in range(0, len(waiting), 65536):
            self.write(waiting[start : start + 65536])
            self.flush()

    def leave(self) -> None:
        """Close the connection."""
        assert self.broker.transport is not None
        self.broker.transport.loseConnection()
        self.flush()

    def flush(self) -> None:
        """Let everything arrive."""
        assert self.pump is not None
        self.pump.flush()

    def root(self) -> pb.RemoteReference:
        """Return the daemon's root object."""
        got: list[pb.RemoteReference] = []
        self.factory.getRootObject().addCallback(got.append)
        return got[0]

    def control(self) -> Control:
        """Return the client the tools use."""
        return Control(self.root(), self.clock)

    def answer(self, asked: Deferred[T] | Coroutine[Deferred[object], object, T]) -> T:
        """Return the answer to a question, or raise it."""
        got: list[T | Failure] = []
        question = _await(asked) if isinstance(asked, Deferred) else asked
        Deferred.fromCoroutine(question).addBoth(got.append)
        self.flush()
        if not got:
            raise AssertionError("there was no answer")
        if isinstance(got[0], Failure):
            got[0].raiseException()
        return got[0]


class Daemon:
    """A node's control socket without the socket."""

    def __init__(self, credentials: Credentials = ROOT, own_uid: int = 0) -> None:
        self.node = FakeControl()
        self.happenings = Happenings()
        self.node.subscribe(self.happenings)
        operator = Operator(self.node, self.happenings)
        self.factory = ControlFactory(operator, own_uid, lambda transport: credentials)

    def connect(self) -> Line:
        """Connect a client."""
        return Line(self)

    @property
    def brokers(self) -> list[ControlBroker]:
        """Return the server's side of each connection."""
        return self.factory.brokers

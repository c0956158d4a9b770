# -*- test-case-name: tests.control.test_broker -*-
"""
One client of the control socket, and the bounds it lives in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import connectionDone
from twisted.spread import pb
from zope.interface import implementer

from hatwist.control.authority import refusal
from hatwist.control.perspective import plain_types
from hatwist.unix import peer_credentials

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.interfaces import IAddress
    from twisted.internet.unix import Server
    from twisted.python.failure import Failure

    from hatwist.control.perspective import Operator
    from hatwist.unix import Credentials

MAX_CONNECTIONS: Final = 32
"""Clients at a time; one more is closed at once."""

MAX_REQUEST: Final = 64 * 1024
"""Bytes of one request; a client that writes a longer one is dropped."""


def kernel_credentials(transport: Server) -> Credentials:
    """Return who connected a transport, by its socket."""
    return peer_credentials(transport.getHandle())


@implementer(IPushProducer)
class ControlBroker(pb.Broker):
    """
    One client.

    It is not read from while it does not read our answers, so it cannot make
    us keep more of them than fit into one read's worth of requests.

    @ivar refusal: why it may not ask for anything; empty if it may.
    @ivar requester: who it is, for the record.
    @ivar subscribed: whether it follows the events.
    """

    factory: ControlFactory  # type: ignore[assignment]
    transport: Server

    def __init__(self, **kind: object) -> None:
        super().__init__(**kind)
        self.refusal = "not connected yet"
        self.requester = ""
        self.subscribed = False
        self._unfinished = 0

    def connectionMade(self) -> None:
        """Learn who it is before it can say anything."""
        peer = self.factory.credentials_of(self.transport)
        self.refusal = refusal(peer, self.factory.own_uid)
        self.requester = f"uid {peer.uid} (pid {peer.pid})"
        self.factory.brokers.append(self)
        self.transport.registerProducer(self, True)
        super().connectionMade()

    def dataReceived(self, data: bytes) -> None:
        """Take bytes, but no endless request."""
        self._unfinished += len(data)
        super().dataReceived(data)
        if self.buffer or self.listStack:
            if self._unfinished > MAX_REQUEST:
                self.drop()
        else:
            self._unfinished = 0

    def expressionReceived(self, sexp: object) -> None:
        """Answer one request; what it may count begins anew."""
        self._unfinished = 0
        super().expressionReceived(sexp)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Forget it."""
        if self in self.factory.brokers:
            self.factory.brokers.remove(self)
        super().connectionLost(reason)

    def drop(self) -> None:
        """Close the connection now, without waiting for what it has not read."""
        self.transport.abortConnection()

    def pauseProducing(self) -> None:
        """Read no more requests: our answers are not being read."""
        self.transport.pauseProducing()

    def resumeProducing(self) -> None:
        """Read again."""
        self.transport.resumeProducing()


class ControlFactory(pb.PBServerFactory):
    """
    Makes the broker of each client.

    @ivar brokers: the connected ones.
    @ivar own_uid: whom this daemon runs as.
    @ivar credentials_of: finds out who connected.
    """

    protocol = ControlBroker  # type: ignore[assignment]
    noisy = False

    def __init__(
        self,
        root: Operator,
        own_uid: int,
        credentials_of: Callable[[Server], Credentials] = kernel_credentials,
    ) -> None:
        super().__init__(root, security=plain_types())
        self.own_uid = own_uid
        self.credentials_of = credentials_of
        self.brokers: list[ControlBroker] = []

    def buildProtocol(self, addr: IAddress | None) -> ControlBroker | None:
        """Make a broker, or close the connection when there are too many."""
        if len(self.brokers) >= MAX_CONNECTIONS:
            return None
        broker: ControlBroker = super().buildProtocol(addr)
        return broker

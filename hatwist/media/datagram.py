# -*- test-case-name: tests.media.test_datagram -*-
"""
The one read descriptor under every UDP medium.

It stands where Twisted's own UDP port would, for two reasons: that one cuts
datagrams at 8192 bytes unless told otherwise, and reads up to 256 KiB, some
thousand heartbeats, before any timer gets its turn.
"""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING, Final

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import MessageLengthError
from twisted.internet.interfaces import IReactorFDSet, IReadDescriptor, IUDPTransport
from twisted.logger import Logger
from zope.interface import implementer

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.protocol import DatagramProtocol
    from twisted.python.failure import Failure

    from hatwist.media.sockets import Address, Sockets

MAX_DATAGRAM: Final = 65535
"""Bytes read at once: more than UDP can carry, so nothing is ever cut."""

MAX_READS: Final = 64
"""Datagrams a wake-up; then timers and other descriptors have their turn."""

_NOTHING_YET: Final = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.EINTR})


@implementer(IReadDescriptor, IUDPTransport)
class DatagramDescriptor:
    """
    Reads one socket, writes another, and drives a C{DatagramProtocol}.

    @ivar sockets: both sockets; closed by L{stopListening}.
    @ivar broken: told why the receiving socket no longer works.
    """

    _log = Logger()

    def __init__(
        self,
        sockets: Sockets,
        protocol: DatagramProtocol,
        reactor: IReactorFDSet,
        broken: Callable[[str], None],
    ) -> None:
        self.sockets = sockets
        self.protocol = protocol
        self.broken = broken
        self._reactor = reactor
        self._reading = False

    def startListening(self) -> None:
        """Begin to read; may be called once."""
        self._reading = True
        self.protocol.makeConnection(self)
        self._reactor.addReader(self)

    def stopListening(self) -> Deferred[None]:
        """Close both sockets; nothing is delivered afterwards, not even the rest of this wake-up."""
        if self._reading:
            self._reading = False
            self._reactor.removeReader(self)
            self.protocol.doStop()  # type: ignore[no-untyped-call]
        self.sockets.close()
        return succeed(None)

    def fileno(self) -> int:
        """Return what the reactor polls; -1 once closed."""
        return self.sockets.receive.fileno()

    def logPrefix(self) -> str:
        """Name us in the reactor's complaints."""
        return "heartbeat"

    def doRead(self) -> None:
        """
        Deliver what has arrived, at most L{MAX_READS} datagrams.

        The reactor closes a descriptor whose C{doRead} raises or returns
        something, so this does neither.
        """
        for _ in range(MAX_READS):
            if not self._reading:
                return
            try:
                data, _ancillary, _flags, source = self.sockets.receive.recvmsg(MAX_DATAGRAM)
            except OSError as problem:
                if problem.errno not in _NOTHING_YET:
                    self.broken(problem.strerror or str(problem))
                return
            with self._log.failuresHandled("A datagram of {length} bytes broke us", length=len(data)):
                self.protocol.datagramReceived(data, source)

    def connectionLost(self, reason: Failure) -> None:
        """Hear from the reactor that it polls us no more."""
        if self._reading:
            self.broken(reason.getErrorMessage())

    def write(self, packet: bytes, addr: Address | None) -> None:
        """
        Send one datagram, now or not at all.

        @param addr: the destination; needed, since nothing is ever connected.
        @raise MessageLengthError: no datagram can be so long.
        @raise OSError: the kernel did not take it.
        """
        assert addr is not None
        try:
            self.sockets.send.sendto(packet, addr)
        except OSError as problem:
            if problem.errno == errno.EMSGSIZE:
                raise MessageLengthError(f"{len(packet)} bytes are too many for a datagram") from problem
            raise

    def getHost(self) -> IPv4Address | IPv6Address:
        """Return what the receiving socket is bound to."""
        host, port, *rest = self.sockets.receive.getsockname()
        return IPv6Address("UDP", host, port, *rest) if rest else IPv4Address("UDP", host, port)

    def connect(self, host: str, port: int) -> None:
        """Refuse: a connected socket would hear of a dead peer as an error."""
        raise NotImplementedError("a medium is never connected")

    def setBroadcastAllowed(self, enabled: bool) -> None:
        """Refuse: the plan of the sockets decides it."""
        raise NotImplementedError("the socket plan decides about broadcast")

    def getBroadcastAllowed(self) -> bool:
        """Say whether the sending socket may broadcast."""
        return bool(self.sockets.send.getsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST))

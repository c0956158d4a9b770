# -*- test-case-name: tests.resources.test_lost -*-
"""
Hear of the kernel at once which addresses are gone: rtnetlink's multicast groups.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IReactorFDSet, IReadDescriptor
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from hatwist.errors import AgentError
from hatwist.resources import netlink
from hatwist.resources.addresses import RTM_DELADDR, read_address
from hatwist.resources.network import IPAddress

RTMGRP_IPV4_IFADDR: Final = 0x10
RTMGRP_IPV6_IFADDR: Final = 0x100

Gone = Callable[[IPAddress | None], None]
"""Hears of an address that an interface has lost; None: of some, nobody knows which."""


@implementer(IReadDescriptor)
class LostAddresses:
    """
    Listens to the kernel of the name space we run in.

    What is lost on the way is lost for good, so whoever listens looks by itself as well.
    """

    _log = Logger()

    def __init__(self, reactor: IReactorFDSet, gone: Gone) -> None:
        self._reactor = reactor
        self._gone = gone
        self._socket = netlink.open_netlink(RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR)
        reactor.addReader(self)

    def fileno(self) -> int:
        """See C{IFileDescriptor}."""
        return self._socket.fileno()

    def logPrefix(self) -> str:
        """See C{ILoggingContext}."""
        return "addresses"

    def doRead(self) -> None:
        """Read everything there is."""
        while True:
            try:
                data = self._socket.recv(netlink.RECEIVE_SIZE)
            except BlockingIOError:
                return
            except OSError:
                # The kernel had more to say than the socket can hold.
                self._gone(None)
                return
            self._take(data)

    def connectionLost(self, reason: Failure) -> None:
        """Hear no more; whoever looks by itself goes on."""
        self._log.warn("addresses are not listened to any more: {reason}", reason=reason.value)
        self.close()

    def close(self) -> None:
        """Listen no more."""
        self._reactor.removeReader(self)
        self._socket.close()

    def _take(self, data: bytes) -> None:
        try:
            for answer in netlink.decode(data):
                held = read_address(answer.payload) if answer.kind == RTM_DELADDR else None
                if held is not None:
                    self._gone(held.ip)
        except AgentError as reason:
            self._log.warn("{reason}", reason=reason)


def listen_to_addresses(reactor: object, gone: Gone) -> Callable[[], None]:
    """
    Begin to listen.

    @return: ends it.
    """
    try:
        return LostAddresses(IReactorFDSet(reactor), gone).close
    except OSError as reason:
        Logger(__name__).warn("addresses cannot be listened to: {reason}", reason=reason)
        return lambda: None

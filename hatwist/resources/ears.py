# -*- test-case-name: tests.resources.test_addresses -*-
"""
Hear who claims some addresses, on all interfaces: packet sockets behind a filter.

They are there only while there is an address to hear of.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from typing import Final

from twisted.internet.interfaces import IReactorFDSet, IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from hatwist.cluster.names import Level
from hatwist.resources.frames import ETH_P_ARP, ETH_P_IPV6
from hatwist.resources.network import IPAddress
from hatwist.resources.packetfilter import Step, attach, claims_by_advertisement, claims_by_arp
from hatwist.resources.reporting import Log

MAX_TURN: Final = 16
"""Frames that are read before everything else has its turn."""

MAX_FRAME: Final = 2048

Take = Callable[[str, bytes], None]
"""Is given the interface and the frame."""


@implementer(IReadDescriptor)
class _Ear:
    """Hears one protocol."""

    def __init__(self, reactor: IReactorFDSet, kind: int, steps: Sequence[Step], take: Take) -> None:
        self._reactor = reactor
        self._take = take
        flags = socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
        self._socket = socket.socket(socket.AF_PACKET, flags, socket.htons(kind))
        try:
            attach(self._socket, steps)  # what it hears before is sorted out by whoever takes it
        except OSError:
            self._socket.close()
            raise
        reactor.addReader(self)

    def refine(self, steps: Sequence[Step]) -> None:
        """Hear something else from now on."""
        attach(self._socket, steps)

    def fileno(self) -> int:
        """See C{IFileDescriptor}."""
        return self._socket.fileno()

    def logPrefix(self) -> str:
        """See C{ILoggingContext}."""
        return "addresses"

    def doRead(self) -> None:
        """Read some frames."""
        for _ in range(MAX_TURN):
            try:
                frame, place = self._socket.recvfrom(MAX_FRAME)
            except OSError:  # nothing there; or an interface went down, which is told once
                return
            self._take(place[0], frame)

    def connectionLost(self, reason: Failure) -> None:
        """Hear no more."""
        self.close()

    def close(self) -> None:
        """Hear no more."""
        self._reactor.removeReader(self)
        self._socket.close()


class Ears:
    """Hears IPv4's ARP and IPv6's neighbour advertisements."""

    def __init__(self, reactor: IReactorFDSet, take: Take, log: Log) -> None:
        self._reactor = reactor
        self._take = take
        self._log = log
        self._ears: dict[int, _Ear] = {}

    def listen(self, addresses: Sequence[IPAddress]) -> None:
        """Hear of these addresses, and of no others."""
        four = [ip for ip in addresses if ip.version == 4]
        six = [ip for ip in addresses if ip.version == 6]
        self._hear(ETH_P_ARP, claims_by_arp(four) if four else [])
        self._hear(ETH_P_IPV6, claims_by_advertisement(six) if six else [])

    def _hear(self, kind: int, steps: Sequence[Step]) -> None:
        ear = self._ears.get(kind)
        try:
            if not steps and ear is not None:
                self._ears.pop(kind).close()
            elif ear is not None:
                ear.refine(steps)
            elif steps:
                self._ears[kind] = _Ear(self._reactor, kind, steps, self._take)
        except OSError as reason:
            self._log(Level.WARN, f"nobody hears who else claims our addresses: {reason}", "IPaddr")

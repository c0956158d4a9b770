# -*- test-case-name: tests.media.test_ping -*-
"""
C{ping}, C{ping6} and C{ping_group}: what is sent is returned by hosts that know
nothing of heartbeat (protocol section 7.4).

The medium only carries: one echo request a datagram, to each host, and each
datagram that comes back is handed on once.  What they say is for the core.
A host that does not answer is no failure of the medium, it is what it is for.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from attrs import frozen
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorFDSet
from twisted.internet.protocol import DatagramProtocol
from zope.interface import implementer

from hatwist.cluster.names import Level
from hatwist.errors import MalformedError, MediumError
from hatwist.interfaces import IMedium, IMediumFactory, IMediumReceiver
from hatwist.media.datagram import DatagramDescriptor
from hatwist.media.echoes import Echoes
from hatwist.media.icmp import EchoSocket, open_echo
from hatwist.media.link import LinkReporter
from hatwist.media.sockets import Sockets
from hatwist.wire.icmp import ICMP, ICMP6, MAX_NUMBER, Variant, without_ip_header

if TYPE_CHECKING:
    from hatwist.config.model import MediumSpec

    Say = Callable[[Level, str], None]

Address = tuple[str | int, ...]
"""As the kernel has it: the number, a port of 0, and for IPv6 flow and scope."""

Opener = Callable[[str, Variant], EchoSocket]


@frozen
class Kind:
    """
    How one directive differs from the others.

    @ivar name: the directive.
    @ivar started: what heartbeat says once it is open.
    """

    name: str
    variant: Variant
    started: str


PING: Final = Kind("ping", ICMP, "glib: ping heartbeat started.")
PING6: Final = Kind("ping6", ICMP6, "glib: ping heartbeat started.")
PING_GROUP: Final = Kind("ping_group", ICMP, "glib: ping group heartbeat started.")

KINDS: Final = (PING, PING6, PING_GROUP)


def look_up(host: str, variant: Variant) -> Address:
    """
    Return the address of a host; may wait for a name server.

    @raise MediumError: nobody knows it.
    """
    family = socket.AF_INET6 if variant is ICMP6 else socket.AF_INET
    try:
        found = socket.getaddrinfo(host, 0, family, socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as problem:
        raise MediumError(f"unknown host: {host}: {problem}") from problem
    # No part is bytes but in a Python without IPv6.
    return tuple(part for part in found[0][4] if not isinstance(part, bytes))


class _Hearing(DatagramProtocol):
    """Passes on what arrives."""

    noisy = False

    def __init__(self, heard: Callable[[bytes, str], None]) -> None:
        self.heard = heard

    def datagramReceived(self, datagram: bytes, addr: Address) -> None:
        self.heard(datagram, str(addr[0]))


@implementer(IMedium)
class PingMedium:
    """
    One ping node, as a medium.

    @ivar opener: opens the socket.
    """

    def __init__(
        self,
        spec: MediumSpec,
        kind: Kind,
        reactor: object,
        receiver: IMediumReceiver,
        say: Say,
        opener: Opener = open_echo,
    ) -> None:
        self.spec = spec
        self.opener = opener
        self._kind = kind
        self._title = f"{kind.name} {spec.link}"
        self._reactor = IReactorFDSet(reactor)
        self._receiver = receiver
        self._reporter = LinkReporter(spec.link, receiver, reactor)
        self._say = say
        self._hosts: tuple[Address, ...] = ()
        self._echoes: Echoes | None = None
        self._descriptor: DatagramDescriptor | None = None
        self._raw = False
        self._strange = False
        self._stopped = False

    def start(self) -> None:
        """
        Look the hosts up, now and never again, and open the socket.

        @raise MediumError: the host is not known, or there is no socket for us;
            also once stopped.
        """
        if self._stopped or self._echoes is not None:
            raise MediumError(f"{self._title}: can be started only once")
        self._hosts = self._look_up()
        sources = frozenset(str(host[0]) for host in self._hosts)
        self._echoes = Echoes(self._kind.variant, sources, None, self._answered_elsewhere)
        try:
            self._open()
        except MediumError:
            self._echoes = None
            raise
        self._say(Level.INFO, self._kind.started)

    def send(self, data: bytes) -> None:
        """Send one echo request to each host; see L{IMedium.send}."""
        if self._stopped or self._echoes is None:
            return
        if self._descriptor is None and not self._reopen():
            return
        try:
            request = self._echoes.request(data)
        except MalformedError as problem:
            self._say(Level.ERROR, f"{self._title}: {problem}")
            return
        self._transmit(request)

    def stop(self) -> Deferred[None]:
        """Close it for good; nothing is delivered from now on."""
        self._stopped = True
        self._reporter.stop()
        self._close()
        return succeed(None)

    def _look_up(self) -> tuple[Address, ...]:
        """
        Find the hosts; of a group those that nobody knows are left out, as heartbeat does.

        A group can end up with none: then the node starts, and the group is dead.
        """
        found: dict[Address, None] = {}
        for host in self.spec.members or (self.spec.address,):
            try:
                found[look_up(host, self._kind.variant)] = None
            except MediumError as problem:
                if not self.spec.members:
                    raise MediumError(f"{self._title}: {problem}") from problem
                self._say(Level.ERROR, f"glib: {problem} ({self.spec.where}: {self._title})")
        return tuple(found)

    def _open(self) -> None:
        """Make the socket and begin to read."""
        made = self.opener(self._title, self._kind.variant)
        self._raw = made.raw
        assert self._echoes is not None
        self._echoes.identifier = os.getpid() & MAX_NUMBER if made.raw else None
        both = Sockets(made.socket, made.socket)
        self._descriptor = DatagramDescriptor(both, _Hearing(self._heard), self._reactor, self._broken)
        self._descriptor.startListening()

    def _reopen(self) -> bool:
        """Try to open it anew; if that fails the next datagram tries again."""
        try:
            self._open()
        except MediumError as problem:
            self._reporter.down(str(problem))
        return self._descriptor is not None

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            descriptor.stopListening()

    def _transmit(self, request: bytes) -> None:
        """Send to each host; that one host of a group cannot be sent to is not said while another can."""
        assert self._descriptor is not None
        reasons = []
        for host in self._hosts:
            try:
                self._descriptor.sockets.send.sendto(request, host)
            except OSError as problem:
                reasons.append(problem.strerror or str(problem))
        if len(reasons) < len(self._hosts):
            self._reporter.up()
        elif reasons and self._reporter.working:
            self._say(Level.ERROR, f"glib: Error sending packet: {reasons[0]}")
            self._say(Level.ERROR, f"write_child: write failure on {self._title}.: {reasons[0]}")
            self._reporter.down(reasons[0])

    def _heard(self, packet: bytes, source: str) -> None:
        """Hand on what a host returned; whatever else arrives is not for us."""
        try:
            inner = without_ip_header(packet) if self._raw and self._kind.variant is ICMP else packet
        except MalformedError:
            return
        payload = self._echoes.answer(inner, source) if self._echoes is not None else None
        if payload is not None:
            self._receiver.datagramReceived(self.spec.link, payload, source)

    def _answered_elsewhere(self, source: str) -> None:
        """Say, once, that an address answers that was not asked."""
        if not self._strange:
            self._strange = True
            asked = ", ".join(str(host[0]) for host in self._hosts)
            self._say(Level.WARN, f"{self._title}: {source} answers for {asked}; its replies do not count")

    def _broken(self, reason: str) -> None:
        self._close()
        self._reporter.down(reason)


@implementer(IMediumFactory)
class PingFactory:
    """Makes the media of one directive; C{say} takes their lines for ha-log."""

    def __init__(self, kind: Kind, say: Say) -> None:
        self.name = kind.name
        self._kind = kind
        self._say = say

    def make(self, spec: MediumSpec, reactor: object, receiver: IMediumReceiver) -> IMedium:
        """Make a medium, not yet open."""
        return PingMedium(spec, self._kind, reactor, receiver, self._say)

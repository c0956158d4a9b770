# -*- test-case-name: tests.resources.test_announce -*-
"""
Announce an address to its neighbours, several times, and only while it is ours.

A frame can be lost, so it is repeated, and now and again later: a neighbour may have
slept, a switch may have been replaced.  An address that was released, or taken away
behind our back, is announced no more.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from attrs import define, field
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from hatwist.cluster.names import Level
from hatwist.config.model import Seconds
from hatwist.resources.frames import announcements, probe
from hatwist.resources.network import IPAddress, Link
from hatwist.resources.reporting import Log

MOMENTS: Final = (0.0, 0.05, 0.1, 0.2, 0.5)
"""When an address is announced, in seconds after it was added."""


PROBING: Final = 0.05
"""Seconds until it is asked who else has the address: whoever hears the answers is ready then."""


class Sender(Protocol):
    """Sends Ethernet frames."""

    def send(self, link: Link, frame: bytes) -> None:
        """Send one frame over an interface; never blocks; raises C{OSError}."""


class PacketSender:
    """
    Sends over one packet socket, opened when first needed and then kept: to
    close such a socket makes the kernel wait for some ten milliseconds.

    It receives nothing, as it is bound to no protocol.
    """

    def __init__(self) -> None:
        self._socket: socket.socket | None = None

    def send(self, link: Link, frame: bytes) -> None:
        """See L{Sender.send}."""
        if self._socket is None:
            kind = socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
            self._socket = socket.socket(socket.AF_PACKET, kind, 0)
        self._socket.sendto(frame, (link.name, 0))


class Guard(Protocol):
    """Watches over the addresses that are announced, see L{hatwist.resources.rivals}."""

    def hold(self, link: Link, ip: IPAddress) -> None:
        """Watch over an address from now on."""

    def release(self, ip: IPAddress) -> None:
        """Watch over it no more; nothing happens if nobody did."""


@define
class _Announced:
    """An address that is held here."""

    link: Link
    frames: tuple[bytes, ...]
    calls: list[IDelayedCall] = field(factory=list)


class Announcer:
    """Announces addresses at L{MOMENTS}, and then now and again."""

    def __init__(
        self,
        clock: IReactorTime,
        is_ours: Callable[[Link, IPAddress], bool],
        sender: Sender,
        log: Log,
        guard: Guard | None = None,
        refresh: Seconds = 0.0,
    ) -> None:
        """
        @param is_ours: whether the address is on that interface right now.
        @param refresh: seconds from one announcement to the next, as long as the address
            is held; 0: none after the last of L{MOMENTS}.
        """
        self._clock = clock
        self._is_ours = is_ours
        self._sender = sender
        self._log = log
        self._guard = guard
        self._refresh = refresh
        self._announced: dict[IPAddress, _Announced] = {}

    def begin(self, link: Link, ip: IPAddress) -> None:
        """
        Announce an address now and again; the first frames leave at once.

        Failures are logged: an address that cannot be announced still serves
        those who ask for it.
        """
        self.cancel(ip)
        if not link.announces:
            return
        one = self._announced[ip] = _Announced(link, announcements(link.hardware, ip))
        if self._guard is not None:
            self._guard.hold(link, ip)
        self._send(ip, link, one.frames)
        one.calls += [self._clock.callLater(moment, self._repeat, ip) for moment in MOMENTS[1:]]
        one.calls.append(self._clock.callLater(PROBING, self._probe, ip))
        if self._refresh:
            one.calls.append(self._clock.callLater(MOMENTS[-1] + self._refresh, self._renew, ip))

    def once_more(self, ip: IPAddress) -> None:
        """Announce an address that is held here once more: somebody else claims it."""
        if ip in self._announced:
            self._repeat(ip)

    def cancel(self, ip: IPAddress) -> None:
        """Announce an address no more; to be called before it is removed."""
        one = self._announced.pop(ip, None)
        if one is None:
            return
        if self._guard is not None:
            self._guard.release(ip)
        for call in one.calls:
            if call.active():
                call.cancel()

    def close(self) -> None:
        """Announce nothing any more."""
        for ip in list(self._announced):
            self.cancel(ip)

    def _repeat(self, ip: IPAddress) -> bool:
        """Announce it if it is still there; return whether it is."""
        one = self._announced[ip]
        if self._is_ours(one.link, ip):
            self._send(ip, one.link, one.frames)
            return True
        self._warn(ip, f"{ip} is not on {one.link.name} any more")
        self.cancel(ip)
        return False

    def _renew(self, ip: IPAddress) -> None:
        if self._repeat(ip):
            self._probe(ip)
            self._announced[ip].calls[:] = [self._clock.callLater(self._refresh, self._renew, ip)]

    def _probe(self, ip: IPAddress) -> None:
        """Ask who else has the address; the guard hears the answers."""
        if self._guard is not None:
            link = self._announced[ip].link
            self._send(ip, link, [probe(link.hardware, ip)])

    def _send(self, ip: IPAddress, link: Link, frames: Iterable[bytes]) -> None:
        try:
            for frame in frames:
                self._sender.send(link, frame)
        except OSError as reason:
            self._warn(ip, f"{ip} not announced on {link.name}: {reason}")

    def _warn(self, ip: IPAddress, text: str) -> None:
        self._log(Level.WARN, text, f"IPaddr(IPaddr_{ip})")

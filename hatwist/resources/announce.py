# -*- test-case-name: tests.resources.test_announce -*-
"""
Announce an address to its neighbours, several times, and only while it is ours.

A frame can be lost, so it is repeated; an address that was released, or taken
away behind our back, is announced no more.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from attrs import frozen
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from hatwist.cluster.names import Level
from hatwist.resources.frames import announcements
from hatwist.resources.network import IPAddress, Link
from hatwist.resources.reporting import Log

MOMENTS: Final = (0.0, 0.05, 0.1, 0.2, 0.5)
"""When an address is announced, in seconds after it was added."""


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


@frozen
class _Burst:
    """The announcements of one address."""

    link: Link
    frames: tuple[bytes, ...]
    calls: list[IDelayedCall]


class Announcer:
    """Announces addresses at L{MOMENTS}."""

    def __init__(
        self,
        clock: IReactorTime,
        is_ours: Callable[[Link, IPAddress], bool],
        sender: Sender,
        log: Log,
    ) -> None:
        """
        @param is_ours: whether the address is on that interface right now.
        """
        self._clock = clock
        self._is_ours = is_ours
        self._sender = sender
        self._log = log
        self._bursts: dict[IPAddress, _Burst] = {}

    def begin(self, link: Link, ip: IPAddress) -> None:
        """
        Announce an address now and again; the first frames leave at once.

        Failures are logged: an address that cannot be announced still serves
        those who ask for it.
        """
        self.cancel(ip)
        if not link.announces:
            return
        frames = announcements(link.hardware, ip)
        self._send(link, ip, frames)
        calls = [self._clock.callLater(moment, self._repeat, ip) for moment in MOMENTS[1:]]
        self._bursts[ip] = _Burst(link, frames, calls)

    def cancel(self, ip: IPAddress) -> None:
        """Announce an address no more; to be called before it is removed."""
        burst = self._bursts.pop(ip, None)
        for call in burst.calls if burst is not None else ():
            if call.active():
                call.cancel()

    def _repeat(self, ip: IPAddress) -> None:
        burst = self._bursts[ip]
        if not self._is_ours(burst.link, ip):
            self._warn(ip, f"{ip} is not on {burst.link.name} any more")
            self.cancel(ip)
            return
        self._send(burst.link, ip, burst.frames)
        if not any(call.active() for call in burst.calls):
            self.cancel(ip)

    def _send(self, link: Link, ip: IPAddress, frames: Iterable[bytes]) -> None:
        try:
            for frame in frames:
                self._sender.send(link, frame)
        except OSError as reason:
            self._warn(ip, f"{ip} not announced on {link.name}: {reason}")

    def _warn(self, ip: IPAddress, text: str) -> None:
        self._log(Level.WARN, text, f"IPaddr(IPaddr_{ip})")

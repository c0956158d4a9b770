# -*- test-case-name: tests.media.test_discarded -*-
"""
What log watchers know of a medium that does not take our datagrams: the lines of
heartbeat's write processes (inventory, "Membership, links, timing").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import define

from hatwist.cluster.names import Level

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.interfaces import IReactorTime

    Say = Callable[[Level, str], None]

QUIET: Final = 60.0
"""Seconds after one report in which another failure is counted only: a medium may flap at each keepalive."""


@define
class Discarded:
    """
    Counts the datagrams that one medium did not take, and reports them.

    @ivar kind: the directive.
    @ivar name: the interface.
    """

    kind: str
    name: str
    clock: IReactorTime
    say: Say
    _count: int = 0
    _reporting: bool = False
    _reported: float | None = None

    def refused(self, where: str, length: int, reason: str) -> None:
        """
        Take note of a datagram that was not sent; the first is reported.

        @param where: its destination, address and port, with the blank before it
            that IPv4 has and IPv6 has not.
        @param length: in bytes.
        """
        self._count += 1
        now = self.clock.seconds()
        if self._reporting or (self._reported is not None and now - self._reported < QUIET):
            return
        self._reporting, self._reported = True, now
        what = f"HBcomm packet {self.name}{where} len={length} [-1]"
        self.say(Level.CRIT, f"glib: {self.kind}_write: Unable to send {what}: {reason}")
        self.say(Level.WARN, "Temporarily Suppressing write error messages")
        self.say(Level.WARN, f"Is a cable unplugged on {self.kind} {self.name}?")

    def sent(self) -> None:
        """Take note that it works; the end of what was reported is reported, too."""
        if not self._reporting:
            return
        text = f"{self._count} messages discarded due to write errors on {self.kind} {self.name}"
        self._count, self._reporting = 0, False
        self.say(Level.WARN, text)

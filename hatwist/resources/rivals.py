# -*- test-case-name: tests.resources.test_rivals -*-
"""
Notice who else claims an address that is held here, and defend it (RFC 5227).

Nothing is decided here: the address stays.  The former owner of a service may have been
frozen, and its kernel answers for the address as before; then neighbours must hear of us
again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from attrs import define
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from hatwist.cluster.names import Level
from hatwist.config.model import Seconds
from hatwist.resources.frames import claim
from hatwist.resources.network import IPAddress, Link
from hatwist.resources.reporting import Log

DEFEND_INTERVAL: Final = 10.0
"""Seconds from one defence of an address to the next (RFC 5227, 1.1), and from one line in the log."""

SAID_AGAIN: Final = 60.0
"""Seconds until the same rival is named again in the log."""

REMEMBERED: Final = 600.0
"""Seconds for which a rival is shown."""

MAX_RIVALS: Final = 64
"""How many are remembered: whoever makes up MACs does not fill our memory."""

SETTLING: Final = 0.02
"""Seconds in which further addresses are waited for before the ears are told."""

COUNTER: Final = "address conflicts"


@define
class _Rival:
    """One other host that claims one address of ours."""

    ip: IPAddress
    mac: bytes
    card: str
    last: Seconds
    times: int = 0

    @property
    def words(self) -> str:
        """What there is to say of it."""
        return f"{self.ip} is also claimed by {self.mac.hex(':')} on {self.card}"


@define
class _Mine:
    """An address that is held here."""

    link: Link
    defended: Seconds | None = None
    said: Seconds | None = None
    blamed: bytes = b""


class Rivals:
    """
    Watches over the addresses that are held here.

    @ivar defend: announces an address once more.
    @ivar listen: is told the addresses whose claims L{take} is to be given.
    """

    def __init__(self, clock: IReactorTime, own: Callable[[], frozenset[bytes]], log: Log) -> None:
        """
        @param own: returns the MACs of this host.
        """
        self.defend: Callable[[IPAddress], None] = lambda _: None
        self.listen: Callable[[Sequence[IPAddress]], None] = lambda _: None
        self._clock = clock
        self._own = own
        self._log = log
        self._mine: dict[IPAddress, _Mine] = {}
        self._rivals: dict[tuple[IPAddress, bytes], _Rival] = {}
        self._times = 0
        self._telling: IDelayedCall | None = None

    def hold(self, link: Link, ip: IPAddress) -> None:
        """Watch over an address from now on."""
        mine = self._mine.get(ip)
        if mine is None or mine.link != link:
            self._mine[ip] = _Mine(link)
            self._tell()

    def release(self, ip: IPAddress) -> None:
        """Watch over an address no more; its rivals are forgotten."""
        if self._mine.pop(ip, None) is not None:
            for key in [key for key in self._rivals if key[0] == ip]:
                del self._rivals[key]
            self._tell()

    def take(self, card: str, frame: bytes) -> None:
        """Take a frame that came in on an interface."""
        claimed = claim(frame)
        mine = self._mine.get(claimed[0]) if claimed is not None else None
        if claimed is None or mine is None or mine.link.name != card:
            return
        ip, mac = claimed
        now = self._clock.seconds()
        rival = self._rivals.get((ip, mac))
        if rival is None:
            # The host may have several interfaces on one segment.
            if mac == mine.link.hardware or mac in self._own():
                return
            if len(self._rivals) >= MAX_RIVALS:
                del self._rivals[min(self._rivals, key=lambda key: self._rivals[key].last)]
            rival = self._rivals[ip, mac] = _Rival(ip, mac, card, now)
        rival.last = now
        rival.times += 1
        self._times += 1
        self._say(mine, rival, now)
        if mine.defended is None or now - mine.defended >= DEFEND_INTERVAL:
            mine.defended = now
            self.defend(ip)

    def troubles(self) -> Sequence[str]:
        """Return who claimed our addresses lately, for people."""
        now = self._clock.seconds()
        return [
            f"{one.words} ({one.times} times, last {now - one.last:.0f} s ago)"
            for one in self._rivals.values()
            if now - one.last <= REMEMBERED
        ]

    def counters(self) -> Mapping[str, int]:
        """See L{ICounting.counters}."""
        return {COUNTER: self._times} if self._times else {}

    def close(self) -> None:
        """Watch over nothing any more."""
        self._mine.clear()
        self._rivals.clear()
        if self._telling is not None and self._telling.active():
            self._telling.cancel()
        self.listen(())

    def _say(self, mine: _Mine, rival: _Rival, now: Seconds) -> None:
        """Name it in the log, a new one soon, the same one seldom."""
        pause = SAID_AGAIN if rival.mac == mine.blamed else DEFEND_INTERVAL
        if mine.said is None or now - mine.said >= pause:
            mine.said, mine.blamed = now, rival.mac
            self._log(Level.ERROR, rival.words, f"IPaddr(IPaddr_{rival.ip})")

    def _tell(self) -> None:
        """Tell the ears what to hear, soon, once for all that changes meanwhile."""
        if self._telling is None or not self._telling.active():
            self._telling = self._clock.callLater(SETTLING, lambda: self.listen(tuple(self._mine)))

# -*- test-case-name: tests.clients.test_apphb -*-
"""
Which applications have registered, and who may.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from attrs import define, field

from hatwist.clients.pulse import Application, Missed, Pulse
from hatwist.cluster.names import Level

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.interfaces import IReactorTime

    from hatwist.clients.rights import Rights
    from hatwist.config.model import Seconds
    from hatwist.unix import Credentials

ENTRY: Final = "apphb"
"""The name under which C{apiauth} says who may besides root."""

MIN_INTERVAL: Final = 0.1
MAX_INTERVAL: Final = 3600.0
"""Seconds."""

COMPLAINT_PERIOD: Final = 60.0
"""Seconds from one line about clients that were sent away to the next."""

_NAME: Final = re.compile(r"[!-~]{1,64}")
_INTERVAL: Final = re.compile(r"[0-9]{1,4}(\.[0-9]{1,3})?", re.ASCII)
_USAGE: Final = "write register NAME INTERVAL, or register NAME GROUP RESOURCE INTERVAL"


class RefusedError(Exception):
    """What a client wants cannot be had; its text says why."""


@define
class Applications:
    """
    Every application that has registered.

    @ivar missed: hears of what failed of a group.
    """

    _clock: IReactorTime
    _rights: Rights
    _own: int
    "The daemon's own user."
    _groups: Mapping[str, tuple[str, ...]]
    "The resources of each group, by its key."
    _say: Callable[[Level, str], None]
    missed: Missed = field(default=lambda _key, _resource, _how: None)
    _pulses: dict[str, Pulse] = field(factory=dict)
    _complained: Seconds = -COMPLAINT_PERIOD
    _untold: int = 0

    def admit(self, peer: Credentials) -> None:
        """
        Let somebody in: root, the daemon's own user, and whom C{apiauth apphb} names.

        @raise RefusedError: for anybody else.
        """
        why = "" if peer.uid in (0, self._own) else self._rights.refusal(ENTRY, peer)
        if why:
            raise RefusedError(why)

    def register(self, words: list[str], peer: Credentials) -> Pulse:
        """
        Begin to listen to an application.

        @param words: what came after C{register}.
        @raise RefusedError: it cannot be; says why.
        """
        if len(words) not in (2, 4):
            raise RefusedError(_USAGE)
        name, *of, interval = words
        key, resource = of or ("", "")
        if of and resource not in self._groups.get(key, ()):
            raise RefusedError("haresources has no such resource of such a group")
        if not _NAME.fullmatch(name):
            raise RefusedError("a name has at most 64 characters, all of them visible ASCII")
        if name in self._pulses:
            raise RefusedError("somebody has registered under this name")
        seconds = float(interval) if _INTERVAL.fullmatch(interval) else 0.0
        if not MIN_INTERVAL <= seconds <= MAX_INTERVAL:
            raise RefusedError(f"an interval is {MIN_INTERVAL:g} to {MAX_INTERVAL:g} seconds")
        application = Application(name, peer.pid, seconds, key, resource)
        self._say(Level.INFO, f"{application} registered, interval {seconds:g} s")
        pulse = self._pulses[name] = Pulse(application, self._clock, self._say, self._tell)
        return pulse

    def forget(self, pulse: Pulse) -> None:
        """Listen to an application no more."""
        pulse.end()
        self._pulses.pop(pulse.application.name, None)

    def complain(self, peer: Credentials, why: str) -> None:
        """Say that a client was sent away, unless something of the kind was just said."""
        now = self._clock.seconds()
        if now - self._complained < COMPLAINT_PERIOD:
            self._untold += 1
            return
        untold, self._untold, self._complained = self._untold, 0, now
        more = f" ({untold} more since the last one)" if untold else ""
        self._say(Level.WARN, f"apphb client (pid {peer.pid}, uid {peer.uid}) was sent away: {why}{more}")

    def troubles(self) -> list[str]:
        """Return which of them are silent, in whole sentences."""
        return [
            f"{pulse.application.name} (process {pulse.application.pid}) has not beaten for"
            f" {pulse.silence:.0f} s."
            for pulse in self._pulses.values()
            if pulse.silent
        ]

    def _tell(self, key: str, resource: str, how: str) -> None:
        self.missed(key, resource, how)

# -*- test-case-name: tests.guardian.test_watchdog -*-
"""
The hardware watchdog: it resets the host when nobody feeds it.

Only the guardian opens it.  The letter C{V} before it is closed ends it; a guardian that dies
does not write one.
"""

from __future__ import annotations

import fcntl
import os
import struct
from contextlib import suppress

WDIOC_SETTIMEOUT = 0xC0045706
"""The request that sets its time, of C{linux/watchdog.h}."""

FEEDINGS = 4
"""How often it is fed within its time."""


class Watchdog:
    """
    One device.

    @ivar timeout: seconds after the last feeding at which it resets the host.
    """

    def __init__(self, path: str, timeout: float) -> None:
        """
        Open and arm it.

        @raise OSError: it is not there, or somebody else has it.
        """
        self.timeout = timeout
        self._device = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        self._next = 0.0
        seconds = struct.pack("i", max(1, round(timeout)))
        # What has one time only keeps it; softdog takes any.
        with suppress(OSError):
            self.timeout = float(struct.unpack("i", fcntl.ioctl(self._device, WDIOC_SETTIMEOUT, seconds))[0])

    def feed(self, now: float) -> None:
        """Feed it, if it is time."""
        if now < self._next:
            return
        self._next = now + self.timeout / FEEDINGS
        # If it does not take it, it is hungry, and that is what it is for.
        with suppress(OSError):
            os.write(self._device, b"\0")

    def disarm(self) -> None:
        """Let it reset the host no more."""
        try:
            os.write(self._device, b"V")
        finally:
            os.close(self._device)

    @property
    def period(self) -> float:
        """Seconds from one feeding to the next."""
        return self.timeout / FEEDINGS

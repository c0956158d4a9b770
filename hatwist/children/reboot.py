# -*- test-case-name: tests.children.test_reboot -*-
"""
Restart the host at once, as heartbeat does when a C{failfast} child has died.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from typing import Final

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

RB_AUTOBOOT: Final = 0x01234567
"""What C{reboot(2)} takes for: at once, and start again."""

SYNC_LIMIT: Final = 1.0
"""Seconds that disks have for what is not on them yet; one that hangs must not keep the host alive."""

_log = Logger()


def reboot_now() -> None:
    """
    Restart the host without stopping anything; in a container, the container.

    @raise OSError: the kernel refuses.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.reboot(RB_AUTOBOOT):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def restart_host(
    clock: IReactorTime,
    in_thread: Callable[[Callable[[], None]], Deferred[None]],
    refused: Callable[[OSError], None],
    reboot: Callable[[], None] = reboot_now,
    sync: Callable[[], None] = os.sync,
) -> None:
    """
    Let the disks have what is theirs, then restart the host; returns at once.

    @param in_thread: calls something that may have to wait for a disk.
    @param refused: hears that the host cannot be restarted.
    """

    def restart() -> None:
        if limit.active():
            limit.cancel()
        try:
            reboot()
        except OSError as reason:
            refused(reason)

    def synced(_: object) -> None:
        if limit.active():
            restart()

    limit = clock.callLater(SYNC_LIMIT, restart)
    in_thread(sync).addErrback(lambda failure: _log.failure("sync broke:", failure)).addCallback(synced)

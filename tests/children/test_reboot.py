# -*- test-case-name: tests.children.test_reboot -*-
"""
Restarting the host; the real thing is tried in a lab only, where a host is a name space.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from hatwist.children.reboot import SYNC_LIMIT, restart_host


class RestartTests(SynchronousTestCase):
    """L{restart_host}, with a host in memory."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.disk: Deferred[None] = Deferred()
        self.done: list[str] = []
        self.refusal: OSError | None = None

    def in_thread(self, call: Callable[[], None]) -> Deferred[None]:
        """Call at once; it is over when the disk says so."""
        call()
        return self.disk

    def reboot(self) -> None:
        """Be the kernel."""
        self.done.append("reboot")
        if self.refusal is not None:
            raise self.refusal

    def restart(self) -> None:
        """Restart the host."""
        restart_host(
            self.clock,
            self.in_thread,
            lambda reason: self.done.append(f"refused: {reason.strerror}"),
            self.reboot,
            lambda: self.done.append("sync"),
        )

    def test_disks_first(self) -> None:
        """What is not on a disk yet is written, then the host is restarted, once."""
        self.restart()
        self.assertEqual(self.done, ["sync"])
        self.disk.callback(None)
        self.clock.advance(SYNC_LIMIT)
        self.assertEqual(self.done, ["sync", "reboot"])

    def test_a_disk_that_hangs(self) -> None:
        """It is not waited for longer than a second."""
        self.restart()
        self.clock.advance(SYNC_LIMIT)
        self.assertEqual(self.done, ["sync", "reboot"])
        self.disk.callback(None)
        self.assertEqual(self.done, ["sync", "reboot"])

    def test_a_disk_that_fails(self) -> None:
        """The host is restarted all the same."""
        self.restart()
        self.disk.errback(OSError(5, "Input/output error"))
        self.assertEqual(self.done, ["sync", "reboot"])
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)

    def test_the_kernel_refuses(self) -> None:
        """Whoever wanted it hears so."""
        self.refusal = OSError(1, "Operation not permitted")
        self.restart()
        self.disk.callback(None)
        self.assertEqual(self.done[1:], ["reboot", "refused: Operation not permitted"])

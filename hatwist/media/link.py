# -*- test-case-name: tests.media.test_link -*-
"""
Say once that a medium fails, and once that it works again.

Reports are made in a turn of their own: a medium notices its trouble while the
node is having a datagram sent, and the node must not be entered twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.internet.interfaces import IReactorTime

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.interfaces import IDelayedCall

    from hatwist.config.model import LinkName
    from hatwist.interfaces import IMediumReceiver


class LinkReporter:
    """
    Tells a receiver about one link, changes only.

    @ivar working: what was said last; a medium begins as working.
    """

    def __init__(self, link: LinkName, receiver: IMediumReceiver, reactor: object) -> None:
        self._link = link
        self._receiver = receiver
        self._clock = IReactorTime(reactor)
        self._pending: list[IDelayedCall] = []
        self.working = True

    def down(self, reason: str) -> None:
        """The medium does not carry; said unless it was said before."""
        if self.working:
            self.working = False
            self._tell(lambda: self._receiver.linkDown(self._link, reason))

    def up(self) -> None:
        """The medium carries; said only after it did not."""
        if not self.working:
            self.working = True
            self._tell(lambda: self._receiver.linkUp(self._link))

    def stop(self) -> None:
        """Say nothing more, not even what is on its way."""
        pending, self._pending = self._pending, []
        for call in pending:
            if call.active():
                call.cancel()

    def _tell(self, what: Callable[[], None]) -> None:
        self._pending = [call for call in self._pending if call.active()]
        self._pending.append(self._clock.callLater(0, what))

# -*- test-case-name: tests.service.test_fencework -*-
"""
From the core's orders to fence to the devices, and from a person's word to the core.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from hatwist.cluster.events import FenceConfirmed, FenceFinished

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.defer import Deferred

    from hatwist.cluster.actions import Fence
    from hatwist.cluster.events import Event
    from hatwist.cluster.names import Ticket
    from hatwist.config.model import NodeName
    from hatwist.fencing.results import FenceResult
    from hatwist.interfaces import IFencer


@define
class FenceWork:
    """
    The fencings of one life.

    @ivar feed: takes what came of them.
    """

    fencer: IFencer
    feed: Callable[[Event], None]
    _running: dict[Ticket, Deferred[FenceResult]] = field(factory=dict)

    def begin(self, action: Fence) -> None:
        """Fence a node."""
        ticket = action.ticket
        self._running[ticket] = self.fencer.fence(action.node, action.why)
        self._running[ticket].addCallback(self._ended, ticket)

    def cancel(self, ticket: Ticket) -> None:
        """It is not wanted any more."""
        running = self._running.pop(ticket, None)
        if running is not None:
            running.cancel()

    def confirm(self, node: NodeName, who: str) -> None:
        """Take a person's word: for a fencing that goes on, else for the core."""
        if not self.fencer.confirm(node, who):
            self.feed(FenceConfirmed(node, who))

    def close(self) -> None:
        """Want nothing any more."""
        for ticket in list(self._running):
            self.cancel(ticket)

    def _ended(self, result: FenceResult, ticket: Ticket) -> None:
        self._running.pop(ticket, None)
        self.feed(FenceFinished(ticket, result.confirmed, result.by, result.words))

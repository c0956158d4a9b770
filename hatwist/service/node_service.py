# -*- test-case-name: tests.service.test_node_service -*-
"""
The daemon as a Twisted service: begin, live, restart if need be, leave in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twisted.application.service import Service
from twisted.internet.defer import Deferred, gatherResults
from zope.interface import implementer

from hatwist.cluster.events import LeaveWanted, StandbyWanted, TakeoverWanted
from hatwist.cluster.names import Level
from hatwist.errors import HatwistError
from hatwist.interfaces import IClusterControl

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from twisted.internet.interfaces import IDelayedCall, IReactorTime

    from hatwist.cluster.actions import Stop
    from hatwist.cluster.names import Holding
    from hatwist.cluster.node import Node
    from hatwist.cluster.status import Status
    from hatwist.control.listeners import ControlService
    from hatwist.interfaces import IControlObserver
    from hatwist.service.halog import HaLog
    from hatwist.service.happenings import Happenings
    from hatwist.service.life import Life

    NewLife = Callable[["NodeService"], tuple[Life, Node]]

RETRY_DELAY: Final = 5.0
"""Seconds until a restart that failed is tried again."""


@implementer(IClusterControl)
class NodeService(Service):
    """
    One node of the cluster.

    @ivar gone: fires when the node has left for good; its reason in words.
    """

    name = "hatwist"

    def __init__(self, clock: IReactorTime, new_life: NewLife, happenings: Happenings, log: HaLog) -> None:
        self._clock = clock
        self._new_life = new_life
        self._happenings = happenings
        self._log = log
        self._life: Life | None = None
        self._node: Node | None = None
        self._between: IDelayedCall | None = None
        self._left: Deferred[None] | None = None
        self.listeners: Sequence[ControlService] = ()
        self.gone: Deferred[str] = Deferred()

    def startService(self) -> None:
        """
        Begin the first life.

        @raise SystemExit: when a medium, a state file or the control socket
            does not let us; nothing is started then.
        """
        self._log.start()
        try:
            for listener in self.listeners:
                listener.start()
            self._begin()
        except HatwistError as error:
            self._log.say(Level.ERROR, f"Heartbeat not started: {error}")
            self._close()
            raise SystemExit(f"Heartbeat not started: {error}") from error
        self.running = 1

    def stopService(self) -> Deferred[None]:
        """Give up everything in order, then leave; fires when that is done."""
        self.running = 0
        if self._between is not None:
            self._between.cancel()
            self._between = None
        if self._life is None:
            return self._close()
        self._left = Deferred()
        self._left.addCallback(lambda _: self._close())
        self.leave("a signal")
        return self._left

    def stopped(self, action: Stop) -> None:
        """The node has left; end, or begin anew later."""
        assert self._life is not None
        ended = self._life.end()
        self._life = None
        if action.restart_after is not None and self.running:
            self._between = self._clock.callLater(action.restart_after, self._restart)
            return
        ended.addCallback(lambda _: self._over(action.why))

    def status(self) -> Status:
        """Return the snapshot."""
        assert self._node is not None
        return self._node.status()

    def subscribe(self, observer: IControlObserver) -> Callable[[], None]:
        """Tell an observer everything from now on."""
        return self._happenings.subscribe(observer)

    def standby(self, which: Holding, requester: str) -> None:
        """Ask the node to give up groups."""
        self._feed(StandbyWanted(which, requester))

    def takeover(self, which: Holding, requester: str) -> None:
        """Ask the node to get groups."""
        self._feed(TakeoverWanted(which, requester))

    def leave(self, requester: str) -> None:
        """Ask the node to leave."""
        self._feed(LeaveWanted(requester))

    def _close(self) -> Deferred[None]:
        closed: Deferred[list[None]] = gatherResults([listener.stop() for listener in self.listeners])
        return closed.addCallback(lambda _: self._log.stop())

    def _begin(self) -> None:
        self._life, self._node = self._new_life(self)

    def _restart(self) -> None:
        self._between = None
        try:
            self._begin()
        except HatwistError as error:
            # At the first start this ends the daemon; later there is nobody to read it but the log.
            self._log.say(Level.ERROR, f"Heartbeat not restarted: {error}; trying again")
            self._between = self._clock.callLater(RETRY_DELAY, self._restart)

    def _over(self, why: str) -> None:
        if self._left is not None:
            self._left.callback(None)
        else:
            self.gone.callback(why)

    def _feed(self, event: StandbyWanted | TakeoverWanted | LeaveWanted) -> None:
        if self._life is not None:
            self._life.feed(event)

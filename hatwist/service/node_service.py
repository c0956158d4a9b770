# -*- test-case-name: tests.service.test_node_service -*-
"""
The daemon as a Twisted service: begin, live, leave in order.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from attrs import evolve
from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredList, maybeDeferred, succeed
from twisted.logger import Logger
from zope.interface import implementer

from hatwist.cluster.events import CleanupWanted, KeysChanged, LeaveWanted, StandbyWanted, TakeoverWanted
from hatwist.cluster.names import Level
from hatwist.config.model import NodeName
from hatwist.control.entries import iso
from hatwist.errors import ControlError, HatwistError
from hatwist.interfaces import IClusterControl

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hatwist.cluster.actions import Stop
    from hatwist.cluster.names import Holding
    from hatwist.cluster.node import Node
    from hatwist.cluster.status import GroupView, Status
    from hatwist.control.entries import Entry
    from hatwist.control.listeners import ControlService
    from hatwist.fencing.results import DeviceStatus, Fenced
    from hatwist.interfaces import IControlObserver, IFencer
    from hatwist.resources.operations import Operation
    from hatwist.service.fencework import FenceWork
    from hatwist.service.halog import HaLog
    from hatwist.service.happenings import Happenings
    from hatwist.service.journal import Journal
    from hatwist.service.life import Life
    from hatwist.wire.auth import Keyring

    NewLife = Callable[["NodeService"], tuple[Life, Node]]


class NotStarted(SystemExit, Exception):
    """
    The daemon cannot start; its text says why, its exit status is 1.

    It is an C{Exception} so that twistd tells the waiting parent process and
    removes its pid file, and a C{SystemExit} so that there is no traceback.
    """

    def __init__(self, why: str) -> None:
        super().__init__(1)
        self.why = why

    def __str__(self) -> str:
        return self.why


@implementer(IClusterControl)
class NodeService(Service):
    """
    One node of the cluster.

    @ivar listeners: what it can be asked through.
    @ivar counters: return what went wrong elsewhere, shown with the core's own.
    @ivar notices: returns what an operator should look at beyond the node's own state.
    @ivar operations_of: returns what was done to the resources of a group.
    @ivar fencer: fences peers; set with the first life, as is C{fence_work}.
    @ivar gone: fires when the node has left for good by itself, with why.
    """

    name = "hatwist"
    log = Logger()

    def __init__(self, new_life: NewLife, happenings: Happenings, halog: HaLog, journal: Journal) -> None:
        self._new_life = new_life
        self._happenings = happenings
        self._halog = halog
        self._journal = journal
        self._former: dict[str, str] = {}
        self._life: Life | None = None
        self._node: Node | None = None
        self._left: Deferred[None] | None = None
        self._leaver = ""
        self.fencer: IFencer | None = None
        self.fence_work: FenceWork | None = None
        self.listeners: Sequence[ControlService] = ()
        self.counters: Sequence[Callable[[], Mapping[str, int]]] = ()
        self.notices: Callable[[], Sequence[str]] = tuple
        self.operations_of: Callable[[str], Sequence[Operation]] = lambda _key: ()
        self.gone: Deferred[Stop] = Deferred()

    def startService(self) -> None:
        """
        Begin to live.

        @raise NotStarted: when a medium, a state file or the control socket
            does not let us; nothing is left open then.
        """
        self._halog.start()
        open_listeners: list[ControlService] = []
        try:
            for listener in self.listeners:
                listener.start()
                open_listeners.append(listener)
            self._life, self._node = self._new_life(self)
        except HatwistError as error:
            self._halog.say(Level.ERROR, f"Heartbeat not started: {error}")
            self._abandon(open_listeners)
            raise NotStarted(f"Heartbeat not started: {error}") from error
        except Exception:
            self._abandon(open_listeners)
            raise
        self.running = 1

    def stopService(self) -> Deferred[None]:
        """Give up everything in order, then leave; fires when that is done."""
        self.running = 0
        if self._life is None:
            return self._close(self.listeners)
        self._left = Deferred()
        self._left.addCallback(lambda _: self._close(self.listeners))
        self.leave("a signal")
        return self._left

    def stopped(self, action: Stop) -> None:
        """The node has left: close its media, then end."""
        assert self._life is not None
        life, self._life = self._life, None
        after = self._begin_anew if action.again else self._over
        life.end().addCallback(lambda _: after(action))

    def status(self) -> Status:
        """
        Return the snapshot; when the node has left, its last one.

        @raise ControlError: it has not begun.
        """
        if self._node is None:
            raise ControlError("the node has not begun yet")
        status = self._node.status()
        more = {name: times for count in self.counters for name, times in count().items()}
        if more:
            status = evolve(status, counters=MappingProxyType({**status.counters, **more}))
        return evolve(status, groups=tuple(map(self._explained, status.groups))) if self._former else status

    def troubles(self) -> Sequence[str]:
        """Return what an operator should look at and the snapshot does not know."""
        waiting = () if self._node is None else self._node.status().waiting
        fencing = () if self.fencer is None else self.fencer.troubles()
        return [*waiting, *fencing, *self.notices(), *self._journal.troubles()]

    def confirm_down(self, node: str, requester: str) -> None:
        """
        Take a person's word that a node is down.

        @raise ControlError: it has left, or there is no such node, or it is ours.
        """
        nodes = [one.name for one in self.status().nodes]
        if node not in nodes or node == self.status().node:
            raise ControlError(f"no such peer; the nodes are {', '.join(nodes)}")
        if self.fence_work is None or self._life is None:
            raise ControlError("the node has left")
        self.fence_work.confirm(NodeName(node), requester)

    def fencings(self) -> Sequence[Fenced]:
        """Return the last fencings, the oldest first."""
        return () if self.fencer is None else self.fencer.history()

    def fencing_devices(self) -> Deferred[Sequence[DeviceStatus]]:
        """Ask the fencing devices whether they answer."""
        if self.fencer is None:
            return succeed(())
        return self.fencer.status().addCallback(list)

    def begin_journal(self, generation: int) -> None:
        """Write down every decision from now on, and remember what former lives decided."""
        former = self._journal.begin(generation)
        self._former = {one.subject: f"before this start, {iso(one.when)}: {one.words}" for one in former}
        for listener in self.listeners:
            listener.happenings.recall([("decision", one.words, one.when) for one in former])

    def journal(self, about: str, count: int) -> Sequence[Entry]:
        """Return the newest decisions; see L{IClusterControl.journal}."""
        return self._journal.entries(about, count)

    def subscribe(self, observer: IControlObserver) -> Callable[[], None]:
        """Tell an observer everything from now on."""
        return self._happenings.subscribe(observer)

    def standby(self, which: Holding, requester: str) -> None:
        """
        Ask the node to give up groups.

        @raise ControlError: it has left.
        """
        self._ask(StandbyWanted(which, requester))

    def takeover(self, which: Holding, requester: str) -> None:
        """
        Ask the node to get groups.

        @raise ControlError: it has left.
        """
        self._ask(TakeoverWanted(which, requester))

    def cleanup(self, key: str, requester: str) -> None:
        """
        Let failures of a group count no more; with an empty key those of all groups.

        @raise ControlError: it has left, or there is no such group.
        """
        if key:
            self._insist(key)
        self._ask(CleanupWanted(key, requester))

    def operations(self, key: str) -> Sequence[Operation]:
        """
        Return what was done to the resources of a group lately, oldest first.

        @raise ControlError: there is no such group.
        """
        self._insist(key)
        return self.operations_of(key)

    def rekey(self, keys: Keyring) -> None:
        """Sign and verify with other keys from now on; nothing happens if the node has left."""
        if self._life is not None:
            self._life.feed(KeysChanged(keys))

    def leave(self, requester: str) -> None:
        """Ask the node to leave; nothing happens if it has done so."""
        self._leaver = requester
        if self._life is not None:
            self._life.feed(LeaveWanted(requester))

    def _ask(self, event: StandbyWanted | TakeoverWanted | CleanupWanted) -> None:
        if self._life is None:
            raise ControlError("the node has left; it holds nothing and can get nothing")
        self._life.feed(event)

    def _insist(self, key: str) -> None:
        """
        Insist on a group.

        @raise ControlError: there is no such group.
        """
        keys = [group.key for group in self.status().groups]
        if key not in keys:
            raise ControlError(f"no such group; the groups are {', '.join(keys)}")

    @property
    def met(self) -> bool:
        """Whether the last life of this process knew what every peer had."""
        return self._node is not None and not self._node.ledger.unseen

    def _begin_anew(self, action: Stop) -> None:
        """Live again, with a new generation; whoever wants this node to leave wants it still."""
        try:
            self._life, self._node = self._new_life(self)
        except HatwistError as error:
            self._halog.say(Level.ERROR, f"Heartbeat not started: {error}")
            self._over(evolve(action, why=str(error)))
            return
        if self._leaver:
            self.leave(self._leaver)

    def _over(self, action: Stop) -> None:
        if self._left is not None:
            self._left.callback(None)
        else:
            self.gone.callback(action)

    def _close(self, listeners: Sequence[ControlService]) -> Deferred[None]:
        closing = []
        for listener in listeners:
            closed = maybeDeferred(listener.stop)
            closed.addErrback(partial(self.log.failure, "The control socket does not close:"))
            closing.append(closed)
        return DeferredList(closing).addCallback(lambda _: self._end_files())

    def _end_files(self) -> None:
        """Let the last lines reach the disk."""
        self._journal.stop()
        self._halog.stop()

    def _explained(self, group: GroupView) -> GroupView:
        """Say why a group is where it is by what a former life decided, if this one decided nothing."""
        former = self._former.get(group.key)
        return evolve(group, why=former) if former and not group.why else group

    def _abandon(self, listeners: Sequence[ControlService]) -> None:
        """Undo a start that failed; the reactor, which removes a closed socket's file, never runs."""
        self._close(listeners)
        self._end_files()
        for listener in listeners:
            with suppress(OSError):
                os.unlink(listener.path)

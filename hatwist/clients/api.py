# -*- test-case-name: tests.clients.test_api -*-
"""
The socket of heartbeat's client API, from when communication is up until the
node falls silent (protocol 12.1).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from twisted.internet.defer import succeed
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IReactorTime, IReactorUNIX
from twisted.internet.task import LoopingCall
from zope.interface import implementer

from hatwist.clients.connection import ConnectionFactory
from hatwist.clients.desk import Desk
from hatwist.clients.rights import GROUP, USER, group_id, make_rights, user_id
from hatwist.cluster.names import Level
from hatwist.interfaces import IPrograms
from hatwist.unix import clear

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.defer import Deferred
    from twisted.internet.interfaces import IListeningPort

    from hatwist.cluster.actions import Deliver
    from hatwist.cluster.events import Event
    from hatwist.cluster.status import Status
    from hatwist.config.model import HaCf, NodeName

DIRECTORY_MODE: Final = 0o750
SOCKET_MODE: Final = 0o777
BACKLOG: Final = 128

CLIENTS_OWN: Final = ("ccm", "dopd")
"""Clients that have a directory of that name beside the socket."""

SWEEP: Final = 9.0
"""Seconds from one look at who is still there to the next."""


@implementer(IPrograms)
class ClientApi:
    """
    The client API of one node.

    @ivar path: where its socket is.
    @ivar desk: where clients sign on.
    """

    def __init__(
        self,
        path: str,
        node: NodeName,
        cf: HaCf,
        version: str,
        status: Callable[[], Status],
        say: Callable[[Level, str], None],
        reactor: object,
    ) -> None:
        """
        @param version: what clients are told of ours.
        @param reactor: provides C{IReactorUNIX} and C{IReactorTime}.
        """
        self.path = path
        self._clock = IReactorTime(reactor)
        self._unix = IReactorUNIX(reactor)
        self._say = say
        seconds = self._clock.seconds
        self.desk = Desk(node, cf, make_rights(cf.apiauth), version, status, say, seconds, os.geteuid())
        self.factory = ConnectionFactory(self.desk, self._clock)
        self._port: IListeningPort | None = None
        self._tried = False
        self._sweep = LoopingCall(lambda: self.desk.sweep(list(self.factory.connections)))
        self._sweep.clock = self._clock

    def open(self, feed: Callable[[Event], None]) -> None:
        """Know whom to tell what clients want; the socket comes later."""
        self.desk.feed = feed

    def close(self) -> Deferred[None]:
        """Close the socket and every connection."""
        if self._sweep.running:
            self._sweep.stop()
        self._tried = True
        port, self._port = self._port, None
        for connection in list(self.factory.connections):
            connection.hang_up()
        closed = None if port is None else port.stopListening()
        return succeed(None) if closed is None else closed

    def deliver(self, news: Deliver) -> None:
        """Tell the clients; with the node's first active status there can be some."""
        message = news.message
        if not self._tried and news.own and message.get("t") == "status" and message.get("st") == "active":
            self._tried = True
            self._listen()
        self.desk.tell(news)

    def pause(self, paused: bool) -> None:
        """Read no more from clients, or read again."""
        self.factory.pause(paused)

    def _listen(self) -> None:
        """Open the socket; without it the node goes on, and says why."""
        try:
            self._make_directory()
            obstacle = clear(self.path)
        except OSError as error:
            obstacle = f"cannot make room for {self.path}: {error.strerror}"
        if not obstacle:
            try:
                self._port = self._unix.listenUNIX(self.path, self.factory, BACKLOG, SOCKET_MODE)
            except CannotListenError as error:
                obstacle = f"cannot listen on {self.path}: {error.socketError}"
        if obstacle:
            self._say(Level.ERROR, f"no client API, cl_status and the like do not work: {obstacle}")
            return
        self._sweep.start(SWEEP, now=False)

    def _make_directory(self) -> None:
        """
        Make the directory, and those that clients expect in it for sockets of their own.

        They are for heartbeat's own user and group, if this host has them.
        """
        directory = os.path.dirname(self.path)
        if os.path.isdir(directory):
            return
        os.makedirs(directory, DIRECTORY_MODE)
        user, group = user_id(USER), group_id(GROUP)
        if os.geteuid() != 0 or user is None or group is None:
            return
        try:
            os.chown(directory, user, group)
            for name in CLIENTS_OWN:
                os.mkdir(os.path.join(directory, name), DIRECTORY_MODE)
                os.chown(os.path.join(directory, name), user, group)
        except OSError as error:
            # In a user namespace there may be no such ids, whatever /etc/group says.
            self._say(Level.WARN, f"cannot give {directory} to {USER} and {GROUP}: {error.strerror}")

# -*- test-case-name: tests.control.test_listeners -*-
"""
The control socket: a UNIX socket that only root can reach.

The directory keeps others out, the socket's mode does, and the kernel's word
about who connected does; each of the three would do.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IReactorUNIX

from hatwist.control.broker import ControlFactory
from hatwist.control.happenings import Happenings
from hatwist.control.perspective import Operator
from hatwist.errors import ControlError
from hatwist.unix import clear

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.interfaces import IListeningPort

    from hatwist.interfaces import IClusterControl

DIRECTORY_MODE: Final = 0o750
SOCKET_MODE: Final = 0o600


class ControlService:
    """
    Listens on the control socket of one node.

    Start it before the node, so that its first decisions are remembered, and
    stop it last: C{hatwistctl stop} takes the closing of its connection for the end.
    """

    def __init__(self, path: str, control: IClusterControl, reactor: object) -> None:
        self.path = path
        self.happenings = Happenings()
        self._control = control
        self._reactor = IReactorUNIX(reactor)
        self._factory = ControlFactory(Operator(control, self.happenings), os.geteuid())
        self._unsubscribe: Callable[[], None] | None = None
        self._port: IListeningPort | None = None

    def start(self) -> None:
        """
        Begin to listen.

        @raise ControlError: the socket cannot be made, or another daemon answers there.
        """
        prepare(self.path)
        try:
            self._port = self._reactor.listenUNIX(self.path, self._factory, mode=SOCKET_MODE)  # type: ignore[arg-type]
        except CannotListenError as problem:
            raise ControlError(f"cannot listen on {self.path}: {problem.socketError}") from problem
        self._unsubscribe = self._control.subscribe(self.happenings)

    def stop(self) -> Deferred[None]:
        """Close the socket and every connection."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        port, self._port = self._port, None
        for broker in list(self._factory.brokers):
            broker.transport.loseConnection()
        closed = None if port is None else port.stopListening()
        return succeed(None) if closed is None else closed


def prepare(path: str) -> None:
    """
    Make the directory, and remove a socket that nobody listens on.

    @raise ControlError: neither can be done, or somebody does listen.
    """
    directory = Path(path).parent
    try:
        directory.mkdir(DIRECTORY_MODE, parents=True, exist_ok=True)
        obstacle = clear(path)
    except OSError as problem:
        raise ControlError(f"cannot make room for {path}: {problem}") from problem
    if obstacle:
        raise ControlError(obstacle)

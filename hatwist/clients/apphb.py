# -*- test-case-name: tests.clients.test_apphb -*-
"""
Application heartbeats: a socket on which programs of this host say that they are well.

The directive C{use_apphbd} opens it.  The protocol is ours, lines of text: docs/children.md.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from twisted.internet import protocol
from twisted.internet.defer import succeed
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IPushProducer, IReactorUNIX
from zope.interface import implementer

from hatwist.clients.applications import RefusedError
from hatwist.clients.connection import NOBODY, kernel_credentials
from hatwist.cluster.names import Level
from hatwist.interfaces import IPrograms
from hatwist.unix import clear

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.defer import Deferred
    from twisted.internet.interfaces import IAddress, IDelayedCall, IListeningPort, IReactorTime
    from twisted.internet.unix import Server
    from twisted.python.failure import Failure

    from hatwist.clients.applications import Applications
    from hatwist.clients.pulse import Pulse
    from hatwist.cluster.actions import Deliver
    from hatwist.cluster.events import Event
    from hatwist.unix import Credentials

SOCKET: Final = "apphb.sock"

MAX_CLIENTS: Final = 64
"""Clients at a time; one more is sent away."""

MAX_LINE: Final = 1024
"""Bytes."""

MAX_LINES: Final = 100
"""Lines that may come at once: each costs a little of the time that heartbeats need."""

PATIENCE: Final = 10.0
"""Seconds within which a client must register."""

DIRECTORY_MODE: Final = 0o750
OPEN_DIRECTORY_MODE: Final = 0o751
SOCKET_MODE: Final = 0o666


@implementer(IPushProducer)
class AppConnection(protocol.Protocol):
    """One client."""

    factory: AppFactory
    transport: Server

    def __init__(self, applications: Applications, clock: IReactorTime) -> None:
        self._applications = applications
        self._clock = clock
        self._peer: Credentials = NOBODY
        self._pulse: Pulse | None = None
        self._buffer = b""
        self._patience: IDelayedCall | None = None
        self._closing = False

    def connectionMade(self) -> None:
        """Look who it is; who may not, or finds no room, is sent away."""
        self.factory.connections.append(self)
        # Who does not read our answers is not read from.
        self.transport.registerProducer(self, True)
        self._wait(PATIENCE)
        try:
            self._peer = self.factory.credentials_of(self.transport)
            if len(self.factory.connections) > MAX_CLIENTS:
                raise RefusedError(f"more than {MAX_CLIENTS} clients")
            self._applications.admit(self._peer)
        except (RefusedError, OSError) as reason:
            self._refuse(str(reason))

    def dataReceived(self, data: bytes) -> None:
        """Do what it wants; who sends nonsense is sent away."""
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        try:
            if len(lines) > MAX_LINES:
                raise RefusedError(f"more than {MAX_LINES} lines at once")
            if max(map(len, (*lines, self._buffer))) > MAX_LINE:
                raise RefusedError(f"a line of more than {MAX_LINE} bytes")
            for line in lines:
                if not self._closing:
                    self._obey(line.decode("ascii", "replace").split())
        except RefusedError as reason:
            self._refuse(str(reason))

    def connectionLost(self, reason: Failure = protocol.connectionDone) -> None:
        """It is gone, without a word if it is still registered."""
        self._wait(0)
        if self in self.factory.connections:
            self.factory.connections.remove(self)
        pulse, self._pulse = self._pulse, None
        if pulse is not None:
            self._applications.forget(pulse)
            pulse.hang_up()

    def leave(self) -> None:
        """Hang up ourselves: whoever is there is not to blame."""
        self._forget()
        self._wait(0)
        self.transport.abortConnection()

    def pauseProducing(self) -> None:
        """Read no more: it does not read our answers."""
        self.transport.pauseProducing()

    def resumeProducing(self) -> None:
        """Read again."""
        self.transport.resumeProducing()

    def stopProducing(self) -> None:
        """See C{IPushProducer}; the connection is gone."""

    def _obey(self, words: list[str]) -> None:
        """
        Do what a line says.

        @raise RefusedError: it cannot be done.
        """
        match words:
            case ["beat"]:
                self._registered().beat()
            case ["register", *rest] if self._pulse is None:
                self._pulse = self._applications.register(rest, self._peer)
                self._wait(0)
                self._answer("ok")
            case ["register", *_]:
                raise RefusedError("registered already; unregister first")
            case ["unregister"]:
                self._registered()
                self._forget()
                self._wait(PATIENCE)
                self._answer("ok")
            case _:
                raise RefusedError("there are register, beat and unregister")

    def _registered(self) -> Pulse:
        if self._pulse is None:
            raise RefusedError("not registered")
        return self._pulse

    def _forget(self) -> None:
        pulse, self._pulse = self._pulse, None
        if pulse is not None:
            self._applications.forget(pulse)

    def _answer(self, text: str) -> None:
        self.transport.write(text.encode("ascii", "replace") + b"\n")

    def _refuse(self, why: str) -> None:
        """Send it away; what it had registered counts as gone without a word."""
        if self._closing:
            return
        self._closing = True
        self._applications.complain(self._peer, why)
        self._answer(f"error: {why}")
        # Time to take the answer; who does not take it is cut off.
        self._wait(PATIENCE)
        self.transport.unregisterProducer()
        self.transport.loseConnection()

    def _wait(self, seconds: float) -> None:
        """Be patient for so long; 0: there is nothing to wait for."""
        timer, self._patience = self._patience, None
        if timer is not None and timer.active():
            timer.cancel()
        if seconds:
            self._patience = self._clock.callLater(seconds, self._lose_patience)

    def _lose_patience(self) -> None:
        if self._closing:
            self.transport.abortConnection()
        else:
            self._refuse(f"not registered within {PATIENCE:g} s")


class AppFactory(protocol.Factory):
    """
    Makes the connection of each client.

    @ivar connections: those there are.
    @ivar credentials_of: finds out who connected.
    """

    noisy = False

    def __init__(
        self,
        applications: Applications,
        clock: IReactorTime,
        credentials_of: Callable[[Server], Credentials] = kernel_credentials,
    ) -> None:
        self.connections: list[AppConnection] = []
        self.credentials_of = credentials_of
        self._applications = applications
        self._clock = clock

    def buildProtocol(self, addr: IAddress | None) -> AppConnection:  # type: ignore[override]
        """Make a connection."""
        made = AppConnection(self._applications, self._clock)
        made.factory = self
        return made


@implementer(IPrograms)
class AppHeartbeats:
    """
    The socket of application heartbeats, as long as the daemon lives.

    @ivar path: where it is.
    @ivar applications: those that have registered.
    """

    def __init__(
        self,
        path: str,
        applications: Applications,
        factory: AppFactory,
        reactor: object,
        say: Callable[[Level, str], None],
        *,
        others: bool,
    ) -> None:
        """
        @param reactor: provides C{IReactorUNIX}.
        @param others: whether anybody but root may come, and so has to find the socket.
        """
        self.path = path
        self.applications = applications
        self._factory = factory
        self._unix = IReactorUNIX(reactor)
        self._say = say
        self._others = others
        self._port: IListeningPort | None = None

    def open(self, feed: Callable[[Event], None]) -> None:
        """Listen; without the socket the node goes on, and says why."""
        try:
            directory = os.path.dirname(self.path)
            os.makedirs(directory, DIRECTORY_MODE, exist_ok=True)
            if self._others:
                os.chmod(directory, OPEN_DIRECTORY_MODE)
            obstacle = clear(self.path)
        except OSError as error:
            obstacle = f"cannot make room for {self.path}: {error.strerror}"
        if not obstacle:
            try:
                self._port = self._unix.listenUNIX(self.path, self._factory, MAX_CLIENTS, SOCKET_MODE)
            except CannotListenError as error:
                obstacle = f"cannot listen on {self.path}: {error.socketError}"
        if obstacle:
            self._say(Level.ERROR, f"no application heartbeats: {obstacle}")

    def close(self) -> Deferred[None]:
        """Close the socket and every connection; nobody is blamed."""
        port, self._port = self._port, None
        for connection in list(self._factory.connections):
            connection.leave()
        closed = None if port is None else port.stopListening()
        return succeed(None) if closed is None else closed

    def deliver(self, news: Deliver) -> None:
        """Nobody hears anything through it."""

    def pause(self, paused: bool) -> None:
        """What is said here goes nowhere beyond this host."""

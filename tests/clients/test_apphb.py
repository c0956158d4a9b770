# -*- test-case-name: tests.clients.test_apphb -*-
"""
The socket of application heartbeats.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from types import MappingProxyType
from typing import cast

from attrs import evolve
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import UNIXClientEndpoint, connectProtocol
from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransportWithDisconnection
from twisted.internet.unix import Server
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase
from zope.interface.verify import verifyObject

from hatwist.clients.apphb import (
    MAX_CLIENTS,
    MAX_LINE,
    MAX_LINES,
    PATIENCE,
    SOCKET_MODE,
    AppConnection,
    AppFactory,
    AppHeartbeats,
)
from hatwist.clients.applications import COMPLAINT_PERIOD, Applications
from hatwist.clients.build import make_app_heartbeats
from hatwist.clients.pulse import LAST_CALL
from hatwist.clients.rights import make_rights
from hatwist.cluster.actions import Deliver
from hatwist.cluster.names import Delivery
from hatwist.config.model import ApiAuth, HaConfig, Position
from hatwist.interfaces import IPrograms
from hatwist.unix import Credentials
from hatwist.wire.message import Message
from tests.cluster.builders import WEB, config
from tests.service.fakes import LogBook

KEY = "IPaddr::10.0.0.5/24"
ROOT = Credentials(812, 0, 0)
OURS = Credentials(813, 77, 77)
ALLOWED = Credentials(814, 33, 33)
STRANGER = Credentials(815, 34, 34)
RIGHTS = make_rights([ApiAuth("apphb", ("33",), (), Position("ha.cf"))])


class Transport(StringTransportWithDisconnection):
    """One that can be cut off, and says who is there."""

    def __init__(self, peer: Credentials) -> None:
        super().__init__()
        self.peer = peer

    def abortConnection(self) -> None:
        self.aborting = True
        self.loseConnection()


class AppCase(SynchronousTestCase):
    """A daemon of user 77; C{apiauth} admits user 33."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.log = LogBook()
        self.missed: list[tuple[str, str, str]] = []
        groups = MappingProxyType({KEY: (KEY, "httpd")})
        self.applications = Applications(self.clock, RIGHTS, OURS.uid, groups, self.log)
        self.applications.missed = lambda *what: self.missed.append(what)
        self.factory = AppFactory(self.applications, self.clock, lambda there: cast(Transport, there).peer)

    def connect(self, peer: Credentials = ROOT) -> tuple[AppConnection, Transport]:
        """Let a client come."""
        connection = self.factory.buildProtocol(None)
        transport = Transport(peer)
        transport.protocol = connection
        connection.makeConnection(cast(Server, transport))
        return connection, transport

    def say(self, *lines: str, peer: Credentials = ROOT) -> str:
        """Let a client say something; return what it is answered."""
        connection, transport = self.connect(peer)
        if transport.connected:
            connection.dataReceived("".join(f"{line}\n" for line in lines).encode())
        return bytes(transport.value()).decode()


class RegisterTests(AppCase):
    """Who may register, and as what."""

    def test_who_may(self) -> None:
        """Root, the daemon's own user, and whom apiauth names."""
        for peer, answer in (
            (ROOT, "ok\n"),
            (OURS, "ok\n"),
            (ALLOWED, "ok\n"),
            (STRANGER, "error: client failed authorization\n"),
        ):
            self.assertEqual(self.say(f"register {peer.pid} 2", peer=peer), answer)

    def test_what_is_said_of_it(self) -> None:
        """In the log, with the process that the kernel names."""
        self.say(f"register web {KEY} httpd 2.5")
        self.assertEqual(
            self.log.lines, ["info: apphb client 'web' / 'httpd' (pid 812) registered, interval 2.5 s"]
        )

    def test_what_is_refused(self) -> None:
        """With a reason, and the connection is closed."""
        bad = ("0", "0.05", "3601", "-1", "nan", "1e3", "inf", "2s")
        range_ = "an interval is 0.1 to 3600 seconds"
        usage = "write register NAME INTERVAL, or register NAME GROUP RESOURCE INTERVAL"
        nothing = "haresources has no such resource of such a group"
        self.say("register taken 2")
        for line, why in (
            ("register x", usage),
            ("register x y 2", usage),
            (f"register x {KEY} tomcat 2", nothing),
            ("register x 10.0.0.9 httpd 2", nothing),
            (f"register {'x' * 65} 2", "a name has at most 64 characters, all of them visible ASCII"),
            ("register \u00e4 2", "a name has at most 64 characters, all of them visible ASCII"),
            ("register taken 2", "somebody has registered under this name"),
            *((f"register x {interval}", range_) for interval in bad),
            ("beat", "not registered"),
            ("unregister", "not registered"),
            ("", "there are register, beat and unregister"),
            ("GET / HTTP/1.0", "there are register, beat and unregister"),
        ):
            self.assertEqual(self.say(line), f"error: {why}\n", line)
        self.assertEqual(len(self.factory.connections), 1)

    def test_unregister(self) -> None:
        """Nobody waits for it any more; it may register anew, and not twice."""
        connection, transport = self.connect()
        connection.dataReceived(b"register web 2\nbeat\nunregister\n")
        self.clock.advance(5.0)
        connection.dataReceived(b"register web 3\n")
        self.assertEqual(transport.value(), b"ok\nok\nok\n")
        connection.dataReceived(b"register other 3\n")
        self.assertEqual(transport.value().splitlines()[3:], [b"error: registered already; unregister first"])
        self.assertEqual(self.missed, [])


class BeatTests(AppCase):
    """What follows from silence."""

    def register(self) -> tuple[AppConnection, Transport]:
        """Let the web server register."""
        connection, transport = self.connect()
        connection.dataReceived(f"register web {KEY} httpd 2\n".encode())
        return connection, transport

    def test_missed(self) -> None:
        """A silent application is a resource that has failed, and shown until it beats again."""
        connection, _ = self.register()
        for part in (b"be", b"at\nbeat\n", b"b"):
            self.clock.advance(1.5)
            connection.dataReceived(part)
        self.assertEqual(self.missed, [])
        self.clock.pump([0.5, LAST_CALL])
        self.assertEqual(self.missed, [(KEY, "httpd", "no heartbeat of web for 2 s")])
        self.clock.advance(8.0 - LAST_CALL)
        self.assertEqual(self.applications.troubles(), ["web (process 812) has not beaten for 10 s."])
        connection.dataReceived(b"eat\n")
        self.assertEqual(self.applications.troubles(), [])

    def test_gone(self) -> None:
        """So is one whose connection ends without a word; its name is free then."""
        connection, _ = self.register()
        connection.connectionLost(Failure(OSError("gone")))
        self.assertEqual(self.missed, [(KEY, "httpd", "it is gone without a word")])
        self.register()

    def test_nonsense_from_a_registered_one(self) -> None:
        """It is sent away, which is as bad."""
        connection, transport = self.register()
        connection.dataReceived(b"hello\nbeat\n")
        self.assertFalse(transport.connected)
        self.assertEqual(len(self.missed), 1)

    def test_the_daemon_ends(self) -> None:
        """Nobody is blamed."""
        connection, transport = self.register()
        connection.leave()
        self.assertFalse(transport.connected)
        self.assertEqual((self.missed, self.clock.getDelayedCalls()), ([], []))


class BoundTests(AppCase):
    """What no client can do."""

    def test_too_long_or_too_much(self) -> None:
        """It is sent away."""
        for data, why in (
            (b"x" * (MAX_LINE + 1), f"a line of more than {MAX_LINE} bytes"),
            (b"x" * (MAX_LINE + 1) + b"\n", f"a line of more than {MAX_LINE} bytes"),
            (b"beat\n" * (MAX_LINES + 1), f"more than {MAX_LINES} lines at once"),
        ):
            connection, transport = self.connect()
            connection.dataReceived(data)
            self.assertEqual(transport.value().decode(), f"error: {why}\n")
            self.assertFalse(transport.connected)

    def test_too_many(self) -> None:
        """One more is sent away."""
        for _ in range(MAX_CLIENTS):
            self.connect()
        _, transport = self.connect()
        self.assertEqual(transport.value().decode(), f"error: more than {MAX_CLIENTS} clients\n")
        self.assertEqual(len(self.factory.connections), MAX_CLIENTS)

    def test_who_says_nothing(self) -> None:
        """It is sent away after a while, before it registered and after it unregistered."""
        _, transport = self.connect()
        other, silent = self.connect()
        other.dataReceived(b"register x 2\nunregister\n")
        self.clock.advance(PATIENCE)
        why = f"error: not registered within {PATIENCE:g} s\n"
        self.assertEqual(transport.value().decode(), why)
        self.assertEqual(silent.value().decode(), f"ok\nok\n{why}")

    def test_who_does_not_read(self) -> None:
        """It is not read from, and cut off when it does not even take the last word."""
        connection, transport = self.connect()
        verifyObject(IPushProducer, connection)
        self.assertEqual((transport.producer, transport.streaming), (connection, True))
        connection.pauseProducing()
        self.assertEqual(transport.producerState, "paused")
        connection.resumeProducing()
        self.assertEqual(transport.producerState, "producing")
        connection.stopProducing()
        transport.loseConnection = lambda: None  # type: ignore[method-assign]
        connection.dataReceived(b"x\n")
        connection.dataReceived(b"y\n")
        self.clock.advance(PATIENCE)
        self.assertTrue(transport.aborting)

    def test_complaints(self) -> None:
        """They are said once a minute, with the number of those that were not."""
        for _ in range(3):
            self.say("x")
        self.clock.advance(COMPLAINT_PERIOD)
        self.say("x")
        why = "apphb client (pid 812, uid 0) was sent away: there are register, beat and unregister"
        self.assertEqual(self.log.lines, [f"WARN: {why}", f"WARN: {why} (2 more since the last one)"])


class SocketTests(TestCase):
    """On a real socket."""

    timeout = 30

    def setUp(self) -> None:
        self.log = LogBook()
        # The path of a socket has at most 107 bytes.
        place = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, place)
        self.directory = Path(place, "run")

    def make(self, wanted: bool = True, apiauth: tuple[ApiAuth, ...] = ()) -> list[AppHeartbeats]:
        """Make what ha.cf asks for."""
        whole = config()
        cf = evolve(whole.cf, use_apphbd=wanted, apiauth=apiauth)
        changed = HaConfig(cf, whole.keys, (WEB,), whole.settings)
        return make_app_heartbeats(str(self.directory), changed, reactor, self.log)

    def test_not_asked_for(self) -> None:
        """Then there is no socket."""
        self.assertEqual(self.make(False), [])

    async def test_a_client(self) -> None:
        """It registers, and is left when the daemon ends."""
        (there,) = self.make()
        self.assertTrue(verifyObject(IPrograms, there))
        there.open(lambda _: None)
        there.pause(True)
        there.deliver(Deliver(Message.of(t="status"), Delivery.NEWS))
        heard: Deferred[bytes] = Deferred()
        ended: Deferred[None] = Deferred()

        class Client(Protocol):
            def dataReceived(self, data: bytes) -> None:
                heard.callback(data)

            def connectionLost(self, reason: Failure = Failure(OSError())) -> None:  # noqa: B008
                ended.callback(None)

        client = await connectProtocol(UNIXClientEndpoint(reactor, there.path), Client())
        assert client.transport is not None
        client.transport.write(b"register web 5\n")
        self.assertEqual(await heard, b"ok\n")
        self.assertIn(f"(pid {os.getpid()}) registered", self.log.lines[0])
        await there.close()
        await ended

    async def test_modes(self) -> None:
        """The directory is root's alone, unless others may come; whoever reaches the socket may knock."""
        for apiauth, mode in (((), 0o750), ((ApiAuth("apphb", ("33",), (), Position("ha.cf")),), 0o751)):
            (there,) = self.make(apiauth=apiauth)
            there.open(lambda _: None)
            self.assertEqual(self.directory.stat().st_mode & 0o777, mode)
            self.assertEqual(Path(there.path).stat().st_mode & 0o777, SOCKET_MODE)
            await there.close()

    def test_no_room(self) -> None:
        """The node goes on, and the log says why."""
        self.directory.write_text("")
        (there,) = self.make()
        there.open(lambda _: None)
        self.assertIn("ERROR: no application heartbeats: cannot make room for", self.log.lines[0])
        self.directory.unlink()
        self.directory.mkdir()
        Path(there.path).write_text("")
        there.open(lambda _: None)
        self.assertIn("is in the way: it is not a socket", self.log.lines[1])
        self.successResultOf(there.close())

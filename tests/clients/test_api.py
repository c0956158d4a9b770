# -*- test-case-name: tests.clients.test_api -*-
"""
The socket of the client API as it is on a host, with clients of this process.
"""

from __future__ import annotations

import errno
import os
import shutil
import socket
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import UNIXClientEndpoint, connectProtocol
from twisted.internet.protocol import Protocol, connectionDone
from twisted.trial.unittest import TestCase
from zope.interface.verify import verifyObject

from hatwist.clients import api
from hatwist.clients.api import CLIENTS_OWN, ClientApi
from hatwist.clients.frames import Frames, frame
from hatwist.clients.rights import GROUP, USER, group_id, user_id
from hatwist.cluster.actions import Deliver
from hatwist.cluster.events import ClientJoined, ClientLeft, Event
from hatwist.cluster.names import Delivery, Level
from hatwist.config.model import ApiAuth, Position
from hatwist.interfaces import IPrograms
from hatwist.unix import Credentials
from hatwist.wire.compress import decode_plain, encode_plain
from hatwist.wire.message import Message
from tests.clients.builders import ALPHA, CF, STATUS, VERSION, request, sign_on

if TYPE_CHECKING:
    from twisted.python.failure import Failure

OURSELVES = Credentials(os.getpid(), os.geteuid(), os.getegid())
ACTIVE = Deliver(Message.of(t="status", st="active", src="alpha"), Delivery.UNCHANGED, own=True)
NEWS = Message.of(t="ifstat", node="beta", ifname="eth1", st="dead")


class Program(Protocol):
    """A client that writes down what it hears."""

    def __init__(self) -> None:
        self.frames = Frames()
        self.waiting: list[Deferred[Message]] = []
        self.gone: Deferred[None] = Deferred()

    def dataReceived(self, data: bytes) -> None:
        """Take what was sent."""
        self.frames.feed(data)
        while self.waiting and (body := self.frames.take()) is not None:
            self.waiting.pop(0).callback(decode_plain(body))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The daemon has hung up."""
        self.gone.callback(None)

    def say(self, message: Message) -> None:
        """Send a message."""
        assert self.transport is not None
        self.transport.write(frame(encode_plain(message, prefer_classic=True)))

    def hear(self) -> Deferred[Message]:
        """Wait for the next message."""
        heard: Deferred[Message] = Deferred()
        self.waiting.append(heard)
        self.dataReceived(b"")
        return heard


class ApiTests(TestCase):
    """From the first active status to the end."""

    timeout = 30

    def setUp(self) -> None:
        directory = Path(tempfile.mkdtemp(prefix="hatwist"))
        self.addCleanup(shutil.rmtree, directory)
        self.path = directory / "heartbeat" / "register"
        self.lines: list[str] = []
        self.fed: list[Event] = []
        own = (str(OURSELVES.uid),)
        cf = evolve(CF, apiauth=tuple(ApiAuth(name, own, (), Position("ha.cf")) for name in ("x", "anon")))
        self.api = ClientApi(str(self.path), ALPHA, cf, VERSION, lambda: STATUS, self.say, reactor)
        self.addCleanup(lambda: self.api.close())
        self.api.open(self.fed.append)

    def say(self, level: Level, text: str) -> None:
        """Take a line for the log."""
        self.lines.append(f"{level.value}: {text}")

    async def connect(self) -> Program:
        """Connect as a program does."""
        program = await connectProtocol(UNIXClientEndpoint(reactor, str(self.path)), Program())
        assert isinstance(program, Program)
        return program

    def test_not_before(self) -> None:
        """There is no socket until this node itself is active."""
        verifyObject(IPrograms, self.api)
        message = ACTIVE.message
        for other in (
            evolve(ACTIVE, own=False),
            evolve(ACTIVE, message=message.with_field("st", "up")),
            evolve(ACTIVE, message=message.with_field("t", "resource")),
        ):
            self.api.deliver(other)
        self.assertFalse(self.path.exists())
        self.api.deliver(ACTIVE)
        self.assertTrue(self.path.is_socket())

    def test_modes(self) -> None:
        """The directory keeps others out, the socket does not."""
        self.api.deliver(ACTIVE)
        self.assertEqual(stat.S_IMODE(self.path.parent.stat().st_mode) & 0o027, 0)
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o777)

    def test_what_clients_expect_beside_it(self) -> None:
        """Where heartbeat's own user is, its programs find the directories for their sockets."""
        self.api.deliver(ACTIVE)
        known = os.geteuid() == 0 and user_id(USER) is not None and group_id(GROUP) is not None
        expected = {*CLIENTS_OWN, "register"} if known else {"register"}
        self.assertEqual(set(os.listdir(self.path.parent)), expected)
        self.assertEqual(
            {one.stat().st_uid for one in self.path.parent.iterdir() if one.is_dir()},
            {user_id(USER)} if known else set(),
        )

    def test_ids_that_are_not_mapped(self) -> None:
        """Where the directory cannot be given to heartbeat's user, clients are served all the same."""

        def refuse(path: str, uid: int, gid: int) -> None:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

        self.patch(os, "geteuid", lambda: 0)
        self.patch(os, "chown", refuse)
        self.patch(api, "user_id", lambda name: 101)
        self.patch(api, "group_id", lambda name: 102)
        self.api.deliver(ACTIVE)
        self.assertTrue(self.path.is_socket())
        expected = f"WARN: cannot give {self.path.parent} to hacluster and haclient: Invalid argument"
        self.assertEqual(self.lines, [expected])

    def test_directory_that_is_there(self) -> None:
        """It stays as it is."""
        self.path.parent.mkdir(mode=0o700)
        self.api.deliver(ACTIVE)
        self.assertEqual(stat.S_IMODE(self.path.parent.stat().st_mode), 0o700)

    async def test_a_life(self) -> None:
        """A client of this process signs on, asks, is told, and signs off."""
        self.api.deliver(ACTIVE)
        program = await self.connect()
        program.say(sign_on("x", OURSELVES))
        self.assertEqual((await program.hear()).get("result"), "OK")
        program.say(request("numnodes"))
        self.assertEqual((await program.hear()).get("numnodes"), "2")
        self.api.deliver(Deliver(NEWS, Delivery.NEWS))
        self.assertEqual(await program.hear(), NEWS)
        program.say(request("signoff"))
        await program.gone
        self.assertEqual(self.fed, [ClientJoined("x"), ClientLeft("x", "signoff")])

    async def test_credentials_are_the_kernels(self) -> None:
        """Who says that it is somebody else is refused, hears why, and is gone."""
        self.api.deliver(ACTIVE)
        program = await self.connect()
        program.say(sign_on("x", evolve(OURSELVES, uid=OURSELVES.uid + 1)))
        self.assertEqual((await program.hear()).get("info"), "incorrect/false credentials")
        await program.gone

    async def test_paused(self) -> None:
        """While the cluster takes nothing, requests wait; afterwards they are answered."""
        self.api.deliver(ACTIVE)
        program = await self.connect()
        self.api.pause(True)
        program.say(sign_on("", OURSELVES))
        answer = program.hear()
        self.api.pause(False)
        self.assertEqual((await answer).get("result"), "OK")

    async def test_one_that_does_not_read(self) -> None:
        """A client that reads nothing is dropped; one beside it hears everything."""
        self.api.deliver(ACTIVE)
        silent = socket.socket(socket.AF_UNIX)
        self.addCleanup(silent.close)
        silent.connect(str(self.path))
        silent.sendall(frame(encode_plain(sign_on("", OURSELVES), prefer_classic=True)))
        program = await self.connect()
        program.say(sign_on("x", OURSELVES))
        await program.hear()
        long = NEWS.with_field("info", "x" * 50_000)
        for _ in range(200):
            self.api.deliver(Deliver(long, Delivery.NEWS))
            self.assertEqual(await program.hear(), long)
        self.assertEqual(self.api.desk.complaints.counters, {"slow client": 1})
        self.assertEqual(len(self.api.factory.connections), 1)

    async def test_end(self) -> None:
        """At the end the socket is gone, and so is every connection; it does not come back."""
        self.api.deliver(ACTIVE)
        program = await self.connect()
        program.say(sign_on("x", OURSELVES))
        await program.hear()
        await self.api.close()
        await program.gone
        self.assertFalse(self.path.exists())
        self.api.deliver(ACTIVE)
        self.assertFalse(self.path.exists())

    async def test_end_before_the_beginning(self) -> None:
        """A node that never was active has nothing to close."""
        await self.api.close()
        self.assertEqual(self.lines, [])

    def test_what_a_dead_daemon_left(self) -> None:
        """Its socket is replaced."""
        self.path.parent.mkdir()
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(self.path))
        self.api.deliver(ACTIVE)
        self.assertEqual(self.lines, [])

    def test_another_daemon(self) -> None:
        """Where another daemon listens ours goes on without, and says so once."""
        self.path.parent.mkdir()
        with socket.socket(socket.AF_UNIX) as living:
            living.bind(str(self.path))
            living.listen()
            self.api.deliver(ACTIVE)
            self.api.deliver(ACTIVE)
        why = f"another daemon listens on {self.path}"
        self.assertEqual(self.lines, [f"ERROR: no client API, cl_status and the like do not work: {why}"])
        self.assertTrue(self.path.exists())

    def test_no_room(self) -> None:
        """So it does where there is no room for a socket, or its path is too long."""
        self.path.parent.write_text("a file")
        self.api.deliver(ACTIVE)
        self.assertIn(f"cannot make room for {self.path}", self.lines[0])

    def test_too_long(self) -> None:
        """A path can be too long for a socket."""
        self.api.path = str(self.path.parent / ("x" * 200))
        self.api.deliver(ACTIVE)
        self.assertIn("cannot listen on", self.lines[0])

# -*- test-case-name: tests.clients.test_desk -*-
"""
Where clients sign on, ask, speak and are told (protocol 12).
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from attrs import define, field

from hatwist.clients import answers, signon
from hatwist.clients.answers import BadRequest, View
from hatwist.clients.client import Client
from hatwist.clients.frames import frame
from hatwist.cluster.complaints import Complaints
from hatwist.cluster.events import ClientAsked, ClientJoined, ClientLeft, ClientSpoke
from hatwist.cluster.ipfail import NAME as IPFAIL
from hatwist.cluster.names import Level
from hatwist.config.model import MessageFormat
from hatwist.errors import MalformedError
from hatwist.wire.compress import encode_plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from hatwist.clients.connection import Connection
    from hatwist.clients.rights import Rights
    from hatwist.cluster.actions import Deliver
    from hatwist.cluster.events import Event
    from hatwist.cluster.status import Status
    from hatwist.config.model import HaCf, NodeName
    from hatwist.unix import Credentials
    from hatwist.wire.message import Message

MAX_SWEEPS: Final = 2
"""How often a connection is looked at, every few seconds, until somebody must have signed on."""


class Processes:
    """The processes of this host."""

    def lives(self, pid: int) -> bool:
        """Say whether there is a process of this id."""
        try:
            os.kill(pid, 0)
        except (ProcessLookupError, OverflowError):
            return False
        except PermissionError:
            pass
        return True

    def signal(self, peer: Credentials, number: int) -> None:
        """
        Send a client's process a signal, unless another user's process has its number by now.

        So nobody makes us, who may be root, send what he could not send himself.
        """
        with suppress(OSError):
            if os.stat(f"/proc/{peer.pid}").st_uid == peer.uid:
                os.kill(peer.pid, number)


@define(eq=False)
class Desk:
    """
    Everybody who has signed on here.

    @ivar node: the name of this one.
    @ivar version: what clients are told of ours.
    @ivar status: takes a snapshot of the node.
    @ivar say: takes a line for the log.
    @ivar feed: takes the events that clients cause.
    @ivar complaints: what they did wrong.
    """

    node: NodeName
    cf: HaCf
    rights: Rights
    version: str
    status: Callable[[], Status]
    say: Callable[[Level, str], None]
    now: Callable[[], float]
    own_uid: int
    processes: Processes = field(factory=Processes)
    complaints: Complaints = field(factory=Complaints)
    feed: Callable[[Event], None] = field(default=lambda _: None)
    _signed_on: dict[str, Connection] = field(factory=dict)

    def hear(self, connection: Connection, message: Message) -> None:
        """Take a message from a client."""
        kind = message.get("t")
        client = connection.client
        if client is None:
            if kind == "hbapi-req" and message.get("reqtype") == "signon":
                self._sign_on(connection, message)
            else:
                # Heartbeat waits for the right one, too.
                self.complaints.count("client before sign-on")
        elif kind == "hbapi-req":
            self._ask(connection, client, message)
        elif not kind:
            self.complain("client message without type", f"{connection.who}: bad message type")
        elif client.casual:
            self.complain("casual client speaks", f"{connection.who} may not speak to the cluster")
            self._leave(connection, "EOF")
        elif kind == "query-cstatus":
            self._query(connection, client, message)
        else:
            self.feed(ClientSpoke(client.name, message))

    def left(self, connection: Connection) -> None:
        """Learn that a client has hung up."""
        self._leave(connection, "EOF")

    def complain(self, kind: str, text: str) -> None:
        """Count what a client did wrong, and log it if that was not done lately."""
        for line in self.complaints.note(kind, Level.WARN, text, self.now()):
            self.say(line.level, line.text)

    def tell(self, news: Deliver) -> None:
        """Tell everybody who wants to know."""
        data = b""
        for connection in list(self._signed_on.values()):
            client = connection.client
            if client is None or not client.wants(news, self.node):
                continue
            data = data or self._encode(news.message)
            if not data:
                self.complaints.count("message too long for clients")
                return
            connection.send(data)
            if client.signal:
                self.processes.signal(client.peer, client.signal)

    def sweep(self, connections: list[Connection]) -> None:
        """Look whether everybody is still there; to be called every few seconds."""
        for connection in connections:
            client = connection.client
            if client is None or connection.closing:
                connection.sweeps += 1
                if connection.sweeps > MAX_SWEEPS:
                    connection.drop()
            elif not self.processes.lives(client.peer.pid):
                self._leave(connection, "died")

    def _sign_on(self, connection: Connection, request: Message) -> None:
        who = signon.applicant(request)
        refused = signon.refusal(request, connection.peer, self._signed_on, self.rights, self.processes.lives)
        if refused:
            self.complain(f"client refused: {refused}", signon.complaint(who, refused))
        else:
            connection.client = Client(who.name, who.casual, connection.peer)
            self._signed_on[who.name] = connection
            if not who.casual:
                # It hears of itself before it hears that it may.
                self.feed(ClientJoined(who.name))
        self._send(connection, signon.reply(refused, self.cf, self.node, self.version))
        if refused:
            connection.hang_up()

    def _ask(self, connection: Connection, client: Client, request: Message) -> None:
        kind = request.get("reqtype")
        if kind == "signoff":
            self._leave(connection, "signoff")
        elif kind == "set_sendqlen":
            client.set_queue(request)
        elif kind:
            for reply in self._replies(kind, client, request):
                self._send(connection, reply)

    def _replies(self, kind: str, client: Client, request: Message) -> list[Message]:
        try:
            if kind == "setfilter":
                client.set_filter(request, self.own_uid)
                return answers.good(kind, ())
            if kind == "setsignal":
                client.set_signal(request)
                return answers.good(kind, ())
            view = View(self.status(), self.cf)
            if kind == "clientstatus":
                return self._client_status(client, request, view)
        except BadRequest as error:
            return [answers.bad(kind, error.info)]
        return answers.answer(request, view)

    def _client_status(self, client: Client, request: Message, view: View) -> list[Message]:
        node = view.node(request)
        name = request.get("cn")
        if not name:
            raise BadRequest(answers.EINVAL)
        if answers.is_elsewhere(node, view):
            # That node's own answer reaches the client as it is.
            self.feed(ClientAsked(node.name, name, client.name))
            return []
        here = node.name == self.node
        inside = name == IPFAIL and self.cf.ipfail is not None
        return answers.client_status("clientstatus", here and (inside or name in self._signed_on))

    def _query(self, connection: Connection, client: Client, message: Message) -> None:
        """Ask who has signed on at every node, or at one, as the C library does for its callbacks."""
        view = View(self.status(), self.cf)
        name, wanted = message.get("cn"), message.get("dest")
        for node in view.status.nodes:
            if wanted in ("", node.name) and answers.is_elsewhere(node, view):
                self.feed(ClientAsked(node.name, name, client.name))
        if wanted in ("", self.node):
            online = name in self._signed_on
            self._send(connection, answers.respond(self.node, name, client.name, online))

    def _leave(self, connection: Connection, reason: str) -> None:
        client = connection.client
        if client is not None and self._signed_on.get(client.name) is connection:
            if not client.casual:
                # While it is there still, so that it hears of it if it can.
                self.feed(ClientLeft(client.name, reason))
            del self._signed_on[client.name]
        connection.hang_up()

    def _send(self, connection: Connection, message: Message) -> None:
        connection.send(self._encode(message))

    def _encode(self, message: Message) -> bytes:
        """Write a message for clients; what has no classic form has the other; nothing if too long."""
        for classic in (self.cf.msgfmt is MessageFormat.CLASSIC, False):
            with suppress(MalformedError):
                return frame(encode_plain(message, classic))
        return b""

# -*- test-case-name: tests.system.test_clients -*-
"""
Two whole services and the clients of their API.
"""

from __future__ import annotations

import os

from twisted.trial.unittest import SynchronousTestCase

from hatwist.clients.connection import Connection
from hatwist.unix import Credentials
from hatwist.wire.message import Message
from tests.clients.builders import request, sign_on
from tests.clients.wire import Line, Transport
from tests.service.host import HA_CF, Host
from tests.system.cluster import Cluster

HELPER = Credentials(os.getpid(), 1234, 1234)
RIGHTS = "apiauth helper uid=1234\napiauth anon uid=1234\n"


class ClientsCase(SynchronousTestCase):
    """A pair that has started together."""

    def setUp(self) -> None:
        self.cluster = Cluster(self)
        self.one, self.two = self.cluster.one, self.cluster.two
        for host in (self.one, self.two):
            host.write("ha.cf", HA_CF.format(directory=host.directory, failback="on") + RIGHTS)
        self.cluster.start(self.one, self.two)

    def connect(self, host: Host, name: str = "") -> Line:
        """Let a program sign on at a host; without a name a casual one."""
        host.api.factory.credentials_of = lambda _transport: HELPER
        connection = host.api.factory.buildProtocol(None)
        assert isinstance(connection, Connection)
        line = Line(host.reactor, connection, Transport())
        connection.makeConnection(line.transport)
        line.say(sign_on(name, HELPER))
        return line

    def sockets(self) -> list[str]:
        """Return where node01 listens."""
        return [path for path, *_ in self.one.reactor.unixServers]

    def test_the_socket(self) -> None:
        """It is there from when both have met until the daemon has left."""
        self.assertNotIn(self.one.api.path, self.sockets())
        self.cluster.run(30)
        self.assertIn(self.one.api.path, self.sockets())
        line = self.connect(self.one, "helper")
        self.cluster.stop(self.one)
        self.cluster.run(30)
        self.assertTrue(line.closed)

    def test_helpers_meet_and_speak(self) -> None:
        """Each hears of itself, then of the other one; what one says the other one hears."""
        self.cluster.run(30)
        one = self.connect(self.one, "helper")
        self.assertEqual([self.news(message) for message in one.heard()], ["join node01", "signon"])
        self.cluster.run(1)
        two = self.connect(self.two, "helper")
        self.cluster.run(1)
        self.assertEqual([self.news(message) for message in two.heard()], ["join node02", "signon"])
        self.assertEqual([self.news(message) for message in one.heard()], ["join node02"])

        one.say(Message.of(t="question", dest="node02", answer="42"))
        self.cluster.run(1)
        self.assertEqual([message.get("answer") for message in two.heard()], ["42"])
        self.assertEqual(one.heard(), [])

        two.connection.connectionLost()
        self.cluster.run(1)
        self.assertEqual([self.news(message) for message in one.heard()], ["leave node02"])

    def test_who_is_there(self) -> None:
        """The other node is asked, and answers."""
        self.cluster.run(30)
        asker = self.connect(self.one)
        asked = request("clientstatus", node="node02", cn="helper")
        for expected in ("offline", "online"):
            asker.heard()
            asker.say(asked)
            self.cluster.run(1)
            self.assertEqual([message.get("cs") for message in asker.heard()], [expected])
            self.connect(self.two, "helper")

    def test_what_they_do_wrong(self) -> None:
        """It is counted where the administrator looks."""
        self.cluster.run(30)
        self.assertTrue(self.connect(self.one, "stranger").closed)
        counted = self.one.status.counters
        self.assertEqual(counted["client refused: no default client auth"], 1)
        self.assertNotIn("client refused: no default client auth", self.two.status.counters)

    def test_a_death_is_told(self) -> None:
        """A client hears of the dead node and of its link, and that everything moves."""
        self.cluster.run(30)
        line = self.connect(self.one)
        line.heard()
        self.cluster.crash(self.two)
        self.cluster.run(11)
        told = [(message.get("t"), message.get("st")) for message in line.heard()]
        self.assertIn(("status", "dead"), told)
        self.assertIn(("ifstat", "dead"), told)
        self.assertIn(("resource", ""), told)
        self.cluster.run(20)
        self.assertEqual(line.ask(request("getrsc"))[-1].get("rsc_hold"), "all")

    def news(self, message: Message) -> str:
        """Say in short what a message is."""
        return message.get("reqtype") or f"{message.get('st')} {message.get('src')}"

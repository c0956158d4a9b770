# -*- test-case-name: tests.clients.test_desk -*-
"""
Clients sign on, ask, speak, are told, and leave.
"""

from __future__ import annotations

import os
import signal

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.clients.answers import bad, client_status, good, respond
from hatwist.clients.desk import MAX_SWEEPS, Processes
from hatwist.clients.frames import frame
from hatwist.clients.signon import reply
from hatwist.cluster.actions import Deliver
from hatwist.cluster.events import ClientAsked, ClientJoined, ClientLeft, ClientSpoke, Event
from hatwist.cluster.names import Delivery, NodeStatus
from hatwist.config.model import MessageFormat
from hatwist.unix import Credentials
from hatwist.wire.limits import MAX_MESSAGE
from hatwist.wire.message import Field, FieldType, Message
from tests.clients.builders import ALPHA, BETA, CF, CLUSTER, VERSION, node, request, sign_on, status
from tests.clients.wire import Room, Table

NEWS = Message.of(t="ifstat", node="beta", ifname="eth1", st="dead")
WELCOME = reply("", CF, "alpha", VERSION)


class SignOnTests(SynchronousTestCase):
    """The first message of a connection."""

    def setUp(self) -> None:
        self.room = Room()

    def test_casual(self) -> None:
        """A client without a name is welcome, and nobody hears of it."""
        self.assertEqual(self.room.connect().ask(sign_on()), [WELCOME])
        self.assertEqual((self.room.fed, self.room.lines), ([], []))

    def test_named(self) -> None:
        """The cluster hears of it, and it hears of itself before it is welcomed."""
        line = self.room.connect(CLUSTER)
        joined = Message.of(t="hbapi-clstat", st="join", from_id="ipfail", to_id="ipfail")

        def core(event: Event) -> None:
            self.room.fed.append(event)
            self.room.desk.tell(Deliver(joined, Delivery.NEWS, own=True))

        self.room.desk.feed = core
        self.assertEqual(line.ask(sign_on("ipfail", CLUSTER)), [joined, WELCOME])
        self.assertEqual(self.room.fed, [ClientJoined("ipfail")])

    def test_refused(self) -> None:
        """It is told why, and what everybody is told; then we hang up."""
        line = self.room.connect()
        self.assertEqual(
            line.ask(sign_on("ipfail")), [reply("client failed authorization", CF, "alpha", VERSION)]
        )
        self.assertTrue(line.closed)
        self.assertEqual(
            self.room.lines,
            ["WARN: Client [ipfail] pid 10 failed authorization [client failed authorization]"],
        )
        self.assertEqual(self.room.fed, [])

    def test_refused_for_other_reasons(self) -> None:
        """What it calls itself cannot spoil the log."""
        line = self.room.connect()
        line.say(sign_on("a\x1bb" + "c" * 100))
        name = "a?b" + "c" * 37
        text = f"WARN: api_process_registration_msg: cannot add client({name}): bad client name"
        self.assertEqual(self.room.lines, [text])

    def test_refusals_do_not_fill_the_log(self) -> None:
        """The same refusal is a line a minute, and a count."""
        for _ in range(100):
            self.room.connect().say(sign_on("ipfail"))
        self.assertEqual(len(self.room.lines), 1)
        self.assertEqual(self.room.counted, {"client refused: client failed authorization": 100})

    def test_not_yet(self) -> None:
        """What is said before is not heard, as with heartbeat."""
        line = self.room.connect()
        self.assertEqual(line.ask(request("nodelist")), [])
        self.assertEqual(line.ask(Message.of(t="hello")), [])
        self.assertEqual(line.ask(sign_on()), [WELCOME])

    def test_twice(self) -> None:
        """A second sign-on of a client, or under a name that is taken, is refused."""
        line = self.room.client("x")
        self.assertEqual(line.ask(sign_on("x")), [bad("signon")])
        other = self.room.connect()
        self.assertEqual(other.ask(sign_on("x"))[0].get("info"), "duplicate add request")
        self.assertEqual((line.closed, other.closed), (False, True))

    def test_never(self) -> None:
        """Who connects and does not sign on is dropped after a while."""
        line = self.room.connect()
        signed_on = self.room.client()
        for _ in range(MAX_SWEEPS):
            self.room.desk.sweep(self.room.factory.connections)
        self.assertFalse(line.closed)
        self.room.desk.sweep(self.room.factory.connections)
        self.assertEqual((line.transport.aborted, signed_on.closed), (True, False))


class AskTests(SynchronousTestCase):
    """Requests of a client that has signed on."""

    def setUp(self) -> None:
        self.room = Room()
        self.line = self.room.client()

    def test_in_order(self) -> None:
        """Many requests at once are answered one after the other."""
        self.line.say(request("numnodes"), request("nonsense"), request("nodelist"))
        self.assertEqual(
            [(one.get("reqtype"), one.get("result")) for one in self.line.heard()],
            [("numnodes", "OK"), ("nonsense", "badreq"), ("nodelist", "ok/more"), ("nodelist", "OK")],
        )

    def test_about_itself(self) -> None:
        """Filter and signal are answered, the length of the queue is not."""
        self.assertEqual(self.line.ask(request("setfilter", fmask="3")), good("setfilter", ()))
        self.assertEqual(self.line.ask(request("setfilter")), [bad("setfilter", "EINVAL")])
        self.assertEqual(self.line.ask(request("setsignal", signal="10")), good("setsignal", ()))
        self.assertEqual(self.line.ask(request("set_sendqlen", sendqlen="5")), [])
        client = self.line.connection.client
        assert client is not None
        self.assertEqual((client.filter, client.signal, client.queue), (3, 10, 5))

    def test_nothing(self) -> None:
        """A request for nothing has no answer, as with heartbeat."""
        self.assertEqual(self.line.ask(Message.of(t="hbapi-req")), [])
        self.assertFalse(self.line.closed)

    def test_other_clients(self) -> None:
        """Who has signed on here is known, until it leaves."""
        asked = request("clientstatus", node="alpha", cn="dopd")
        self.assertEqual(self.line.ask(asked), client_status("clientstatus", online=False))
        dopd = self.room.client("dopd")
        self.assertEqual(self.line.ask(asked), client_status("clientstatus", online=True))
        dopd.say(request("signoff"))
        self.assertEqual(self.line.ask(asked), client_status("clientstatus", online=False))

    def test_clients_elsewhere(self) -> None:
        """A living node is asked itself; a dead one has none."""
        asked = request("clientstatus", node="beta", cn="dopd")
        self.assertEqual(self.line.ask(asked), [])
        self.assertEqual(self.room.fed, [ClientAsked(BETA, "dopd", "10")])
        self.room.desk.status = lambda: status(nodes=(node(ALPHA), node(BETA, NodeStatus.DEAD)))
        self.assertEqual(self.line.ask(asked), client_status("clientstatus", online=False))

    def test_whose_client(self) -> None:
        """A client of no node of ours, or nobody, is an invalid argument."""
        for fields in ({"node": "gamma", "cn": "x"}, {"cn": "x"}, {"node": "alpha"}):
            asked = request("clientstatus", **fields)
            self.assertEqual(self.line.ask(asked), [bad("clientstatus", "EINVAL")])


class SpeakTests(SynchronousTestCase):
    """What clients have to say to the cluster."""

    def setUp(self) -> None:
        self.room = Room()

    def test_named(self) -> None:
        """The core decides what becomes of it."""
        self.room.client("x").say(Message.of(t="hello", dest="beta"))
        self.assertEqual(self.room.fed[1:], [ClientSpoke("x", Message.of(t="hello", dest="beta"))])

    def test_who_is_where(self) -> None:
        """The question to all nodes goes to each that lives elsewhere, and is answered here for this one."""
        line = self.room.client("x")
        everywhere = Message.of(t="query-cstatus", cn="x", from_id="x")
        self.assertEqual(line.ask(everywhere), [respond(ALPHA, "x", "x", online=True)])
        self.assertEqual(line.ask(everywhere.with_field("dest", "beta")), [])
        self.assertEqual(self.room.fed[1:], [ClientAsked(BETA, "x", "x")] * 2)
        here = Message.of(t="query-cstatus", cn="dopd", dest="alpha")
        self.assertEqual(line.ask(here), [respond(ALPHA, "dopd", "x", online=False)])
        self.assertEqual(len(self.room.fed), 3)

    def test_casual(self) -> None:
        """A casual client that speaks is thrown out."""
        line = self.room.client()
        line.say(Message.of(t="hello"))
        self.assertTrue(line.closed)
        self.assertEqual(self.room.fed, [])
        self.assertEqual(self.room.lines, ["WARN: client [10] pid 10 uid 0 may not speak to the cluster"])

    def test_nothing_in_particular(self) -> None:
        """A message without a type is logged, and nothing else."""
        line = self.room.client("x")
        line.say(Message.of(x="y"))
        self.assertEqual(self.room.lines, ["WARN: client [x] pid 10 uid 0: bad message type"])
        self.assertFalse(line.closed)


class TellTests(SynchronousTestCase):
    """What clients are told."""

    def setUp(self) -> None:
        self.room = Room()

    def tell(self, message: Message = NEWS) -> None:
        """Let something happen."""
        self.room.desk.tell(Deliver(message, Delivery.NEWS))

    def test_form(self) -> None:
        """The form is the classic one with a NUL, as heartbeat's."""
        line = self.room.client()
        self.tell()
        text = b">>>\nt=ifstat\nnode=beta\nifname=eth1\nst=dead\n<<<\n\0"
        self.assertEqual(line.transport.value(), frame(text))

    def test_everybody(self) -> None:
        """Casual or not; but nobody who has not signed on."""
        lines = [self.room.client(), self.room.client("x"), self.room.client("ipfail", CLUSTER)]
        stranger = self.room.connect()
        self.tell()
        self.assertEqual([line.heard() for line in lines], [[NEWS]] * 3)
        self.assertEqual(stranger.heard(), [])

    def test_one(self) -> None:
        """A message for one client reaches no other."""
        line, other = self.room.client(), self.room.client("x")
        self.tell(NEWS.with_field("to_id", "x"))
        self.assertEqual((len(line.heard()), len(other.heard())), (0, 1))

    def test_signal(self) -> None:
        """Who wants it is sent a signal with each message."""
        self.room.client().say(request("setsignal", signal="10"))
        self.tell()
        self.assertEqual(self.room.table.signals, [(10, 10)])

    def test_no_classic_form(self) -> None:
        """A message that has none is told in the other form."""
        line = self.room.client()
        nested = NEWS.plus([Field("more", NEWS, FieldType.STRUCT)])
        control = NEWS.with_field("info", "a\x13b")
        for message in (nested, control):
            self.tell(message)
            self.assertEqual(line.heard(), [message])

    def test_netstring(self) -> None:
        """With msgfmt netstring everything is told in that form."""
        line = self.room.client()
        self.room.desk.cf = evolve(CF, msgfmt=MessageFormat.NETSTRING)
        self.tell()
        self.assertIn(b"###\n", line.transport.value())

    def test_too_long(self) -> None:
        """A message that no frame can hold is told nobody."""
        line = self.room.client()
        self.tell(NEWS.with_field("info", "x" * MAX_MESSAGE))
        self.assertEqual((line.heard(), line.closed), ([], False))
        self.assertEqual(self.room.counted, {"message too long for clients": 1})


class LeaveTests(SynchronousTestCase):
    """How a client goes."""

    def setUp(self) -> None:
        self.room = Room()

    def left(self) -> list[Event]:
        """Return what the core was told after the sign-on."""
        return self.room.fed[1:]

    def test_sign_off(self) -> None:
        """It hears that it leaves, then we hang up."""
        line = self.room.client("x")
        farewell = Message.of(t="hbapi-clstat", st="leave", to_id="x")

        def core(event: Event) -> None:
            self.room.fed.append(event)
            self.room.desk.tell(Deliver(farewell, Delivery.NEWS, own=True))

        self.room.desk.feed = core
        self.assertEqual(line.ask(request("signoff")), [farewell])
        self.assertTrue(line.closed)
        line.connection.connectionLost()
        self.assertEqual(self.left(), [ClientLeft("x", "signoff")])

    def test_casual(self) -> None:
        """Nobody hears of it, and its number may come again."""
        line = self.room.client()
        line.say(request("signoff"))
        self.assertEqual((line.closed, self.room.fed), (True, []))
        self.assertFalse(self.room.client().closed)

    def test_end_of_file(self) -> None:
        """Who hangs up has left."""
        self.room.client("x").connection.connectionLost()
        self.assertEqual(self.left(), [ClientLeft("x", "EOF")])
        self.assertEqual(self.room.factory.connections, [])
        self.assertFalse(self.room.client("x").closed)

    def test_dead(self) -> None:
        """Whose process is gone has left, whoever holds the connection."""
        line = self.room.client("x")
        self.room.desk.sweep(self.room.factory.connections)
        self.assertFalse(line.closed)
        self.room.table.pids.clear()
        self.room.desk.sweep(self.room.factory.connections)
        self.assertEqual((line.closed, self.left()), (True, [ClientLeft("x", "died")]))

    def test_closing_does_not_last_for_ever(self) -> None:
        """A connection that does not close, as nobody reads, is dropped."""
        line = self.room.client()
        line.say(request("signoff"))
        for _ in range(MAX_SWEEPS + 1):
            self.assertFalse(line.transport.aborted)
            self.room.desk.sweep(self.room.factory.connections)
        self.assertTrue(line.transport.aborted)


class ProcessesTests(SynchronousTestCase):
    """The processes of this host, and their twin in memory."""

    def setUp(self) -> None:
        self.table = Table(pids={os.getpid()}, uid=os.geteuid())
        self.caught: list[int] = []
        before = signal.signal(signal.SIGURG, lambda number, _frame: self.caught.append(number))
        self.addCleanup(signal.signal, signal.SIGURG, before)

    def test_who_lives(self) -> None:
        """A process that is there lives; one that cannot be does not."""
        for processes in (Processes(), self.table):
            pids = (os.getpid(), 2**22 + 1, 10**30)
            self.assertEqual([processes.lives(pid) for pid in pids], [True, False, False])

    def test_a_signal_arrives(self) -> None:
        """What is sent to this process it gets, in one case and the other."""
        for processes in (Processes(), self.table):
            processes.signal(Credentials(os.getpid(), os.geteuid(), 0), signal.SIGURG)
        self.assertEqual((self.caught, self.table.signals), ([signal.SIGURG], [(os.getpid(), signal.SIGURG)]))

    def test_the_number_is_anothers(self) -> None:
        """A process of another user, or none, is sent nothing."""
        for processes in (Processes(), self.table):
            processes.signal(Credentials(os.getpid(), os.geteuid() + 1, 0), signal.SIGURG)
            processes.signal(Credentials(2**22 + 1, os.geteuid(), 0), signal.SIGURG)
        self.assertEqual((self.caught, self.table.signals), ([], []))

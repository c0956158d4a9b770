# -*- test-case-name: tests.control.test_perspective -*-
"""
Asking a node over Perspective Broker, also in ways nobody should.
"""

from __future__ import annotations

from twisted.spread import pb
from twisted.spread.jelly import SecurityOptions
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from hatwist.cluster.names import Outcome, Verb
from hatwist.config.model import NodeName
from hatwist.control.entries import Entry, write_entry
from hatwist.control.operations import operation_report
from hatwist.control.report import report
from hatwist.fencing.results import DeviceStatus, Fenced, FenceOutcome, FenceResult
from hatwist.interfaces import IClusterControl
from hatwist.resources.operations import Operation
from tests.control.fakes import STATUS, FakeControl
from tests.control.wire import Daemon


class Stranger(pb.Copyable):
    """An object a client would like us to build."""


class Told(pb.Referenceable):
    """Hears what happens."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str, float]] = []

    def remote_happened(self, kind: str, text: str, when: float) -> None:
        self.heard.append((kind, text, when))


class OperatorTests(SynchronousTestCase):
    """What root can ask."""

    def setUp(self) -> None:
        self.daemon = Daemon()
        self.line = self.daemon.connect()
        self.root = self.line.root()

    def ask(self, *words: object, **named: object) -> object:
        """Ask, and return the answer."""
        answer: object = self.line.answer(self.root.callRemote(*words, **named))
        return answer

    def refusal(self, *words: object, **named: object) -> str:
        """Ask, and return the words of the refusal."""
        problem = self.assertRaises(pb.RemoteError, self.ask, *words, **named)
        self.assertIn("pb.Error", str(problem.remoteType))
        return str(problem)

    def test_the_fake_is_a_node(self) -> None:
        """What these tests ask provides all of IClusterControl."""
        self.assertTrue(verifyObject(IClusterControl, FakeControl()))

    def test_status(self) -> None:
        """status answers with the report."""
        self.assertEqual(self.ask("status"), report(STATUS))

    def test_orders_reach_the_node(self) -> None:
        """Orders are passed on with who gave them."""
        self.ask("standby", "local")
        self.ask("takeover", "all")
        self.ask("cleanup", "httpd")
        self.ask("leave")
        who = "uid 0 (pid 42)"
        self.assertEqual(
            self.daemon.node.asked,
            [
                ("standby", "local", who),
                ("takeover", "all", who),
                ("cleanup", "httpd", who),
                ("leave", "", who),
            ],
        )

    def test_groups_go_home(self) -> None:
        """failback gives away what is at home at the peer, and gets what is at home here."""
        self.ask("standby", "failback")
        self.ask("takeover", "failback")
        asked = [(verb, which) for verb, which, _ in self.daemon.node.asked]
        self.assertEqual(asked, [("standby", "foreign"), ("takeover", "local")])

    def test_the_node_s_refusal_is_passed_on(self) -> None:
        """What the node refuses is refused in its words."""
        self.daemon.node.trouble = "this node is leaving"
        self.assertEqual(self.refusal("standby", "all"), "this node is leaving")

    def test_recent(self) -> None:
        """recent answers with what happened before."""
        self.daemon.node.happened("decision", "takeover", 7.5)
        self.assertEqual(self.ask("recent"), [["decision", "takeover", 7.5]])

    def test_journal(self) -> None:
        """journal answers with lines as the file has them: so many, about whom one asks."""
        decided = [Entry(7, n, 0.0, "start", f"group{n}", "node01", ()) for n in range(3)]
        self.daemon.node.decided = decided
        lines = [write_entry(one) for one in decided]
        self.assertEqual(self.ask("journal", "", 2), lines[1:])
        self.assertEqual(self.ask("journal", "group0", 2), lines[:1])
        words = "whose decisions, and how many? a group, a node or an empty text; a number"
        for wrong in ((7, 7), ("", "7"), ("", True), ("", None)):
            self.assertEqual(self.refusal("journal", *wrong), words)

    def test_fencing(self) -> None:
        """What was fenced, and whether the devices answer; a person's word is passed on."""
        result = FenceResult(FenceOutcome.CONFIRMED, "pdu", "done", 1.5)
        self.daemon.node.fenced = [Fenced(NodeName("node02"), NodeName("node01"), "silence", 7.0, result)]
        self.daemon.node.devices = [DeviceStatus("pdu", "baytech", True, "", 8.0)]
        self.assertEqual(self.ask("fencings"), [self.daemon.node.fenced[0].plain()])
        device = {"name": "pdu", "type": "baytech", "well": True, "words": "", "checked": 8.0}
        self.assertEqual(self.ask("fencing_devices"), [device])
        self.ask("confirm_down", "node02")
        self.assertEqual(self.daemon.node.asked, [("confirm down", "node02", "uid 0 (pid 42)")])
        self.assertEqual(self.refusal("confirm_down", 7), "which node is down? its name")

    def test_operations(self) -> None:
        """operations answers with what was done to a group's resources."""
        done = Operation(1.0, "start", "httpd", Verb.START, Outcome.OK, 0.5, "")
        self.daemon.node.done["httpd"] = [done]
        self.assertEqual(self.ask("operations", "httpd"), [operation_report(done)])
        self.assertEqual(self.refusal("operations", "mail"), "no such group")
        self.assertEqual(self.refusal("operations", 7), "of which group? its key")

    def test_subscribe(self) -> None:
        """A subscriber hears everything from now on, and once only per connection."""
        told = Told()
        self.daemon.node.happened("log", "before", 1.0)
        self.ask("subscribe", told)
        self.assertIn("already", self.refusal("subscribe", told))
        self.daemon.node.happened("log", "after", 2.0)
        self.line.flush()
        self.assertEqual(told.heard, [("log", "after", 2.0)])

    def test_a_subscriber_that_left_is_forgotten(self) -> None:
        """After a disconnection nobody is told, and a place is free."""
        self.ask("subscribe", Told())
        self.line.leave()
        self.daemon.node.happened("log", "nobody hears", 2.0)
        self.assertEqual(self.daemon.happenings._subscribers, [])

    def test_wrong_words(self) -> None:
        """Anything but the sets and failback is refused, and shown cut short."""
        wanted = "which groups? one of all, local, foreign, failback, not "
        self.assertEqual(self.refusal("standby", "everything"), wanted + "'everything'")
        self.assertEqual(self.refusal("standby", "none"), wanted + "'none'")
        self.assertEqual(self.refusal("cleanup", 7), "which group? its key, or an empty text for all")
        self.assertEqual(self.refusal("takeover", "x" * 50000), wanted + repr("x" * 40))
        for wrong, name in (
            (7, "int"),
            (None, "NoneType"),
            (["all"], "list"),
            ({}, "dict"),
            (b"all", "bytes"),
        ):
            self.assertEqual(self.refusal("standby", wrong), wanted + name)
        self.assertEqual(self.daemon.node.asked, [])

    def test_wrong_number_of_arguments(self) -> None:
        """Too few and too many are refused, and so are names."""
        self.assertEqual(self.refusal("standby"), "1 arguments are wanted, 0 were given")
        self.assertEqual(self.refusal("leave", "now"), "0 arguments are wanted, 1 were given")
        self.assertEqual(self.refusal("standby", which="all"), "arguments are given by position")
        self.assertEqual(self.daemon.node.asked, [])

    def test_unknown_method(self) -> None:
        """A method that is not there is refused with those that are; inner ones are not there."""
        methods = (
            "cleanup, confirm_down, fencing_devices, fencings, journal, leave, operations, recent, standby,"
            " status, subscribe, takeover"
        )
        self.assertEqual(self.refusal("reboot"), f"no method 'reboot'; there are: {methods}")
        for inner in ("_status", "__class__", "control", "rootObject"):
            self.assertIn("no method", self.refusal(inner))

    def test_foreign_classes_are_not_built(self) -> None:
        """Only plain values are accepted; nothing of a client's is instantiated."""
        self.assertEqual(
            self.refusal("standby", Stranger()), "the arguments cannot be read: plain values only"
        )

    def test_subscriber_of_another_kind(self) -> None:
        """A subscriber is an object of the client's, not a value."""
        self.assertEqual(self.refusal("subscribe", "me"), "subscribe needs an object that can be told")

    def test_the_security_is_ours(self) -> None:
        """What Perspective Broker allows by default is not what we allow."""
        allowed = self.daemon.factory.security
        self.assertIsInstance(allowed, SecurityOptions)
        for wanted in (
            "instance",
            "module",
            "class",
            "function",
            "persistent",
            "reference",
            "local",
            "cached",
        ):
            self.assertFalse(allowed.isTypeAllowed(wanted.encode()), wanted)

# -*- test-case-name: tests.control.test_client -*-
"""
The client of all tools, over a connection in memory.
"""

from __future__ import annotations

import errno

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectError
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.names import Outcome, Verb
from hatwist.control import client
from hatwist.control.client import TIMEOUT, Dropped, Forbidden, NotRunning, Refused, explain
from hatwist.control.entries import Entry
from hatwist.control.happenings import Happening
from hatwist.control.operations import operation_report
from hatwist.control.report import report
from hatwist.errors import ControlError
from hatwist.resources.operations import Operation
from hatwist.unix import Credentials
from tests.control.fakes import STATUS
from tests.control.wire import Daemon


class ControlTests(SynchronousTestCase):
    """Asking, being refused, and being left alone."""

    def setUp(self) -> None:
        self.daemon = Daemon()
        self.line = self.daemon.connect()
        self.control = self.line.control()

    def test_questions_and_orders(self) -> None:
        """Every question is answered and every order arrives."""
        self.daemon.node.happened("log", "hello", 1.5)
        self.assertEqual(self.line.answer(self.control.status()), report(STATUS))
        self.assertEqual(self.line.answer(self.control.recent()), [("log", "hello", 1.5)])
        entry = Entry(7, 1, 0.0, "start", "httpd", "node01", ())
        self.daemon.node.decided.append(entry)
        self.assertEqual(self.line.answer(self.control.journal("httpd", 5)), [entry])
        done = Operation(1.0, "start", "httpd", Verb.START, Outcome.OK, 0.5, "")
        self.daemon.node.done["httpd"] = [done]
        self.assertEqual(self.line.answer(self.control.operations("httpd")), [operation_report(done)])
        self.line.answer(self.control.standby("foreign"))
        self.line.answer(self.control.takeover("local"))
        self.line.answer(self.control.cleanup("httpd"))
        self.line.answer(self.control.leave())
        orders = [(verb, which) for verb, which, _ in self.daemon.node.asked]
        expected = [("standby", "foreign"), ("takeover", "local"), ("cleanup", "httpd"), ("leave", "")]
        self.assertEqual(orders, expected)

    def test_following(self) -> None:
        """What happens is told as it happens."""
        heard: list[Happening] = []
        self.line.answer(self.control.follow(heard.append))
        self.daemon.node.happened("decision", "takeover", 2.0)
        self.line.flush()
        self.assertEqual(heard, [("decision", "takeover", 2.0)])

    def test_refusal(self) -> None:
        """A refusal comes in the daemon's words."""
        self.daemon.node.trouble = "not now"
        problem = self.assertRaises(Refused, self.line.answer, self.control.standby("all"))
        self.assertEqual(str(problem), "not now")

    def test_permission(self) -> None:
        """So does being somebody else."""
        line = Daemon(Credentials(7, 1000, 1000)).connect()
        problem = self.assertRaises(Refused, line.answer, line.control().status())
        self.assertIn("permission denied", str(problem))

    def test_a_fault_of_the_daemon_is_not_a_refusal(self) -> None:
        """A bug in the daemon is said to be one, and is in its log."""
        self.daemon.node.shown = None  # type: ignore[assignment]
        problem = self.assertRaises(ControlError, self.line.answer, self.control.status())
        self.assertNotIsInstance(problem, Refused)
        self.assertIn("the daemon failed with builtins.AttributeError", str(problem))
        self.assertEqual(len(self.flushLoggedErrors(AttributeError)), 1)

    def test_another_version(self) -> None:
        """A report in another version's words is not guessed at."""
        self.patch(client, "VERSION", 2)
        problem = self.assertRaises(ControlError, self.line.answer, self.control.status())
        self.assertEqual(str(problem), "the daemon reports in version 1, we read 2")

    def test_daemon_goes_away(self) -> None:
        """A connection that ends leaves no question open, and says so."""
        asked = Deferred.fromCoroutine(self.control.status())
        self.daemon.brokers[0].transport.loseConnection()
        self.line.flush()
        self.failureResultOf(asked, Dropped)
        self.successResultOf(self.control.closed)
        problem = self.assertRaises(Dropped, self.line.answer, self.control.status())
        self.assertEqual(str(problem), "the daemon closed the connection")

    def test_daemon_does_not_answer(self) -> None:
        """A daemon that is stuck is given five seconds."""
        asked = Deferred.fromCoroutine(self.control.status())
        self.line.clock.advance(TIMEOUT)
        problem = self.failureResultOf(asked, Dropped)
        self.assertEqual(str(problem.value), "the daemon did not answer within 5 s")

    def test_closing(self) -> None:
        """A client closes its connection and knows when it is closed."""
        closed = self.control.close()
        self.line.flush()
        self.successResultOf(closed)
        self.assertEqual(self.daemon.brokers, [])


class ExplainTests(SynchronousTestCase):
    """What the operating system's refusals mean."""

    def explained(self, number: int) -> ControlError:
        """Return what an error number of C{connect} becomes."""
        return explain("/run/hatwist/control.sock", ConnectError(number, "from the system"))

    def test_permission(self) -> None:
        """A socket that is not for us is forbidden, not missing."""
        made = self.explained(errno.EACCES)
        self.assertIsInstance(made, Forbidden)
        self.assertEqual(str(made), "permission denied: /run/hatwist/control.sock is for root only")

    def test_missing(self) -> None:
        """No socket, and no one behind it, is a daemon that is not running."""
        for number in (errno.ENOENT, errno.ECONNREFUSED):
            self.assertIsInstance(self.explained(number), NotRunning)

    def test_anything_else(self) -> None:
        """Any other reason is given as it is."""
        made = self.explained(errno.ENFILE)
        self.assertEqual(type(made), ControlError)
        self.assertIn("from the system", str(made))

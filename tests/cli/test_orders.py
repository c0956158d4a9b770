# -*- test-case-name: tests.cli.test_orders -*-
"""
Giving an order and seeing it through.
"""

from __future__ import annotations

import os
import subprocess
import sys
from io import StringIO

from attrs import evolve
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cli.orders import PATIENCE, POLL, Order, Verdict, verdict
from hatwist.cluster.names import GroupState
from hatwist.cluster.status import Status
from hatwist.control.client import Dropped
from hatwist.control.report import report
from tests.control.fakes import NODE02, STATUS
from tests.control.wire import Daemon

GROUP = STATUS.groups[0]
MOVING = evolve(STATUS, stable=False)


class Unread(StringIO):
    """A pipe whose reader has gone after the first line."""

    def flush(self) -> None:
        if self.getvalue().count("\n") > 1:
            raise BrokenPipeError


def with_group(state: GroupState, here: bool) -> Status:
    """Return a calm status whose one group, at home here, is in some state."""
    return evolve(STATUS, groups=(evolve(GROUP, state=state, owner=STATUS.node if here else NODE02),))


HERE = with_group(GroupState.RUNNING, here=True)
GONE = with_group(GroupState.STOPPED, here=False)


class VerdictTests(SynchronousTestCase):
    """Whether an order is carried out."""

    def test_standby(self) -> None:
        """A standby is done when nothing of the set is left here."""
        for status, expected in (
            (HERE, Verdict.CALM),
            (MOVING, Verdict.MOVING),
            (with_group(GroupState.STOPPING, here=False), Verdict.MOVING),
            (with_group(GroupState.RUNNING, here=False), Verdict.CALM),
            (with_group(GroupState.BLOCKED, here=True), Verdict.FAILED),
            (with_group(GroupState.FAILED, here=False), Verdict.DONE),
            (GONE, Verdict.DONE),
        ):
            self.assertEqual(verdict("standby", "all", report(status)), expected, status.groups)

    def test_takeover(self) -> None:
        """A takeover is done when all of the set runs here."""
        for status, expected in (
            (GONE, Verdict.CALM),
            (MOVING, Verdict.MOVING),
            (with_group(GroupState.STARTING, here=True), Verdict.MOVING),
            (with_group(GroupState.STOPPED, here=True), Verdict.CALM),
            (with_group(GroupState.FAILED, here=True), Verdict.FAILED),
            (HERE, Verdict.DONE),
        ):
            self.assertEqual(verdict("takeover", "all", report(status)), expected, status.groups)

    def test_only_the_set_counts(self) -> None:
        """What is not of the set may stay where it is."""
        self.assertEqual(verdict("standby", "foreign", report(HERE)), Verdict.DONE)
        self.assertEqual(verdict("standby", "local", report(HERE)), Verdict.CALM)


class OrderTests(SynchronousTestCase):
    """An operator in front of a terminal."""

    def setUp(self) -> None:
        self.daemon = Daemon()
        self.daemon.node.shown = HERE
        self.line = self.daemon.connect()
        self.out = StringIO()
        self.order = Order(self.line.control(), self.line.clock, self.out)

    def give(self, verb: str, wait: float | None = 60.0) -> Deferred[int]:
        """Give an order, all groups."""
        given = Deferred.fromCoroutine(self.order.give(verb, "all", wait))
        self.line.flush()
        return given

    def later(self, seconds: float) -> None:
        """Let time pass, a quarter of a second at a time."""
        for _ in range(int(seconds / POLL)):
            self.line.clock.advance(POLL)
            self.line.flush()

    def lines(self) -> list[str]:
        """Return what was printed."""
        return self.out.getvalue().splitlines()

    def test_standby_is_seen_through(self) -> None:
        """The operator sees the decisions as they are taken, the end, and who has what."""
        given = self.give("standby")
        self.daemon.node.happened("log", "much noise", 1.0)
        self.daemon.node.happened("decision", "standby all on node01: root asked", 1.0)
        self.daemon.node.shown = MOVING
        self.later(3)
        self.assertNoResult(given)
        self.daemon.node.shown = GONE
        self.later(POLL)
        self.assertEqual(self.successResultOf(given), 0)
        self.assertEqual(self.daemon.node.asked[0][:2], ("standby", "all"))
        self.assertIn("decision standby all on node01: root asked", self.lines()[0])
        self.assertEqual(
            self.lines()[1:3], ["standby [all]: done in 3.2 s.", "  IPaddr::172.16.0.210/24/eth0 httpd"]
        )

    def test_takeover_is_seen_through(self) -> None:
        """So is a takeover."""
        self.daemon.node.shown = GONE
        given = self.give("takeover")
        self.daemon.node.shown = HERE
        self.later(POLL)
        self.assertEqual(self.successResultOf(given), 0)
        self.assertEqual(self.daemon.node.asked[0][:2], ("takeover", "all"))

    def test_reader_goes_away(self) -> None:
        """When nobody reads, the watching ends at the next look; the daemon hears nothing of it."""
        self.order.out = Unread()
        self.daemon.node.shown = MOVING
        given = self.give("takeover")
        for _ in range(3):
            self.daemon.node.happened("decision", "takeover all on node01: root asked", 1.0)
        self.line.flush()
        self.assertNoResult(given)
        self.later(POLL)
        self.failureResultOf(given, BrokenPipeError)
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_refusal_by_the_core(self) -> None:
        """A refused standby ends at once with the reason, status 1."""
        given = self.give("standby")
        self.daemon.node.happened("decision", "standby refused all on node01: Other side is in flux.", 1.0)
        self.later(POLL)
        self.assertEqual(self.successResultOf(given), 1)
        self.assertEqual(
            self.lines()[1], "standby [all]: standby refused all on node01: Other side is in flux."
        )

    def test_a_refused_order_is_not_done(self) -> None:
        """A refusal counts even if the state happens to be the one that was wanted."""
        given = self.give("standby")
        self.daemon.node.happened("decision", "standby refused all on node01: it holds nothing", 1.0)
        self.daemon.node.shown = GONE
        self.later(POLL)
        self.assertEqual(self.successResultOf(given), 1)

    def test_nothing_comes_of_it(self) -> None:
        """When nothing begins within fifteen seconds the operator is told so."""
        given = self.give("standby")
        self.later(PATIENCE - POLL)
        self.assertNoResult(given)
        self.later(POLL)
        self.assertEqual(self.successResultOf(given), 1)
        self.assertEqual(self.lines()[0], "standby [all]: nothing came of it; the logs may say why.")

    def test_it_came_back(self) -> None:
        """When it moved and all is as before, waiting is over after two calm seconds."""
        given = self.give("standby")
        self.daemon.node.shown = MOVING
        self.later(5)
        self.daemon.node.shown = HERE
        self.later(2)
        self.assertEqual(self.successResultOf(given), 1)

    def test_a_failed_group(self) -> None:
        """When a stop fails the order has failed, status 1."""
        given = self.give("standby")
        self.daemon.node.shown = MOVING
        self.later(1)
        self.daemon.node.shown = with_group(GroupState.BLOCKED, here=True)
        self.later(POLL)
        self.assertEqual(self.successResultOf(given), 1)
        self.assertEqual(self.lines()[0], "standby [all]: failed.")

    def test_patience_has_an_end(self) -> None:
        """After the time given the operator has the terminal back, and the order goes on."""
        given = self.give("standby", wait=5.0)
        self.daemon.node.shown = MOVING
        self.later(5)
        self.assertEqual(self.successResultOf(given), 1)
        self.assertEqual(self.lines()[0], "standby [all]: not done after 5 s; it goes on.")

    def test_not_waiting(self) -> None:
        """Without waiting it is enough that the node was told."""
        self.assertEqual(self.successResultOf(self.give("takeover", None)), 0)
        self.assertEqual(self.lines(), ["takeover [all]: the node was told."])

    def test_daemon_dies_meanwhile(self) -> None:
        """When the daemon dies meanwhile the order has no outcome."""
        given = self.give("standby")
        self.daemon.brokers[0].transport.loseConnection()
        self.line.flush()
        self.later(POLL)
        self.failureResultOf(given, Dropped)


class LeaveTests(SynchronousTestCase):
    """Stopping a daemon."""

    def setUp(self) -> None:
        self.daemon = Daemon()
        self.line = self.daemon.connect()
        self.out = StringIO()

    def leave(self, wait: float | None, pid: int = 0) -> Deferred[int]:
        """Have the daemon stop."""
        control = self.line.control()
        control.daemon_pid = pid
        given = Deferred.fromCoroutine(Order(control, self.line.clock, self.out).leave(wait))
        self.line.flush()
        return given

    def later(self) -> None:
        """Let a moment pass."""
        self.line.clock.advance(POLL)
        self.line.flush()

    def test_the_end_is_awaited(self) -> None:
        """The command ends when the connection is closed."""
        given = self.leave(0.0)
        self.daemon.node.happened("decision", "leave node01 on node01: root asked", 1.0)
        self.later()
        self.assertNoResult(given)
        self.daemon.brokers[0].transport.loseConnection()
        self.later()
        self.later()
        self.assertEqual(self.successResultOf(given), 0)
        self.assertEqual(self.daemon.node.asked[0][0], "leave")
        self.assertEqual(self.out.getvalue().splitlines()[-1], "stop: the daemon has ended.")

    def test_reader_goes_away(self) -> None:
        """When nobody reads, the waiting ends; the daemon was told."""
        self.out = Unread()
        given = self.leave(0.0)
        for _ in range(3):
            self.daemon.node.happened("decision", "leave node01 on node01: root asked", 1.0)
        self.later()
        self.later()
        self.failureResultOf(given, BrokenPipeError)
        self.assertEqual(self.daemon.node.asked[0][0], "leave")

    def test_the_process_is_awaited(self) -> None:
        """Not only the connection: the daemon's process must have ended."""
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
            given = self.leave(0.0, process.pid)
            self.daemon.brokers[0].transport.loseConnection()
            self.later()
            self.later()
            self.assertNoResult(given)
            process.communicate(b"\n")
        self.later()
        self.assertEqual(self.successResultOf(given), 0)

    def test_the_end_may_take_too_long(self) -> None:
        """A wait that is bounded ends, status 1."""
        given = self.leave(0.5, os.getpid())
        for _ in range(2):
            self.later()
        self.assertEqual(self.successResultOf(given), 1)
        self.assertEqual(self.out.getvalue(), "stop: the daemon still runs after 0.5 s.\n")

    def test_not_waiting(self) -> None:
        """Without waiting it is enough that the node was told."""
        self.assertEqual(self.successResultOf(self.leave(None)), 0)
        self.assertEqual(self.out.getvalue(), "stop: the node was told.\n")

# -*- test-case-name: tests.fencing.test_dialects -*-
"""
How programs are spoken to, and what they mean.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.fencing.dialects import FenceAgent, Order, StonithCommand, dialect_of
from hatwist.fencing.results import Answer, FenceOutcome
from hatwist.resources.process import Ran

YES = FenceOutcome.CONFIRMED
NO = FenceOutcome.FAILED
LATE = FenceOutcome.TIMED_OUT


class StonithTests(SynchronousTestCase):
    """The C{stonith} command of cluster-glue."""

    dialect = StonithCommand()

    def test_words(self) -> None:
        """The parameters come from stdin; no secret is in an argument."""
        self.assertEqual(
            self.dialect.words(
                "/usr/sbin/stonith", "baytech", "10.0.0.9 admin secret", Order.RESET, "node01"
            ),
            ["/usr/sbin/stonith", "-t", "baytech", "-F", "/dev/stdin", "-T", "reset", "node01"],
        )
        self.assertEqual(
            self.dialect.words("/x/stonith", "external/ipmi", "x", Order.STATUS, ""),
            ["/x/stonith", "-t", "external/ipmi", "-F", "/dev/stdin", "-S"],
        )
        self.assertEqual(
            self.dialect.told("10.0.0.9 admin secret", Order.OFF, "node01"), "10.0.0.9 admin secret\n"
        )

    def test_no_parameters(self) -> None:
        """The command refuses a file without a line, so no parameters are given as an argument."""
        words = self.dialect.words("stonith", "suicide", "\n", Order.STATUS, "")
        self.assertEqual(words, ["stonith", "-t", "suicide", "-p", "", "-S"])

    def test_exit_status(self) -> None:
        """0 confirms; each other has its meaning; 6 is a time-out."""
        for status, expected in (
            (0, Answer(YES)),
            (4, Answer(NO, "exit status 4: it does not control this host")),
            (6, Answer(LATE, "exit status 6: time-out")),
            (99, Answer(NO, "exit status 99")),
        ):
            self.assertEqual(self.dialect.judge(Order.RESET, Ran(status, None, "")), expected)

    def test_last_words(self) -> None:
        """What it said last is quoted."""
        ran = Ran(1, None, "one\n\ntwo\nthree\nfour\n")
        words = "exit status 1: bad configuration: two | three | four"
        self.assertEqual(self.dialect.judge(Order.RESET, ran).words, words)

    def test_off_already(self) -> None:
        """A host that is off is fenced; that it is off does not make a status or a switching on good."""
        ran = Ran(7, None, "")
        found = {order: self.dialect.judge(order, ran).outcome for order in Order}
        self.assertEqual(found, {Order.RESET: YES, Order.OFF: YES, Order.ON: NO, Order.STATUS: NO})

    def test_killed(self) -> None:
        """A program that was ended confirms nothing, even if it then exits with 0."""
        late = self.dialect.judge(Order.RESET, Ran(0, None, "dialing", timed_out=True))
        self.assertEqual(late, Answer(LATE, "its time was up: dialing"))
        self.assertEqual(self.dialect.judge(Order.RESET, Ran(None, 9, "")), Answer(NO, "exit status 137"))


class AgentTests(SynchronousTestCase):
    """fence-agents."""

    dialect = FenceAgent()

    def test_words(self) -> None:
        """It has no argument."""
        self.assertEqual(
            self.dialect.words("/usr/sbin/fence_x", "fence_x", "password=x", Order.OFF, "n"),
            ["/usr/sbin/fence_x"],
        )

    def test_told(self) -> None:
        """Action and plug are ours, whatever the file says; a status has no plug."""
        file = "# for the rack\n ip=10.0.0.9\npassword=se cret\naction=on\n\nplug = 9\n"
        self.assertEqual(
            self.dialect.told(file, Order.RESET, "node01"),
            "ip=10.0.0.9\npassword=se cret\naction=reboot\nnodename=node01\nplug=node01\n",
        )
        self.assertEqual(self.dialect.told("", Order.STATUS, ""), "action=monitor\n")
        self.assertEqual(self.dialect.told("", Order.ON, "3"), "action=on\nnodename=3\nplug=3\n")

    def test_exit_status(self) -> None:
        """0 confirms, 5 is a time-out, all others failed."""
        found = [self.dialect.judge(Order.OFF, Ran(status, None, "")).outcome for status in (0, 1, 2, 5)]
        self.assertEqual(found, [YES, NO, NO, LATE])
        self.assertEqual(self.dialect.judge(Order.OFF, Ran(None, 15, "", timed_out=True)).outcome, LATE)


class WhichTests(SynchronousTestCase):
    """L{dialect_of}."""

    def test_by_name(self) -> None:
        """An agent's name begins with fence_, with or without a path."""
        found = [type(dialect_of(kind)) for kind in ("baytech", "external/ipmi", "fence_x", "/opt/fence_x")]
        self.assertEqual(found, [StonithCommand, StonithCommand, FenceAgent, FenceAgent])

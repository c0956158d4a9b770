# -*- test-case-name: tests.config.test_guardian -*-
"""
What deadtime has to leave the guardian.
"""

from __future__ import annotations

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.findings import Findings
from hatwist.config.guardian import (
    DRIFT,
    PER_ADDRESS,
    QUANTUM,
    check_margin,
    margin,
    time_line,
    watchdog_time,
)
from hatwist.config.model import Gravity, Position, Problem
from hatwist.config.toml import parse_toml
from tests.cluster.builders import ALPHA, CF, SQL, group

WHERE = Position("ha.cf", 6, 1)
ADDRESSES = group(ALPHA, "IPaddr::10.0.0.1", "IPaddr2::10.0.0.2/24", "IPv6addr::2001:db8::1", "apache")


class MarginTests(SynchronousTestCase):
    """How long before the earliest takeover everything is silent."""

    def test_no_addresses(self) -> None:
        """Every process may be late, and clocks differ."""
        self.assertAlmostEqual(margin(CF, ()), QUANTUM + DRIFT * CF.deadtime)

    def test_addresses(self) -> None:
        """Each address of any group takes its time; other resources do not."""
        self.assertAlmostEqual(margin(CF, (ADDRESSES, SQL)) - margin(CF, ()), 3 * PER_ADDRESS)


class TimeLineTests(SynchronousTestCase):
    """What happens when."""

    def test_without_a_watchdog(self) -> None:
        """What cannot be stopped goes on, and that is said."""
        self.assertEqual(watchdog_time(CF), 0.0)
        line = time_line(CF, (), 60.0)
        self.assertIn("9.85 s after the last status", line)
        self.assertIn("the earliest takeover is after 10.00 s", line)
        self.assertIn("nothing ends what cannot be stopped within 60 s", line)

    def test_with_a_watchdog(self) -> None:
        """The host is reset."""
        cf = evolve(CF, watchdog="/dev/watchdog")
        self.assertEqual(watchdog_time(cf), 10.0)
        self.assertEqual(watchdog_time(evolve(cf, deadtime=0.4)), 1.0)
        self.assertIn("the host is reset by 79.85 s", time_line(cf, (), 60.0))


class CheckTests(SynchronousTestCase):
    """Whether a deadtime is long enough."""

    def check(self, deadtime: float, keepalive: float = 1.0) -> tuple[Problem, ...]:
        """Return what is found of it."""
        findings = Findings()
        check_margin(evolve(CF, keepalive=keepalive, deadtime=deadtime), (ADDRESSES,), WHERE, findings)
        return findings.ordered()

    def test_enough(self) -> None:
        """There is nothing to be said of the usual times."""
        self.assertEqual(self.check(10.0), ())

    def test_no_time_at_all(self) -> None:
        """It is an error, with what would do, and the deadtime that is named does."""
        (problem,) = self.check(2.0)
        self.assertEqual((problem.gravity, problem.code), (Gravity.ERROR, "margin"))
        self.assertEqual(problem.where, WHERE)
        self.assertIn("releases everything 1.929 s after the last status", problem.text)
        self.assertEqual(problem.remedy, "deadtime of more than 2.07 s, or [guardian] use = false")
        self.assertEqual([one.gravity for one in self.check(2.1)], [Gravity.NOTE])

    def test_no_time_for_the_kernel(self) -> None:
        """It is good to know, with the deadtime that would do."""
        (problem,) = self.check(3.0)
        self.assertEqual((problem.gravity, problem.code), (Gravity.NOTE, "lifetimes"))
        self.assertEqual(problem.remedy, "deadtime of 4.1 s")
        self.assertEqual(self.check(4.1), ())

    def test_short_times(self) -> None:
        """Half a second may do, if keepalive is short."""
        self.assertEqual([one.code for one in self.check(0.5, 0.1)], ["lifetimes"])


class SettingTests(SynchronousTestCase):
    """C{[guardian]} in hatwist.toml."""

    def test_use(self) -> None:
        """There is a guardian unless it is refused."""
        for text, used in (("", True), ("[guardian]\nuse = false", False), ("[guardian]\nuse = true", True)):
            findings = Findings()
            self.assertEqual(parse_toml(text, "f.toml", findings).guardian, used)
            self.assertEqual(findings.problems, [])

# -*- test-case-name: tests.service.test_monotonic -*-
"""
A clock that nobody can set.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from hatwist.service.monotonic import assert_monotonic, boottime, install

STEPPED = """
import time

wall = time.time
step = [0.0]
time.time = lambda: wall() + step[0]

import sys
from twisted.internet import reactor
from hatwist.service.monotonic import assert_monotonic, install

if "install" in sys.argv:
    install(reactor)
    assert_monotonic(reactor)
fired = []
reactor.callLater(3600, fired.append, "an hour early")
reactor.callLater(0.1, reactor.stop)
step[0] = 7200.0
reactor.run()
print("fired" if fired else "kept its pace")
"""
"""A daemon whose wall clock is set two hours ahead."""


def stepped(*arguments: str) -> tuple[str, str]:
    """Run L{STEPPED}, and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", STEPPED, *arguments],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout, done.stderr


class MonotonicTests(SynchronousTestCase):
    """Installing the clock."""

    def test_the_clock_counts_from_boot(self) -> None:
        """The reactor's seconds are those of CLOCK_BOOTTIME."""
        reactor = Clock()
        install(reactor)  # type: ignore[arg-type]
        before = time.clock_gettime(time.CLOCK_BOOTTIME)
        self.assertTrue(before <= reactor.seconds() <= before + 60)
        self.assertIs(reactor.seconds, boottime)

    def test_too_late(self) -> None:
        """Once something is scheduled the clock is not changed."""
        reactor = Clock()
        reactor.callLater(1, lambda: None)
        self.assertRaises(RuntimeError, install, reactor)
        self.assertRaises(AssertionError, assert_monotonic, reactor)

    def test_missing_clock_is_noticed(self) -> None:
        """assert_monotonic accepts a reactor with our clock and no other."""
        reactor = Clock()
        self.assertRaises(AssertionError, assert_monotonic, reactor)
        install(reactor)  # type: ignore[arg-type]
        assert_monotonic(reactor)  # type: ignore[arg-type]

    def test_a_step_of_the_wall_clock_fires_nothing(self) -> None:
        """In a real reactor a step of two hours fires no timer of one hour."""
        self.assertEqual(stepped("install"), ("kept its pace\n", ""))

    def test_without_it_a_step_is_a_false_alarm(self) -> None:
        """That is not so by itself: Twisted's own clock steps along."""
        self.assertEqual(stepped(), ("fired\n", ""))

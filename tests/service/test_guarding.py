# -*- test-case-name: tests.service.test_guarding -*-
"""
How a node comes to its guardian, and the core to hear of it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from attrs import evolve
from twisted.internet.defer import Deferred, succeed
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.actions import PushDeadline
from hatwist.cluster.adoption import Inheritance
from hatwist.cluster.events import DeadlineRefused, Event, LeaveWanted
from hatwist.cluster.names import Outcome, Verb
from hatwist.config.model import HaCf, LogSettings, Monitors, Resource
from hatwist.errors import AgentError
from hatwist.interfaces import IResourceAgent
from hatwist.resources.agents import ScriptAgent, Stage
from hatwist.resources.groups import GroupRunner
from hatwist.resources.lifetimes import Lifetimes
from hatwist.resources.monitor import Monitor
from hatwist.resources.process import Ran
from hatwist.service.entrusting import REFUSED, Entrusting
from hatwist.service.guarding import Guarded, guard, make_guardian
from hatwist.service.memory_guardian import MemoryGuardian
from hatwist.service.perform import Performer
from tests.cluster.builders import CF, WEB, config
from tests.resources.fakes import LogBook


def unheard(_: object) -> None:
    """Hear nothing."""


class GuardingTestCase(SynchronousTestCase):
    """A node whose groups are run by programs in memory."""

    def setUp(self) -> None:
        self.clock = MemoryReactorClock()
        self.book = LogBook()
        self.ran: list[Sequence[str]] = []
        self.runner = GroupRunner(self.agent_for, self.book, self.clock)
        self.monitor = Monitor(self.runner, Monitors(), self.clock, self.book)
        self.monitor.tell = unheard
        self.lifetimes = Lifetimes(self.clock, self.book)
        self.fed: list[Event] = []

    def agent_for(self, resource: Resource) -> IResourceAgent:
        """Find an agent, but not for C{broken}."""
        if resource.script == "broken":
            raise AgentError("there is none")
        return ScriptAgent(f"/r/{resource.script}", Stage(self.launch, {"A": "1"}, self.book))

    def launch(self, words: Sequence[str], *_: object) -> Deferred[Ran]:
        """Run a program."""
        self.ran.append(words)
        return succeed(Ran(0, None, "OK", stdout="OK"))

    def performer(self, guarded: Guarded) -> Performer:
        """Make what carries out actions."""
        performer = Performer((), guarded.run, self.book, unheard, unheard)
        guarded.join(performer, self.fed.append)
        return performer


class MakeTests(GuardingTestCase):
    """L{make_guardian}."""

    def words(self, cf: HaCf = CF) -> Sequence[str]:
        """Return what a new guardian is told."""
        made = make_guardian(self.clock, "/run/x", "node01", config(cf), self.runner, lambda *_: None)
        return made._words

    def test_what_it_is_told(self) -> None:
        """Where its socket is and who we are."""
        self.assertEqual(
            self.words(), ("--socket", "/run/x/guardian.sock", "--host", "node01", "--stop-within", "60")
        )

    def test_the_log(self) -> None:
        """It writes where the daemon writes, by a full path, for it has a directory of its own."""
        for log, path in (
            (LogSettings("/l/ha-log", "/l/ha-debug"), "/l/ha-log"),
            (LogSettings("", "/l/ha-debug"), "/l/ha-debug"),
            (LogSettings("ha-log"), os.path.abspath("ha-log")),
        ):
            self.assertEqual(self.words(evolve(CF, log=log))[6:], ("--log", path))

    def test_the_watchdog(self) -> None:
        """The device resets the host after deadtime, in whole seconds, at least one."""
        for deadtime, seconds in ((10.0, "10"), (0.3, "1"), (2.6, "3")):
            words = self.words(evolve(CF, watchdog="/dev/watchdog", deadtime=deadtime))
            self.assertEqual(words[6:], ("--watchdog", "/dev/watchdog", "--watchdog-timeout", seconds))


class GuardTests(GuardingTestCase):
    """L{guard} and L{Guarded}."""

    def test_no_guardian(self) -> None:
        """Without one, orders are carried out as they are, and nothing is pushed."""
        guarded = guard(self.monitor, None, self.lifetimes, config())
        self.assertEqual(guarded, Guarded(self.monitor.run))
        self.assertEqual(guarded.inheritance, Inheritance())
        self.performer(guarded)(PushDeadline(10.0))
        self.assertIsNone(self.lifetimes.until)
        self.assertEqual(self.monitor.closing, [])

    def test_a_guardian(self) -> None:
        """What the core pushes reaches it, and so does what is to be started."""
        guardian = MemoryGuardian(self.clock)
        guarded = guard(self.monitor, guardian, self.lifetimes, config())
        self.assertEqual(self.successResultOf(guarded.run(WEB, Verb.START)), (Outcome.FAILED, REFUSED))
        self.assertEqual(self.ran, [])
        self.performer(guarded)(PushDeadline(10.0))
        self.assertEqual((guardian.guard.deadline, self.lifetimes.until), (10.0, 10.0))
        outcome, _ = self.successResultOf(guarded.run(WEB, Verb.START))
        self.assertIs(outcome, Outcome.OK)
        self.assertEqual(guardian.guard.held, (WEB.key,))

    def test_inherited(self) -> None:
        """What a former life has entrusted is handed on to the core."""
        guardian = MemoryGuardian(self.clock)
        guardian.push(10.0, solo=True)
        guardian.entrust(WEB)
        guarded = guard(self.monitor, guardian, self.lifetimes, config())
        self.assertEqual(guarded.inheritance, Inheritance(frozenset({WEB.key}), frozenset(), 10.0, True))
        self.assertEqual(self.lifetimes.until, 10.0)

    def test_the_end(self) -> None:
        """The monitor ends it with itself."""
        guardian = MemoryGuardian(self.clock)
        guard(self.monitor, guardian, self.lifetimes, config())
        guardian.push(10.0, solo=True)
        self.assertEqual(
            self.monitor.closing, [guardian.close, self.lifetimes.close, self.monitor.runner.abandon]
        )
        self.monitor.close()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_what_the_core_hears(self) -> None:
        """That the guardian is lost, and that it refuses."""
        link = make_guardian(self.clock, "/run/x", "node01", config(), self.runner, lambda *_: None)
        guarded = Guarded(self.monitor.run, Inheritance(), Entrusting(self.monitor.run, link, self.lifetimes))
        self.performer(guarded)
        link.lost()
        link.refused()
        self.assertEqual(self.fed, [LeaveWanted("the loss of its guardian"), DeadlineRefused()])

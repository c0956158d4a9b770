# -*- test-case-name: tests.resources.test_groups -*-
"""
Groups: from left to right, from right to left.
"""

from __future__ import annotations

from itertools import pairwise

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from hatwist.cluster.names import Outcome, Verb
from hatwist.config.model import Resource, ResourceGroup
from hatwist.errors import AgentError
from hatwist.interfaces import IResourceAgent
from hatwist.resources.groups import STOP_PATIENCE, STOP_RETRIES, GroupRunner
from hatwist.resources.memory import MemoryAgent
from tests.resources.fakes import LogBook, group

START, STOP, STATUS = Verb.START, Verb.STOP, Verb.STATUS
WEB = group("IPaddr::172.16.0.210/24/eth0", "Filesystem::/dev/sdb5::/webdata::ext3", "httpd")
LINE = "node01 IPaddr::172.16.0.210/24/eth0 Filesystem::/dev/sdb5::/webdata::ext3 httpd"
ADDRESS, DISK, HTTPD = (one.text for one in WEB.resources)


class GroupCase(SynchronousTestCase):
    """A runner over resources in memory."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.agent = MemoryAgent(self.clock)
        self.log = LogBook()
        self.runner = GroupRunner(self.agent.agent_for, self.log, self.clock)

    def run_now(self, verb: Verb, which: ResourceGroup = WEB) -> tuple[Outcome, str]:
        """Carry out an order that takes no time."""
        return self.successResultOf(self.runner.run(which, verb))

    def run_long(self, verb: Verb, seconds: int = 12) -> tuple[Outcome, str]:
        """Carry out an order that takes some seconds."""
        done = self.runner.run(WEB, verb)
        self.clock.pump([1.0] * seconds)
        return self.successResultOf(done)


class StartTests(GroupCase):
    """Starting a group."""

    def test_left_to_right(self) -> None:
        """Each resource is asked for its status and started, in the order of the line."""
        self.assertEqual(self.run_now(START), (Outcome.OK, ""))
        self.assertEqual(
            self.agent.journal,
            [(one, verb) for one in (ADDRESS, DISK, HTTPD) for verb in (STATUS, START)],
        )
        self.assertEqual(
            self.log.signed, [f"ResourceManager(default): info: Acquiring resource group: {LINE}"]
        )

    def test_what_runs_is_not_started(self) -> None:
        """A resource that runs already counts as started."""
        self.agent.running = {ADDRESS, HTTPD}
        self.assertEqual(self.run_now(START), (Outcome.OK, ""))
        self.assertEqual([one for one, verb in self.agent.journal if verb is START], [DISK])

    def test_unknown_status_is_started(self) -> None:
        """A resource whose status says nothing is started."""
        self.agent.fail(ADDRESS, STATUS)
        self.assertEqual(self.run_now(START), (Outcome.OK, ""))
        self.assertIn((ADDRESS, START), self.agent.journal)

    def test_a_failure_releases_everything_in_reverse(self) -> None:
        """When one resource cannot be started, nothing more is, and the whole group is stopped."""
        self.agent.fail(DISK, START)
        outcome, detail = self.run_now(START)
        self.assertIs(outcome, Outcome.FAILED)
        self.assertEqual(detail, f"{DISK}: start of {DISK} fails on order")
        self.assertEqual(
            self.agent.journal[3:], [(DISK, START), (HTTPD, STOP), (DISK, STOP), (ADDRESS, STOP)]
        )
        self.assertEqual(self.agent.running, set())
        self.assertEqual(
            self.log.lines(),
            [
                f"info: Acquiring resource group: {LINE}",
                f"CRIT: Giving up resources due to failure of {DISK}",
                f"info: Releasing resource group: {LINE}",
            ],
        )

    def test_a_release_that_fails_as_well(self) -> None:
        """Both troubles are named when the release after a failed start fails too."""
        self.agent.fail(HTTPD, START)
        self.agent.fail(DISK, STOP)
        outcome, detail = self.run_long(START)
        self.assertIs(outcome, Outcome.FAILED)
        self.assertEqual(
            detail,
            f"{HTTPD}: start of {HTTPD} fails on order; "
            f"{DISK} cannot be stopped: stop of {DISK} fails on order",
        )
        self.assertEqual(self.agent.running, {ADDRESS, DISK})


class RecoverTests(GroupCase):
    """Starting again what failed of a group that was started."""

    def setUp(self) -> None:
        """Start it, and forget that."""
        super().setUp()
        self.run_now(START)
        self.agent.journal.clear()

    def moves(self) -> list[tuple[str, Verb]]:
        """Return what was stopped and started, in order."""
        return [(one, verb) for one, verb in self.agent.journal if verb in (START, STOP)]

    def test_from_the_first_that_failed(self) -> None:
        """It and what stands to its right are stopped, from right to left, and started again."""
        self.agent.running.discard(DISK)
        self.assertEqual(self.run_now(Verb.RECOVER), (Outcome.OK, ""))
        self.assertEqual(self.moves(), [(HTTPD, STOP), (DISK, STOP), (DISK, START), (HTTPD, START)])

    def test_an_address_is_only_added_again(self) -> None:
        """What listens on it has not noticed; what failed beside it is started again as well."""
        self.agent.running.discard(ADDRESS)
        self.assertEqual(self.run_now(Verb.RECOVER), (Outcome.OK, "everything runs"))
        self.assertEqual(self.moves(), [(ADDRESS, START)])
        self.agent.journal.clear()
        self.agent.running -= {ADDRESS, HTTPD}
        self.assertEqual(self.run_now(Verb.RECOVER), (Outcome.OK, ""))
        self.assertEqual(self.moves(), [(ADDRESS, START), (HTTPD, STOP), (HTTPD, START)])

    def test_an_address_that_cannot_be_added(self) -> None:
        """The whole group is released."""
        self.agent.running.discard(ADDRESS)
        self.agent.fail(ADDRESS, START)
        self.assertIs(self.run_now(Verb.RECOVER)[0], Outcome.FAILED)
        self.assertEqual(self.agent.running, set())

    def test_everything_runs(self) -> None:
        """Then nothing is touched."""
        self.assertEqual(self.run_now(Verb.RECOVER), (Outcome.OK, "everything runs"))
        self.assertEqual(self.moves(), [])

    def test_it_does_not_start(self) -> None:
        """The whole group is released, and the reason told."""
        self.agent.running.discard(HTTPD)
        self.agent.fail(HTTPD, START)
        outcome, detail = self.run_now(Verb.RECOVER)
        self.assertIs(outcome, Outcome.FAILED)
        self.assertIn(HTTPD, detail)
        self.assertEqual(self.agent.running, set())

    def test_it_does_not_stop(self) -> None:
        """What cannot be stopped is not started beside itself."""
        self.agent.running.discard(DISK)
        self.agent.fail(HTTPD, STOP)
        done = self.runner.run(WEB, Verb.RECOVER)
        self.clock.pump([1.0] * 400)
        self.assertIs(self.successResultOf(done)[0], Outcome.FAILED)
        self.assertNotIn((DISK, START), self.moves())


class LookTests(GroupCase):
    """Seeing what runs."""

    def look(self) -> list[tuple[str, Outcome]]:
        """Return what was seen."""
        return [(one.text, outcome) for one, outcome, _ in self.successResultOf(self.runner.look(WEB))]

    def test_up_to_the_first_that_does_not_run(self) -> None:
        """What stands on it is not asked."""
        self.run_now(START)
        runs = Outcome.RUNNING
        self.assertEqual(self.look(), [(ADDRESS, runs), (DISK, runs), (HTTPD, runs)])
        self.agent.running.discard(DISK)
        self.assertEqual(self.look(), [(ADDRESS, runs), (DISK, Outcome.STOPPED)])

    def test_without_an_agent(self) -> None:
        """It cannot be said to run."""

        def nobody(resource: Resource) -> IResourceAgent:
            raise AgentError(f"no agent for {resource.text}")

        self.runner = GroupRunner(self.agent.agent_for, self.log, self.clock, look_for=nobody)
        self.assertEqual(self.look(), [(ADDRESS, Outcome.FAILED)])


class StopTests(GroupCase):
    """Stopping a group."""

    def setUp(self) -> None:
        super().setUp()
        self.run_now(START)
        self.agent.journal.clear()
        self.log.entries.clear()

    def stops(self, text: str) -> int:
        """Return how often a resource was stopped."""
        return self.agent.journal.count((text, STOP))

    def test_right_to_left(self) -> None:
        """Every resource is stopped, in the reverse order of the line, without asking first."""
        self.assertEqual(self.run_now(STOP), (Outcome.OK, ""))
        self.assertEqual(self.agent.journal, [(HTTPD, STOP), (DISK, STOP), (ADDRESS, STOP)])
        self.assertEqual(self.log.lines(), [f"info: Releasing resource group: {LINE}"])

    def test_a_failed_stop_is_tried_again_each_second(self) -> None:
        """A stop that fails is repeated after a second."""
        self.agent.fail(DISK, STOP, times=2)
        done = self.runner.run(WEB, STOP)
        self.assertEqual(self.stops(DISK), 1)
        self.clock.advance(0.9)
        self.assertEqual(self.stops(DISK), 1)
        self.clock.advance(0.1)
        self.assertEqual(self.stops(DISK), 2)
        self.clock.advance(1.0)
        self.assertEqual(self.successResultOf(done), (Outcome.OK, ""))
        self.assertEqual(self.log.lines()[1:], [f"info: Retrying failed stop operation [{DISK}]"] * 2)

    def test_a_stop_that_keeps_failing(self) -> None:
        """After ten retries, and if it still runs, the stop has failed; what it stands on is left alone."""
        self.agent.fail(DISK, STOP)
        outcome, detail = self.run_long(STOP, seconds=STOP_RETRIES)
        self.assertIs(outcome, Outcome.FAILED)
        self.assertEqual(detail, f"{DISK} cannot be stopped: stop of {DISK} fails on order")
        self.assertEqual(self.stops(DISK), 1 + STOP_RETRIES)
        self.assertEqual(self.stops(ADDRESS), 0)
        self.assertEqual(self.log.lines()[-1], "CRIT: Resource STOP failure. Reboot required!")

    def test_a_script_that_cannot_stop_what_is_stopped(self) -> None:
        """A script whose stop keeps failing is believed when it says that it is stopped."""
        self.agent.running.discard(DISK)
        self.agent.fail(DISK, STOP)
        self.assertIs(self.run_long(STOP)[0], Outcome.OK)
        self.assertEqual(
            self.log.lines()[-3:],
            [
                f"ERROR: Resource script for {DISK} probably not LSB-compliant.",
                f"WARN: it ({DISK}) MUST succeed on a stop when already stopped",
                "WARN: Machine reboot narrowly avoided!",
            ],
        )
        self.assertEqual(self.stops(ADDRESS), 1)

    def test_unknown_is_not_stopped(self) -> None:
        """A status that says nothing does not make a failed stop a success."""
        self.agent.fail(DISK, STOP)
        self.agent.fail(DISK, STATUS)
        self.assertIs(self.run_long(STOP)[0], Outcome.FAILED)

    def test_a_hanging_stop_does_not_take_all_its_retries(self) -> None:
        """Each try may take as long as the agent lets it; all together are bounded."""
        self.agent.fail(HTTPD, STOP)
        self.agent.delays[STOP] = 120.0
        done = self.runner.run(WEB, STOP)
        self.clock.pump([1.0] * int(STOP_PATIENCE + 125))
        self.assertIs(self.successResultOf(done)[0], Outcome.FAILED)
        self.assertEqual(self.stops(HTTPD), 3)

    def test_retries_without_end(self) -> None:
        """With no limit to its retries a stop is tried until it succeeds."""
        self.runner = GroupRunner(self.agent.agent_for, self.log, self.clock, stop_retries=0)
        self.agent.fail(HTTPD, STOP, times=400)
        self.assertIs(self.run_long(STOP, seconds=400)[0], Outcome.OK)


class OrderTests(GroupCase):
    """Several orders at a time."""

    def test_a_stop_waits_for_the_start(self) -> None:
        """One group does one thing at a time, in the order asked."""
        self.agent.delays = {START: 5.0}
        started = self.runner.run(WEB, START)
        stopped = self.runner.run(WEB, STOP)
        self.clock.pump([5.0, 5.0])
        self.assertNoResult(stopped)
        self.clock.advance(5.0)
        self.assertEqual(self.successResultOf(started), (Outcome.OK, ""))
        self.assertEqual(self.successResultOf(stopped), (Outcome.OK, ""))
        self.assertEqual(self.agent.running, set())

    def test_other_groups_do_not_wait(self) -> None:
        """A group does not wait for another one."""
        self.agent.delays = {START: 5.0}
        first = self.runner.run(group("mysqld"), START)
        second = self.runner.run(group("httpd"), START)
        self.clock.advance(5.0)
        self.assertEqual(self.successResultOf(first), self.successResultOf(second))


class StatusTests(GroupCase):
    """Asking for a group."""

    def test_the_first_resource_answers(self) -> None:
        """A group runs if its first resource does; the others are not asked."""
        self.assertIs(self.run_now(STATUS)[0], Outcome.STOPPED)
        self.agent.running = {ADDRESS}
        self.assertIs(self.run_now(STATUS)[0], Outcome.RUNNING)
        self.assertEqual(self.agent.journal, [(ADDRESS, STATUS)] * 2)
        self.assertEqual(self.log.lines(), [])

    def test_unknown_counts_as_stopped(self) -> None:
        """A status that says nothing counts as stopped, with the reason."""
        self.agent.fail(ADDRESS, STATUS)
        expected = (Outcome.STOPPED, f"status of {ADDRESS} fails on order")
        self.assertEqual(self.run_now(STATUS), expected)

    def test_search(self) -> None:
        """A search asks all resources, up to the first that runs."""
        self.assertEqual(self.run_now(Verb.SEARCH), (Outcome.STOPPED, ""))
        self.agent.journal.clear()
        self.agent.running = {DISK}
        self.assertIs(self.run_now(Verb.SEARCH)[0], Outcome.RUNNING)
        self.assertEqual(self.agent.journal, [(ADDRESS, STATUS), (DISK, STATUS)])


class MissingTests(GroupCase):
    """Resources without a program."""

    def setUp(self) -> None:
        super().setUp()
        self.missing = {DISK}
        self.runner = GroupRunner(self.find, self.log, self.clock)

    def find(self, resource: Resource) -> IResourceAgent:
        """Find every agent but the missing."""
        if resource.text in self.missing:
            raise AgentError(f"Cannot locate resource script {resource.script}")
        return self.agent

    def test_a_start_fails(self) -> None:
        """A missing program is a failed start; the rest of the group is released."""
        outcome, detail = self.run_now(START)
        self.assertIs(outcome, Outcome.FAILED)
        self.assertEqual(detail, f"{DISK}: Cannot locate resource script Filesystem")
        self.assertIn("ERROR: Cannot locate resource script Filesystem", self.log.lines())
        self.assertEqual(self.agent.running, set())

    def test_what_was_never_begun_is_stopped(self) -> None:
        """A resource that has no program, and had none since we run, does not block its group."""
        self.assertEqual(self.run_now(STOP), (Outcome.OK, ""))
        self.assertEqual(self.agent.journal, [(HTTPD, STOP), (ADDRESS, STOP)])

    def test_a_program_that_vanished_blocks(self) -> None:
        """A resource whose program vanished while it ran cannot be stopped."""
        self.missing = set()
        self.run_now(START)
        self.missing = {DISK}
        outcome, detail = self.run_now(STOP)
        self.assertIs(outcome, Outcome.FAILED)
        self.assertEqual(detail, f"{DISK} cannot be stopped: Cannot locate resource script Filesystem")
        self.assertEqual(self.agent.running, {ADDRESS, DISK})

    def test_status(self) -> None:
        """A group whose first resource has no program is stopped."""
        self.missing = {ADDRESS}
        self.assertEqual(self.run_now(STATUS), (Outcome.STOPPED, "Cannot locate resource script IPaddr"))


@implementer(IResourceAgent)
class BusyAgent:
    """An agent that needs the daemon's own time."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def run(self, resource: Resource, verb: Verb) -> Deferred[tuple[Outcome, str]]:
        """Work for 3 ms."""
        self.clock.rightNow += 0.003
        return succeed((Outcome.STOPPED if verb is STATUS else Outcome.OK, ""))


class BreathTests(SynchronousTestCase):
    """Agents that work within the daemon."""

    def test_everything_else_has_its_turn(self) -> None:
        """No more than two of them in a row, of whatever group, work without a break."""
        clock = Clock()
        runner = GroupRunner(lambda _: BusyAgent(clock), LogBook(), clock)
        done: list[object] = []
        beats: list[float] = []

        def beat() -> None:
            beats.append(clock.seconds())
            if len(done) < 2:
                clock.callLater(0, beat)

        beat()
        for name in ("a", "b"):
            runner.run(group(*(f"{name}{n}" for n in range(4))), START).addCallback(done.append)
        clock.advance(0)
        self.assertEqual(done, [(Outcome.OK, "")] * 2)
        self.assertLessEqual(max(after - before for before, after in pairwise(beats)), 0.0061)


@implementer(IResourceAgent)
class BrokenAgent:
    """An agent with a bug."""

    def run(self, resource: Resource, verb: Verb) -> Deferred[tuple[Outcome, str]]:
        """Break the promise never to fail."""
        return fail(ZeroDivisionError("our bug"))


class BugTests(SynchronousTestCase):
    """Agents that break their promise."""

    def test_a_bug_is_a_failed_order(self) -> None:
        """An exception out of an agent is logged with its traceback and ends the order as failed."""
        broken = BrokenAgent()
        clock = Clock()
        runner = GroupRunner(lambda _: broken, LogBook(), clock)
        for verb in (START, STOP):
            outcome, detail = self.successResultOf(runner.run(WEB, verb))
            self.assertIs(outcome, Outcome.FAILED)
            self.assertEqual(detail, "a resource agent is broken: our bug")
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 2)

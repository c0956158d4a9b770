# -*- test-case-name: tests.resources.test_operations -*-
"""
What was done to resources, and what is remembered of it.
"""

from __future__ import annotations

from attrs import evolve
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.names import Outcome, Verb
from hatwist.config.model import Resource
from hatwist.errors import AgentError
from hatwist.interfaces import IResourceAgent
from hatwist.resources.groups import GroupRunner
from hatwist.resources.memory import MemoryAgent
from hatwist.resources.operations import KEPT, LOOK, MAX_OUTPUT, Operation, Operations, Said
from hatwist.resources.process import Ran
from tests.resources.fakes import LogBook, group

START, STOP, STATUS = Verb.START, Verb.STOP, Verb.STATUS
OK, FAILED, STOPPED = Outcome.OK, Outcome.FAILED, Outcome.STOPPED
WEB = group("disk", "httpd")

STARTED = Operation(100.0, "start", "httpd", START, OK, 1.0, "")
SILENT = Operation(100.0, LOOK, "httpd", STATUS, FAILED, 1.0, "return code 1", 1)


class BoundTests(SynchronousTestCase):
    """What is remembered is bounded, and shows no password."""

    def setUp(self) -> None:
        self.operations = Operations(Clock())

    def test_the_newest_of_each_group(self) -> None:
        """Fifty of each group, oldest first."""
        for number in range(KEPT + 1):
            self.operations.note("disk", evolve(STARTED, when=float(number)))
        self.operations.note("mail", STARTED)
        self.assertEqual([one.when for one in self.operations.of("disk")], list(map(float, range(1, 51))))
        self.assertEqual(self.operations.of("mail"), [STARTED])
        self.assertEqual(self.operations.of("nothing"), [])

    def test_the_end_of_what_was_said(self) -> None:
        """Of long output the last characters are kept."""
        self.operations.note("disk", evolve(STARTED, output="a" * 100_000 + "the end"))
        (kept,) = self.operations.of("disk")
        self.assertEqual(len(kept.output), MAX_OUTPUT)
        self.assertTrue(kept.output.endswith("athe end"))

    def test_no_password(self) -> None:
        """What is assigned to a password is not shown."""
        said = "password=hunter2"
        self.operations.note("disk", evolve(STARTED, resource=f"x::{said}", words=said, output=f"+ {said}"))
        self.assertNotIn("hunter2", repr(self.operations.of("disk")))

    def test_the_same_again(self) -> None:
        """A status that says the same again and again pushes nothing else out; a start is a start."""
        for when in (1.0, 2.0, 3.0):
            self.operations.note("disk", evolve(SILENT, when=when, took=when))
        self.operations.note("disk", evolve(SILENT, when=4.0, output="else"))
        for when in (5.0, 6.0):
            self.operations.note("disk", evolve(STARTED, when=when))
        kept = [(one.when, one.times) for one in self.operations.of("disk")]
        self.assertEqual(kept, [(3.0, 3), (4.0, 1), (5.0, 1), (6.0, 1)])


class RunnerTests(SynchronousTestCase):
    """What a runner of groups notes."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.agent = MemoryAgent(self.clock)
        self.runner = GroupRunner(self.find, LogBook(), self.clock, stop_retries=1)
        self.runner.operations.wall = lambda: 1000.0 + self.clock.seconds()
        self.missing = ""

    def find(self, resource: Resource) -> IResourceAgent:
        """Find the agent of a resource, unless there is none."""
        if resource.text == self.missing:
            raise AgentError(f"Cannot locate resource script {resource.text}")
        return self.agent

    def run_long(self, verb: Verb) -> None:
        """Carry out an order that takes some seconds."""
        self.runner.operations._kept.clear()
        done = self.runner.run(WEB, verb)
        self.clock.pump([0.5] * 40)
        self.successResultOf(done)

    def noted(self) -> list[tuple[str, str, Verb, Outcome]]:
        """Return what was noted: order, resource, verb, outcome."""
        return [(one.order, one.resource, one.verb, one.outcome) for one in self.runner.operations.of("disk")]

    def test_a_start_and_a_stop(self) -> None:
        """Each verb is there with when it began and how long it took; a status before a start is not."""
        self.agent.delays = {START: 2.0, STATUS: 0.5}
        self.run_long(START)
        self.assertEqual(self.noted(), [("start", "disk", START, OK), ("start", "httpd", START, OK)])
        self.assertEqual(
            [(one.when, one.took) for one in self.runner.operations.of("disk")],
            [(1000.5, 2.0), (1003.0, 2.0)],
        )
        self.run_long(STOP)
        self.assertEqual(self.noted(), [("stop", "httpd", STOP, OK), ("stop", "disk", STOP, OK)])

    def test_a_start_that_fails(self) -> None:
        """The failure and what was stopped because of it, in order."""
        self.agent.fail("httpd", START)
        self.run_long(START)
        expected = [("start", "disk", START, OK), ("start", "httpd", START, FAILED)]
        expected += [("start", "httpd", STOP, OK), ("start", "disk", STOP, OK)]
        self.assertEqual(self.noted(), expected)
        self.assertEqual(self.runner.operations.of("disk")[1].words, "start of httpd fails on order")

    def test_each_try_of_a_stop(self) -> None:
        """A stop that is tried again is there twice."""
        self.run_long(START)
        self.agent.fail("httpd", STOP)
        self.run_long(STOP)
        self.assertEqual(self.noted(), [("stop", "httpd", STOP, FAILED)] * 2)

    def test_a_recovery(self) -> None:
        """What is done to a part of a group is noted for the group."""
        self.run_long(START)
        self.agent.running.discard("httpd")
        self.run_long(Verb.RECOVER)
        self.assertEqual(self.noted(), [("recover", "httpd", STOP, OK), ("recover", "httpd", START, OK)])

    def test_looks(self) -> None:
        """A look that finds everything running is nothing; what runs no more, or says nothing, is."""
        self.run_long(START)
        self.runner.operations._kept.clear()
        self.successResultOf(self.runner.look(WEB))
        self.assertEqual(self.noted(), [])
        self.agent.running.discard("httpd")
        self.successResultOf(self.runner.look(WEB))
        self.agent.fail("disk", STATUS)
        self.successResultOf(self.runner.look(WEB))
        self.assertEqual(self.noted(), [(LOOK, "httpd", STATUS, STOPPED), (LOOK, "disk", STATUS, FAILED)])

    def test_a_look_after_a_stop(self) -> None:
        """What was stopped does not run, which is nothing."""
        self.run_long(START)
        self.run_long(STOP)
        self.runner.operations._kept.clear()
        self.successResultOf(self.runner.look(WEB))
        self.assertEqual(self.noted(), [])

    def test_announcements(self) -> None:
        """They are no news."""
        self.run_long(Verb.ANNOUNCE)
        self.assertEqual(self.noted(), [])

    def test_no_agent(self) -> None:
        """What nobody can do is noted as failed, with why."""
        self.missing = "httpd"
        self.run_long(START)
        expected = [("start", "disk", START, OK), ("start", "httpd", START, FAILED)]
        expected += [("start", "httpd", STOP, FAILED), ("start", "disk", STOP, OK)]
        self.assertEqual(self.noted(), expected)
        self.assertEqual(self.runner.operations.of("disk")[1].words, "Cannot locate resource script httpd")
        self.missing = "disk"
        self.successResultOf(self.runner.run(WEB, STATUS))
        self.successResultOf(self.runner.look(WEB))
        expected = [("status", "disk", STATUS, FAILED), (LOOK, "disk", STATUS, FAILED)]
        self.assertEqual(self.noted()[-2:], expected)


class SaidTests(SynchronousTestCase):
    """The answer of an agent that ran a program."""

    def test_it_is_an_answer(self) -> None:
        """It is outcome and words as of every agent, and brings the run along."""
        ran = Ran(5, None, "no java\n")
        said = Said.of(FAILED, "return code 5: no java", ran)
        self.assertEqual(said, (FAILED, "return code 5: no java"))
        self.assertIs(said.ran, ran)

# -*- test-case-name: tests.resources.test_memory -*-
"""
The resources in memory behave as an agent has to.
"""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from hatwist.cluster.names import Outcome, Verb
from hatwist.interfaces import IResourceAgent
from hatwist.resources.memory import MemoryAgent
from tests.resources.fakes import resource


class MemoryAgentTests(SynchronousTestCase):
    """L{MemoryAgent}."""

    def ask(self, agent: MemoryAgent, text: str, verb: Verb) -> Outcome:
        """Return the outcome of a verb that takes no time."""
        return self.successResultOf(agent.run(resource(text), verb))[0]

    def test_it_is_an_agent(self) -> None:
        """It offers what every agent does, for every resource."""
        agent = MemoryAgent()
        verifyObject(IResourceAgent, agent)
        self.assertIs(agent.agent_for(resource("httpd")), agent)

    def test_start_and_stop(self) -> None:
        """A start makes a resource run, a stop ends it, and both may be repeated."""
        agent = MemoryAgent()
        self.assertIs(self.ask(agent, "httpd", Verb.STATUS), Outcome.STOPPED)
        for verb, after in ((Verb.START, Outcome.RUNNING), (Verb.STOP, Outcome.STOPPED)):
            for _ in range(2):
                self.assertIs(self.ask(agent, "httpd", verb), Outcome.OK)
                self.assertIs(self.ask(agent, "httpd", Verb.STATUS), after)
        self.assertEqual(agent.journal[:2], [("httpd", Verb.STATUS), ("httpd", Verb.START)])

    def test_failures(self) -> None:
        """A call fails as often as ordered, and changes nothing."""
        agent = MemoryAgent()
        agent.fail("httpd", Verb.START, times=1)
        self.assertEqual(
            self.successResultOf(agent.run(resource("httpd"), Verb.START)),
            (Outcome.FAILED, "start of httpd fails on order"),
        )
        self.assertIs(self.ask(agent, "httpd", Verb.STATUS), Outcome.STOPPED)
        self.assertIs(self.ask(agent, "httpd", Verb.START), Outcome.OK)

    def test_delays(self) -> None:
        """What takes time happens at the end of it."""
        clock = Clock()
        agent = MemoryAgent(clock, {Verb.START: 2.0})
        started = agent.run(resource("httpd"), Verb.START)
        clock.advance(1.9)
        self.assertNoResult(started)
        self.assertEqual(agent.running, set())
        clock.advance(0.1)
        self.assertEqual(self.successResultOf(started), (Outcome.OK, ""))
        self.assertEqual(agent.running, {"httpd"})

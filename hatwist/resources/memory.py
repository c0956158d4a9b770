# -*- test-case-name: tests.resources.test_memory -*-
"""
Resources that exist only in memory: for tests of whoever gives orders.

They take time on the clock that is given, fail on order, and keep a journal.
"""

from __future__ import annotations

from attrs import define, field
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from zope.interface import implementer

from hatwist.cluster.names import Outcome, Verb
from hatwist.config.model import Resource, Seconds
from hatwist.interfaces import IResourceAgent


@implementer(IResourceAgent)
@define
class MemoryAgent:
    """
    The agent of any number of resources, known by their text.

    A start makes a resource run, a stop ends it, both at the end of their time
    and only if they do not fail.

    @ivar clock: needed when something takes time.
    @ivar delays: seconds that a verb takes; nothing if not listed.
    @ivar running: the resources that run.
    @ivar journal: what was asked, in order, when it was asked.
    """

    clock: IReactorTime | None = None
    delays: dict[Verb, Seconds] = field(factory=dict)
    running: set[str] = field(factory=set)
    journal: list[tuple[str, Verb]] = field(factory=list)
    _failures: dict[tuple[str, Verb], int] = field(factory=dict)

    def fail(self, text: str, verb: Verb, times: int = 1_000_000) -> None:
        """Let the next so many calls fail and change nothing."""
        self._failures[text, verb] = times

    def agent_for(self, resource: Resource) -> IResourceAgent:
        """Be the agent of every resource."""
        del resource
        return self

    def run(self, resource: Resource, verb: Verb) -> Deferred[tuple[Outcome, str]]:
        """See L{IResourceAgent.run}; without a delay it fires at once."""
        self.journal.append((resource.text, verb))
        delay = self.delays.get(verb, 0.0)
        if not delay:
            return succeed(self._result(resource, verb))
        assert self.clock is not None, "what takes time needs a clock"
        return deferLater(self.clock, delay, self._result, resource, verb)

    def _result(self, resource: Resource, verb: Verb) -> tuple[Outcome, str]:
        key = resource.text, verb
        left = self._failures.get(key, 0)
        if left > 0:
            self._failures[key] = left - 1
            return Outcome.FAILED, f"{verb.value} of {resource.text} fails on order"
        match verb:
            case Verb.START | Verb.RECOVER:
                self.running.add(resource.text)
            case Verb.STOP:
                self.running.discard(resource.text)
            case Verb.ANNOUNCE:
                pass
            case Verb.STATUS | Verb.SEARCH:
                runs = resource.text in self.running
                return (Outcome.RUNNING if runs else Outcome.STOPPED), ""
        return Outcome.OK, ""

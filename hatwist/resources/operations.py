# -*- test-case-name: tests.resources.test_operations -*-
"""
The history of operations: what was done to each resource lately, and what came out.

It is kept in memory, for each group.  Looks that find a resource running, and what a
status says before a start, are no operations; what runs no more, and a status that
says nothing, are.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from attrs import define, evolve, field, frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from zope.interface import implementer

from hatwist.cluster.names import Outcome, Verb
from hatwist.config.model import Resource, Seconds
from hatwist.interfaces import IResourceAgent
from hatwist.resources.process import Ran
from hatwist.resources.secrets import hide_assigned

KEPT: Final = 50
"""Operations remembered of each group."""

MAX_OUTPUT: Final = 2048
"""Characters of a program's output that are remembered: the last ones."""

LOOK: Final = "look"
"""What asked for a status when nobody gave an order."""


class Said(tuple[Outcome, str]):
    """
    What a program's run came to: outcome and last words, as of every agent.

    @ivar ran: the run itself.
    """

    ran: Ran

    @classmethod
    def of(cls, outcome: Outcome, words: str, ran: Ran) -> Said:
        """Make one."""
        said = cls((outcome, words))
        said.ran = ran
        return said


@frozen
class Operation:
    """
    One verb that was carried out on one resource.

    @ivar when: seconds since 1970, when it began.
    @ivar order: in the course of what: an order for the group, or L{LOOK}.
    @ivar status: its program's exit status, 128 and more for a signal; None: it
        ran no program.
    @ivar timed_out: its time was up.
    @ivar words: for people; the last words of its program.
    @ivar output: the end of what its program said.
    @ivar times: how often it came out like this, one time after the other.
    """

    when: float
    order: str
    resource: str
    verb: Verb
    outcome: Outcome
    took: Seconds
    words: str
    status: int | None = None
    timed_out: bool = False
    output: str = ""
    times: int = 1


@define
class Operations:
    """
    The operations of one node.

    @ivar wall: seconds since 1970.
    """

    _clock: IReactorTime
    wall: Callable[[], float] = time.time
    _kept: dict[str, deque[Operation]] = field(factory=dict)

    def of(self, key: str) -> list[Operation]:
        """Return those of a group, oldest first."""
        return list(self._kept.get(key, ()))

    def noting(self, agent: IResourceAgent, key: str, order: str) -> IResourceAgent:
        """Return an agent whose operations are noted for a group."""
        return NotedAgent(agent, key, order, self)

    def refused(self, key: str, order: str, resource: Resource, verb: Verb, why: str) -> tuple[Outcome, str]:
        """Note that there is no agent to do it, and return the outcome and why."""
        self.note(key, Operation(self.wall(), order, resource.text, verb, Outcome.FAILED, 0.0, why))
        return Outcome.FAILED, why

    def note(self, key: str, operation: Operation) -> None:
        """Remember an operation; a status that says the same again counts as one."""
        kept = self._kept.setdefault(key, deque(maxlen=KEPT))
        shown = evolve(
            operation,
            resource=hide_assigned(operation.resource),
            words=hide_assigned(operation.words),
            output=hide_assigned(operation.output[-2 * MAX_OUTPUT :])[-MAX_OUTPUT:],
        )
        if kept and _is_again(kept[-1], shown):
            shown = evolve(shown, times=kept.pop().times + 1)
        kept.append(shown)

    def begin(self) -> tuple[float, Seconds]:
        """Return both times of now: seconds since 1970, and those of the clock."""
        return self.wall(), self._clock.seconds()

    def since(self, began: Seconds) -> Seconds:
        """Return how long ago that was."""
        return self._clock.seconds() - began


@implementer(IResourceAgent)
@frozen
class NotedAgent:
    """An agent whose operations are noted."""

    agent: IResourceAgent
    key: str
    order: str
    operations: Operations

    def run(self, resource: Resource, verb: Verb) -> Deferred[tuple[Outcome, str]]:
        """See L{IResourceAgent.run}."""
        when, began = self.operations.begin()

        def note(result: tuple[Outcome, str]) -> tuple[Outcome, str]:
            outcome, words = result
            if self._matters(verb, outcome):
                took = self.operations.since(began)
                operation = Operation(when, self.order, resource.text, verb, outcome, took, words)
                self.operations.note(self.key, _with_program(operation, result))
            return result

        return self.agent.run(resource, verb).addCallback(note)

    def _matters(self, verb: Verb, outcome: Outcome) -> bool:
        if verb is not Verb.STATUS:
            return verb is not Verb.ANNOUNCE
        return outcome is Outcome.FAILED or (self.order == LOOK and outcome is not Outcome.RUNNING)


def _with_program(operation: Operation, result: tuple[Outcome, str]) -> Operation:
    """Add what is known of the program, if there was one."""
    if not isinstance(result, Said):
        return operation
    ran = result.ran
    return evolve(operation, status=ran.code, timed_out=ran.timed_out, output=ran.output)


def _is_again(before: Operation, now: Operation) -> bool:
    if now.verb is not Verb.STATUS:
        return False
    return evolve(before, when=now.when, took=now.took, times=now.times) == now

# -*- test-case-name: tests.resources.test_groups -*-
"""
Start a resource group from left to right, stop it from right to left.

The log lines are those of heartbeat's ResourceManager script.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from attrs import evolve
from twisted.internet.defer import Deferred, DeferredLock
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from hatwist.cluster.names import Level, Outcome, Verb
from hatwist.config.model import Resource, ResourceGroup
from hatwist.errors import AgentError
from hatwist.interfaces import IResourceAgent, IWitness
from hatwist.resources.ipaddr import BUILTIN_NAMES
from hatwist.resources.operations import LOOK, Operations
from hatwist.resources.reporting import RESOURCE_MANAGER, Log

STOP_RETRIES: Final = 10
"""How often a failed stop is tried again (C{HA_STOPRETRYMAX})."""

STOP_PAUSE: Final = 1.0
"""Seconds between two tries."""

STOP_PATIENCE: Final = 300.0
"""Seconds after which a stop is not tried again, however few the tries were:
each try may itself take as long as the agent's time-out."""

STINT: Final = 0.004
"""Seconds that agents may work without a break: a hundred addresses must not stop the heart."""

AgentFor = Callable[[Resource], IResourceAgent]
"""Finds the agent of a resource; raises L{AgentError} if there is none."""


class _Order(NamedTuple):
    """
    In the course of what something is done.

    @ivar key: of the group, also where it is about a part of it.
    @ivar name: the verb, or L{LOOK}.
    @ivar era: when it was given, see L{GroupRunner.abandon}.
    """

    key: str
    name: str
    era: int = 0


class GroupRunner:
    """
    Carries out orders about groups, one at a time for each group.

    @ivar operations: what was done to each resource lately.
    @ivar witness: hears of starts and stops.
    @ivar troubles: returns what the agents see that an operator should look at.
    @ivar counters: returns how often; see L{hatwist.interfaces.ICounting}.
    @ivar in_time: says whether anything may be started now.
    @ivar close: ends what agents do beside their orders; what runs stays.
    """

    _logger = Logger()

    def __init__(
        self,
        agent_for: AgentFor,
        log: Log,
        clock: IReactorTime,
        stop_retries: int = STOP_RETRIES,
        look_for: AgentFor | None = None,
    ) -> None:
        """
        @param stop_retries: how often a failed stop is tried again; 0 or less:
            until it succeeds.
        @param look_for: finds the agent that is asked now and then whether a resource
            runs, and says nothing of it in the log.
        """
        self._agent_for = agent_for
        self._log = log
        self._clock = clock
        self._stop_retries = stop_retries
        self.witness: IWitness | None = None
        self.troubles: Callable[[], Sequence[str]] = tuple
        self.counters: Callable[[], Mapping[str, int]] = dict
        self.close: Callable[[], None] = lambda: None
        self._look_for = agent_for if look_for is None else look_for
        self.operations = Operations(clock)
        self._turns: dict[str, DeferredLock] = {}
        self._begun: set[str] = set()
        self._condemned: set[str] = set()
        self._stint, self._worked = 0, 0.0
        self._era = 0
        self.in_time: Callable[[], bool] = lambda: True

    def abandon(self) -> None:
        """Start nothing more because of orders that were given until now: who gave them is no more."""
        self._era += 1

    def condemn(self, text: str) -> None:
        """Take a resource for one that does not run, whatever its status says, until it was stopped."""
        self._condemned.add(text)

    def run(self, group: ResourceGroup, verb: Verb) -> Deferred[tuple[Outcome, str]]:
        """
        Carry out an order, after those given before for the same group.

        C{START}: L{Outcome.OK} when all its resources run; L{Outcome.FAILED}
        when one could not be started and the group was released.  C{RECOVER}: the
        same, for what does not run of a group that was started.  C{STOP}:
        L{Outcome.OK} when all were stopped; L{Outcome.FAILED} when one was not:
        that one and those to its left may still run.  C{STATUS}:
        L{Outcome.RUNNING} or L{Outcome.STOPPED}, by the first resource; C{SEARCH}:
        the same, by all of them.

        @return: fires with the outcome and, for people, its reason; never fails.
        """
        work = {
            Verb.START: self._start,
            Verb.STOP: self._stop,
            Verb.STATUS: self._status,
            Verb.SEARCH: self._search,
            Verb.RECOVER: self._recover,
            Verb.ANNOUNCE: self._announce,
        }[verb]
        done: Deferred[tuple[Outcome, str]] = self._turn(group).run(
            lambda: Deferred.fromCoroutine(work(group, _Order(group.key, verb.value, self._era)))
        )
        return done.addErrback(self._broken)

    def look(self, group: ResourceGroup) -> Deferred[list[tuple[Resource, Outcome, str]]]:
        """
        See what runs of a group, after the orders given before.

        @return: what each resource said, from left to right up to the first that does not run;
            what stands to its right stands on it.
        """
        order = _Order(group.key, LOOK)
        return self._turn(group).run(lambda: Deferred.fromCoroutine(self._look(group, order)))

    def agents(self, group: ResourceGroup) -> Iterator[tuple[Resource, IResourceAgent]]:
        """Yield the resources of a group from left to right with their agents; those without are left out."""
        for resource in group.resources:
            with suppress(AgentError):
                yield resource, self._agent_for(resource)

    def _turn(self, group: ResourceGroup) -> DeferredLock:
        return self._turns.setdefault(group.key, DeferredLock())

    async def _look(self, group: ResourceGroup, order: _Order) -> list[tuple[Resource, Outcome, str]]:
        seen: list[tuple[Resource, Outcome, str]] = []
        for resource in group.resources:
            agent = self._find(order, resource, self._look_for)
            if isinstance(agent, AgentError):
                outcome, detail = self.operations.refused(*order[:2], resource, Verb.STATUS, str(agent))
            else:
                outcome, detail = await self._ask(agent, resource, Verb.STATUS)
            seen.append((resource, outcome, detail))
            if outcome is not Outcome.RUNNING:
                break
        return seen

    async def _start(self, group: ResourceGroup, order: _Order) -> tuple[Outcome, str]:
        self._say(Level.INFO, f"Acquiring resource group: {_line(group)}")
        for resource in group.resources:
            outcome, detail = await self._start_one(group, order, resource)
            if outcome is Outcome.FAILED:
                self._say(Level.CRIT, f"Giving up resources due to failure of {resource.text}")
                _, trouble = await self._stop(group, order)
                return outcome, "; ".join(filter(None, (f"{resource.text}: {detail}", trouble)))
        return Outcome.OK, ""

    async def _recover(self, group: ResourceGroup, order: _Order) -> tuple[Outcome, str]:
        """
        Start again from the first resource that does not run.

        It is stopped before, with all to its right, which stand on it: a program
        that hangs or has left something behind would not start beside itself.  An
        address that is gone leaves nothing behind, and what listens on it does not
        notice: it is only added again.
        """
        place = await self._first_failed(group, order)
        while place is not None and group.resources[place].script in BUILTIN_NAMES:
            outcome, detail = await self._start_one(group, order, group.resources[place])
            again = await self._first_failed(group, order)
            if outcome is Outcome.FAILED or again == place:
                break
            place = again
        if place is None:
            return Outcome.OK, "everything runs"
        rest = evolve(group, resources=group.resources[place:])
        outcome, detail = await self._stop(rest, order)
        if outcome is Outcome.FAILED:
            return outcome, detail
        outcome, detail = await self._start(rest, order)
        if outcome is Outcome.FAILED:
            # The start has released what it began; what stands before goes with it.
            _, trouble = await self._stop(group, order)
            detail = "; ".join(filter(None, (detail, trouble)))
        return outcome, detail

    async def _first_failed(self, group: ResourceGroup, order: _Order) -> int | None:
        for place, resource in enumerate(group.resources):
            agent = self._find(order, resource)
            if (
                resource.text in self._condemned
                or isinstance(agent, AgentError)
                or (await self._ask(agent, resource, Verb.STATUS))[0] is not Outcome.RUNNING
            ):
                return place
        return None

    async def _start_one(
        self, group: ResourceGroup, order: _Order, resource: Resource
    ) -> tuple[Outcome, str]:
        """Start it unless it runs already."""
        agent = self._find(order, resource)
        if isinstance(agent, AgentError):
            return self._refuse(order, resource, Verb.START, agent)
        self._begun.add(resource.text)
        before = (await self._ask(agent, resource, Verb.STATUS))[0]
        if self.witness is not None:
            self.witness.before_start(group, resource, before)
        if before is Outcome.RUNNING:
            if resource.script in BUILTIN_NAMES:
                # A former life may have ended before it could say where the address is.
                await self._ask(agent, resource, Verb.ANNOUNCE)
            return Outcome.OK, "already running"
        if order.era != self._era or not self.in_time():
            return Outcome.FAILED, "the deadline has passed: nothing more is started"
        return await self._ask(agent, resource, Verb.START)

    async def _ask(self, agent: IResourceAgent, resource: Resource, verb: Verb) -> tuple[Outcome, str]:
        """Let an agent work; after L{STINT} of work, of any group, everything else has its turn."""
        while self._worked >= STINT:
            stint = self._stint
            await deferLater(self._clock, 0)
            if stint == self._stint:  # the first of those that waited
                self._stint, self._worked = stint + 1, 0.0
        began = self._clock.seconds()
        answer = agent.run(resource, verb)
        self._worked += self._clock.seconds() - began
        return await answer

    async def _announce(self, group: ResourceGroup, order: _Order) -> tuple[Outcome, str]:
        """Let the addresses of a group that runs be told to the neighbours once more."""
        for resource in group.resources:
            agent = self._find(order, resource)
            if not isinstance(agent, AgentError):
                await self._ask(agent, resource, Verb.ANNOUNCE)
        return Outcome.OK, ""

    async def _stop(self, group: ResourceGroup, order: _Order) -> tuple[Outcome, str]:
        """
        Stop from right to left.

        It ends at the first that cannot be stopped: what stands to its left is
        what that one stands on.
        """
        self._say(Level.INFO, f"Releasing resource group: {_line(group)}")
        for resource in reversed(group.resources):
            if self.witness is not None:
                self.witness.stopping(group, resource)
            outcome, detail = await self._stop_one(order, resource)
            if outcome is Outcome.FAILED:
                return outcome, f"{resource.text} cannot be stopped: {detail}"
            self._begun.discard(resource.text)
            self._condemned.discard(resource.text)
        return Outcome.OK, ""

    async def _stop_one(self, order: _Order, resource: Resource) -> tuple[Outcome, str]:
        agent = self._find(order, resource)
        if isinstance(agent, AgentError):
            outcome, detail = self._refuse(order, resource, Verb.STOP, agent)
            # What has no program was not started, unless we know better.
            return (outcome if resource.text in self._begun else Outcome.OK), detail
        began = self._clock.seconds()
        retries = 0
        outcome, detail = await self._ask(agent, resource, Verb.STOP)
        while outcome is Outcome.FAILED and self._may_retry(retries, began):
            await deferLater(self._clock, STOP_PAUSE)
            retries += 1
            self._say(Level.INFO, f"Retrying failed stop operation [{resource.text}]")
            outcome, detail = await agent.run(resource, Verb.STOP)
        if outcome is Outcome.FAILED:
            return await self._doubt(agent, resource, detail)
        return outcome, detail

    def _may_retry(self, retries: int, began: float) -> bool:
        if self._stop_retries <= 0:
            return True
        return retries < self._stop_retries and self._clock.seconds() - began < STOP_PATIENCE

    async def _doubt(self, agent: IResourceAgent, resource: Resource, detail: str) -> tuple[Outcome, str]:
        """Its stop keeps failing: believe that it is stopped only if it says so."""
        status, _ = await agent.run(resource, Verb.STATUS)
        if status is not Outcome.STOPPED:
            self._say(Level.CRIT, "Resource STOP failure. Reboot required!")
            return Outcome.FAILED, detail
        name = resource.text
        self._say(Level.ERROR, f"Resource script for {name} probably not LSB-compliant.")
        self._say(Level.WARN, f"it ({name}) MUST succeed on a stop when already stopped")
        self._say(Level.WARN, "Machine reboot narrowly avoided!")
        return Outcome.OK, detail

    async def _status(self, group: ResourceGroup, order: _Order) -> tuple[Outcome, str]:
        """Ask the first resource."""
        return await self._runs(group.resources[0], order)

    async def _search(self, group: ResourceGroup, order: _Order) -> tuple[Outcome, str]:
        """
        Ask one resource after the other, until one runs.

        The first may be gone without the others: the kernel or the guardian
        took an address away, and its service was left.
        """
        answers = []
        for resource in group.resources:
            outcome, detail = await self._runs(resource, order)
            if outcome is Outcome.RUNNING:
                return outcome, detail
            answers.append(detail)
        return Outcome.STOPPED, "; ".join(filter(None, answers))

    async def _runs(self, resource: Resource, order: _Order) -> tuple[Outcome, str]:
        """Ask a resource; what it does not call running counts as stopped."""
        agent = self._find(order, resource)
        if isinstance(agent, AgentError):
            return Outcome.STOPPED, self._refuse(order, resource, Verb.STATUS, agent)[1]
        outcome, detail = await agent.run(resource, Verb.STATUS)
        return (outcome if outcome is Outcome.RUNNING else Outcome.STOPPED), detail

    def _find(
        self, order: _Order, resource: Resource, agent_for: AgentFor | None = None
    ) -> IResourceAgent | AgentError:
        """Find what is to carry out an order, in a way that is noted."""
        try:
            agent = (agent_for or self._agent_for)(resource)
        except AgentError as reason:
            return reason
        if order.name == LOOK and resource.text not in self._begun:
            return agent  # it is not meant to run, so it is no news that it does not
        return self.operations.noting(agent, *order[:2])

    def _refuse(
        self, order: _Order, resource: Resource, verb: Verb, reason: AgentError
    ) -> tuple[Outcome, str]:
        self._say(Level.ERROR, str(reason))
        return self.operations.refused(*order[:2], resource, verb, str(reason))

    def _broken(self, failure: Failure) -> tuple[Outcome, str]:
        """An agent raised, which is a bug of ours: nothing is known of the group."""
        self._logger.failure("a resource agent is broken", failure)
        return Outcome.FAILED, f"a resource agent is broken: {failure.getErrorMessage()}"

    def _say(self, level: Level, text: str) -> None:
        self._log(level, text, RESOURCE_MANAGER)


def _line(group: ResourceGroup) -> str:
    """Write a group as haresources has it."""
    return " ".join([group.node, *(resource.text for resource in group.resources)])

# -*- test-case-name: tests.cluster.test_work -*-
"""
Carry out jobs: sequences of orders about groups, each with a ticket.

Groups are independent of each other, so some of them are started, or stopped, at a
time, in file order; a stop never waits for a start.  Two jobs never touch one group
at the same time.  A start is ordered only if the rule of ownership allows it at that
moment.  A release does not fail: what cannot be stopped is tried again, because
nobody else may have it before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import define, field, frozen

from hatwist.cluster.actions import Log, Record, RunGroup
from hatwist.cluster.deadlines import Deadlines
from hatwist.cluster.events import DeadlinePassed, GroupFinished
from hatwist.cluster.facts import Adopted, GroupProbed, JobBegun, JobFinished, JobsCancelled
from hatwist.cluster.jobs import Purpose
from hatwist.cluster.names import GroupState, Level, Outcome, Ticket, Verb
from hatwist.cluster.ownership import may_own

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hatwist.cluster import facts
    from hatwist.cluster.jobs import Job
    from hatwist.cluster.ledger import Ledger
    from hatwist.config.model import ResourceGroup, Seconds

RETRY_DELAY: Final = 10.0
"""Seconds until a group that could not be stopped is tried again."""

TICKET_LIMIT: Final = 3600.0
"""Seconds after which an order without an answer counts as failed (protocol 10.5)."""


_VERBS: Final = {
    Purpose.SWEEP: Verb.SEARCH,
    Purpose.RELEASE: Verb.STOP,
    Purpose.BOOT: Verb.STATUS,
    Purpose.REQUESTED: Verb.START,
    Purpose.TAKEOVER: Verb.START,
    Purpose.GIVE: Verb.STOP,
    Purpose.TAKE: Verb.START,
    Purpose.CLEAR: Verb.STOP,
    Purpose.LEAVE: Verb.STOP,
    Purpose.YIELD: Verb.STOP,
    Purpose.RECOVER: Verb.RECOVER,
    Purpose.ANNOUNCE: Verb.ANNOUNCE,
    Purpose.ANSWER: Verb.STOP,
}


@define
class _Running:
    job: Job
    left: list[ResourceGroup]
    failed: list[str] = field(factory=list)
    cancelled: bool = False


@define
class _Order:
    running: _Running
    group: ResourceGroup
    verb: Verb


@frozen
class Condition:
    """What is known of a group on this node, since when, and why."""

    state: GroupState = GroupState.STOPPED
    since: Seconds | None = None
    why: str = ""


@define
class Work:
    """
    The jobs that are running and what became of each group.

    @ivar parallel: how many groups are started at a time, and how many stopped.
    @ivar conditions: by the key of each group.
    """

    ledger: Ledger
    parallel: int = 1
    conditions: dict[str, Condition] = field(factory=dict)
    _jobs: list[_Running] = field(factory=list)
    _orders: dict[Ticket, _Order] = field(factory=dict)
    _deadlines: Deadlines = field(factory=Deadlines)
    _tickets: int = 0

    def handle(
        self, item: Adopted | JobBegun | JobsCancelled | GroupFinished | DeadlinePassed, now: Seconds
    ) -> list[facts.Outcome]:
        """Begin a job, go on with one, or try again what could not be stopped."""
        match item:
            case Adopted(key, cause):
                self.conditions[key] = Condition(GroupState.RUNNING, now, f"adopted; {cause}")
            case JobsCancelled(purposes):
                for running in self._jobs:
                    if running.job.purpose in purposes:
                        running.left.clear()
                        running.cancelled = True
            case JobBegun(job) if self._waits(job):
                return []
            case JobBegun(job):
                self._jobs.append(_Running(job, list(job.groups)))
                self.ledger.jobs += 1
            case GroupFinished(ticket, outcome, detail):
                return [*self._finished(ticket, outcome, detail, now), *self._advance(now)]
            case DeadlinePassed():
                return [*self._expired(now), *self._advance(now)]
        return self._advance(now)

    def _waits(self, job: Job) -> bool:
        """Say whether a job of the same kind about the same groups has not begun yet."""
        return any(
            running.job.purpose is job.purpose
            and running.job.claim == job.claim
            and tuple(running.left) == job.groups != ()
            and not running.cancelled
            and not self._orders_of(running)
            for running in self._jobs
        )

    def deadline(self) -> Seconds:
        """When an answer is overdue, or a stop is to be tried again."""
        return self._deadlines.first()

    @property
    def running(self) -> int:
        """How many jobs are not finished."""
        return len(self._jobs)

    def condition(self, group: ResourceGroup) -> Condition:
        """Return what is known of a group here."""
        return self.conditions.get(group.key, Condition())

    def busy(self, group: ResourceGroup) -> bool:
        """Say whether an order about a group is out."""
        return any(order.group is group for order in self._orders.values())

    def _advance(self, now: Seconds) -> list[facts.Outcome]:
        outcomes: list[facts.Outcome] = []
        for running in list(self._jobs):
            outcomes.extend(self._next_orders(running, now))
            if not running.left and not self._orders_of(running):
                self._jobs.remove(running)
                self.ledger.jobs -= 1
                outcomes.append(JobFinished(running.job, tuple(running.failed)))
        return outcomes

    def _next_orders(self, running: _Running, now: Seconds) -> Iterator[facts.Outcome]:
        verb = _VERBS[running.job.purpose]
        for group in list(running.left):
            if not self._may_order(verb):
                return
            if not self.busy(group) and not self._deadlines.pending(f"retry {group.key}"):
                yield from self._deal(running, group, now)

    def _may_order(self, verb: Verb) -> bool:
        """Say whether one more is not too much; a question never is: a sweep asks before anybody acts."""
        if verb.asks or verb is Verb.ANNOUNCE:
            return True
        alike = (Verb.STOP,) if verb is Verb.STOP else (Verb.START, Verb.RECOVER)
        return sum(order.verb in alike for order in self._orders.values()) < self.parallel

    def _deal(self, running: _Running, group: ResourceGroup, now: Seconds) -> Iterator[facts.Outcome]:
        """Order what a job wants of a group, or refuse it."""
        verb, job = _VERBS[running.job.purpose], running.job
        running.left.remove(group)
        if verb is Verb.RECOVER and not self._is_ours(group):
            yield self._record(job, group, False, "it was given up meanwhile")
            return
        if verb is Verb.RECOVER and self._is_disputed():
            self.ledger.refused.add(group.key)
            yield self._record(job, group, False, "it is not settled yet which node lets go")
            return
        if verb is Verb.START:
            permission = may_own(group, job.claim, self.ledger)
            # What runs here already is only looked at; why it is here was decided before.
            if not permission.allowed or self.condition(group).state is not GroupState.RUNNING:
                yield self._record(job, group, permission.allowed, permission.reason)
            if not permission.allowed:
                if self.condition(group).state is not GroupState.RUNNING:
                    self.ledger.refused.add(group.key)
                return
        elif verb is Verb.SEARCH and self._shares(group):
            # What runs of it may run for the other group, which is kept.
            verb = Verb.STATUS
        elif verb in (Verb.STOP, Verb.RECOVER) and job.purpose is not Purpose.CLEAR:
            # Why it failed says more than that what is left of it is cleared away.
            yield self._record(job, group, True, "")
        yield self._order(running, group, verb, now)

    def _shares(self, group: ResourceGroup) -> bool:
        """Say whether a resource of a group stands in another one as well."""
        others = (one for one in self.ledger.groups if one.key != group.key)
        return any(resource in group.resources for one in others for resource in one.resources)

    def _is_ours(self, group: ResourceGroup) -> bool:
        """Say whether a group runs here by right, and is not about to be given up."""
        ledger = self.ledger
        runs = self.condition(group).state is GroupState.RUNNING
        return runs and bool(ledger.ours & ledger.side(group)) and not ledger.leaving

    def _is_disputed(self) -> bool:
        """Say whether it is not settled yet who lets go, or of what, where a peer may run what we run."""
        ledger = self.ledger
        return ledger.yielding or (bool(ledger.living_peers()) and (ledger.unclear or ledger.contested))

    def _order(self, running: _Running, group: ResourceGroup, verb: Verb, now: Seconds) -> RunGroup:
        self._tickets += 1
        ticket = Ticket(self._tickets)
        self._orders[ticket] = _Order(running, group, verb)
        self._deadlines.set(f"ticket {ticket}", now + TICKET_LIMIT)
        if verb in (Verb.START, Verb.STOP):
            self.ledger.refused.discard(group.key)
            self._begin(running.job, group, verb, now)
        return RunGroup(ticket, group, verb)

    def _begin(self, job: Job, group: ResourceGroup, verb: Verb, now: Seconds) -> None:
        """Note that a group changes; one that runs already is not started, one that is blocked stays so."""
        before = self.condition(group).state
        if (verb, before) in ((Verb.START, GroupState.RUNNING), (Verb.STOP, GroupState.BLOCKED)):
            return
        state = GroupState.STARTING if verb is Verb.START else GroupState.STOPPING
        self.conditions[group.key] = Condition(state, now, "; ".join((job.purpose.value, *job.causes)))

    def _finished(self, ticket: Ticket, outcome: Outcome, detail: str, now: Seconds) -> list[facts.Outcome]:
        order = self._orders.pop(ticket, None)
        if order is None:
            return []
        self._deadlines.clear(f"ticket {ticket}")
        if order.verb.asks:
            return self._probed(order, outcome is Outcome.RUNNING, now)
        if order.verb is Verb.ANNOUNCE:
            return []
        if order.verb in (Verb.START, Verb.RECOVER):
            return self._started(order, outcome is Outcome.OK, detail, now)
        return self._stopped(order, outcome is Outcome.OK, detail, now)

    def _probed(self, order: _Order, running: bool, now: Seconds) -> list[facts.Outcome]:
        if order.running.job.purpose is Purpose.SWEEP and running:
            return self._sweep(order, now)
        if running:
            self._become(order.group, GroupState.RUNNING, now)
        return [GroupProbed(order.running.job, order.group, running)]

    def _sweep(self, order: _Order, now: Seconds) -> list[facts.Outcome]:
        key = order.group.key
        return [
            Log(
                Level.WARN,
                f"Resource {key} is active, and should not be!  Releasing it.",
                "ResourceManager(default)",
            ),
            Record("release", key, self.ledger.me, ("it ran before this daemon had a right to it",)),
            self._order(order.running, order.group, Verb.STOP, now),
        ]

    def _started(self, order: _Order, ok: bool, detail: str, now: Seconds) -> list[facts.Outcome]:
        if ok:
            self._become(order.group, GroupState.RUNNING, now)
            return []
        order.running.failed.append(order.group.key)
        self._become(order.group, GroupState.FAILED, now, detail)
        cause = detail or "no reason was given"
        return [Record("start failed", order.group.key, self.ledger.me, (cause,))]

    def _stopped(self, order: _Order, ok: bool, detail: str, now: Seconds) -> list[facts.Outcome]:
        if ok:
            failed = order.running.job.purpose is Purpose.CLEAR
            self._become(order.group, GroupState.FAILED if failed else GroupState.STOPPED, now)
            return []
        self._become(order.group, GroupState.BLOCKED, now, detail)
        if not order.running.cancelled:
            self._deadlines.set(f"retry {order.group.key}", now + RETRY_DELAY)
            order.running.left.insert(0, order.group)
        cause = detail or "no reason was given"
        return [
            Log(
                Level.CRIT,
                f"Resource STOP failure: group {order.group.key} may still run here, so nobody else may"
                f" have it.  Trying again in {RETRY_DELAY:.0f} s.",
                "ResourceManager(default)",
            ),
            Record("stop failed", order.group.key, self.ledger.me, (cause,)),
        ]

    def _become(self, group: ResourceGroup, state: GroupState, now: Seconds, detail: str = "") -> None:
        before = self.condition(group)
        if before.state is state:
            return
        why = "; ".join(part for part in (before.why, detail) if part)
        self.conditions[group.key] = Condition(state, now, why)

    def _expired(self, now: Seconds) -> list[facts.Outcome]:
        outcomes: list[facts.Outcome] = []
        for ticket in list(self._orders):
            if self._deadlines.expire(f"ticket {ticket}", now):
                detail = f"no answer within {TICKET_LIMIT:.0f} s"
                outcomes.extend(self._finished(ticket, Outcome.FAILED, detail, now))
        for group in self.ledger.groups:
            self._deadlines.expire(f"retry {group.key}", now)
        return outcomes

    def _orders_of(self, running: _Running) -> int:
        return sum(order.running is running for order in self._orders.values())

    def _record(self, job: Job, group: ResourceGroup, allowed: bool, reason: str) -> Record:
        decision = job.purpose.value if allowed else f"{job.purpose.value} refused"
        causes = (reason, *job.causes) if reason else job.causes
        return Record(decision, group.key, self.ledger.me, causes)

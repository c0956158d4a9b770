# -*- test-case-name: tests.resources.test_monitor -*-
"""
Look at the groups that run here, now and then, and tell what has failed.

heartbeat without CRM does not: a service that dies there stays dead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from zope.interface import implementer

from hatwist.cluster.events import ResourceFailed
from hatwist.cluster.names import Outcome, Verb
from hatwist.config.model import Monitors, Resource, ResourceGroup, Seconds
from hatwist.interfaces import IProcesses, IWitness
from hatwist.resources.groups import GroupRunner
from hatwist.resources.network import IPAddress
from hatwist.resources.reporting import Log
from hatwist.resources.wanted import addresses_of
from hatwist.resources.watching import Watched

PROVING: Final = 1.0
"""Seconds from one look to the next until every status of a group is judged."""

DOUBTING: Final = 0.2
"""Seconds from one look to the next after a process has ended and all seems well."""

DOUBTS: Final = 5
"""Looks of that kind."""

WatchProcesses = Callable[[Sequence[str], Callable[[], None]], IProcesses]
"""Takes pid files, and who hears that a process that one of them named has ended."""


@define
class _Watch:
    """One group that runs here."""

    group: ResourceGroup
    resources: dict[str, Watched]
    call: IDelayedCall | None = None
    looking: bool = False
    again: bool = False
    "Somebody has a reason to look once more."
    processes: IProcesses | None = None
    doubts: int = 0
    "So many looks more that say that everything runs are not believed."
    ended: Seconds = -PROVING
    "When a process of it has ended last."
    addresses: frozenset[IPAddress] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.addresses = frozenset(addresses_of(self.group))


@implementer(IWitness)
@define
class Monitor:
    """
    Watches the groups that were started here.

    It carries out orders as the runner does, and looks in between.

    @ivar tell: hears of failures; to be set before the first order.
    @ivar processes: waits for the processes that pid files name; None: nobody does.
    @ivar closing: what to call at the end.
    """

    _runner: GroupRunner
    _monitors: Monitors
    _clock: IReactorTime
    _log: Log
    tell: Callable[[ResourceFailed], None] = field(default=lambda _: None)
    processes: WatchProcesses | None = None
    closing: list[Callable[[], None]] = field(factory=list)
    _watches: dict[str, _Watch] = field(factory=dict)
    _closed: bool = False
    _logger = Logger()

    def __attrs_post_init__(self) -> None:
        self._runner.witness = self

    @property
    def runner(self) -> GroupRunner:
        """What carries out its orders."""
        return self._runner

    def run(self, group: ResourceGroup, verb: Verb) -> Deferred[tuple[Outcome, str]]:
        """Carry out an order, see L{GroupRunner.run}; what it started is watched."""
        done = self._runner.run(group, verb)
        if verb in (Verb.START, Verb.RECOVER) or (verb is Verb.ANNOUNCE and group.key not in self._watches):
            # What is announced may be what a former life of the daemon has started.
            done.addCallback(self._started, group)
        return done

    def before_start(self, group: ResourceGroup, resource: Resource, outcome: Outcome) -> None:
        """See L{IWitness}."""
        self._watched(group, resource).before_start(outcome)

    def stopping(self, group: ResourceGroup, resource: Resource) -> None:
        """See L{IWitness}."""
        self._watched(group, resource).stopping()
        processes = self._watch(group).processes
        if processes is not None:
            processes.forget()

    def look_at(self, groups: Iterable[ResourceGroup]) -> None:
        """Look at some groups at once: something has happened to them."""
        for group in groups:
            watch = self._watches.get(group.key)
            if watch is None or not self._monitors.of(group.key).interval:
                continue
            watch.again = watch.looking
            if not watch.looking:
                self._schedule(watch, 0.0)

    def address_gone(self, ip: IPAddress | None) -> None:
        """Look at once at the groups that have this address; with None at all."""
        self.look_at([one.group for one in self._watches.values() if ip is None or ip in one.addresses])

    def missed(self, key: str, text: str, how: str) -> None:
        """
        Tell that a resource has failed that may well say that it runs: its application is silent.

        @param text: the resource, as in haresources.
        @param how: what was seen, for people.
        """
        watch = self._watches.get(key)
        watched = None if watch is None or self._closed else watch.resources.get(text)
        if watched is not None and watched.well:
            # First: whoever hears of it may begin to mend it at once.
            self._runner.condemn(text)
            watched.missed(how)

    def close(self) -> None:
        """Look at nothing any more."""
        self._closed = True
        for close in self.closing:
            close()
        self.closing.clear()
        for watch in self._watches.values():
            self._cancel(watch)
            if watch.processes is not None:
                watch.processes.forget()

    def _watch(self, group: ResourceGroup) -> _Watch:
        watch = self._watches.get(group.key)
        if watch is None:
            watch = self._watches[group.key] = _Watch(group, {})
            paths = self._monitors.of(group.key).pidfiles
            if paths and self.processes is not None:
                watch.processes = self.processes(paths, partial(self._process_ended, watch))
        return watch

    def _process_ended(self, watch: _Watch) -> None:
        """Look at once, but not more than once a second, and do not believe at once that all is well."""
        now = self._clock.seconds()
        delay = 0.0 if now - watch.ended >= PROVING else PROVING
        watch.ended, watch.doubts, watch.again = now, DOUBTS, watch.looking
        if not watch.looking:
            self._schedule(watch, delay)

    def _watched(self, group: ResourceGroup, resource: Resource) -> Watched:
        known = self._watch(group).resources
        if resource.text not in known:
            known[resource.text] = Watched(group.key, resource.text, self._failed, self._log)
        return known[resource.text]

    def _failed(self, failed: ResourceFailed) -> None:
        self.tell(failed)

    def _started(self, result: tuple[Outcome, str], group: ResourceGroup) -> tuple[Outcome, str]:
        if result[0] is Outcome.OK:
            for resource in group.resources:
                self._watched(group, resource).started()
            if self._monitors.of(group.key).interval:
                self._schedule(self._watch(group), 0.0)
        return result

    def _schedule(self, watch: _Watch, delay: Seconds) -> None:
        self._cancel(watch)
        if not self._closed:
            watch.call = self._clock.callLater(delay, self._look, watch)

    def _cancel(self, watch: _Watch) -> None:
        if watch.call is not None:
            watch.call.cancel()
            watch.call = None

    def _look(self, watch: _Watch) -> None:
        """Ask after the orders that were given before; there is one look at a time."""
        watch.call = None
        watch.looking = True
        asked = self._runner.look(watch.group)
        asked.addCallback(self._seen, watch)
        asked.addErrback(partial(self._logger.failure, "looking at {key} broke:", key=watch.group.key))

    def _seen(self, seen: list[tuple[Resource, Outcome, str]], watch: _Watch) -> None:
        watch.looking = False
        for resource, outcome, how in seen:
            self._watched(watch.group, resource).look(outcome, how or outcome.value)
        here = [one for one in watch.resources.values() if one.here]
        if here and watch.processes is not None:
            watch.processes.look()
        if watch.again:
            watch.again = False
            self._schedule(watch, 0.0)
        elif here:
            self._schedule(watch, self._next_look(watch, here, seen))

    def _next_look(
        self, watch: _Watch, here: list[Watched], seen: list[tuple[Resource, Outcome, str]]
    ) -> Seconds:
        """Return the seconds until then; a process that nobody has reaped yet may still seem to run."""
        doubted = watch.doubts > 0 and all(outcome is Outcome.RUNNING for _, outcome, _ in seen)
        watch.doubts = watch.doubts - 1 if doubted else 0
        if doubted:
            return DOUBTING
        judged = all(one.judged for one in here)
        return self._monitors.of(watch.group.key).interval if judged else PROVING

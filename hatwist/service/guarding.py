# -*- test-case-name: tests.service.test_guarding -*-
"""
Make the guardian of a node, and put it between the core's orders and the runner.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from attrs import frozen

from hatwist.cluster.adoption import Inheritance
from hatwist.cluster.events import DeadlineRefused, LeaveWanted
from hatwist.config.guardian import watchdog_time
from hatwist.resources.releases import release_plan
from hatwist.service.entrusting import Entrusting
from hatwist.service.guardian import GuardianLink

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.interfaces import IReactorTime

    from hatwist.cluster.events import Event
    from hatwist.cluster.names import Level
    from hatwist.config.model import HaConfig, ResourceGroup
    from hatwist.interfaces import IGuardian
    from hatwist.resources.groups import GroupRunner
    from hatwist.resources.lifetimes import Lifetimes
    from hatwist.resources.monitor import Monitor
    from hatwist.service.perform import Performer, Run

NOTHING: Final = Inheritance()

SOCKET: Final = "guardian.sock"


def make_guardian(
    reactor: IReactorTime,
    run_directory: str,
    host: str,
    config: HaConfig,
    runner: GroupRunner,
    say: Callable[[Level, str], None],
) -> GuardianLink:
    """Make the link to this host's guardian; nothing is started yet."""

    def plan_for(group: ResourceGroup) -> dict[str, object]:
        return release_plan(group, runner.agents(group))

    cf = config.cf
    words = ["--host", host, "--stop-within", f"{config.settings.stop_within:g}"]
    log = cf.log.logfile or cf.log.debugfile
    if log:
        words += ["--log", os.path.abspath(log)]
    if cf.watchdog:
        words += ["--watchdog", cf.watchdog, "--watchdog-timeout", f"{watchdog_time(cf):g}"]
    path = os.path.join(run_directory, SOCKET)
    return GuardianLink(reactor, path, words, plan_for, say, cf.deadtime)


@frozen
class Guarded:
    """
    What a life has of its guardian.

    @ivar run: carries out orders about groups.
    """

    run: Run
    inheritance: Inheritance = NOTHING
    entrusting: Entrusting | None = None

    def join(self, performer: Performer, feed: Callable[[Event], None]) -> None:
        """Let the core's pushes reach it, and its refusals the core."""
        if self.entrusting is None:
            return
        performer.push = self.entrusting.push
        link = self.entrusting.guardian
        if isinstance(link, GuardianLink):
            link.lost = lambda: feed(LeaveWanted("the loss of its guardian"))
            link.refused = lambda: feed(DeadlineRefused())


def guard(monitor: Monitor, guardian: IGuardian | None, lifetimes: Lifetimes, config: HaConfig) -> Guarded:
    """
    Attach to the guardian, if there is to be one.

    @raise HatwistError: it cannot be had.
    """
    if guardian is None:
        return Guarded(monitor.run)
    inheritance = guardian.attach()
    entrusting = Entrusting(monitor.run, guardian, lifetimes, config.settings.reset)
    entrusting.inherit(inheritance, config.groups)
    monitor.closing += (guardian.close, lifetimes.close, monitor.runner.abandon)
    monitor.runner.in_time = lifetimes.in_time
    return Guarded(entrusting.run, inheritance, entrusting)

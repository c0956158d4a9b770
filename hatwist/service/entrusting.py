# -*- test-case-name: tests.service.test_entrusting -*-
"""
Carry out orders about groups so that the guardian knows of them: it is told before a start, and
again when nothing runs any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define
from twisted.internet.defer import Deferred, inlineCallbacks

from hatwist.cluster.names import Outcome, Verb

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from hatwist.cluster.actions import PushDeadline
    from hatwist.cluster.adoption import Inheritance
    from hatwist.config.model import ResourceGroup
    from hatwist.interfaces import IGuardian
    from hatwist.resources.lifetimes import Lifetimes

    Result = tuple[Outcome, str]
    _Step = Deferred[bool] | Deferred[Result]
    Run = Callable[[ResourceGroup, Verb], Deferred[Result]]

REFUSED = "the guardian lets nothing be started: its deadline has passed"


@define
class Entrusting:
    """
    Stands between the core's orders and what carries them out.

    @ivar run_freely: carries them out.
    @ivar reset: let the watchdog reset this host when something cannot be stopped.
    """

    run_freely: Run
    guardian: IGuardian
    lifetimes: Lifetimes
    reset: bool = True

    def inherit(self, inheritance: Inheritance, groups: tuple[ResourceGroup, ...]) -> None:
        """Go on with what a former life has entrusted."""
        if inheritance.keys:
            self.lifetimes.pushed(inheritance.until)
        for group in groups:
            if group.key in inheritance.keys:
                self.lifetimes.entrusted(group)

    def push(self, action: PushDeadline) -> None:
        """Move the deadline."""
        self.guardian.push(action.at, action.solo)
        self.lifetimes.pushed(action.at)

    @inlineCallbacks
    def run(self, group: ResourceGroup, verb: Verb) -> Generator[_Step, object, Result]:
        """Carry out an order; a start not before it is entrusted."""
        if verb is Verb.ANNOUNCE:
            # It may be what a former life has entrusted: another guardian would not know of it.
            self.guardian.entrust(group)
        if verb in (Verb.START, Verb.RECOVER):
            allowed = yield self.guardian.entrust(group)
            if not allowed:
                return Outcome.FAILED, REFUSED
            self.lifetimes.entrusted(group)
        result = yield self.run_freely(group, verb)
        assert isinstance(result, tuple)
        if verb is Verb.STOP and result[0] is Outcome.OK:
            self.guardian.release(group.key)
            self.lifetimes.released(group.key)
        elif verb is Verb.STOP and self.guardian.armed and self.reset:
            # Nobody else may have it before this host has been reset.
            self.guardian.give_up(group.key)
        return result

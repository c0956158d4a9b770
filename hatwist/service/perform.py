# -*- test-case-name: tests.service.test_perform -*-
"""
From an action to the room that carries it out, one function for each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from attrs import define, field
from twisted.internet.defer import maybeDeferred
from twisted.logger import Logger

from hatwist.cluster.actions import (
    CancelFence,
    Deliver,
    Fence,
    Log,
    PauseClients,
    Persist,
    Probe,
    PushDeadline,
    Record,
    RunGroup,
    Stop,
    Transmit,
)
from hatwist.cluster.events import GroupFinished
from hatwist.cluster.names import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from twisted.internet.defer import Deferred
    from twisted.python.failure import Failure

    from hatwist.cluster.actions import Action
    from hatwist.cluster.events import Event
    from hatwist.cluster.names import Level, Ticket, Verb
    from hatwist.config.model import LinkName, ResourceGroup
    from hatwist.interfaces import IMedium, IPrograms

    Run = Callable[[ResourceGroup, Verb], Deferred[tuple[Outcome, str]]]


@define
class Performer:
    """
    Carries actions out.

    @ivar media: every medium; a message goes to all but the ping nodes.
    @ivar run: runs a verb on a group.
    @ivar feed: takes the events that answer.
    @ivar say: takes a line for the log.
    @ivar recorded: takes a decision.
    @ivar stopped: hears that the node has left.
    @ivar programs: hear what the programs of this host are told, each in turn.
    @ivar persist: takes what is to be kept on disk.
    @ivar push: tells the guardian.
    @ivar fence: begins a fencing; C{fence_no_more} ends it.
    """

    log: ClassVar[Logger] = Logger()

    media: Sequence[IMedium]
    run: Run
    say: Callable[[Level, str, str], None]
    recorded: Callable[[Record], None]
    stopped: Callable[[Stop], None]
    programs: Sequence[IPrograms] = ()
    persist: Callable[[Persist], None] = field(default=lambda _: None)
    push: Callable[[PushDeadline], None] = field(default=lambda _: None)
    fence: Callable[[Fence], None] = field(default=lambda _: None)
    fence_no_more: Callable[[Ticket], None] = field(default=lambda _: None)
    feed: Callable[[Event], None] = field(init=False)

    def __call__(self, action: Action) -> None:
        """Carry out one action; never raises for what the world does."""
        match action:
            case Transmit():
                self._transmit(action)
            case Probe(link, data):
                self._probe(link, data)
            case RunGroup(ticket, group, verb):
                self._run_group(ticket, group, verb)
            case Log(level, text, entity):
                self.say(level, text, entity)
            case Record():
                self.recorded(action)
            case Deliver():
                for program in self.programs:
                    program.deliver(action)
            case PauseClients(paused):
                for program in self.programs:
                    program.pause(paused)
            case Persist():
                self.persist(action)
            case PushDeadline():
                self.push(action)
            case Fence():
                self.fence(action)
            case CancelFence(ticket):
                self.fence_no_more(ticket)
            case Stop():
                self.stopped(action)

    def _transmit(self, action: Transmit) -> None:
        """Send on every medium that is meant; a bug in one must not silence the others."""
        broken: list[Exception] = []
        for medium in self.media:
            spec = medium.spec
            if spec.is_ping or (action.links and spec.link not in action.links):
                continue
            data = action.line if spec.is_serial else action.data
            try:
                if data:
                    medium.send(data)
            except Exception as problem:  # noqa: BLE001  (raised below)
                broken.append(problem)
        if broken:
            raise broken[0]

    def _probe(self, link: LinkName, data: bytes) -> None:
        for medium in self.media:
            if medium.spec.link == link and medium.spec.is_ping:
                medium.send(data)

    def _run_group(self, ticket: Ticket, group: ResourceGroup, verb: Verb) -> None:
        def answer(result: tuple[Outcome, str]) -> None:
            self.feed(GroupFinished(ticket, *result))

        def broken(failure: Failure) -> None:
            self.log.failure("{verb} of {key} broke:", failure, verb=verb.value, key=group.key)
            self.feed(GroupFinished(ticket, Outcome.FAILED, failure.getErrorMessage()))

        maybeDeferred(self.run, group, verb).addCallbacks(answer, broken)

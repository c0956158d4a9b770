# -*- test-case-name: tests.service.test_perform -*-
"""
From an action to the room that carries it out, one function for each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from hatwist.cluster.actions import Log, Record, RunGroup, Stop, Transmit
from hatwist.cluster.events import GroupFinished
from hatwist.cluster.names import Level, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from twisted.internet.defer import Deferred
    from twisted.python.failure import Failure

    from hatwist.cluster.actions import Action
    from hatwist.cluster.events import Event
    from hatwist.cluster.names import Ticket, Verb
    from hatwist.config.model import ResourceGroup
    from hatwist.interfaces import IMedium

    Run = Callable[[ResourceGroup, Verb], Deferred[tuple[Outcome, str]]]


@define
class Performer:
    """
    Carries actions out.

    @ivar media: every medium; a datagram goes to all.
    @ivar run: runs a verb on a group.
    @ivar feed: takes the events that answer.
    @ivar say: takes a line for the log.
    @ivar recorded: takes a decision.
    @ivar stopped: hears that the node has left.
    """

    media: Sequence[IMedium]
    run: Run
    say: Callable[[Level, str, str], None]
    recorded: Callable[[Record], None]
    stopped: Callable[[Stop], None]
    feed: Callable[[Event], None] = field(init=False)

    def __call__(self, action: Action) -> None:
        """Carry out one action; never raises for what the world does."""
        match action:
            case Transmit(data):
                for medium in self.media:
                    medium.send(data)
            case RunGroup(ticket, group, verb):
                self._run_group(ticket, group, verb)
            case Log(level, text, entity):
                self.say(level, text, entity)
            case Record():
                self.recorded(action)
            case Stop():
                self.stopped(action)

    def _run_group(self, ticket: Ticket, group: ResourceGroup, verb: Verb) -> None:
        def answer(result: tuple[Outcome, str]) -> None:
            self.feed(GroupFinished(ticket, *result))

        def broken(failure: Failure) -> None:
            self.say(
                Level.ERROR, f"{verb.value} of {group.key} broke: {failure.getErrorMessage()}", "heartbeat"
            )
            self.feed(GroupFinished(ticket, Outcome.FAILED, failure.getErrorMessage()))

        self.run(group, verb).addCallbacks(answer, broken)

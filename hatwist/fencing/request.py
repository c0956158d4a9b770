# -*- test-case-name: tests.fencing.test_fencer -*-
"""
One fencing of one node: level after level, until somebody confirms or time is up.

The log lines are heartbeat's, where it has one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from attrs import frozen
from twisted.internet.defer import CancelledError, Deferred, FirstError, gatherResults, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from hatwist.cluster.names import Level
from hatwist.config.fencing import OPERATOR
from hatwist.config.model import FencingDevice, NodeName, Seconds
from hatwist.fencing.devices import ENTITY
from hatwist.fencing.dialects import Order
from hatwist.fencing.plan import LevelPlan, name_at, pause_before
from hatwist.fencing.results import Answer, FenceOutcome, FenceResult
from hatwist.fencing.turns import Turn
from hatwist.resources.reporting import Log

MAX_WORDS: Final = 400
"""Characters of what all devices said, in a result."""

UNWANTED: Final = "no longer wanted"


@frozen
class Means:
    """What a fencing is done with."""

    turns: Mapping[str, Turn]
    clock: IReactorTime
    log: Log
    timeout: Seconds


class Request:
    """
    A fencing that goes on.

    @ivar struck: how many orders have fenced the node, or may have.
    @ivar result: None while it goes on.
    """

    _logger = Logger()

    def __init__(
        self, target: NodeName, why: str, means: Means, ended: Callable[[Request, FenceResult], None]
    ) -> None:
        self.target = target
        self.why = why
        self.struck = 0
        self.result: FenceResult | None = None
        self._means = means
        self._ended = ended
        self._began = means.clock.seconds()
        self._by = ""
        self._said: list[str] = []
        self._doubtful = False
        self._work: Deferred[FenceOutcome] | None = None
        self._waiters: list[Deferred[FenceResult]] = []
        self._timer = means.clock.callLater(means.timeout, self._late)

    def begin(self, levels: Sequence[LevelPlan]) -> None:
        """Let devices fence it."""
        self._work = Deferred.fromCoroutine(self._fence(levels))
        self._work.addCallbacks(self._worked, self._broken)

    def ask(self, reason: str) -> None:
        """Let no device fence it: only a person can end this."""
        self._said.append(reason)
        self._say(Level.CRIT, f"OPERATOR INTERVENTION REQUIRED to reset {self.target}.")
        self._say(Level.CRIT, f"{self.target}: {reason}")

    def wait(self) -> Deferred[FenceResult]:
        """Return a Deferred of the result; when nobody waits any more the fencing ends."""
        if self.result is not None:
            return succeed(self.result)
        waiter: Deferred[FenceResult] = Deferred(self._left)
        self._waiters.append(waiter)
        return waiter

    def finish(self, outcome: FenceOutcome, by: str = "", words: str = "") -> None:
        """End it, once; what goes on is broken off."""
        if self.result is not None:
            return
        took = self._means.clock.seconds() - self._began
        self.result = FenceResult(outcome, by or self._by, words or "; ".join(self._said)[:MAX_WORDS], took)
        if self._timer.active():
            self._timer.cancel()
        if self._work is not None:
            self._work.cancel()
        self._ended(self, self.result)
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            waiter.callback(self.result)

    async def _fence(self, levels: Sequence[LevelPlan]) -> FenceOutcome:
        for level in levels:
            self._by = "+".join(one.name for one in level.devices)
            if await self._level(level):
                return FenceOutcome.CONFIRMED
        return FenceOutcome.TIMED_OUT if self._doubtful else FenceOutcome.FAILED

    async def _level(self, level: LevelPlan) -> bool:
        """
        Have all devices of a level do their part, at once.

        @return: whether all have confirmed.
        """
        parts = [Deferred.fromCoroutine(self._device(one, level.order)) for one in level.devices]
        answers = await gatherResults(parts, consumeErrors=True)
        confirmed = all(answers)
        if confirmed and level.after is not None:
            for one in level.devices:
                self._restore(one, level.after)
        return confirmed

    async def _device(self, device: FencingDevice, order: Order) -> bool:
        """Try one device, and again."""
        for retry in range(device.retries + 1):
            if retry:
                self._say(Level.INFO, f"STONITH of {self.target} failed.  Retrying...")
                await deferLater(self._means.clock, pause_before(retry))
            answer = await self._try(device, order)
            if answer.confirmed:
                return True
        return False

    async def _try(self, device: FencingDevice, order: Order) -> Answer:
        self._say(Level.INFO, f"Resetting node {self.target} with [{device.name}]")
        machine = device.type != OPERATOR
        self.struck += machine
        answer = await self._means.turns[device.name].act(order, name_at(device, self.target))
        said = f"{device.name}: {answer.words or answer.outcome.value}"
        if answer.confirmed:
            self._say(Level.INFO, f"node {self.target} now reset.")
            self._said = [said]
            return answer
        if answer.outcome is FenceOutcome.TIMED_OUT:
            self._doubtful = True
        else:
            self.struck -= machine
        self._said.append(said)
        self._say(Level.ERROR, f"Host {self.target} not reset!")
        self._say(Level.WARN, said)
        return answer

    def _restore(self, device: FencingDevice, order: Order) -> None:
        """Give it its power back; that it is fenced does not depend on it."""

        def tell(answer: Answer) -> None:
            if not answer.confirmed:
                self._say(Level.WARN, f"{device.name} did not switch {self.target} on again: {answer.words}")

        done = self._means.turns[device.name].act(order, name_at(device, self.target))
        done.addCallback(tell).addErrback(self._report)

    def _worked(self, outcome: FenceOutcome) -> None:
        self.finish(outcome)

    def _broken(self, failure: Failure) -> None:
        """It was broken off; or a device raised, which is a bug of ours."""
        if isinstance(failure.value, FirstError):
            failure = failure.value.subFailure
        if not isinstance(failure.value, CancelledError):
            self._report(failure)
            self.finish(FenceOutcome.FAILED, words=f"a device is broken: {failure.getErrorMessage()}")

    def _report(self, failure: Failure) -> None:
        self._logger.failure("a fencing device is broken", failure)

    def _late(self) -> None:
        self.finish(FenceOutcome.TIMED_OUT)

    def _left(self, waiter: Deferred[FenceResult]) -> None:
        """Somebody waits no longer."""
        self._waiters.remove(waiter)
        if not self._waiters:
            self.finish(FenceOutcome.FAILED, words=UNWANTED)
        waiter.callback(self.result or FenceResult(FenceOutcome.FAILED, words=UNWANTED))

    def _say(self, level: Level, text: str) -> None:
        self._means.log(level, text, ENTITY)

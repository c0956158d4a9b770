# -*- test-case-name: tests.fencing.test_memory -*-
"""
Fencing that exists only in memory: for tests of whoever gives orders.
"""

from __future__ import annotations

from attrs import define, field
from twisted.internet.defer import Deferred, succeed
from zope.interface import implementer

from hatwist.config.model import FencingDevice, NodeName
from hatwist.fencing.dialects import Order
from hatwist.fencing.results import Answer, DeviceStatus, Fenced, FenceOutcome, FenceResult
from hatwist.interfaces import IFencer, IFencingDevice


@implementer(IFencingDevice)
@define
class MemoryDevice:
    """
    A device that answers what the test says.

    @ivar answers: the next answers, first one first; then it always confirms.
    @ivar slow: whether it answers only when L{answer} is called.
    @ivar journal: what was asked, in order.
    @ivar waiting: who waits for an answer.
    """

    spec: FencingDevice
    answers: list[Answer] = field(factory=list)
    slow: bool = False
    journal: list[tuple[Order, str]] = field(factory=list)
    waiting: list[Deferred[Answer]] = field(factory=list)

    def run(self, order: Order, host: str, timeout: float) -> Deferred[Answer]:
        """See L{IFencingDevice.run}."""
        self.journal.append((order, host))
        if not self.slow:
            return succeed(self._next())
        done: Deferred[Answer] = Deferred(self.waiting.remove)
        self.waiting.append(done)
        return done

    def answer(self) -> None:
        """Let whoever has waited longest have its answer."""
        self.waiting.pop(0).callback(self._next())

    def _next(self) -> Answer:
        return self.answers.pop(0) if self.answers else Answer(FenceOutcome.CONFIRMED)


@implementer(IFencer)
@define
class MemoryFencer:
    """
    A fencer whose fencings end when the test says so.

    @ivar fencings: those that go on.
    @ivar journal: who was to be fenced and why, in order.
    """

    fencings: dict[NodeName, list[Deferred[FenceResult]]] = field(factory=dict)
    journal: list[tuple[NodeName, str]] = field(factory=list)

    def fence(self, node: NodeName, why: str) -> Deferred[FenceResult]:
        """See L{IFencer.fence}."""
        waiters = self.fencings.setdefault(node, [])
        if not waiters:
            self.journal.append((node, why))

        def left(waiter: Deferred[FenceResult]) -> None:
            waiters.remove(waiter)
            waiter.callback(FenceResult(FenceOutcome.FAILED, words="no longer wanted"))

        waiter: Deferred[FenceResult] = Deferred(left)
        waiters.append(waiter)
        return waiter

    def confirm(self, node: NodeName, who: str) -> bool:
        """See L{IFencer.confirm}."""
        return self.end(node, FenceResult(FenceOutcome.CONFIRMED, by=who, words="confirmed by a person"))

    def history(self) -> tuple[Fenced, ...]:
        """See L{IFencer.history}."""
        return ()

    def troubles(self) -> tuple[str, ...]:
        """See L{IFencer.troubles}."""
        return ()

    def status(self) -> Deferred[tuple[DeviceStatus, ...]]:
        """See L{IFencer.status}."""
        return succeed(())

    def end(self, node: NodeName, result: FenceResult) -> bool:
        """End a fencing; says whether there was one."""
        waiters = self.fencings.pop(node, [])
        for waiter in waiters:
            waiter.callback(result)
        return bool(waiters)

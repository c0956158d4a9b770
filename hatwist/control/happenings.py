# -*- test-case-name: tests.control.test_happenings -*-
"""
What happened lately, and who is told of it as it happens.

The node must never wait for a client: a subscriber that does not keep up is
dropped.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from attrs import Factory, define
from twisted.spread.pb import DeadReferenceError
from zope.interface import implementer

from hatwist.control.report import plain
from hatwist.errors import ControlError
from hatwist.interfaces import IControlObserver

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from twisted.spread.pb import RemoteReference

MAX_KEPT: Final = 200
"""Happenings remembered for those who ask later."""

MAX_TEXT: Final = 4096
"""Characters of one happening; the rest is cut."""

MAX_SUBSCRIBERS: Final = 16
"""Clients told as it happens."""

MAX_UNANSWERED: Final = 256
"""Happenings a subscriber may be behind before it is dropped."""

Happening = tuple[str, str, float]
"""Kind, text, and seconds since the epoch."""


@define(eq=False)
class Subscriber:
    """
    One client that is told.

    @ivar drop: closes its connection.
    @ivar unanswered: how many happenings it has not acknowledged.
    """

    reference: RemoteReference
    drop: Callable[[], None]
    unanswered: int = 0

    def tell(self, happening: Happening) -> bool:
        """
        Send one happening.

        @return: False if the client is gone, or too far behind.
        """
        if self.unanswered >= MAX_UNANSWERED:
            return False
        try:
            answer = self.reference.callRemote("happened", *happening)
        except DeadReferenceError:
            return False
        self.unanswered += 1
        answer.addBoth(self._answered)
        return True

    def _answered(self, _result: object) -> None:
        """Count it; even an error shows that the client reads."""
        self.unanswered -= 1


@implementer(IControlObserver)
@define(eq=False)
class Happenings:
    """The last L{MAX_KEPT} happenings and their subscribers."""

    _kept: deque[Happening] = Factory(lambda: deque(maxlen=MAX_KEPT))
    _subscribers: list[Subscriber] = Factory(list)

    def happened(self, kind: str, text: str, when: float) -> None:
        """Remember it and tell everybody; see L{IControlObserver.happened}."""
        happening = (kind, plain(text[:MAX_TEXT]), when)
        self._kept.append(happening)
        for subscriber in list(self._subscribers):
            if not subscriber.tell(happening):
                self.remove(subscriber)
                subscriber.drop()

    def recall(self, former: Sequence[Happening]) -> None:
        """Remember what happened before everything that is remembered, as far as there is room."""
        room = MAX_KEPT - len(self._kept)
        kept = [*former[max(0, len(former) - room) :], *self._kept]
        self._kept.clear()
        self._kept.extend(kept)

    def recent(self) -> list[list[str | float]]:
        """Return what is remembered, oldest first."""
        return [list(one) for one in self._kept]

    def add(self, subscriber: Subscriber) -> None:
        """
        Tell a client from now on.

        @raise ControlError: too many are told already.
        """
        if len(self._subscribers) >= MAX_SUBSCRIBERS:
            raise ControlError(f"{MAX_SUBSCRIBERS} clients follow the events already; try again later")
        self._subscribers.append(subscriber)

    def remove(self, subscriber: Subscriber) -> None:
        """Tell it nothing more; may be called again."""
        if subscriber in self._subscribers:
            self._subscribers.remove(subscriber)

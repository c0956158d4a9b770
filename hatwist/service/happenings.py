# -*- test-case-name: tests.service.test_happenings -*-
"""
Tell everybody who asked what happens: log lines and decisions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.logger import Logger

from hatwist.cluster.names import Level

if TYPE_CHECKING:
    from collections.abc import Callable

    from hatwist.cluster.actions import Record
    from hatwist.interfaces import IControlObserver


def in_words(record: Record) -> str:
    """Put a decision and its causes into words."""
    because = "; ".join(record.causes)
    return f"{record.decision} {record.subject} on {record.node}: {because}"


class Happenings:
    """The observers of one daemon."""

    log = Logger()

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self._observers: list[IControlObserver] = []

    def subscribe(self, observer: IControlObserver) -> Callable[[], None]:
        """Tell an observer everything from now on, until the result is called."""
        self._observers.append(observer)

        def cancel() -> None:
            if observer in self._observers:
                self._observers.remove(observer)

        return cancel

    def said(self, level: Level, text: str, entity: str) -> None:
        """A line went to the log; what is for developers is for its debugfile alone."""
        if level is Level.DEBUG:
            return
        said = f"{level.value}: {text}" if level.value else text
        self._tell("log", said if entity == "heartbeat" else f"{entity} {said}")

    def decided(self, record: Record) -> None:
        """A decision was taken."""
        self._tell("decision", in_words(record))

    def _tell(self, kind: str, text: str) -> None:
        when = self._wall()
        for observer in list(self._observers):
            with self.log.failuresHandled("While telling an observer:"):
                observer.happened(kind, text, when)

# -*- test-case-name: tests.service.test_life -*-
"""
The life of a node: from a new generation to silence.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from twisted.internet.defer import DeferredList, maybeDeferred
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from zope.interface import implementer

from hatwist.cluster.events import DatagramReceived, LinkDown, LinkUp, LoadSampled, Started
from hatwist.errors import MediumError
from hatwist.interfaces import IMediumReceiver
from hatwist.service.driver import Driver

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from twisted.internet.defer import Deferred
    from twisted.internet.interfaces import IReactorTime

    from hatwist.cluster.events import Event
    from hatwist.config.model import LinkName
    from hatwist.interfaces import IMedium, IPrograms
    from hatwist.resources.monitor import Monitor
    from hatwist.service.driver import Core
    from hatwist.service.perform import Performer

LOAD_PERIOD: Final = 5.0
"""Seconds between two looks at the load average."""


@implementer(IMediumReceiver)
class Life:
    """
    A node with its media.

    @ivar media: every medium of it.
    @ivar programs: the ways in and out for programs of this host.
    """

    log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        make_media: Callable[[IMediumReceiver], Sequence[IMedium]],
        read_load: Callable[[], str],
        programs: Sequence[IPrograms] = (),
    ) -> None:
        self._clock = clock
        self.media: Sequence[IMedium] = tuple(make_media(self))
        self.programs = tuple(programs)
        self._read_load = read_load
        self._driver: Driver | None = None
        self._monitor: Monitor | None = None
        self._load = LoopingCall(self._sample)
        self._load.clock = clock

    def open(self) -> None:
        """
        Open every way for programs and every medium, or none.

        @raise HatwistError: when one of them cannot be opened.
        """
        opened: list[Callable[[], Deferred[None]]] = []
        try:
            for one in self.programs:
                one.open(self.feed)
                opened.append(one.close)
            for medium in self.media:
                _start(medium)
                opened.append(medium.stop)
        except Exception:
            self._close(opened)
            raise

    def begin(self, node: Core, performer: Performer, monitor: Monitor | None = None) -> None:
        """Let the node live: its generation is on disk, its media are open."""
        if monitor is not None:
            monitor.tell = self.feed
        self._monitor = monitor
        self._driver = Driver(node, self._clock, performer)
        performer.feed = self._driver.feed
        self._load.start(LOAD_PERIOD)
        self._driver.feed(Started())

    def feed(self, event: Event) -> None:
        """Hand an event to the core; ignored before the beginning and after the end."""
        if self._driver is not None:
            self._driver.feed(event)

    def end(self) -> Deferred[None]:
        """Fall silent; fires when everything is closed, whatever became of it."""
        if self._driver is not None:
            self._driver.stop()
            self._driver = None
        if self._load.running:
            self._load.stop()
        if self._monitor is not None:
            self._monitor.close()
        return self._close([*(one.close for one in self.programs), *(medium.stop for medium in self.media)])

    def datagramReceived(self, link: LinkName, data: bytes, source: str) -> None:
        """A medium brought bytes."""
        self.feed(DatagramReceived(link, data, source))

    def linkDown(self, link: LinkName, reason: str) -> None:
        """A medium does not carry."""
        self.feed(LinkDown(link, reason))

    def linkUp(self, link: LinkName) -> None:
        """A medium carries again."""
        self.feed(LinkUp(link))

    def _close(self, opened: Sequence[Callable[[], Deferred[None]]]) -> Deferred[None]:
        closing = []
        for close in opened:
            closed = maybeDeferred(close)
            closed.addErrback(partial(self.log.failure, "{close} does not work:", close=close))
            closing.append(closed)
        return DeferredList(closing).addCallback(lambda _: None)

    def _sample(self) -> None:
        self.feed(LoadSampled(self._read_load()))


def _start(medium: IMedium) -> None:
    """
    Open a medium.

    @raise MediumError: says where it stands, too.
    """
    try:
        medium.start()
    except MediumError as problem:
        raise MediumError(f"{problem} [{medium.spec.where}]") from problem

# -*- test-case-name: tests.service.test_life -*-
"""
One life of a node: from a new generation to silence.

A daemon has more than one life when the core asks for a restart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twisted.internet.defer import gatherResults, maybeDeferred
from twisted.internet.task import LoopingCall
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
    from hatwist.cluster.node import Node
    from hatwist.config.model import LinkName
    from hatwist.interfaces import IMedium
    from hatwist.service.perform import Performer

LOAD_PERIOD: Final = 5.0
"""Seconds between two looks at the load average."""


@implementer(IMediumReceiver)
class Life:
    """
    A node with its media.

    @ivar node: the core.
    """

    def __init__(
        self,
        clock: IReactorTime,
        make_media: Callable[[IMediumReceiver], Sequence[IMedium]],
        read_load: Callable[[], str],
    ) -> None:
        self._clock = clock
        self._media = tuple(make_media(self))
        self._read_load = read_load
        self._driver: Driver | None = None
        self._load = LoopingCall(self._sample)
        self._load.clock = clock

    @property
    def media(self) -> Sequence[IMedium]:
        """Every medium of it."""
        return self._media

    def open(self) -> None:
        """
        Open every medium, or none.

        @raise MediumError: when one of them cannot be opened.
        """
        for index, medium in enumerate(self._media):
            try:
                medium.start()
            except MediumError:
                for opened in self._media[:index]:
                    opened.stop()
                raise

    def begin(self, node: Node, performer: Performer) -> None:
        """Let the node live: its generation is on disk, its media are open."""
        self._driver = Driver(node, self._clock, performer)
        performer.feed = self._driver.feed
        self._load.start(LOAD_PERIOD)
        self._driver.feed(Started())

    def feed(self, event: Event) -> None:
        """Hand an event to the core; ignored before the beginning and after the end."""
        if self._driver is not None:
            self._driver.feed(event)

    def end(self) -> Deferred[list[None]]:
        """Fall silent; fires when every medium is closed."""
        if self._driver is not None:
            self._driver.stop()
            self._driver = None
        if self._load.running:
            self._load.stop()
        return gatherResults([maybeDeferred(medium.stop) for medium in self._media])

    def datagramReceived(self, link: LinkName, data: bytes, source: str) -> None:
        """A medium brought bytes."""
        self.feed(DatagramReceived(link, data, source))

    def linkDown(self, link: LinkName, reason: str) -> None:
        """A medium does not carry."""
        self.feed(LinkDown(link, reason))

    def linkUp(self, link: LinkName) -> None:
        """A medium carries again."""
        self.feed(LinkUp(link))

    def _sample(self) -> None:
        self.feed(LoadSampled(self._read_load()))

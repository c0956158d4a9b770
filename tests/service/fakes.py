"""
Twins in memory of what stands around the service, and recorders.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, TypeVar

from attrs import Factory, define, field
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IProcessTransport, IReactorFromThreads, IReactorProcess
from twisted.internet.testing import MemoryReactorClock
from zope.interface import implementer

from hatwist.cluster.actions import Action, Deliver
from hatwist.cluster.events import Event
from hatwist.cluster.names import Level
from hatwist.config.model import LinkName, MediumSpec, NodeName, Position, Resource, ResourceGroup
from hatwist.errors import MediumError
from hatwist.interfaces import IControlObserver, IMedium, IMediumReceiver, IPrograms

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.trial.unittest import SynchronousTestCase

GROUP = ResourceGroup(NodeName("node01"), (Resource("httpd", "httpd"),), Position("haresources", 1))


T = TypeVar("T")


class Bug(Exception):
    """What a broken part raises."""


def temporary(case: SynchronousTestCase) -> str:
    """Make a directory that is the case's own."""
    path: str = case.mktemp()
    os.makedirs(path)
    return os.path.abspath(path)


def live_in(case: SynchronousTestCase, zone: str) -> None:
    """Let local time be that of a time zone until the case ends."""
    before = os.environ.get("TZ")

    def put(value: str | None) -> None:
        os.environ.pop("TZ", None)
        if value is not None:
            os.environ["TZ"] = value
        time.tzset()

    case.addCleanup(put, before)
    put(zone)


@define
class Core:
    """
    A core that does what the test says.

    @ivar heard: what it was told, and when.
    @ivar answers: what it does about an event: actions, or an exception to raise.
    @ivar deadline: what it names; an exception to raise instead.
    @ivar broken: what its check says; an exception to raise instead.
    """

    heard: list[tuple[Event, float]] = Factory(list)
    answers: Callable[[Event], list[Action] | Exception] = field(default=lambda _event: [])
    deadline: float | Exception = 1000.0
    broken: tuple[str, ...] | Exception = ()

    def handle(self, event: Event, now: float) -> list[Action]:
        self.heard.append((event, now))
        return _or_raise(self.answers(event))

    def next_deadline(self) -> float:
        return _or_raise(self.deadline)

    def check(self) -> tuple[str, ...]:
        return _or_raise(self.broken)

    @property
    def events(self) -> list[Event]:
        """What it was told."""
        return [event for event, _ in self.heard]


def _or_raise(value: T | Exception) -> T:
    if isinstance(value, Exception):
        raise value
    return value


@define
class LogBook:
    """Takes lines for the log."""

    lines: list[str] = Factory(list)

    def __call__(self, level: Level, text: str, entity: str = "heartbeat") -> None:
        prefix = "" if entity == "heartbeat" else f"{entity} "
        self.lines.append(f"{prefix}{level.value}: {text}")


@implementer(IMedium)
@define
class Medium:
    """
    A medium that writes down what is done to it.

    @ivar trouble: what C{start}, C{send} or C{stop} raises.
    @ivar closing: what C{stop} returns.
    """

    spec: MediumSpec
    done: list[str | bytes] = Factory(list)
    trouble: dict[str, Exception] = Factory(dict)
    closing: Deferred[None] = Factory(lambda: succeed(None))

    def start(self) -> None:
        self._do("start")

    def send(self, data: bytes) -> None:
        self._do("send", data)

    def stop(self) -> Deferred[None]:
        self._do("stop")
        return self.closing

    def _do(self, verb: str, *data: bytes) -> None:
        if verb in self.trouble:
            raise self.trouble[verb]
        self.done.extend(data or (verb,))


@implementer(IPrograms)
@define
class Programs:
    """
    Programs that write down what they hear.

    @ivar trouble: what C{open} raises.
    """

    heard: list[object] = Factory(list)
    trouble: Exception | None = None
    feed: Callable[[Event], None] = field(init=False)

    def open(self, feed: Callable[[Event], None]) -> None:
        self.heard.append("open")
        if self.trouble is not None:
            raise self.trouble
        self.feed = feed

    def close(self) -> Deferred[None]:
        self.heard.append("close")
        return succeed(None)

    def deliver(self, news: Deliver) -> None:
        self.heard.append(news)

    def pause(self, paused: bool) -> None:
        self.heard.append(paused)


@implementer(IReactorFromThreads, IReactorProcess)
class HostReactor(MemoryReactorClock):
    """One that also takes calls from elsewhere, and starts no program: there is none in memory."""

    def callFromThread(
        self,
        callable: Callable[..., object],  # noqa: A002  (the interface's name)
        *args: object,
        **kwargs: object,
    ) -> None:
        self.callLater(0, callable, *args, **kwargs)

    def spawnProcess(self, *arguments: object, **named: object) -> IProcessTransport:
        raise OSError(2, "No such file or directory")


@implementer(IMediumReceiver)
@define
class Spy:
    """Hears every datagram."""

    heard: list[bytes] = Factory(list)

    def datagramReceived(self, link: LinkName, data: bytes, source: str) -> None:
        self.heard.append(data)

    def linkDown(self, link: LinkName, reason: str) -> None:
        raise NotImplementedError

    def linkUp(self, link: LinkName) -> None:
        raise NotImplementedError


def medium(link: str, kind: str = "bcast", **trouble: Exception) -> Medium:
    """Make a medium of a link."""
    return Medium(MediumSpec(kind, LinkName(link), Position("ha.cf"), interface=link), trouble=trouble)


NO_DEVICE = MediumError("bcast eth1: there is no such interface")


@implementer(IControlObserver)
@define
class Observer:
    """Writes down what happens."""

    heard: list[tuple[str, str, float]] = Factory(list)

    def happened(self, kind: str, text: str, when: float) -> None:
        self.heard.append((kind, text, when))

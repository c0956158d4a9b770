"""
What every medium does, the one in memory too.

A medium's case mixes L{MediumConformance} with a test case and says in
C{make_cable} how its two ends are joined.  Turns of the reactor are made by
hand, so a medium cannot hide behind a real one.
"""

from __future__ import annotations

import select
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from attrs import Factory, define
from twisted.internet.testing import MemoryReactorClock
from zope.interface import implementer
from zope.interface.verify import verifyObject

from hatwist.errors import MediumError
from hatwist.interfaces import IMedium, IMediumReceiver

if TYPE_CHECKING:
    from twisted.trial.unittest import SynchronousTestCase as _Case

    from hatwist.config.model import LinkName
else:
    _Case = object

MAX_WAIT = 0.2
"""Seconds a turn waits for the kernel."""

MAX_TURNS = 50
"""Turns after which something will never happen."""

A_WHILE = 1.1
"""Seconds after which whatever went wrong is tried again."""


@implementer(IMediumReceiver)
@define
class Ear:
    """Writes down what a medium says."""

    heard: list[bytes] = Factory(list)
    sources: list[str] = Factory(list)
    links: list[LinkName] = Factory(list)
    reports: list[tuple[str, str]] = Factory(list)

    def datagramReceived(self, link: LinkName, data: bytes, source: str) -> None:
        self.heard.append(data)
        self.sources.append(source)
        self.links.append(link)

    def linkDown(self, link: LinkName, reason: str) -> None:
        self.reports.append(("down", reason))

    def linkUp(self, link: LinkName) -> None:
        self.reports.append(("up", ""))


def turn(reactor: MemoryReactorClock, wait: float = MAX_WAIT) -> None:
    """Make one turn of the reactor: each readable descriptor reads once, then timers run."""
    readers = list(reactor.getReaders())
    ready = select.select(readers, [], [], wait)[0] if readers else []
    for reader in ready:
        reader.doRead()
    reactor.advance(0)


@define
class End:
    """
    One end of a cable: its medium and who listens to it.

    @ivar around: what the medium has to be used in, such as a network namespace.
    """

    medium: IMedium
    ear: Ear
    around: Callable[[], AbstractContextManager[object]] = nullcontext

    def start(self) -> None:
        """Start the medium."""
        with self.around():
            self.medium.start()

    def send(self, data: bytes) -> None:
        """Send with it."""
        with self.around():
            self.medium.send(data)


class Cable:
    """
    Two media that hear each other, and what can happen to them.

    @ivar echo: whether a sender hears itself.
    @ivar source: what beta learns of where alpha's datagrams come from, or
        the beginning of it.
    """

    reactor: MemoryReactorClock
    alpha: End
    beta: End
    echo: bool
    source: str

    def turn(self, wait: float = MAX_WAIT) -> None:
        """Make one turn of the reactor."""
        turn(self.reactor, wait)

    def written(self, data: bytes) -> bytes:
        """Return these bytes as messages have them on this medium."""
        return data

    def without_interface(self) -> End:
        """Return a new end whose interface, C{nowhere0}, does not exist."""
        raise NotImplementedError

    def unplug(self) -> None:
        """Take alpha's interface away."""
        raise NotImplementedError

    def replug(self) -> None:
        """Give it back."""
        raise NotImplementedError


class MediumConformance(_Case):
    """The suite; each test is about C{self.cable}."""

    cable: Cable

    def make_cable(self) -> Cable:
        """Join two ends."""
        raise NotImplementedError

    def setUp(self) -> None:
        """Start both ends, which are one where a medium hears itself and nobody else."""
        super().setUp()
        self.cable = self.make_cable()
        self.cable.alpha.start()
        if self.cable.beta is not self.cable.alpha:
            self.cable.beta.start()

    def written(self, data: bytes) -> bytes:
        """Return these bytes as this medium's messages have them."""
        return self.cable.written(data)

    def until(self, happened: Callable[[], bool]) -> None:
        """Make turns until something happened."""
        for _ in range(MAX_TURNS):
            if happened():
                return
            self.cable.turn()
        raise AssertionError("it did not happen")

    def rest(self) -> None:
        """Let the time pass after which a medium tries again, and is believed to work."""
        self.cable.reactor.advance(A_WHILE)

    def settle(self) -> None:
        """Make turns until nothing more is to come."""
        for _ in range(3):
            self.cable.turn(wait=0.02)

    def test_it_is_a_medium(self) -> None:
        """A medium provides all of IMedium and knows what it was made from."""
        self.assertTrue(verifyObject(IMedium, self.cable.alpha.medium))
        self.assertIn("cable0", self.cable.alpha.medium.spec.link)

    def test_datagrams_arrive_unchanged(self) -> None:
        """What one end sends arrives at the other as it was, on its link."""
        sent = [*map(self.written, (b"x", bytes(range(256)), b"###\nmessage\n%%%\n", b"\0" * 8193))]
        for data in sent:
            self.cable.alpha.send(data)
        self.until(lambda: len(self.cable.beta.ear.heard) == len(sent))
        self.assertEqual(self.cable.beta.ear.heard, sent)
        self.assertEqual(set(self.cable.beta.ear.links), {self.cable.beta.medium.spec.link})

    def test_large_datagrams_arrive_whole(self) -> None:
        """A datagram of 60000 bytes is not cut."""
        sent = self.written(bytes(number % 251 for number in range(60000)))
        self.cable.alpha.send(sent)
        self.until(lambda: bool(self.cable.beta.ear.heard))
        self.assertEqual(self.cable.beta.ear.heard, [sent])

    def test_source_is_given(self) -> None:
        """The receiver learns where a datagram came from, for the log."""
        self.cable.alpha.send(self.written(b"who is it"))
        self.until(lambda: bool(self.cable.beta.ear.heard))
        source = self.cable.beta.ear.sources[0]
        self.assertEqual(source[: len(self.cable.source)], self.cable.source)

    def test_own_datagrams_come_back_or_not(self) -> None:
        """A medium that hears itself delivers what it hears; the core knows its own."""
        self.cable.alpha.send(self.written(b"echo"))
        self.until(lambda: bool(self.cable.beta.ear.heard))
        self.settle()
        self.assertEqual(self.cable.alpha.ear.heard, [self.written(b"echo")] if self.cable.echo else [])

    def test_missing_interface_is_named(self) -> None:
        """A medium that cannot start says which interface is the trouble."""
        end = self.cable.without_interface()
        with self.assertRaises(MediumError) as caught:
            end.start()
        self.assertIn("nowhere0", str(caught.exception))
        end.send(self.written(b"nobody hears this"))

    def test_start_is_once(self) -> None:
        """A medium that is started, or was, cannot be started again."""
        self.assertRaises(MediumError, self.cable.alpha.start)
        self.cable.alpha.medium.stop()
        self.assertRaises(MediumError, self.cable.alpha.start)

    def test_stop_is_final(self) -> None:
        """Once stopped a medium delivers and sends nothing, not even what was under way."""
        self.cable.alpha.send(self.written(b"under way"))
        self.successResultOf(self.cable.beta.medium.stop())
        self.cable.beta.send(self.written(b"too late"))
        self.settle()
        self.assertEqual(self.cable.beta.ear.heard, [])
        self.assertNotIn(self.written(b"too late"), self.cable.alpha.ear.heard)
        self.successResultOf(self.cable.beta.medium.stop())

    def test_flood_does_not_starve_timers(self) -> None:
        """A timer that is due waits for at most 64 datagrams."""
        for number in range(200):
            self.cable.alpha.send(self.written(b"%d" % number))
        before: list[int] = []
        self.cable.reactor.callLater(0, lambda: before.append(len(self.cable.beta.ear.heard)))
        self.until(lambda: len(self.cable.beta.ear.heard) == 200)
        self.assertLessEqual(before[0], 64)
        self.assertEqual(self.cable.beta.ear.heard[-1], self.written(b"199"))

    def test_lost_interface_is_reported_once(self) -> None:
        """When the interface is gone, linkDown is said once, in a turn of its own."""
        self.cable.unplug()
        for _ in range(3):
            self.cable.alpha.send(self.written(b"into the void"))
        self.assertEqual(self.cable.alpha.ear.reports, [])
        self.settle()
        self.assertEqual([kind for kind, _ in self.cable.alpha.ear.reports], ["down"])
        self.assertTrue(self.cable.alpha.ear.reports[0][1])

    def test_returned_interface_works_again(self) -> None:
        """When the interface is back, a datagram a little later goes out, and linkUp is said once."""
        self.cable.unplug()
        self.cable.alpha.send(self.written(b"into the void"))
        self.cable.beta.send(self.written(b"into the void"))
        self.settle()
        self.cable.replug()
        self.rest()
        self.cable.beta.send(self.written(b"beta is back"))
        for number in range(3):
            self.cable.alpha.send(self.written(b"back %d" % number))
        self.until(lambda: self.written(b"back 2") in self.cable.beta.ear.heard)
        self.assertEqual([kind for kind, _ in self.cable.alpha.ear.reports], ["down", "up"])

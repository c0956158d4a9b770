# -*- test-case-name: tests.service.test_life -*-
"""
One life of a node: its media, its driver, its end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from hatwist.cluster.actions import RunGroup
from hatwist.cluster.events import (
    DatagramReceived,
    DeadlinePassed,
    Event,
    GroupFinished,
    LinkDown,
    LinkUp,
    LoadSampled,
    MessageWanted,
    Started,
)
from hatwist.cluster.names import Outcome, Ticket, Verb
from hatwist.config.model import LinkName
from hatwist.errors import MediumError
from hatwist.interfaces import IMediumReceiver
from hatwist.service.life import LOAD_PERIOD, Life
from hatwist.service.perform import Performer
from hatwist.wire.message import Message
from tests.service.fakes import GROUP, NO_DEVICE, Bug, Core, LogBook, Medium, Programs, medium

if TYPE_CHECKING:
    from hatwist.config.model import ResourceGroup

ETH1 = LinkName("eth1")
LOAD = "0.00 0.01 0.05 1/100 1000"


class LifeTests(SynchronousTestCase):
    """A life with two media."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.core = Core()
        self.media = [medium("eth0"), medium("eth1"), medium("eth2")]
        self.receivers: list[IMediumReceiver] = []
        self.running: Deferred[tuple[Outcome, str]] = Deferred()
        self.programs = [Programs(), Programs()]
        self.life = Life(self.clock, self.make_media, lambda: LOAD, self.programs)

    def make_media(self, receiver: IMediumReceiver) -> list[Medium]:
        """Hand over the media, and remember whom they are to tell."""
        self.receivers.append(receiver)
        return self.media

    def begin(self) -> None:
        """Begin with the core."""

        def run(group: ResourceGroup, verb: Verb) -> Deferred[tuple[Outcome, str]]:
            return self.running

        self.life.begin(self.core, Performer(self.media, run, LogBook(), lambda _: None, lambda _: None))

    def verbs(self) -> list[list[str | bytes]]:
        """Return what was done with each medium."""
        return [one.done for one in self.media]

    def test_all_media_are_opened(self) -> None:
        """Opening starts each."""
        self.life.open()
        self.assertEqual(self.verbs(), [["start"]] * 3)

    def test_programs_come_first(self) -> None:
        """If a way for programs cannot be opened no medium is, and those before it are closed."""
        self.programs[1].trouble = NO_DEVICE
        self.assertIs(self.assertRaises(MediumError, self.life.open), NO_DEVICE)
        self.assertEqual([one.heard for one in self.programs], [["open", "close"], ["open"]])
        self.assertEqual(self.verbs(), [[], [], []])

    def test_what_programs_want(self) -> None:
        """It reaches the core while the node lives; they are closed with it."""
        self.life.open()
        wanted = MessageWanted(Message.of(t="addnode"))
        self.programs[0].feed(wanted)
        self.assertEqual(self.core.events, [])
        self.begin()
        self.programs[0].feed(wanted)
        self.assertEqual(self.core.events[-1], wanted)
        self.successResultOf(self.life.end())
        self.assertEqual([one.heard for one in self.programs], [["open", "close"]] * 2)

    def test_all_or_none(self) -> None:
        """If one cannot be opened those before it are closed, and the reason and its place are passed on."""
        self.media[1].trouble["start"] = NO_DEVICE
        problem = self.assertRaises(MediumError, self.life.open)
        self.assertEqual(str(problem), "bcast eth1: there is no such interface [ha.cf]")
        self.assertEqual(self.verbs(), [["start", "stop"], [], []])

    def test_all_or_none_after_a_bug(self) -> None:
        """So they are when what goes wrong is not the world's fault."""
        self.media[2].trouble["start"] = Bug("broken")
        self.assertRaises(Bug, self.life.open)
        self.assertEqual(self.verbs(), [["start", "stop"], ["start", "stop"], []])

    def test_the_beginning(self) -> None:
        """The first status already carries the load; then the node is started."""
        self.begin()
        self.assertEqual(self.core.events, [LoadSampled(LOAD), Started()])

    def test_the_load_is_looked_at_now_and_then(self) -> None:
        """Every five seconds."""
        self.begin()
        self.clock.pump([LOAD_PERIOD] * 2)
        self.assertEqual(self.core.events[2:], [LoadSampled(LOAD), LoadSampled(LOAD)])

    def test_what_media_tell_reaches_the_core(self) -> None:
        """The life is the media's receiver: bytes, a link that goes and one that comes."""
        self.begin()
        (receiver,) = self.receivers
        self.assertTrue(verifyObject(IMediumReceiver, receiver))
        receiver.datagramReceived(ETH1, b"###\n", "192.0.2.2:694")
        receiver.linkDown(ETH1, "No such device")
        receiver.linkUp(ETH1)
        expected: list[Event] = [
            DatagramReceived(ETH1, b"###\n", "192.0.2.2:694"),
            LinkDown(ETH1, "No such device"),
            LinkUp(ETH1),
        ]
        self.assertEqual(self.core.events[2:], expected)

    def test_outcomes_reach_the_core(self) -> None:
        """What was ordered answers to the same driver."""
        order = RunGroup(Ticket(1), GROUP, Verb.START)
        self.core.answers = lambda event: [order] if isinstance(event, Started) else []
        self.begin()
        self.running.callback((Outcome.OK, ""))
        self.assertEqual(self.core.events[2:], [GroupFinished(Ticket(1), Outcome.OK, "")])

    def test_before_the_beginning(self) -> None:
        """What media tell while they are opened is ignored."""
        self.life.linkUp(ETH1)
        self.assertEqual(self.core.events, [])

    def test_the_end(self) -> None:
        """The media are closed, the core hears nothing more, no timer is left."""
        self.core.deadline = 3.0
        self.life.open()
        self.begin()
        self.successResultOf(self.life.end())
        self.life.linkUp(ETH1)
        self.clock.advance(10)
        self.assertNotIn(DeadlinePassed(), self.core.events)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.verbs(), [["start", "stop"]] * 3)

    def test_the_end_waits_for_every_medium(self) -> None:
        """It has come when the last medium says so."""
        self.media[2].closing = Deferred()
        ended = self.life.end()
        self.assertNoResult(ended)
        self.media[2].closing.callback(None)
        self.successResultOf(ended)

    def test_the_end_comes_whatever_breaks(self) -> None:
        """A medium that cannot be closed keeps neither the others nor the end."""
        self.media[0].trouble["stop"] = Bug("broken")
        self.successResultOf(self.life.end())
        self.assertEqual(self.verbs()[1:], [["stop"], ["stop"]])
        self.assertEqual(len(self.flushLoggedErrors(Bug)), 1)

# -*- test-case-name: tests.service.test_perform -*-
"""
Each action reaches whoever carries it out.
"""

from __future__ import annotations

from twisted.internet.defer import Deferred, fail
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from hatwist.cluster.actions import (
    Deliver,
    Log,
    PauseClients,
    Persist,
    Probe,
    Record,
    RunGroup,
    Stop,
    Transmit,
)
from hatwist.cluster.events import Event, GroupFinished
from hatwist.cluster.names import Delivery, Level, Outcome, Ticket, Verb
from hatwist.config.model import LinkName, NodeName, ResourceGroup
from hatwist.interfaces import IMedium, IPrograms
from hatwist.service.perform import Performer
from hatwist.wire.message import Message
from tests.service.fakes import GROUP, Bug, LogBook, Programs, medium


class PerformTests(SynchronousTestCase):
    """A performer among recorders."""

    def setUp(self) -> None:
        self.media = [medium("eth0"), medium("eth1")]
        self.asked: list[tuple[ResourceGroup, Verb]] = []
        self.running: Deferred[tuple[Outcome, str]] = Deferred()
        self.book = LogBook()
        self.records: list[Record] = []
        self.stops: list[Stop] = []
        self.answers: list[Event] = []
        self.performer = Performer(
            self.media, self.run_group, self.book, self.records.append, self.stops.append
        )
        self.performer.feed = self.answers.append

    def run_group(self, group: ResourceGroup, verb: Verb) -> Deferred[tuple[Outcome, str]]:
        """Begin something that takes time."""
        self.asked.append((group, verb))
        return self.running

    def test_the_fakes_are_true(self) -> None:
        """The media here provide all of IMedium."""
        self.assertTrue(verifyObject(IMedium, self.media[0]))

    def test_a_datagram_goes_to_every_medium(self) -> None:
        """Transmit means all of them."""
        self.performer(Transmit(b"heartbeat"))
        self.assertEqual([one.done for one in self.media], [[b"heartbeat"], [b"heartbeat"]])

    def test_serial_lines_and_ping_nodes(self) -> None:
        """A serial line gets its own form; a ping node only what is meant for it."""
        line, gate = medium("/dev/ttyS0", "serial"), medium("172.16.0.1", "ping")
        self.performer.media = [*self.media, line, gate]
        self.performer(Transmit(b"heartbeat", b"in lines"))
        self.performer(Transmit(b"not for lines"))
        self.performer(Probe(LinkName("172.16.0.1"), b"echo"))
        self.performer(Probe(LinkName("eth0"), b"no ping node"))
        self.assertEqual(self.media[0].done, [b"heartbeat", b"not for lines"])
        self.assertEqual(line.done, [b"in lines"])
        self.assertEqual(gate.done, [b"echo"])

    def test_one_link(self) -> None:
        """What is meant for some links goes over these."""
        self.performer(Transmit(b"question", links=(LinkName("eth1"),)))
        self.assertEqual([one.done for one in self.media], [[], [b"question"]])

    def test_a_broken_medium_silences_no_other(self) -> None:
        """The others send all the same, and the driver hears of the bug."""
        self.media[0].trouble["send"] = Bug("broken")
        self.assertRaises(Bug, self.performer, Transmit(b"heartbeat"))
        self.assertEqual(self.media[1].done, [b"heartbeat"])

    def test_a_line_goes_to_the_log(self) -> None:
        """Log names severity, text and speaker."""
        self.performer(Log(Level.WARN, "so"))
        self.performer(Log(Level.INFO, "so", "harc(default)"))
        self.assertEqual(self.book.lines, ["WARN: so", "harc(default) info: so"])

    def test_a_decision_is_recorded(self) -> None:
        """Record goes to whoever keeps decisions."""
        record = Record("takeover", "httpd", NodeName("node01"), ("node02 is dead",))
        self.performer(record)
        self.assertEqual(self.records, [record])

    def test_programs_are_told(self) -> None:
        """Whoever follows what happens on this host hears it, each in turn."""
        programs = [Programs(), Programs()]
        self.performer.programs = programs
        self.assertTrue(verifyObject(IPrograms, programs[0]))
        news = Deliver(Message.of(t="starting"), Delivery.NEWS)
        self.performer(news)
        self.performer(PauseClients(True))
        self.assertEqual([one.heard for one in programs], [[news, True]] * 2)

    def test_a_memory_is_kept(self) -> None:
        """What the core wants to be on disk is handed over; nobody needs to take it."""
        self.performer(Persist("peers", "beta C"))
        kept: list[Persist] = []
        self.performer.persist = kept.append
        self.performer(Persist("peers", "beta C"))
        self.assertEqual(kept, [Persist("peers", "beta C")])

    def test_the_end_is_told(self) -> None:
        """Stop goes to the service."""
        self.performer(Stop("asked"))
        self.assertEqual(self.stops, [Stop("asked")])

    def test_a_groups_outcome_finds_its_ticket(self) -> None:
        """An order runs; when it ends the core hears its outcome under its ticket."""
        self.performer(RunGroup(Ticket(7), GROUP, Verb.START))
        self.assertEqual(self.asked, [(GROUP, Verb.START)])
        self.assertEqual(self.answers, [])
        self.running.callback((Outcome.OK, "words"))
        self.assertEqual(self.answers, [GroupFinished(Ticket(7), Outcome.OK, "words")])

    def test_a_runner_that_fails(self) -> None:
        """A failure is an outcome too: nobody waits for ever."""
        self.running = fail(Bug("broken"))
        self.performer(RunGroup(Ticket(7), GROUP, Verb.STOP))
        self.assertEqual(self.answers, [GroupFinished(Ticket(7), Outcome.FAILED, "broken")])
        self.assertEqual(len(self.flushLoggedErrors(Bug)), 1)

    def test_a_runner_that_raises(self) -> None:
        """So is an exception before anything was begun."""

        def raising(group: ResourceGroup, verb: Verb) -> Deferred[tuple[Outcome, str]]:
            raise Bug("broken")

        self.performer.run = raising
        self.performer(RunGroup(Ticket(7), GROUP, Verb.STOP))
        self.assertEqual(self.answers, [GroupFinished(Ticket(7), Outcome.FAILED, "broken")])
        self.assertEqual(len(self.flushLoggedErrors(Bug)), 1)

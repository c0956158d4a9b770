# -*- test-case-name: tests.sim.test_transcript -*-
"""
What is written of what happens.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.actions import Log, Record, RunGroup, Stop, Transmit
from hatwist.cluster.names import Level, Ticket, Verb
from hatwist.sim.plan import KEYS
from hatwist.sim.transcript import Trace, Tracing, Transcript, describe
from hatwist.wire.envelope import seal
from hatwist.wire.message import Field, FieldType, Message
from tests.sim.builders import ALPHA, WEB, make_world


class DescribeTests(SynchronousTestCase):
    """Actions in words."""

    def test_orders(self) -> None:
        """An order names its verb and its group."""
        group = make_world().config.groups[0]
        self.assertEqual(describe(RunGroup(Ticket(1), group, Verb.START)), f"run start {WEB}")

    def test_log(self) -> None:
        """A log line has its level, and its speaker unless that is heartbeat; debug lines are left out."""
        self.assertEqual(describe(Log(Level.WARN, "node beta: is dead")), "WARN: node beta: is dead")
        self.assertEqual(describe(Log(Level.INFO, "done", "mach_down")), "mach_down info: done")
        self.assertEqual(describe(Log(Level.PLAIN, "received", "ip-request")), "ip-request received")
        self.assertEqual(describe(Log(Level.DEBUG, "Retransmitting pkt 3")), "")

    def test_decisions(self) -> None:
        """A decision names its causes."""
        record = Record("takeover", WEB, ALPHA, ("node beta is dead", "silence"))
        self.assertEqual(describe(record), f"decide takeover {WEB}: node beta is dead; silence")

    def test_the_end(self) -> None:
        """The end of a daemon names its reason; a datagram is not worth a line."""
        self.assertEqual(describe(Stop("it was asked to")), "stop: it was asked to")
        self.assertEqual(describe(Transmit(b"###")), "")


class TraceTests(SynchronousTestCase):
    """Datagrams in words."""

    def words(self, which: Tracing, *fields: Field, **strings: str) -> str:
        """Return how a datagram is shown."""
        message = Message.of(**strings).plus(fields)
        return Trace(KEYS, which).words(ALPHA, seal(message, KEYS))

    def test_off(self) -> None:
        """Nothing is shown unless it is asked for."""
        self.assertEqual(self.words(Tracing.OFF, t="resource"), "")

    def test_on(self) -> None:
        """What nodes say about resources is shown without what every message has."""
        uuid = Field("srcuuid", bytes(16), FieldType.BINARY)
        shown = self.words(Tracing.ON, uuid, t="resource", rsc_hold="all", isstable="1", src="alpha", seq="5")
        self.assertEqual(shown, "> resource rsc_hold=all isstable=1")

    def test_heartbeats(self) -> None:
        """Heartbeats and what keeps the numbering whole are shown only on request."""
        for kind in ("status", "NS_rexmit"):
            self.assertEqual(self.words(Tracing.ON, t=kind), "")
            self.assertEqual(self.words(Tracing.ALL, t=kind, st="up"), f"> {kind} st=up")

    def test_again(self) -> None:
        """What is sent once more is marked."""
        trace = Trace(KEYS, Tracing.ON)
        first, second = (seal(Message.of(t="starting", seq=seq, hg="1"), KEYS) for seq in ("4", "5"))
        shown = [trace.words(ALPHA, data) for data in (first, second, first)]
        self.assertEqual(shown, ["> starting", "> starting", "> again starting"])


class TranscriptTests(SynchronousTestCase):
    """Lines and digest."""

    def setUp(self) -> None:
        """Make an empty one."""
        self.transcript = Transcript()

    def test_lines(self) -> None:
        """A line has time, node and words, and is handed out once."""
        self.transcript.note(1.5, "alpha", "*** boot")
        self.transcript.act(2.0, "beta", Stop("enough"))
        self.assertEqual(
            self.transcript.take(), ["    1.500 alpha    *** boot", "    2.000 beta     stop: enough"]
        )
        self.assertEqual(self.transcript.take(), [])

    def test_any_text(self) -> None:
        """Whatever a peer makes us say stays one line of a text file."""
        self.transcript.note(0.0, "alpha", "a\nb\x7f\udcff")
        self.assertEqual(self.transcript.take(), ["    0.000 alpha    a\\x0ab\\x7f\\udcff"])

    def test_digest(self) -> None:
        """The digest knows every line and every datagram, in their order."""
        digests = [self.transcript.digest]
        for _ in range(2):
            self.transcript.note(0.0, "alpha", "x")
            digests.append(self.transcript.digest)
            self.transcript.act(0.0, "alpha", Transmit(b"y"))
            digests.append(self.transcript.digest)
        self.assertEqual(len(set(digests)), 5)
        self.assertEqual({len(digest) for digest in digests}, {16})

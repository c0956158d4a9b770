# -*- test-case-name: tests.media.test_paced -*-
"""
Writing no faster than the line carries.
"""

from __future__ import annotations

from attrs import Factory, define
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from hatwist.media.outbox import Outbox
from hatwist.media.paced import LEAD, MAX_PIECE, MIN_PIECE, STUCK, Pace, PacedWriter

RATE = 960.0
"""Bytes a second at 9600 baud."""

PIECE = 96


@define
class FakeLine:
    """
    A line whose kernel takes everything at once, or nothing.

    @ivar taken: every piece, with the time it was handed over.
    """

    clock: Clock
    writer: PacedWriter
    taken: list[tuple[float, bytes]] = Factory(list)
    open: bool = True
    held: int = 0

    def write(self, data: bytes) -> None:
        """Take a piece."""
        self.taken.append((round(self.clock.seconds(), 3), data))
        if self.open:
            self.clock.callLater(0, self.writer.drained)

    def unsent(self) -> int:
        """Say what the test says."""
        return self.held

    @property
    def text(self) -> bytes:
        """Everything that was taken."""
        return b"".join(data for _, data in self.taken)


class PaceTests(SynchronousTestCase):
    """The arithmetic."""

    def test_pieces(self) -> None:
        """A piece takes a tenth of a second, and has heartbeat's 512 bytes at most."""
        self.assertEqual([Pace(rate).piece for rate in (10, RATE, 46080)], [MIN_PIECE, PIECE, MAX_PIECE])

    def test_lead(self) -> None:
        """The line may be ahead by a tenth of a second."""
        pace = Pace(RATE)
        self.assertEqual((pace.wait(5.0), pace.left(5.0)), (0.0, 0.0))
        pace.handed(PIECE, 5.0)
        self.assertEqual(pace.wait(5.0), 0.0)
        pace.handed(PIECE, 5.0)
        self.assertAlmostEqual(pace.wait(5.0), LEAD)
        self.assertAlmostEqual(pace.left(5.0), 2 * LEAD)

    def test_idleness_earns_nothing(self) -> None:
        """A line that was idle for long is not faster afterwards."""
        pace = Pace(RATE)
        pace.handed(PIECE, 5.0)
        pace.handed(2 * PIECE, 100.0)
        self.assertAlmostEqual(pace.left(100.0), 0.2)


class PacedWriterTests(SynchronousTestCase):
    """A writer at 9600 baud."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.said: list[str] = []
        self.outbox = Outbox(100_000, 0.5)
        self.writer = PacedWriter(
            self.outbox,
            RATE,
            self.clock,
            lambda: self.said.append("stuck"),
            lambda: self.said.append("moves"),
        )
        self.line = self.connect()
        self.said.clear()

    def connect(self) -> FakeLine:
        """Open a line."""
        line = FakeLine(self.clock, self.writer)
        self.writer.connect(line)
        self.writer.drained()
        return line

    def put(self, data: bytes) -> None:
        """Let a message be sent."""
        self.outbox.put(data, self.clock.seconds())
        self.writer.push()

    def pump(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.pump([0.01] * round(seconds * 100))

    def test_short_message_leaves_at_once(self) -> None:
        """An idle line takes a message in the same turn."""
        self.put(b"hello")
        self.assertEqual(self.line.taken, [(0.0, b"hello")])

    def test_rate(self) -> None:
        """Handed over is what the line carries, and a fifth of a second more."""
        self.put(b"x" * 10_000)
        self.pump(5.0)
        self.assertTrue(5.0 <= len(self.line.text) / RATE <= 5.0 + 2 * LEAD)
        self.pump(6.0)
        self.assertEqual(len(self.line.text), 10_000)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_next_message_follows(self) -> None:
        """A message is written whole before the next one begins."""
        self.put(b"a" * 200)
        self.put(b"b" * 200)
        self.pump(1.0)
        self.assertEqual(self.line.text, b"a" * 200 + b"b" * 200)

    def test_one_piece_at_a_time(self) -> None:
        """Nothing more is handed over before the kernel has everything; it is never waited for."""
        self.line.open = False
        self.put(b"x" * 1000)
        self.pump(1.0)
        self.assertEqual(len(self.line.text), PIECE)
        self.put(b"more")
        self.line.open = True
        self.writer.drained()
        self.pump(1.5)
        self.assertEqual(self.line.text, b"x" * 1000 + b"more")

    def test_a_line_that_is_held_up(self) -> None:
        """What the kernel still holds back is not added to."""
        self.line.held = PIECE + 1
        self.put(b"x" * 1000)
        self.pump(STUCK + 0.1)
        self.assertEqual(self.line.text, b"")
        self.assertEqual(self.said, ["stuck"])
        self.line.held = PIECE
        self.pump(2.0)
        self.assertEqual(len(self.line.text), 1000)
        self.assertEqual(self.said[:2], ["stuck", "moves"])

    def test_stuck_is_said_once(self) -> None:
        """A line that takes nothing is said to be stuck after two seconds, once, and then that it moves."""
        self.line.open = False
        self.put(b"x")
        self.pump(STUCK - 0.1)
        self.assertEqual(self.said, [])
        self.pump(10.0)
        self.put(b"y")
        self.assertEqual(self.said, ["stuck"])
        self.writer.drained()
        self.assertEqual(self.said, ["stuck", "moves"])

    def test_held(self) -> None:
        """A line that keeps its pace is not held up; one that takes nothing is, until it moves."""
        self.put(b"x" * 10 * PIECE)
        for _ in range(5):
            self.pump(0.1)
            self.assertFalse(self.writer.held)
        self.line.open = False
        self.pump(1.0)
        self.assertTrue(self.writer.held)
        self.pump(STUCK)
        self.assertTrue(self.writer.held)
        self.line.open = True
        self.writer.drained()
        self.assertFalse(self.writer.held)
        self.writer.disconnect()
        self.assertFalse(self.writer.held)

    def test_disconnected(self) -> None:
        """Without a line nothing is written and nothing scheduled; the messages wait."""
        self.put(b"x" * 1000)
        self.clock.advance(0)
        self.writer.disconnect()
        self.writer.drained()
        self.put(b"y")
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(len(self.line.text), 2 * PIECE)

    def test_reconnected(self) -> None:
        """After a message that was torn a new line begins with a newline, once."""
        self.put(b"x" * 1000)
        self.writer.disconnect()
        self.put(b"y\n")
        self.line = self.connect()
        self.put(b"z\n")
        self.pump(1.0)
        self.assertEqual(self.line.text, b"\ny\nz\n")

    def test_reconnected_between_messages(self) -> None:
        """Where nothing was torn, nothing is put before the next message."""
        self.put(b"x")
        self.pump(1.0)
        self.writer.disconnect()
        self.line = self.connect()
        self.put(b"y")
        self.assertEqual(self.line.text, b"y")

    def test_last_words(self) -> None:
        """The end comes when the line has carried everything."""
        self.put(b"x" * 480)
        done = self.writer.finish(3.0)
        self.pump(0.4)
        self.assertNoResult(done)
        self.pump(0.15)
        self.successResultOf(done)
        self.assertEqual(len(self.line.text), 480)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_last_words_of_a_short_message(self) -> None:
        """What the kernel has taken is not carried yet."""
        self.put(b"x" * 48)
        self.clock.advance(0)
        done = self.writer.finish(3.0)
        self.assertNoResult(done)
        self.pump(0.06)
        self.successResultOf(done)

    def test_nothing_to_say(self) -> None:
        """An idle line, or none, is at its end at once."""
        self.successResultOf(self.writer.finish(3.0))
        self.writer.disconnect()
        self.successResultOf(self.writer.finish(3.0))

    def test_last_words_have_a_limit(self) -> None:
        """A line that takes nothing does not delay the end for longer than the limit."""
        self.line.open = False
        self.put(b"x")
        done = self.writer.finish(3.0)
        self.pump(2.9)
        self.assertNoResult(done)
        self.pump(0.2)
        self.successResultOf(done)

    def test_line_lost_during_last_words(self) -> None:
        """A line that vanishes is the end, too."""
        self.put(b"x" * 480)
        self.clock.advance(0)
        done = self.writer.finish(3.0)
        self.writer.disconnect()
        self.successResultOf(done)
        self.assertEqual(self.clock.getDelayedCalls(), [])

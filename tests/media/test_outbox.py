# -*- test-case-name: tests.media.test_outbox -*-
"""
What waits for a slow line.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.media.outbox import BREATH, Heartbeat, Outbox, heartbeat
from hatwist.wire.stream import Stream
from tests.wire.captures import DIRECTIONS, serial

PATIENCE = 0.5


def beat(number: int, state: bytes = b"active") -> bytes:
    """Write a heartbeat."""
    return b">>>\nt=status\nst=%b\nseq=%x\n<<<\n" % (state, number)


def other(name: str) -> bytes:
    """Write another message, 22 bytes long with a name of one letter."""
    return b">>>\nt=resource\n%b\n<<<\n" % name.encode()


class HeartbeatTests(SynchronousTestCase):
    """Telling a heartbeat from other messages."""

    def test_a_heartbeat(self) -> None:
        """It has a number, which is hexadecimal, and says something of its node."""
        self.assertEqual(heartbeat(beat(31)), Heartbeat(31, b"active"))

    def test_other_messages_have_none(self) -> None:
        """Another type, a type inside a value, no number, no message: C{None}."""
        for text in (
            other("a"),
            b">>>\nt=x\nst=up\ninfo=t=status\nseq=1\n<<<\n",
            b">>>\nt=status\nst=up\n<<<\n",
            b">>>\nt=status\nseq=1\n<<<\n",
            b"\nt=status\nst=up\nseq=1\n",
        ):
            self.assertIsNone(heartbeat(text))

    def test_as_heartbeat_writes_them(self) -> None:
        """In a capture of heartbeat 3.0.6 every status and nothing else is one."""
        for direction in DIRECTIONS:
            texts = Stream().feed(serial(direction))
            found = [text for text in texts if heartbeat(text) is not None]
            self.assertEqual(found, [text for text in texts if b"\nt=status\n" in text])
            self.assertGreater(len(found), 10)


class OutboxTests(SynchronousTestCase):
    """An outbox with room for three messages besides the heartbeat."""

    def setUp(self) -> None:
        self.outbox = Outbox(3 * len(other("a")), PATIENCE)

    def put(self, *texts: bytes, now: float = 0.0) -> None:
        """Let messages wait."""
        for text in texts:
            self.outbox.put(text, now)

    def all(self, now: float = 0.0) -> list[bytes]:
        """Take everything out."""
        taken = []
        while (text := self.outbox.take(now)) is not None:
            taken.append(text)
        return taken

    def test_order_is_kept(self) -> None:
        """What does not wait long leaves in the order it came."""
        self.put(other("a"), beat(1), other("b"))
        self.assertTrue(self.outbox)
        self.assertEqual(self.all(), [other("a"), beat(1), other("b")])
        self.assertFalse(self.outbox)

    def test_newest_heartbeat_only(self) -> None:
        """Of several heartbeats that wait only the newest is sent, and the others are counted."""
        self.put(beat(1), other("a"))
        self.put(beat(3), now=1.0)
        self.put(beat(4), now=2.0)
        self.assertEqual(self.all(), [other("a"), beat(4)])
        self.assertEqual((self.outbox.replaced, self.outbox.dropped), (2, 0))

    def test_another_state_is_news(self) -> None:
        """A heartbeat is not left out for one that says something else of the node."""
        for number, state in enumerate((b"init", b"up", b"up", b"active"), start=1):
            self.put(beat(number, state), now=float(number))
        self.assertEqual(self.all(), [beat(1, b"init"), beat(3, b"up"), beat(4, b"active")])
        self.assertEqual((self.outbox.replaced, self.outbox.dropped), (1, 0))
        self.put(*map(other, "abc"))
        self.assertEqual(self.all(), [*map(other, "abc")])

    def test_in_one_breath(self) -> None:
        """Heartbeats that come together are all sent, and the next one stands for the last of them."""
        self.put(beat(1), beat(2), beat(3))
        self.put(beat(4), now=BREATH)
        self.assertEqual(self.all(), [beat(1), beat(2), beat(4)])
        self.assertEqual(self.outbox.replaced, 1)

    def test_what_waits_is_not_said_twice(self) -> None:
        """Neither a message that is sent again nor a request that is made again waits twice."""
        request = b">>>\nt=NS_rexmit\nfirstseq=%d\nlastseq=9\nts=%d\nld=0.1\nauth=1 %d\n<<<\n"
        self.outbox.limit = 1000
        self.put(
            other("a"), request % (7, 1, 1), other("b"), request % (7, 2, 2), other("a"), request % (8, 2, 2)
        )
        self.assertEqual(self.all(), [other("a"), request % (7, 1, 1), other("b"), request % (8, 2, 2)])
        self.assertEqual((self.outbox.repeated, self.outbox.dropped), (2, 0))
        self.put(other("a"))
        self.assertEqual(self.all(), [other("a")])

    def test_a_heartbeat_sent_again_is_an_ordinary_message(self) -> None:
        """An older heartbeat that a peer asked for again replaces nothing."""
        self.put(beat(7), beat(5))
        self.assertEqual(self.all(), [beat(7), beat(5)])
        self.assertEqual(self.outbox.replaced, 0)

    def test_a_heartbeat_overtakes(self) -> None:
        """A heartbeat that has waited long, or whose predecessor has, goes next."""
        self.put(beat(1), now=0.0)
        self.put(other("a"), other("b"), now=0.1)
        self.put(beat(2), now=0.2)
        self.assertEqual(self.outbox.take(PATIENCE), beat(2))
        self.assertEqual(self.all(PATIENCE), [other("a"), other("b")])

    def test_others_get_their_turn(self) -> None:
        """However many heartbeats come, every second message is another one while there are any."""
        self.put(other("a"), other("b"))
        taken = []
        for number in range(4):
            self.put(beat(number), now=0.0)
            taken.append(self.outbox.take(9.0))
        self.assertEqual(taken, [beat(0), other("a"), beat(2), other("b")])

    def test_the_oldest_is_dropped(self) -> None:
        """When too much waits the oldest messages go, are counted, and never the heartbeat."""
        self.put(beat(1), *map(other, "abcde"))
        self.assertEqual(self.all(), [beat(1), *map(other, "cde")])
        self.assertEqual((self.outbox.replaced, self.outbox.dropped), (0, 2))

    def test_room_comes_back(self) -> None:
        """What was sent takes no room."""
        for name in "abcdefgh":
            self.put(other(name))
            self.assertEqual(self.all(), [other(name)])
        self.assertEqual(self.outbox.dropped, 0)

    def test_a_long_message_fits_alone(self) -> None:
        """A message longer than the limit is kept, at the cost of what waits already."""
        self.put(other("a"), beat(1), other("x" * 100))
        self.assertEqual(self.all(), [beat(1), other("x" * 100)])
        self.put(beat(2), other("y" * 100))
        self.assertEqual(self.all(), [beat(2), other("y" * 100)])
        self.assertEqual(self.outbox.dropped, 1)

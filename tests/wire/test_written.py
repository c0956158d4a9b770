# -*- test-case-name: tests.wire.test_written -*-
"""
Messages in the FIFO (protocol section 2.5).
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from hatwist.wire.limits import MAX_WRITTEN
from hatwist.wire.message import Message
from hatwist.wire.written import MAX_BEGUN, Written

STANDBY = b">>>\nt=ask_resources\nrsc_hold=all\ninfo=me\n<<<\n"
MESSAGE = Message.of(t="ask_resources", rsc_hold="all", info="me")
OTHER = b">>>\nt=hb_takeover\nrsc_hold=local\n<<<\n"
TAKEOVER = Message.of(t="hb_takeover", rsc_hold="local")


class WrittenTests(SynchronousTestCase):
    """What scripts write, and what else may come."""

    def test_what_hb_standby_writes(self) -> None:
        """A message is its lines, in their order."""
        self.assertEqual(Written().feed(STANDBY + OTHER), [MESSAGE, TAKEOVER])

    def test_in_pieces(self) -> None:
        """It is there with its last byte; until then something is awaited."""
        written = Written()
        for byte in STANDBY[:-1]:
            self.assertEqual(written.feed(bytes([byte])), [])
            self.assertTrue(written.unfinished)
        self.assertEqual(written.feed(STANDBY[-1:]), [MESSAGE])
        self.assertFalse(written.unfinished)
        self.assertEqual(written.take_trouble(), "")

    def test_blanks_belong_to_the_value(self) -> None:
        """Nothing is stripped from a value; it may have further equals signs."""
        found = Written().feed(b">>>\nt=addnode\nnodelist= node03 node04 \nx=a=b\n<<<\n")
        self.assertEqual(found, [Message.of(t="addnode", nodelist=" node03 node04 ", x="a=b")])

    def test_noise_before_a_message(self) -> None:
        """Lines before a start mark are skipped, and counted once."""
        written = Written()
        self.assertEqual(written.feed(b"hello\n<<<\n" + STANDBY), [MESSAGE])
        self.assertEqual(written.take_trouble(), "10 bytes were no message, or one without end")
        self.assertEqual(written.take_trouble(), "")

    def test_message_without_end(self) -> None:
        """It does not take the next one with it, and is dropped when it was given up."""
        written = Written()
        self.assertEqual(written.feed(STANDBY[:-4] + OTHER), [TAKEOVER])
        self.assertTrue(written.unfinished)
        self.assertEqual(written.feed(OTHER), [TAKEOVER])
        written.give_up()
        self.assertFalse(written.unfinished)
        self.assertEqual(
            written.take_trouble(), f"{len(STANDBY) - 4} bytes were no message, or one without end"
        )

    def test_many_messages_without_end(self) -> None:
        """So many are kept, the oldest are dropped; a whole one is found all the same."""
        written = Written()
        self.assertEqual(written.feed(b">>>\nt=x\n" * (MAX_BEGUN + 2) + STANDBY), [MESSAGE])
        self.assertEqual(written.take_trouble(), f"{3 * 8} bytes were no message, or one without end")

    def test_a_writer_in_the_middle_of_another(self) -> None:
        """heartbeat's scripts write a message in several pieces: both messages are found."""
        for cut in (4, 20):
            written = Written()
            found = written.feed(STANDBY[:cut] + OTHER + STANDBY[cut:])
            self.assertEqual(found, [TAKEOVER, MESSAGE])
            self.assertEqual(written.take_trouble(), "")

    def test_two_that_begin_at_once(self) -> None:
        """Start marks look the same, whoever wrote them."""
        found = Written().feed(b">>>\n>>>\n" + STANDBY[4:] + OTHER[4:])
        self.assertEqual(found, [MESSAGE, TAKEOVER])

    def test_a_line_that_is_no_field(self) -> None:
        """The message is dropped, its successor is not; the log can say why."""
        written = Written()
        self.assertEqual(written.feed(b">>>\nt=x\nnonsense\n<<<\n" + STANDBY), [MESSAGE])
        self.assertEqual(written.take_trouble(), "no field in the line b'nonsense'")

    def test_many_troubles(self) -> None:
        """Only the last is told, and how many there were."""
        written = Written()
        written.feed(b">>>\nnonsense\n<<<\n" * 3)
        self.assertEqual(written.take_trouble(), "no field in the line b'nonsense' (2 more)")

    def test_a_message_of_nothing(self) -> None:
        """Two marks are no message."""
        written = Written()
        self.assertEqual(written.feed(b">>>\n<<<\n"), [])
        self.assertEqual(written.take_trouble(), "a message without fields")

    def test_the_bound(self) -> None:
        """What grows beyond any message is dropped, and the next message found."""
        written = Written()
        for _ in range(100):
            written.feed(b">>>\n" + b"x" * 1000)
        self.assertEqual(written.feed(b"\n" + STANDBY), [MESSAGE])
        self.assertEqual(written.feed(b">>>\nt=x\nv=" + b"x" * MAX_WRITTEN + b"\n<<<\n" + OTHER), [TAKEOVER])
        longest = b">>>\nt=x\nv=" + b"x" * (MAX_WRITTEN - 15) + b"\n<<<\n"
        self.assertEqual((len(longest), len(written.feed(longest))), (MAX_WRITTEN, 1))
        self.assertEqual(written.feed(b"x" * MAX_WRITTEN + b"\n" + b"x" * (MAX_WRITTEN + 1)), [])
        self.assertEqual(written.feed(b"\n" + STANDBY), [MESSAGE])

    def test_a_writer_that_is_gone(self) -> None:
        """Half a line of it does not spoil the next message, once it was given up."""
        written = Written()
        written.feed(b">>>\nt=x")
        self.assertTrue(written.unfinished)
        written.give_up()
        self.assertFalse(written.unfinished)
        self.assertEqual(written.feed(STANDBY), [MESSAGE])

    @given(
        st.lists(st.one_of(st.sampled_from([STANDBY, b">>>\n", b"<<<\n", b"t=x\n"]), st.binary(max_size=40)))
    )
    def test_anything(self, pieces: list[bytes]) -> None:
        """Whatever was written, a message after a newline is found."""
        written = Written()
        for piece in pieces:
            written.feed(piece)
        written.feed(b"\n")
        self.assertEqual(written.feed(STANDBY)[-1:], [MESSAGE])

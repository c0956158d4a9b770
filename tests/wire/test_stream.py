# -*- test-case-name: tests.wire.test_stream -*-
"""
Messages in a stream of bytes (protocol section 7.2).
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.wire.limits import MAX_MESSAGE
from hatwist.wire.stream import Stream

ONE = b">>>\nt=status\nst=up\n<<<\n"
TWO = b">>>\nt=resource\n<<<\n"


class StreamTests(SynchronousTestCase):
    """A serial line as it is, not as it should be."""

    def test_messages_one_after_another(self) -> None:
        """Messages are cut off where they end; nothing is skipped."""
        line = Stream()
        self.assertEqual(line.feed(ONE + TWO + ONE), [ONE, TWO, ONE])
        self.assertEqual(line.skipped, 0)

    def test_byte_by_byte(self) -> None:
        """A message is there with its last byte."""
        line = Stream()
        found = [line.feed(bytes([byte])) for byte in ONE + TWO]
        self.assertEqual([one for one in found if one], [[ONE], [TWO]])
        self.assertEqual((found[len(ONE) - 1], found[-1]), ([ONE], [TWO]))

    def test_joining_in_the_middle(self) -> None:
        """Whoever joins in the middle of a message hears the next one."""
        line = Stream()
        self.assertEqual(line.feed(ONE[9:] + TWO), [TWO])
        self.assertEqual(line.skipped, len(ONE) - 9)

    def test_noise_in_front_of_a_start_mark(self) -> None:
        """Noise on the line of a start mark does not hide it."""
        line = Stream()
        self.assertEqual(line.feed(b"\xff\x00~~" + ONE), [ONE])
        self.assertEqual(line.skipped, 4)

    def test_message_cut_short(self) -> None:
        """A message that never ended does not take the next one with it."""
        line = Stream()
        self.assertEqual(line.feed(ONE[:13] + TWO), [TWO])
        self.assertEqual((line.skipped, line.torn), (13, 1))

    def test_messages_cut_short(self) -> None:
        """Each of them is counted; noise and whole messages are not."""
        line = Stream()
        self.assertEqual(line.feed(b"noise" + ONE[:13] + TWO[:15] + ONE + TWO[:11]), [ONE])
        self.assertEqual((line.skipped, line.torn), (33, 2))
        line.finish()
        self.assertEqual((line.skipped, line.torn), (44, 3))

    def test_start_mark_inside_a_line(self) -> None:
        """What looks like a start mark inside a line is part of the message."""
        message = b">>>\ninfo=a>>>\n<<<\n"
        self.assertEqual(Stream().feed(message), [message])

    def test_message_of_nothing(self) -> None:
        """Two marks are found; whether they are a message is for others to say."""
        self.assertEqual(Stream().feed(b">>>\n>>>\n<<<\n"), [b">>>\n<<<\n"])

    def test_end_of_the_stream(self) -> None:
        """What is left at the end was no message."""
        line = Stream()
        line.feed(ONE + TWO[:-1])
        line.finish()
        self.assertEqual(line.skipped, len(TWO) - 1)
        self.assertEqual(line.feed(ONE), [ONE])

    def test_noise_is_not_kept(self) -> None:
        """However much noise comes, no more than part of a start mark is kept."""
        line = Stream()
        self.assertEqual(line.feed(b"x" * 3 * MAX_MESSAGE + b">>"), [])
        self.assertEqual(line.skipped, 3 * MAX_MESSAGE - 1)
        self.assertEqual(line.feed(b">\n" + ONE[4:]), [ONE])

    def test_too_long_message(self) -> None:
        """A message that grows too long is given up, and the next one found."""
        line = Stream()
        self.assertEqual(line.feed(b">>>\n" + b"a=b\n" * (MAX_MESSAGE // 4) + b"<<<\n" + ONE), [ONE])
        self.assertEqual(line.skipped, MAX_MESSAGE + 8)

    def test_longest_message(self) -> None:
        """A message of the greatest length passes."""
        longest = b">>>\na=" + b"b" * (MAX_MESSAGE - 11) + b"\n<<<\n"
        self.assertEqual(len(longest), MAX_MESSAGE)
        self.assertEqual(Stream().feed(longest), [longest])

    def test_one_byte_too_long(self) -> None:
        """One byte more does not, even when it comes in one piece with its end."""
        longer = b">>>\na=" + b"b" * (MAX_MESSAGE - 10) + b"\n<<<\n"
        line = Stream()
        self.assertEqual(line.feed(longer[:1000]), [])
        self.assertEqual(line.feed(longer[1000:] + ONE), [ONE])
        self.assertEqual(line.skipped, len(longer))

    def test_start_marks_without_end(self) -> None:
        """Start marks alone fill no memory; the last one may still become a message."""
        line = Stream()
        self.assertEqual(line.feed(b">>>\nx" * (MAX_MESSAGE // 5 + 1)), [])
        self.assertEqual(line.skipped, MAX_MESSAGE // 5 * 5)
        self.assertEqual(line.feed(b"=1\n<<<\n"), [b">>>\nx=1\n<<<\n"])

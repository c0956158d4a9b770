# -*- test-case-name: tests.resources.test_output -*-
"""
Keeping head and tail.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some
from twisted.trial.unittest import SynchronousTestCase

from hatwist.resources.output import HEAD, TAIL, Output


class OutputTests(SynchronousTestCase):
    """L{Output}."""

    def test_little_is_kept_whole(self) -> None:
        """What fits is kept as it came."""
        output = Output(4, 6)
        output.add(b"0123")
        output.add(b"456789")
        self.assertEqual(output.text(), "0123456789")

    def test_the_middle_is_left_out(self) -> None:
        """Of too much the beginning and the end are kept, and the gap is named."""
        output = Output(4, 6)
        output.add(b"begin--------------------the end")
        self.assertEqual(output.text(), "begi\n[... 22 bytes left out ...]\nhe end")

    def test_not_utf8(self) -> None:
        """Bytes that are no text do not matter."""
        output = Output()
        output.add(b"caf\xe9")
        self.assertEqual(output.text(), "caf\N{REPLACEMENT CHARACTER}")

    def test_a_flood_takes_no_more_room(self) -> None:
        """However much is said, head and tail are all that is kept."""
        output = Output()
        for _ in range(100):
            output.add(b"y\n" * 8192)
        self.assertEqual(output.left_out, 100 * 16384 - HEAD - TAIL)
        self.assertLess(len(output.text()), HEAD + TAIL + 100)

    @given(some.lists(some.binary(max_size=12), max_size=12))
    def test_pieces_do_not_matter(self, pieces: list[bytes]) -> None:
        """How the bytes were cut into pieces changes nothing."""
        whole, cut = Output(5, 7), Output(5, 7)
        whole.add(b"".join(pieces))
        for piece in pieces:
            cut.add(piece)
        self.assertEqual((cut.text(), cut.left_out), (whole.text(), whole.left_out))

# -*- test-case-name: tests.clients.test_frames -*-
"""
Frames in any pieces, and what is no frame.
"""

from __future__ import annotations

import contextlib
import struct

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from hatwist.clients.frames import Frames, frame
from hatwist.errors import MalformedError
from hatwist.wire.limits import MAX_MESSAGE
from tests.wire.strategies import QUICK


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    """Cut into pieces of these sizes, and the rest."""
    pieces = []
    for size in sizes:
        pieces.append(data[:size])
        data = data[size:]
    return [*pieces, data]


def read(frames: Frames, pieces: list[bytes]) -> list[bytes]:
    """Feed pieces and take all there is after each."""
    found = []
    for piece in pieces:
        frames.feed(piece)
        while (body := frames.take()) is not None:
            found.append(body)
    return found


class FrameTests(SynchronousTestCase):
    """What goes over the socket."""

    def test_as_heartbeat_writes_it(self) -> None:
        """The length and the magic number are in the byte order of the machine."""
        header = b"\x04\0\0\0\xcd\xab\0\0" if struct.pack("=H", 1) == b"\1\0" else b"\0\0\0\x04\0\0\xab\xcd"
        self.assertEqual(frame(b">>>\n"), header + b">>>\n")

    @given(st.lists(st.binary(min_size=1, max_size=50), max_size=5), st.lists(st.integers(0, 30)))
    @QUICK
    def test_any_pieces(self, bodies: list[bytes], sizes: list[int]) -> None:
        """However the bytes arrive, the messages are the same."""
        stream = b"".join(frame(body) for body in bodies)
        frames = Frames()
        self.assertEqual(read(frames, cut(stream, sizes)), bodies)
        self.assertEqual(frames.held, 0)

    def test_nothing_in_it(self) -> None:
        """A frame without a message is passed over."""
        self.assertEqual(read(Frames(), [frame(b"") + frame(b"") + frame(b"x")]), [b"x"])

    def test_the_longest(self) -> None:
        """A message may be as long as any of heartbeat's."""
        body = b"x" * MAX_MESSAGE
        self.assertEqual(read(Frames(), [frame(body)]), [body])
        self.assertRaises(MalformedError, frame, body + b"x")

    def test_no_frame(self) -> None:
        """A wrong magic number or an impossible length is an error at once."""
        for length, magic in ((4, 0xABCE), (MAX_MESSAGE + 1, 0xABCD), (-1, 0xABCD)):
            frames = Frames()
            frames.feed(struct.pack("=iI", length, magic))
            self.assertRaises(MalformedError, frames.take)

    @given(st.binary(max_size=100))
    @QUICK
    def test_noise(self, data: bytes) -> None:
        """Whatever comes, there is a message, none yet, or that one error."""
        frames = Frames()
        frames.feed(data)
        with contextlib.suppress(MalformedError):
            frames.take()
        self.assertLessEqual(frames.held, len(data))

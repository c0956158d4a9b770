# -*- test-case-name: tests.clients.test_frames -*-
"""
Frames of the client API: a length and a magic number in the machine's own byte
order, then one message (protocol 12.1).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from attrs import define, field

from hatwist.errors import MalformedError
from hatwist.wire.limits import MAX_MESSAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC: Final = 0xABCD

_HEADER: Final = struct.Struct("=iI")


def frame(body: bytes) -> bytes:
    """
    Put an encoded message into a frame.

    @raise MalformedError: it is longer than L{MAX_MESSAGE} bytes.
    """
    if len(body) > MAX_MESSAGE:
        raise MalformedError(f"a message of {len(body)} bytes, more than {MAX_MESSAGE}")
    return _HEADER.pack(len(body), MAGIC) + body


@define
class Frames:
    """
    What has been read from one client and is not handled yet.

    Whoever feeds it must take what is whole before feeding more, so at most one
    frame and what was read with its end is held.
    """

    _held: bytearray = field(factory=bytearray, init=False)

    def feed(self, data: bytes) -> None:
        """Take what was read, of any length."""
        self._held += data

    def take(self) -> bytes | None:
        """
        Cut off the next message.

        @return: its bytes; None until there is one.  A frame without anything
            in it is passed over, as heartbeat does.
        @raise MalformedError: what was read is not a frame; nothing that
            follows can be one.
        """
        return next(self._whole(), None)

    @property
    def held(self) -> int:
        """How many bytes are held."""
        return len(self._held)

    def _whole(self) -> Iterator[bytes]:
        while len(self._held) >= _HEADER.size:
            length, magic = _HEADER.unpack_from(self._held)
            if magic != MAGIC:
                raise MalformedError(f"a frame with the magic number {magic:#x}")
            if not 0 <= length <= MAX_MESSAGE:
                raise MalformedError(f"a frame of {length} bytes")
            end = _HEADER.size + length
            if len(self._held) < end:
                return
            body = bytes(self._held[_HEADER.size : end])
            del self._held[:end]
            if body:
                yield body

# -*- test-case-name: tests.resources.test_output -*-
"""
Keep the beginning and the end of what a program says, however much it says.
"""

from __future__ import annotations

from typing import Final

HEAD: Final = 16 * 1024
"""Bytes kept of the beginning, where programs say what they are about to do."""

TAIL: Final = 48 * 1024
"""Bytes kept of the end, where they say why it failed."""


class Output:
    """
    Bytes in the order in which they came, the middle left out when there are
    more than C{head + tail}.

    @ivar left_out: how many bytes were dropped.
    """

    def __init__(self, head: int = HEAD, tail: int = TAIL) -> None:
        self._head_size = head
        self._tail_size = tail
        self._head = bytearray()
        self._tail = bytearray()
        self.left_out = 0

    def add(self, data: bytes) -> None:
        """Take more bytes."""
        room = self._head_size - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        surplus = len(self._tail) - self._tail_size
        if surplus > 0:
            del self._tail[:surplus]
            self.left_out += surplus

    def text(self) -> str:
        """Return it as text; bytes that are not UTF-8 become U+FFFD."""
        gap = f"\n[... {self.left_out} bytes left out ...]\n".encode() if self.left_out else b""
        return (bytes(self._head) + gap + bytes(self._tail)).decode("utf-8", "replace")

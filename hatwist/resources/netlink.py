# -*- test-case-name: tests.resources.test_netlink -*-
"""
Ask the kernel about its network configuration and change it: rtnetlink.

The kernel answers from within the call that asks, so an exchange is over in a
fraction of a millisecond; L{ANSWER_TIMEOUT} bounds it all the same.  Layouts
are those of C{linux/netlink.h} and C{linux/rtnetlink.h}, in host byte order.
"""

from __future__ import annotations

import errno
import os
import select
import socket
import struct
import time
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Final

from attrs import frozen

from hatwist.errors import AgentError

ANSWER_TIMEOUT: Final = 0.25
"""Seconds an exchange may take, all its parts together."""

RECEIVE_SIZE: Final = 64 * 1024
"""Bytes; the kernel sends the parts of a list in at most 32 KiB."""

REPEATS: Final = 3
"""How often a list is read again that changed while it was read."""

NETLINK_ROUTE: Final = 0

NLMSG_ERROR: Final = 2
NLMSG_DONE: Final = 3

NLM_F_REQUEST: Final = 0x001
NLM_F_ACK: Final = 0x004
NLM_F_DUMP_INTR: Final = 0x010
NLM_F_REPLACE: Final = 0x100
NLM_F_DUMP: Final = 0x300
NLM_F_CREATE: Final = 0x400

_HEADER: Final = struct.Struct("=IHHII")
_ATTRIBUTE: Final = struct.Struct("=HH")
_ERROR: Final = struct.Struct("=i")
_NESTED: Final = 0x8000
_BYTE_ORDER: Final = 0x4000


@frozen
class Answer:
    """One message of the kernel; C{payload} is what follows the netlink header."""

    kind: int
    flags: int
    sequence: int
    payload: bytes


class ListChangedError(AgentError):
    """A list changed while the kernel wrote it out; ask again."""


def encode(kind: int, flags: int, sequence: int, payload: bytes) -> bytes:
    """Return a request."""
    return _HEADER.pack(_HEADER.size + len(payload), kind, flags, sequence, 0) + payload


def decode(data: bytes) -> Iterator[Answer]:
    """
    Take apart what one read returned.

    @raise AgentError: when a length does not fit.
    """
    position = 0
    while position + _HEADER.size <= len(data):
        length, kind, flags, sequence, _ = _HEADER.unpack_from(data, position)
        if not _HEADER.size <= length <= len(data) - position:
            raise AgentError(f"netlink: a message of {length} bytes in {len(data) - position}")
        yield Answer(kind, flags, sequence, data[position + _HEADER.size : position + length])
        position += _aligned(length)


def attribute(kind: int, value: bytes) -> bytes:
    """Return one attribute, padded."""
    length = _ATTRIBUTE.size + len(value)
    return _ATTRIBUTE.pack(length, kind) + value + bytes(_aligned(length) - length)


def attributes(data: bytes) -> Mapping[int, bytes]:
    """
    Take apart a row of attributes; of a repeated one the last counts.

    @raise AgentError: when a length does not fit.
    """
    found: dict[int, bytes] = {}
    position = 0
    while position + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, position)
        if not _ATTRIBUTE.size <= length <= len(data) - position:
            raise AgentError(f"netlink: an attribute of {length} bytes in {len(data) - position}")
        found[kind & ~(_NESTED | _BYTE_ORDER)] = data[position + _ATTRIBUTE.size : position + length]
        position += _aligned(length)
    return found


def open_netlink(groups: int = 0) -> socket.socket:
    """Open a socket to the kernel of the name space we run in; it hears of what C{groups} tell."""
    kind = socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
    opened = socket.socket(socket.AF_NETLINK, kind, NETLINK_ROUTE)
    opened.bind((0, groups))
    return opened


class Netlink:
    """A conversation with the kernel; a context manager."""

    def __init__(self, opened: socket.socket | None = None, timeout: float = ANSWER_TIMEOUT) -> None:
        """
        @param opened: a socket of L{open_netlink}; made if not given.
        @param timeout: seconds that an exchange may take.
        """
        self._socket = open_netlink() if opened is None else opened
        self._timeout = timeout
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)
        self._sequence = 0

    def __enter__(self) -> Netlink:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, reason: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def ask(self, kind: int, payload: bytes, flags: int = 0) -> list[bytes]:
        """
        Send one request and return the payloads of its answers.

        @raise OSError: when the kernel refuses, with its error number.
        @raise AgentError: when no whole answer comes within the time-out.
        """
        self._sequence += 1
        self._socket.send(encode(kind, flags | NLM_F_REQUEST | NLM_F_ACK, self._sequence, payload))
        return list(self._answers())

    def dump(self, kind: int, payload: bytes) -> list[bytes]:
        """
        Return the payloads of everything of a kind.

        @raise OSError: when the kernel refuses.
        @raise AgentError: when the list is not whole within the time-out, or
            changes each time it is read.
        """
        for _ in range(REPEATS):
            try:
                return self.ask(kind, payload, NLM_F_DUMP)
            except ListChangedError:
                continue
        raise ListChangedError("netlink: the list changes faster than it can be read")

    def _answers(self) -> Iterator[bytes]:
        """Yield payloads up to the message that ends the answer."""
        limit = time.monotonic() + self._timeout
        changed = False
        while True:
            for answer in decode(self._receive(limit)):
                if answer.sequence != self._sequence:
                    continue
                changed = changed or bool(answer.flags & NLM_F_DUMP_INTR)
                if answer.kind not in (NLMSG_DONE, NLMSG_ERROR):
                    yield answer.payload
                    continue
                _raise_for(answer)
                if changed:
                    raise ListChangedError("netlink: the list changed while it was read")
                return

    def _receive(self, limit: float) -> bytes:
        rest = max(0.0, limit - time.monotonic())
        if not self._poll.poll(rest * 1000):
            raise AgentError(f"netlink: no answer within {self._timeout} s")
        return self._socket.recv(RECEIVE_SIZE)


def _raise_for(answer: Answer) -> None:
    """Raise what the last message of an answer says, if it is an error."""
    if len(answer.payload) < _ERROR.size:
        return
    (code,) = _ERROR.unpack_from(answer.payload)
    if code < 0:
        name = errno.errorcode.get(-code, str(-code))
        raise OSError(-code, f"{os.strerror(-code)} ({name})")


def _aligned(length: int) -> int:
    return (length + 3) & ~3

# -*- test-case-name: tests.resources.test_packetfilter -*-
"""
Have the kernel sort out which frames claim one of some addresses: classic BPF.

What does not costs us nothing.  Layouts are those of C{linux/filter.h}.
"""

from __future__ import annotations

import ctypes
import socket
import struct
from collections.abc import Iterable, Sequence
from typing import Final

from hatwist.resources.frames import NEIGHBOUR_ADVERTISEMENT, NEXT_HEADER_ICMPV6
from hatwist.resources.network import IPAddress

SO_ATTACH_FILTER: Final = 26

MAX_ADDRESSES: Final = 1000
"""The kernel takes 4096 steps; with more addresses than this every claim is let through."""

TAKEN: Final = 256
"""Bytes of a frame that is let through."""

_LOAD_WORD: Final = 0x20
_LOAD_BYTE: Final = 0x30
_JUMP_IF_EQUAL: Final = 0x15
_RETURN: Final = 0x06

_SENDER: Final = 28
"""Where ARP has the address of the sender, from the beginning of the frame."""

_NEXT_HEADER: Final = 20
_ICMP_TYPE: Final = 54
_TARGET_END: Final = 74
"""Where an advertisement has the last four bytes of its target."""

_STEP: Final = struct.Struct("=HBBI")

Step = tuple[int, int, int, int]
"""What to do, how many steps to leave out if it is true and if it is not, a number."""


def claims_by_arp(addresses: Sequence[IPAddress]) -> list[Step]:
    """Return what lets ARP through whose sender says that it has one of the addresses."""
    return [(_LOAD_WORD, 0, 0, _SENDER), *_one_of(addresses)]


def claims_by_advertisement(addresses: Sequence[IPAddress]) -> list[Step]:
    """Return what lets neighbour advertisements through that end as one of the addresses."""
    return [
        (_LOAD_BYTE, 0, 0, _NEXT_HEADER),
        (_JUMP_IF_EQUAL, 1, 0, NEXT_HEADER_ICMPV6),
        (_RETURN, 0, 0, 0),
        (_LOAD_BYTE, 0, 0, _ICMP_TYPE),
        (_JUMP_IF_EQUAL, 1, 0, NEIGHBOUR_ADVERTISEMENT),
        (_RETURN, 0, 0, 0),
        (_LOAD_WORD, 0, 0, _TARGET_END),
        *_one_of(addresses),
    ]


def attach(opened: socket.socket, steps: Iterable[Step]) -> None:
    """
    Filter what a socket receives from now on.

    @raise OSError: the kernel does not take it.
    """
    program = b"".join(_STEP.pack(*step) for step in steps)
    held = ctypes.create_string_buffer(program, len(program))
    described = struct.pack("@HP", len(program) // _STEP.size, ctypes.addressof(held))
    opened.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, described)


def _one_of(addresses: Sequence[IPAddress]) -> list[Step]:
    """Return what lets through what ends, in four bytes, as one of the addresses."""
    if len(addresses) > MAX_ADDRESSES:
        return [(_RETURN, 0, 0, TAKEN)]
    steps: list[Step] = []
    for ip in addresses:
        # A jump reaches 255 steps, so each has its end beside it.
        steps += [(_JUMP_IF_EQUAL, 0, 1, int(ip) & 0xFFFFFFFF), (_RETURN, 0, 0, TAKEN)]
    return [*steps, (_RETURN, 0, 0, 0)]

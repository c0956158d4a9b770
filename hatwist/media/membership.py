# -*- test-case-name: tests.media.test_membership -*-
"""
Whether an interface still hears a multicast group.

The kernel forgets the groups of an interface that is removed, moved to another
name space, loses IPv6 for a while, or has its MTU below 1280 (IPv6) for a moment.
The interface may come back under its old index.  Then sending works, the socket
still believes itself a member, and nothing is heard any more.
"""

from __future__ import annotations

import re
import socket
import sys
from pathlib import Path
from typing import Final

NET: Final = Path("/proc/thread-self/net")
"""Of the name space of this thread."""

MAX_LIST: Final = 1024 * 1024
"""Bytes of a list that are read."""


_HEX: Final = re.compile("[0-9A-F]{8}")
"""Four bytes that the kernel prints as one number of this machine."""

_HEX6: Final = re.compile("[0-9a-f]{32}")


def member(group: str, index: int, net: Path = NET) -> bool:
    """
    Say whether an interface hears a group, whoever joined it.

    One member is enough: the socket's own belief, which stays, and the
    interface's membership make a datagram arrive.

    @param index: the interface's.
    @return: also true where the kernel's list cannot be read.
    """
    try:
        if ":" in group:
            return (index, socket.inet_pton(socket.AF_INET6, group)) in groups6(_read(net / "igmp6"))
        return (index, socket.inet_aton(group)) in groups4(_read(net / "igmp"))
    except OSError:
        return True


def groups4(text: str) -> set[tuple[int, bytes]]:
    """Read /proc/net/igmp; what is not as expected is left out."""
    found: set[tuple[int, bytes]] = set()
    index = 0
    for line in text.splitlines()[1:]:
        words = line.split()
        if not line.startswith("\t"):
            index = int(words[0]) if words and words[0].isdigit() else 0
        elif words and _HEX.fullmatch(words[0]):
            found.add((index, int(words[0], 16).to_bytes(4, sys.byteorder)))
    return found


def groups6(text: str) -> set[tuple[int, bytes]]:
    """Read /proc/net/igmp6; what is not as expected is left out."""
    found: set[tuple[int, bytes]] = set()
    for line in text.splitlines():
        words = line.split()
        if len(words) > 2 and words[0].isdigit() and _HEX6.fullmatch(words[2]):
            found.add((int(words[0]), bytes.fromhex(words[2])))
    return found


def _read(path: Path) -> str:
    with path.open(encoding="ascii", errors="replace") as file:
        return file.read(MAX_LIST)

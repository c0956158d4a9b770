# -*- test-case-name: tests.test_unix -*-
"""
UNIX sockets: who is at the other end, and a path to listen on.
"""

from __future__ import annotations

import os
import socket
import stat
import struct
from typing import Final

from attrs import frozen

_UCRED: Final = struct.Struct("@3i")


@frozen
class Credentials:
    """Who opened the other end, as the kernel has it."""

    pid: int
    uid: int
    gid: int


def peer_credentials(connection: socket.socket) -> Credentials:
    """
    Ask the kernel who is at the other end of a UNIX socket.

    @raise OSError: it is not a connected UNIX socket.
    """
    answer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    return Credentials(*_UCRED.unpack(answer))


def clear(path: str) -> str:
    """
    Remove a socket that nobody listens on.

    @return: why nobody can listen there now; empty if the path is free.
    @raise OSError: it cannot be looked at or removed.
    """
    try:
        there = os.lstat(path)
    except FileNotFoundError:
        return ""
    if not stat.S_ISSOCK(there.st_mode):
        return f"{path} is in the way: it is not a socket"
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
            return ""
        except BlockingIOError:
            pass
    return f"another daemon listens on {path}"

# -*- test-case-name: tests.control.test_authority -*-
"""
Who may ask a daemon for anything: root, and whoever the daemon itself runs as.

The kernel says who is at the other end of a UNIX socket; nobody logs in.
"""

from __future__ import annotations

import socket
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


def refusal(peer: Credentials, own_uid: int) -> str:
    """
    Decide whether somebody may use the control socket.

    @param own_uid: whom this daemon runs as.
    @return: why not; empty if they may.
    """
    if peer.uid in (0, own_uid):
        return ""
    return f"permission denied: uid {peer.uid} is neither root nor the daemon's own"

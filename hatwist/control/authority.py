# -*- test-case-name: tests.control.test_authority -*-
"""
Who may ask a daemon for anything: root, and whoever the daemon itself runs as.

The kernel says who is at the other end of a UNIX socket; nobody logs in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hatwist.unix import Credentials


def refusal(peer: Credentials, own_uid: int) -> str:
    """
    Decide whether somebody may use the control socket.

    @param own_uid: whom this daemon runs as.
    @return: why not; empty if they may.
    """
    if peer.uid in (0, own_uid):
        return ""
    return f"permission denied: uid {peer.uid} is neither root nor the daemon's own"

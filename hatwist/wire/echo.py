# -*- test-case-name: tests.wire.test_echo -*-
"""
What an echo request carries: a message as if the ping node had sent it.

The host that is pinged returns it unread, and so we hear from a node that knows
nothing of heartbeat (protocol section 7.4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hatwist.wire.envelope import seal
from hatwist.wire.message import Message
from hatwist.wire.names import MessageType

if TYPE_CHECKING:
    from hatwist.wire.auth import Keyring

PING: Final = "ping"
"""What the field C{st} of a ping node that answers says."""


def echo_payload(medium: str, node: str, ts: str, keys: Keyring) -> bytes:
    """
    Make the message of a ping node; whatever C{msgfmt} says it is a netstring
    with the field C{auth} in it.

    @param medium: C{ping}, C{ping6} or C{ping_group}.
    @param node: the host, or the group's name, as written in ha.cf.
    @param ts: the time in the status it goes out beside, hexadecimal as it is there.
    @return: about 200 bytes.
    """
    said = Message.of(t=MessageType.PING_STATUS, st=PING, info=medium, src=node, ts=ts)
    return seal(said, keys)

"""
Which messages of C{beta} are a reason for C{alpha} to move something.

Everything else, authentic or not, must leave claims and groups alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from hatwist.errors import RemoteError
from hatwist.wire.envelope import open_datagram
from hatwist.wire.message import Message
from tests.cluster.builders import ALPHA, BETA, KEYS, UUIDS

_HOLDINGS: Final = ("none", "local", "foreign", "all")
_GROUPS: Final = ("10.0.0.1", "10.0.0.2")


def _anything(message: Message) -> bool:
    return True


def _status(message: Message) -> bool:
    return message.get("st").lower() in ("init", "up", "active")


def _resource(message: Message) -> bool:
    return message.get("rsc_hold") in _HOLDINGS


def _ask_resources(message: Message) -> bool:
    return message.get("rsc_hold", "all") in _HOLDINGS and message.get("info") in ("me", "other", "done")


def _takeover(message: Message) -> bool:
    return message.get("rsc_hold", "all") in (*_HOLDINGS, "failback")


def _request(message: Message) -> bool:
    return message.get("ipaddr") in _GROUPS


def _response(message: Message) -> bool:
    return _request(message) and message.get("ok") == "OK" and message.get("dest") == ALPHA


def _stonith(message: Message) -> bool:
    return message.get("node") == ALPHA


def _deletion(message: Message) -> bool:
    return BETA in message.get("nodelist").lower().split()


REASONS: Final[Mapping[str, Callable[[Message], bool]]] = {
    "status": _status,
    "starting": _anything,
    "resource": _resource,
    "ask_resources": _ask_resources,
    "hb_takeover": _takeover,
    "ip-request": _request,
    "ip-request-resp": _response,
    "shutdone": _anything,
    "stonith": _stonith,
    "repnodes": _anything,
    "delnode": _deletion,
}
"""
The types that may move resources or claims, and when.

C{repnodes} makes a node active that waits for it; C{delnode} takes a dead peer away.
"""


def is_reason(data: bytes, generation: int) -> bool:
    """
    Say whether a datagram is a reason to move something.

    @param generation: of C{beta} as C{alpha} knows it; whoever has a higher one was restarted.
    """
    try:
        message = open_datagram(data, KEYS)
        number, life = message.hexadecimal("seq"), message.hexadecimal("hg") or 0
        if not message.hexadecimal("ts") or message.get("src") != BETA:
            return False
    except RemoteError:
        return False
    kind = message.get("t")
    if kind.startswith("NS_") or not number or life < generation:
        return False
    if life > generation:
        return True
    return kind in REASONS and _is_for_alpha(message) and REASONS[kind](message)


def _is_for_alpha(message: Message) -> bool:
    uuid = message.binary("destuuid")
    if uuid is not None and uuid != bytes(16):
        return uuid == UUIDS[ALPHA]
    return message.get("dest", ALPHA) == ALPHA

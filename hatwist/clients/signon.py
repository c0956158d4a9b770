# -*- test-case-name: tests.clients.test_signon -*-
"""
Whether a client may sign on, and what it is told (protocol 12.2).
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from attrs import frozen

from hatwist.clients.rights import CASUAL
from hatwist.errors import MalformedError
from hatwist.wire.message import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

    from hatwist.clients.rights import Rights
    from hatwist.config.model import HaCf
    from hatwist.unix import Credentials

MAX_SHOWN: Final = 40
"""Characters of a client's own words that are repeated in our log."""

NO_FACILITY: Final = -1

FACILITIES: Final[Mapping[str, int]] = MappingProxyType(
    {
        "kern": 0,
        "user": 1,
        "mail": 2,
        "daemon": 3,
        "auth": 4,
        "security": 4,
        "syslog": 5,
        "lpr": 6,
        "news": 7,
        "uucp": 8,
        "cron": 9,
        "authpriv": 10,
        "ftp": 11,
        **{f"local{number}": 16 + number for number in range(8)},
    }
)
"""The numbers of syslog's facilities; its programs use eight times as much."""

_NAME: Final = re.compile(r"[!-~]{1,31}")


@frozen
class Applicant:
    """
    Who wants to sign on, in its own words.

    @ivar name: its name, or its process id as text when it has none.
    @ivar casual: it has no name, asks and is gone.
    """

    name: str
    pid: int
    casual: bool


def applicant(request: Message) -> Applicant:
    """Read who it is; pid 0, which no client has, where it does not say."""
    pid = _number(request, "pid") or 0
    name = request.get("from_id", str(pid))
    return Applicant(name, pid, casual=name == str(pid))


def refusal(
    request: Message,
    peer: Credentials,
    taken: Container[str],
    rights: Rights,
    lives: Callable[[int], bool],
) -> str:
    """
    Check a request to sign on, in heartbeat's order.

    @param peer: who it is in the kernel's words.
    @param taken: the names of those that have signed on.
    @param lives: whether there is a process of this id.
    @return: why not, in heartbeat's words; empty if it may.
    """
    who = applicant(request)
    if who.pid <= 0 or not lives(who.pid):
        return "bad pid"
    if not _NAME.fullmatch(who.name):
        return "bad client name"
    if who.name in taken:
        return "duplicate add request"
    if (_number(request, "uid"), _number(request, "gid")) != (peer.uid, peer.gid):
        return "incorrect/false credentials"
    refused = rights.refusal(CASUAL if who.casual else who.name, peer)
    if refused:
        return refused
    return "" if who.pid == peer.pid else "pid mismatch"


def complaint(who: Applicant, refused: str) -> str:
    """Return what is logged of a refusal, in heartbeat's words where it has some."""
    name = "".join(one if one.isprintable() else "?" for one in who.name[:MAX_SHOWN])
    match refused:
        case "no default client auth" | "client failed authorization":
            return f"Client [{name}] pid {who.pid} failed authorization [{refused}]"
        case "duplicate add request":
            return f"duplicate client add request [{name}] [{who.pid}]"
        case "bad pid":
            return f"api_add_client: bad pid [{who.pid}]"
        case _:
            return f"api_process_registration_msg: cannot add client({name}): {refused}"


def reply(refused: str, cf: HaCf, node: str, version: str) -> Message:
    """
    Say whether a client has signed on, and what every client must know.

    Even a refused one is told deadtime, keepalive and node, or C{cl_status}
    would take us for stopped.
    """
    outcome = {"info": refused, "result": "badreq"} if refused else {"result": "OK"}
    facility = FACILITIES.get(cf.log.facility)
    return Message.of(
        t="hbapi-resp",
        reqtype="signon",
        **outcome,
        deadtime=f"{round(cf.deadtime * 1000):x}",
        keepalive=f"{round(cf.keepalive * 1000):x}",
        node=node,
        hbversion=version,
        pacemaker=cf.pacemaker or "false",
        logfacility=str(NO_FACILITY if facility is None else facility * 8),
    )


def _number(request: Message, name: str) -> int | None:
    try:
        return request.decimal(name)
    except MalformedError:
        return None

# -*- test-case-name: tests.cli.test_sight -*-
"""
One captured message, as a line for people or an object for programs.

Nothing here is secret: a digest does not tell its key, and keys never come here.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from attrs import frozen

from hatwist.errors import AuthenticationError, MalformedError
from hatwist.wire import classic, netstring
from hatwist.wire.envelope import open_datagram, read_unverified
from hatwist.wire.message import Message

if TYPE_CHECKING:
    from hatwist.cli.payloads import Payload
    from hatwist.wire.auth import Keyring
    from hatwist.wire.message import Field

MARKS: Final = (netstring.START, classic.START[:-1])
"""A payload that begins with one of these is a heartbeat message, or a broken one."""

MAX_SHOWN: Final = 48
"""Letters of one value on a line."""

_NANOSECONDS: Final = 10**9
_NOT_MAIN: Final = frozenset({"t", "src", "srcuuid", "dest", "destuuid", "ts", "ld", "ttl", "auth"})
_FIRST: Final = ("seq", "hg")
_PLAIN: Final = re.compile(r"[!#-&(-<>-\[\]-~]+")
_VERDICTS: Final = {True: "ok", False: "BAD", None: "unverified"}

Json = dict[str, object]


@frozen
class Sight:
    """
    A heartbeat message in a capture.

    @ivar message: None when it does not decode.
    @ivar verified: None when there was no key to verify it with.
    @ivar trouble: why it does not decode or verify; empty when it does.
    """

    payload: Payload
    message: Message | None
    verified: bool | None
    trouble: str = ""

    @property
    def source(self) -> str:
        """The node the message says it is from; empty when it does not say."""
        return self.message.get("src") if self.message else ""

    @property
    def type(self) -> str:
        """The type of the message; empty when it has none."""
        return self.message.get("t") if self.message else ""


def look(payload: Payload, keys: Keyring | None) -> Sight:
    """
    Decode a payload that begins with a mark, and verify it if there are keys.

    A message with a wrong signature is decoded all the same: whoever looks for
    the wrong key wants to see whose it is.
    """
    if payload.lack:
        return Sight(payload, None, None, payload.lack)
    try:
        message = read_unverified(payload.data)
        if keys is None:
            return Sight(payload, message, None)
        open_datagram(payload.data, keys)
    except MalformedError as error:
        return Sight(payload, None, None, str(error))
    except AuthenticationError as error:
        return Sight(payload, message, False, str(error))
    return Sight(payload, message, True)


def shown(text: str) -> str:
    """Shorten a string and quote what is not plainly a word."""
    short = text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."
    return short if _PLAIN.fullmatch(short) or not short else ascii(short)


def as_line(sight: Sight) -> str:
    """Return one line without its newline; nothing in it can move a cursor."""
    payload, message = sight.payload, sight.message
    source = f"{shown(sight.source) or '?'} {payload.source}".rstrip()
    destination = f"{_destination(message)} {payload.destination}".rstrip()
    words = [_time(payload.when) or "-", f"{shown(payload.interface) or '-'}/{payload.protocol}"]
    words += [f"{source} > {destination}", "BROKEN" if message is None else _VERDICTS[sight.verified]]
    if message is not None:
        words += [shown(sight.type) or "?", *(_assignment(one) for one in _main_fields(message))]
    if sight.trouble:
        words.append(f"({sight.trouble.encode('ascii', 'backslashreplace').decode('ascii')})")
    return " ".join(words)


def as_object(sight: Sight) -> Json:
    """Return what C{json.dumps} can write; bytes are hexadecimal."""
    payload, message = sight.payload, sight.message
    return {
        "time": _time(payload.when),
        "packet": payload.packet,
        "interface": payload.interface or None,
        "protocol": payload.protocol,
        "from": payload.source or None,
        "to": payload.destination or None,
        "size": len(payload.data),
        "form": "netstring" if payload.data.startswith(netstring.START) else "classic",
        "decoded": message is not None,
        "verified": sight.verified,
        "error": sight.trouble or None,
        "src": _utf8(sight.source) or None,
        "dest": _utf8(message.get("dest")) or None if message else None,
        "type": _utf8(sight.type) or None,
        "fields": _as_objects(message) if message else [],
    }


def _main_fields(message: Message) -> list[Field]:
    first = [one for name in _FIRST for one in message.fields if one.name == name]
    return first + [one for one in message.fields if one.name not in _NOT_MAIN.union(_FIRST)]


def _destination(message: Message | None) -> str:
    if message is None:
        return "?"
    return shown(message.get("dest")) or "*"


def _assignment(one: Field) -> str:
    match one.value:
        case str(text):
            value = shown(text) or "''"
        case bytes(raw):
            value = f"<{len(raw)} bytes>"
        case Message(fields):
            value = f"<{len(fields)} fields>"
        case elements:
            value = ",".join(shown(element) for element in elements)
    return f"{shown(one.name)}={value}"


def _time(when: int | None) -> str | None:
    if when is None:
        return None
    seconds, rest = divmod(when, _NANOSECONDS)
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest // 1000:06}Z"


def _as_objects(message: Message) -> list[Json]:
    return [
        {"name": _utf8(one.name), "type": one.type.name.lower(), "value": _plain(one.value)}
        for one in message.fields
    ]


def _plain(value: str | bytes | Message | tuple[str, ...]) -> object:
    match value:
        case str(text):
            return _utf8(text)
        case bytes(raw):
            return raw.hex()
        case Message():
            return _as_objects(value)
        case elements:
            return [_utf8(element) for element in elements]


def _utf8(text: str) -> str:
    """What was no UTF-8 on the wire is written C{\\xNN}: JSON has no bytes."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")

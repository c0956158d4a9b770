# -*- test-case-name: tests.wire.test_netstring -*-
"""
The form C{###} ... C{%%%}, which travels on networks (protocol section 2.2).

Every field is C{LEN:(T)NAME=VALUE,}; values are raw.  L{encode} and L{decode}
know the message without its trailer, L{sign_off} and L{split} the trailer.
"""

from __future__ import annotations

import re
from typing import Final

from attrs import define

from hatwist.errors import AuthenticationError, MalformedError
from hatwist.wire.limits import (
    MAX_DEPTH,
    MAX_DIGEST,
    MAX_FIELDS,
    MAX_LENGTH_DIGITS,
    MAX_UNCOMPRESSED,
)
from hatwist.wire.message import Field, FieldType, Message
from hatwist.wire.text import (
    KNOWN_NAMES,
    NAME,
    NUL,
    check_size,
    decode_string,
    encode_name,
    encode_string,
    pack_list,
    unpack_list,
)

START: Final = b"###\n"
END: Final = b"%%%\n"

_COMMA: Final = ord(",")
_HEAD: Final = re.compile(rb"([0-9]{1,%d}):\(([0-5])\)(%b)=" % (MAX_LENGTH_DIGITS, NAME))
_TRAILER: Final = re.compile(rb"([0-9]{1,3}):([0-9]{1,2} [0-9A-Za-z]{1,%d}),\0*\Z" % MAX_DIGEST)
_RAW: Final = frozenset({FieldType.BINARY, FieldType.COMPRESSED})
_NESTED: Final = frozenset({FieldType.STRUCT, FieldType.UNCOMPRESSED})
_TYPES: Final = {b"%d" % kind: kind for kind in FieldType}
_STRING: Final = FieldType.STRING  # to look it up in its class takes long

_MAX_USUAL: Final = 4096
"""The expression below looks for a comma from each field on, so time grows with the square."""

_USUAL: Final = re.compile(rb"([0-9]{1,%d}):(\([01]\)[a-z_]+)=([^,]*)," % MAX_LENGTH_DIGITS)
_KNOWN: Final = {
    b"(%d)%b" % (kind, raw): (name, kind)
    for name, raw in KNOWN_NAMES.items()
    for kind in (FieldType.STRING, FieldType.BINARY)
}
"""What stands before the C{=} of nearly every field, and what it says."""


def encode(message: Message) -> bytes:
    """
    Write a message, without trailer.

    @raise MalformedError: when a field cannot be written, or a bound is broken.
    """
    check_size(message)
    data = _encode(message)
    if len(data) > MAX_UNCOMPRESSED:
        raise MalformedError(f"a message of {len(data)} bytes, more than {MAX_UNCOMPRESSED}")
    return data


def decode(data: bytes) -> Message:
    """
    Read a message from its start mark to its end mark, and nothing after it.

    @param data: at most L{MAX_UNCOMPRESSED} bytes.
    @raise MalformedError: when the bytes are anything else.
    """
    if len(data) > MAX_UNCOMPRESSED:
        raise MalformedError(f"a message of {len(data)} bytes, more than {MAX_UNCOMPRESSED}")
    return decode_usual(data) or decode_any(data)


def decode_any(data: bytes) -> Message:
    """
    Do as L{decode}, whatever the fields are.

    @raise MalformedError: as L{decode}.
    """
    return _Reader(data).message(0, len(data), 0)


def decode_usual(data: bytes) -> Message | None:
    """
    Do as L{decode_any}, but in a third of the time, for what nodes send all the time.

    @return: None for a message with a field of an unknown name, with one that is
        neither string nor binary, with a comma or what is not ASCII in one, for
        a long one, or one with a fault.
    """
    if len(data) > _MAX_USUAL:
        return None
    found = _USUAL.findall(data)
    if not (data.startswith(START) and data.endswith(END)):
        return None
    fields = []
    size = len(START) + len(END)
    for length, head, raw in found:
        known = _KNOWN.get(head)
        rest = int(length)
        if known is None or rest != len(head) + len(raw) + 1:
            return None
        name, kind = known
        if kind is not _STRING:
            fields.append(Field(name, raw, kind))
        elif raw.isascii() and NUL not in raw:
            fields.append(Field(name, raw.decode()))
        else:
            return None
        size += len(length) + rest + 2
    # If the expression had passed over anything, they would not fill the message.
    return Message(fields) if fields and size == len(data) else None


def sign_off(body: bytes, token: bytes) -> bytes:
    """Append the trailer with the signature C{token} to an encoded message."""
    return b"%b%d:%b," % (body, len(token), token)


def split(data: bytes) -> tuple[bytes, bytes]:
    """
    Cut a datagram into the bytes that were signed and the signature.

    The trailer is looked for from the end, so that nothing has to be parsed
    before the signature was found good.  Only NULs may follow it.

    @return: the message with both marks, and C{INDEX DIGEST}.
    @raise AuthenticationError: when there is no trailer.
    """
    end = data.rfind(END) + len(END)
    trailer = _TRAILER.match(data, end)
    if end < len(END) or trailer is None or int(trailer[1]) != len(trailer[2]):
        raise AuthenticationError("there is no signature after the message")
    return data[:end], trailer[2]


def _encode(message: Message) -> bytes:
    parts = [START]
    for one in message.fields:
        name, value, kind = one
        written = KNOWN_NAMES.get(name) or encode_name(name)
        raw = encode_string(value) if kind is _STRING and isinstance(value, str) else _encode_value(one)
        parts.append(b"%d:(%d)%b=%b," % (len(written) + len(raw) + 4, kind, written, raw))
    parts.append(END)
    return b"".join(parts)


def _encode_value(one: Field) -> bytes:
    kind, value = one.type, one.value
    if kind in _RAW and isinstance(value, bytes):
        return value
    if kind in _NESTED and isinstance(value, Message):
        return _encode(value)
    if kind is FieldType.LIST and isinstance(value, tuple):
        return pack_list(value)
    raise MalformedError(f"field {one.name!r} has a value that is not {kind.name}")


@define
class _Reader:
    """
    Reads one datagram; nested messages are read in place, nothing is copied.

    @ivar left: how many fields may still come, at any depth.
    """

    data: bytes
    left: int = MAX_FIELDS

    def message(self, start: int, stop: int, depth: int) -> Message:
        """Read the message that fills the bytes from C{start} to C{stop}."""
        data = self.data
        if depth > MAX_DEPTH:
            raise MalformedError(f"messages inside messages, deeper than {MAX_DEPTH}")
        if not data.startswith(START, start):
            raise MalformedError(f"no start mark at byte {start}")
        fields: list[Field] = []
        at = start + len(START)
        while not data.startswith(END, at):
            head = _HEAD.match(data, at)
            if head is None:
                raise MalformedError(f"no field at byte {at}")
            end = head.start(2) - 1 + int(head[1])
            if head.end() > end or end >= stop or data[end] != _COMMA:
                raise MalformedError(f"the field at byte {at} has another length than it says")
            fields.append(self._field(head, end, depth))
            at = end + 1
        if not fields or at + len(END) != stop:
            raise MalformedError(f"the message ends at byte {at}, too early or too late")
        return Message(fields)

    def _field(self, head: re.Match[bytes], end: int, depth: int) -> Field:
        self.left -= 1
        if self.left < 0:
            raise MalformedError(f"more than {MAX_FIELDS} fields")
        kind = _TYPES[head[2]]
        name = head[3].decode("utf-8", "surrogateescape")
        if kind in _NESTED:
            return Field(name, self.message(head.end(), end, depth + 1), kind)
        raw = self.data[head.end() : end]
        if kind is FieldType.STRING:
            return Field(name, decode_string(raw))
        if kind is FieldType.LIST:
            return Field(name, unpack_list(raw), kind)
        return Field(name, raw, kind)

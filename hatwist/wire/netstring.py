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
    NAME,
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
_TYPES: Final = {b"%d" % kind.value: kind for kind in FieldType}


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
    return _Reader(data).message(0, len(data), 0)


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
        name, value = encode_name(one.name), _encode_value(one)
        parts.append(b"%d:(%d)%b=%b," % (len(name) + len(value) + 4, one.type.value, name, value))
    parts.append(END)
    return b"".join(parts)


def _encode_value(one: Field) -> bytes:
    kind, value = one.type, one.value
    if kind is FieldType.STRING and isinstance(value, str):
        return encode_string(value)
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

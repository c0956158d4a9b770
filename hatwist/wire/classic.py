# -*- test-case-name: tests.wire.test_classic -*-
"""
The form C{>>>} ... C{<<<}, one line a field (protocol section 2.3).

It travels on serial lines, and whatever the inner C{auth} field signs is
written in it (section 3.3).  L{split} takes a signed message apart.
"""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from typing import Final

from attrs import define

from hatwist.errors import AuthenticationError, MalformedError
from hatwist.wire.limits import MAX_DEPTH, MAX_FIELDS, MAX_UNCOMPRESSED
from hatwist.wire.message import Field, FieldType, Message
from hatwist.wire.text import (
    KNOWN_NAMES,
    NAME,
    check_size,
    decode_string,
    encode_name,
    encode_string,
    pack_list,
    unpack_list,
)

START: Final = b">>>\n"
END: Final = b"<<<\n"
AUTH: Final = "auth"
"""The field with the signature, which does not sign itself."""

NEWLINE: Final = b"\x13"
"""What stands for a newline in a string."""

NESTED_NEWLINES: Final = bytes((*range(20, 32), 15, 16, 17, 18))
"""What stands for a newline of a nested message, by its depth."""

_AUTH_LINE: Final = AUTH.encode() + b"="
_MARKS: Final = (START[:-1], END[:-1])
_SHOWN: Final = 40
_STRING: Final = FieldType.STRING  # to look it up in its class takes long
_RAW: Final = frozenset({FieldType.BINARY, FieldType.COMPRESSED})
_NAME: Final = re.compile(NAME)
_TYPED: Final = re.compile(rb"\(([1-4])\)")
_TYPES: Final = {b"%d" % kind: kind for kind in FieldType}


def encode(message: Message) -> bytes:
    """
    Write a message, from mark to mark.

    @raise MalformedError: when a field cannot be written in this form, or a
        bound is broken.
    """
    check_size(message)
    data = _encode(message, 0)
    if len(data) > MAX_UNCOMPRESSED:
        raise MalformedError(f"a message of {len(data)} bytes, more than {MAX_UNCOMPRESSED}")
    return data


def signed_lines(message: Message) -> bytes:
    """
    Write what the C{auth} field signs: all lines but C{auth}, and no marks.

    @raise MalformedError: as L{encode}.
    """
    check_size(message)
    return b"".join(_line(one, 0) for one in message.fields if one.name != AUTH)


def decode(data: bytes) -> Message:
    """
    Read a message, its C{auth} field too; only NULs may follow its end mark.

    @param data: at most L{MAX_UNCOMPRESSED} bytes.
    @raise MalformedError: when the bytes are anything else.
    """
    if len(data) > MAX_UNCOMPRESSED:
        raise MalformedError(f"a message of {len(data)} bytes, more than {MAX_UNCOMPRESSED}")
    return _Reader().message(data.rstrip(b"\0"), 0)


def split(data: bytes) -> tuple[bytes, bytes]:
    """
    Take the bytes that were signed and the signature from a message.

    They are compared as they came, so nothing is parsed before the signature
    was found good; of several C{auth} lines the last counts, as in heartbeat.

    @return: the lines without C{auth}, and C{INDEX DIGEST}.
    @raise AuthenticationError: when there is no C{auth} line.
    @raise MalformedError: when a mark is missing, or there are more than
        L{MAX_FIELDS} lines.
    """
    signed = []
    token = b""
    body = _body(data.rstrip(b"\0"), b"\n")
    if body.count(b"\n") > MAX_FIELDS:
        raise MalformedError(f"more than {MAX_FIELDS} lines")
    for line in body.split(b"\n"):
        if line.startswith(_AUTH_LINE):
            token = line[len(_AUTH_LINE) :]
        elif line:
            signed.append(line + b"\n")
    if not token:
        raise AuthenticationError("there is no signature in the message")
    return b"".join(signed), token


def _encode(message: Message, depth: int) -> bytes:
    return b"".join([START, *(_line(one, depth) for one in message.fields), END])


def _line(one: Field, depth: int) -> bytes:
    name, value, kind = one
    written = KNOWN_NAMES.get(name) or _encode_name(name)
    if kind is _STRING and isinstance(value, str):
        return b"%b=%b\n" % (written, _replace(encode_string(value), NEWLINE))
    return b"(%d)%b=%b\n" % (kind, written, _encode_value(one, depth))


def _encode_name(name: str) -> bytes:
    raw = encode_name(name)
    if raw.startswith(_MARKS):
        raise MalformedError(f"{name!r} cannot be the name of a field in classic form")
    return raw


def _encode_value(one: Field, depth: int) -> bytes:
    kind, value = one.type, one.value
    if kind in _RAW and isinstance(value, bytes):
        return b2a_base64(value, newline=False)
    if kind is FieldType.STRUCT and isinstance(value, Message):
        return _replace(_encode(value, depth + 1), NESTED_NEWLINES[depth : depth + 1])
    if kind is FieldType.LIST and isinstance(value, tuple):
        return _encode_list(value)
    raise MalformedError(f"field {one.name!r} of type {kind.name} has no classic form")


def _encode_list(elements: tuple[str, ...]) -> bytes:
    packed = pack_list(elements)
    if b"\n" in packed:
        raise MalformedError("a list with a newline has no classic form")
    return packed


def _replace(raw: bytes, substitute: bytes) -> bytes:
    if substitute[0] in raw:
        raise MalformedError(f"a value has the byte {substitute[0]}, which stands for a newline")
    return raw.replace(b"\n", substitute)


def _body(data: bytes, newline: bytes) -> bytes:
    """Return the lines between the marks, the last one with its newline."""
    start, end = START.replace(b"\n", newline), END.replace(b"\n", newline)
    if not data.startswith(start) or not data.endswith(newline + end):
        raise MalformedError("a message without its start or end mark")
    return data[len(start) : -len(end)]


@define
class _Reader:
    """
    Reads one message and those nested in it.

    @ivar left: how many lines may still come, at any depth.
    """

    left: int = MAX_FIELDS

    def message(self, data: bytes, depth: int) -> Message:
        """Read a message that itself stands at C{depth}, 0 for the outermost."""
        newline = NESTED_NEWLINES[depth - 1 : depth] if depth else b"\n"
        body = _body(data, newline)
        self.left -= body.count(newline)
        if self.left < 0:
            raise MalformedError(f"more than {MAX_FIELDS} fields")
        fields = [self._field(line, depth) for line in body.split(newline) if line]
        if not fields:
            raise MalformedError("a message without fields")
        return Message(fields)

    def _field(self, line: bytes, depth: int) -> Field:
        left, equals, value = line.partition(b"=")
        typed = _TYPED.match(left)
        raw = left[typed.end() :] if typed else left
        if not equals or not _NAME.fullmatch(raw) or raw.startswith(_MARKS):
            raise MalformedError(f"no field in the line {line[:_SHOWN]!r}")
        name = decode_string(raw)
        if typed is None:
            return Field(name, decode_string(value.replace(NEWLINE, b"\n")))
        kind = _TYPES[typed[1]]
        if kind is FieldType.STRUCT:
            return Field(name, self._nested(value, depth + 1), kind)
        if kind is FieldType.LIST:
            return Field(name, unpack_list(value), kind)
        return Field(name, _from_base64(value), kind)

    def _nested(self, value: bytes, depth: int) -> Message:
        if depth > MAX_DEPTH:
            raise MalformedError(f"messages inside messages, deeper than {MAX_DEPTH}")
        return self.message(value, depth)


def _from_base64(value: bytes) -> bytes:
    try:
        return a2b_base64(value, strict_mode=True)
    except Base64Error as error:
        raise MalformedError("a binary value is not base64") from error

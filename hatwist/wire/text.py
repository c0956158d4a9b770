# -*- test-case-name: tests.wire.test_text -*-
"""
What both encodings share: sizes, names, strings and packed lists (protocol
section 1).

Bytes that are not UTF-8 become surrogate escapes, and those become the same
bytes again, so whatever bytes were read are written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from hatwist.errors import MalformedError
from hatwist.wire.limits import MAX_DEPTH, MAX_FIELDS, MAX_LENGTH_DIGITS, MAX_LIST, MAX_NAME
from hatwist.wire.message import Message
from hatwist.wire.names import FieldName

NUL: Final = 0
_SHOWN: Final = 40

NAME: Final = rb"[^(=\0\n][^=\0\n]{0,%d}" % (MAX_NAME - 1)
"""A regular expression for the name of a field."""

KNOWN_NAMES: Final[Mapping[str, bytes]] = {one.value: one.encode() for one in FieldName}
"""The names that heartbeat itself writes, and their bytes."""

_NAME: Final = re.compile(NAME)
_ELEMENT: Final = re.compile(rb"([0-9]{1,%d}):" % MAX_LENGTH_DIGITS)


def check_size(message: Message) -> None:
    """
    Refuse to write what we would refuse to read.

    @raise MalformedError: for a message, also a nested one, without fields, for
        more than L{MAX_FIELDS} of them, or for messages in messages, deeper
        than L{MAX_DEPTH}.
    """
    if _count(message, 0) > MAX_FIELDS:
        raise MalformedError(f"more than {MAX_FIELDS} fields")


def _count(message: Message, depth: int) -> int:
    if depth > MAX_DEPTH:
        raise MalformedError(f"messages inside messages, deeper than {MAX_DEPTH}")
    if not message.fields:
        raise MalformedError("a message without fields")
    nested = [one.value for one in message.fields if isinstance(one.value, Message)]
    return len(message.fields) + sum([_count(inner, depth + 1) for inner in nested])


def encode_string(text: str) -> bytes:
    """
    Turn a string into its bytes.

    @raise MalformedError: for a NUL, or half a surrogate pair.
    """
    try:
        raw = text.encode()  # quicker than with arguments
    except UnicodeEncodeError:
        raw = _encode_escapes(text)
    if NUL in raw:
        raise MalformedError("a string has a NUL")
    return raw


def _encode_escapes(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise MalformedError("a string has a character that is no character") from error


def decode_string(raw: bytes) -> str:
    """
    Turn bytes into a string.

    @raise MalformedError: for a NUL.
    """
    if NUL in raw:
        raise MalformedError("a string has a NUL")
    try:
        return raw.decode()  # quicker than with arguments
    except UnicodeDecodeError:
        return raw.decode("utf-8", "surrogateescape")


def encode_name(name: str) -> bytes:
    """
    Turn the name of a field into its bytes.

    @raise MalformedError: when it is empty, longer than L{MAX_NAME} bytes,
        begins with a parenthesis, which heartbeat takes for a type, or has a
        C{=}, a NUL or a newline.
    """
    known = KNOWN_NAMES.get(name)
    if known is not None:
        return known
    raw = encode_string(name)
    if not _NAME.fullmatch(raw):
        raise MalformedError(f"{name[:_SHOWN]!r} cannot be the name of a field")
    return raw


def pack_list(elements: tuple[str, ...]) -> bytes:
    """
    Write C{LEN:STRING,} for each element (protocol section 2.4).

    @raise MalformedError: for no element or an empty one, which heartbeat
        refuses, or when the result is longer than L{MAX_LIST} bytes.
    """
    strings = [encode_string(element) for element in elements]
    if not strings or not all(strings):
        raise MalformedError("a list, or an element of it, is empty")
    packed = b"".join(b"%d:%b," % (len(raw), raw) for raw in strings)
    if len(packed) > MAX_LIST:
        raise MalformedError(f"a list of {len(packed)} bytes, more than {MAX_LIST}")
    return packed


def unpack_list(packed: bytes) -> tuple[str, ...]:
    """
    Read what L{pack_list} writes.

    @raise MalformedError: when it is anything else.
    """
    if not packed or len(packed) > MAX_LIST:
        raise MalformedError(f"a list of {len(packed)} bytes, not of 1 to {MAX_LIST}")
    elements = []
    at = 0
    while at < len(packed):
        head = _ELEMENT.match(packed, at)
        if head is None:
            raise MalformedError("a list has an element without a length")
        start, end = head.end(), head.end() + int(head[1])
        if start == end or packed[end : end + 1] != b",":
            raise MalformedError("a list has an element of another length than it says")
        elements.append(decode_string(packed[start:end]))
        at = end + 1
    return tuple(elements)

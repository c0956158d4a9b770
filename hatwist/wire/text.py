# -*- test-case-name: tests.wire.test_text -*-
"""
What both encodings share: names, strings and packed lists (protocol section 1).

Bytes that are not UTF-8 become surrogate escapes, and those become the same
bytes again.
"""

from __future__ import annotations

import re
from typing import Final

from hatwist.errors import MalformedError
from hatwist.wire.limits import MAX_LENGTH_DIGITS, MAX_LIST, MAX_NAME

_BAD_IN_NAME: Final = re.compile(rb"[=\0\n]")
_ELEMENT: Final = re.compile(rb"([0-9]{1,%d}):" % MAX_LENGTH_DIGITS)


def encode_string(text: str) -> bytes:
    """
    Turn a string into its bytes.

    @raise MalformedError: for a NUL, or half a surrogate pair.
    """
    try:
        raw = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise MalformedError("a string has a character that is no character") from error
    if b"\0" in raw:
        raise MalformedError("a string has a NUL")
    return raw


def decode_string(raw: bytes) -> str:
    """
    Turn bytes into a string.

    @raise MalformedError: for a NUL.
    """
    if b"\0" in raw:
        raise MalformedError("a string has a NUL")
    return raw.decode("utf-8", "surrogateescape")


def encode_name(name: str) -> bytes:
    """
    Turn the name of a field into its bytes.

    @raise MalformedError: when it is empty, longer than L{MAX_NAME} bytes, or
        has a C{=}, a NUL or a newline.
    """
    raw = encode_string(name)
    if not raw or len(raw) > MAX_NAME or _BAD_IN_NAME.search(raw):
        raise MalformedError(f"{name[:MAX_NAME]!r} cannot be the name of a field")
    return raw


def pack_list(elements: tuple[str, ...]) -> bytes:
    """
    Write C{LEN:STRING,} for each element (protocol section 2.4).

    @raise MalformedError: for an empty element, or when the result is longer
        than L{MAX_LIST} bytes.
    """
    strings = [encode_string(element) for element in elements]
    if not all(strings):
        raise MalformedError("an element of a list is empty")
    packed = b"".join(b"%d:%b," % (len(raw), raw) for raw in strings)
    if len(packed) > MAX_LIST:
        raise MalformedError(f"a list of {len(packed)} bytes, more than {MAX_LIST}")
    return packed


def unpack_list(packed: bytes) -> tuple[str, ...]:
    """
    Read what L{pack_list} writes.

    @raise MalformedError: when it is anything else.
    """
    if len(packed) > MAX_LIST:
        raise MalformedError(f"a list of {len(packed)} bytes, more than {MAX_LIST}")
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

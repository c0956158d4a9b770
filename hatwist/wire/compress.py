# -*- test-case-name: tests.wire.test_compress -*-
"""
Compression: the codecs, whole messages, and single fields (protocol section 4).

What comes out is bounded before it is made, so a small message cannot become
a large one.  A compressed field stays as it came until L{expand_field} is asked.
"""

from __future__ import annotations

import bz2
import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from attrs import frozen

from hatwist.errors import MalformedError
from hatwist.wire import classic, netstring
from hatwist.wire.limits import MAX_DEPTH, MAX_UNCOMPRESSED
from hatwist.wire.message import Field, FieldType, Message

PAYLOAD: Final = "_compressed_payload"
"""The binary field that is the whole message, compressed."""

ALGORITHM: Final = "_compression_algorithm"
"""The string field that names the compressor."""

_NESTED: Final = frozenset({FieldType.STRUCT, FieldType.UNCOMPRESSED})
_NETSTRING_ONLY: Final = frozenset({FieldType.STRUCT, FieldType.COMPRESSED, FieldType.UNCOMPRESSED})


@frozen
class Compressor:
    """
    A compression algorithm.

    @ivar expand: C{expand(data, limit)} returns at most C{limit} bytes, or
        raises L{MalformedError}.
    """

    name: str
    compress: Callable[[bytes], bytes]
    expand: Callable[[bytes, int], bytes]


def expand_zlib(data: bytes, limit: int) -> bytes:
    """
    Expand one zlib stream.

    @raise MalformedError: when it is damaged, cut off, followed by something,
        or expands to more than C{limit} bytes.
    """
    stream = zlib.decompressobj()
    try:
        expanded = stream.decompress(data, limit + 1)
    except zlib.error as error:
        raise MalformedError(f"not a zlib stream: {error}") from error
    return _whole(expanded, limit, stream.eof and not stream.unused_data)


def expand_bz2(data: bytes, limit: int) -> bytes:
    """
    Expand one bzip2 stream.

    @raise MalformedError: as L{expand_zlib}.
    """
    stream = bz2.BZ2Decompressor()
    try:
        expanded = stream.decompress(data, limit + 1)
    except OSError as error:
        raise MalformedError(f"not a bzip2 stream: {error}") from error
    return _whole(expanded, limit, stream.eof and not stream.unused_data)


COMPRESSORS: Final[Mapping[str, Compressor]] = MappingProxyType(
    {
        "zlib": Compressor("zlib", zlib.compress, expand_zlib),
        "bz2": Compressor("bz2", lambda data: bz2.compress(data, 1), expand_bz2),
    }
)
"""A closed table, as that of the signing methods; the names are the wire's."""


def needs_netstring(message: Message) -> bool:
    """Say whether a field keeps the message out of the classic form."""
    return not _NETSTRING_ONLY.isdisjoint([one.type for one in message.fields])


def encode_plain(message: Message, prefer_classic: bool) -> bytes:
    """
    Write a message without signature: classic with a NUL, or netstring.

    @param prefer_classic: what C{msgfmt} says; fields may decide otherwise.
    @raise MalformedError: when a field cannot be written.
    """
    if prefer_classic and not needs_netstring(message):
        return classic.encode(message) + b"\0"
    return netstring.encode(message)


def decode_plain(data: bytes) -> Message:
    """
    Read a message without signature, in either form; NULs may follow it.

    @raise MalformedError: when it is anything else.
    """
    if data.startswith(classic.START):
        return classic.decode(data)
    return netstring.decode(data.rstrip(b"\0"))


def compress_whole(plain: bytes, algorithm: str) -> Message:
    """
    Wrap an encoded message into one of two fields.

    @param plain: from L{encode_plain}.
    @param algorithm: a name in L{COMPRESSORS}.
    """
    packed = COMPRESSORS[algorithm].compress(plain)
    return Message((Field(PAYLOAD, packed, FieldType.BINARY), Field(ALGORITHM, algorithm)))


def expand_whole(message: Message) -> Message:
    """
    Return what L{compress_whole} wrapped; any other message as it is.

    @raise MalformedError: for an unknown algorithm, a damaged or too long
        payload, or one that is again compressed as a whole.
    """
    packed = message.binary(PAYLOAD)
    if packed is None:
        return message
    inner = _expand(packed, message)
    if inner.binary(PAYLOAD) is not None:
        raise MalformedError("a message compressed more than once")
    return inner


def compress_fields(message: Message, algorithm: str, prefer_classic: bool) -> Message:
    """
    Compress the fields that wait for it (type 5), and name the algorithm.

    Messages in structures are looked through too: type 5 never travels.

    @return: C{message} itself when none of its fields waits.
    @raise MalformedError: when such a field cannot be written, or lies deeper
        than L{MAX_DEPTH}.
    """
    if _NESTED.isdisjoint([one.type for one in message.fields]) or not _waits(message, 0):
        return message
    return _compress_fields(message, algorithm, prefer_classic)


def expand_field(message: Message, name: str) -> Message:
    """
    Expand the first field called C{name} that was compressed by itself.

    @raise MalformedError: when there is none, or as L{expand_whole}.
    """
    for one in message.fields:
        if one.name == name and one.type is FieldType.COMPRESSED and isinstance(one.value, bytes):
            return _expand(one.value, message)
    raise MalformedError(f"there is no compressed field {name!r}")


def _waits(message: Message, depth: int) -> bool:
    if depth > MAX_DEPTH:
        raise MalformedError(f"messages inside messages, deeper than {MAX_DEPTH}")
    nested = [one for one in message.fields if isinstance(one.value, Message)]
    return any(one.type is FieldType.UNCOMPRESSED for one in nested) or any(
        _waits(one.value, depth + 1) for one in nested if isinstance(one.value, Message)
    )


def _compress_fields(message: Message, algorithm: str, prefer_classic: bool) -> Message:
    packed = [_compress_field(one, algorithm, prefer_classic) for one in message.fields]
    if FieldType.UNCOMPRESSED in [one.type for one in message.fields]:
        packed.append(Field(ALGORITHM, algorithm))
    return Message(packed)


def _compress_field(one: Field, algorithm: str, prefer_classic: bool) -> Field:
    if not isinstance(one.value, Message):
        return one
    inner = _compress_fields(one.value, algorithm, prefer_classic)
    if one.type is not FieldType.UNCOMPRESSED:
        return Field(one.name, inner, one.type)
    plain = encode_plain(inner, prefer_classic)
    return Field(one.name, COMPRESSORS[algorithm].compress(plain), FieldType.COMPRESSED)


def _expand(packed: bytes, message: Message) -> Message:
    algorithm = message.get(ALGORITHM)
    if algorithm not in COMPRESSORS:
        raise MalformedError(f"compressed by {algorithm[:16]!r}, which is unknown")
    return decode_plain(COMPRESSORS[algorithm].expand(packed, MAX_UNCOMPRESSED))


def _whole(expanded: bytes, limit: int, complete: bool) -> bytes:
    if len(expanded) > limit:
        raise MalformedError(f"it expands to more than {limit} bytes")
    if not complete:
        raise MalformedError("a compressed stream that is cut off, or followed by something")
    return expanded

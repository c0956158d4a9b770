"""
Whether a C node survives a datagram: a reader that shares nothing with ours.

It knows the form of protocol 2.2 to its last byte, and takes nothing else.
"""

from __future__ import annotations

import bz2
import zlib
from collections.abc import Callable, Mapping
from typing import Final

from attrs import define

LONGEST: Final = 65507
"""What UDP carries."""

MAX_LIST: Final = 1024
"""A packed list must be shorter."""

MAX_PLAIN: Final = 2097152
MAX_DEPTH: Final = 16

Raw = tuple[int, bytes, bytes]
"""Type, name and value of a field."""

_EXPAND: Final[Mapping[bytes, Callable[[bytes], bytes]]] = {
    b"zlib": lambda data: zlib.decompress(data),
    b"bz2": bz2.decompress,
}


class Harm(AssertionError):
    """A C node would refuse this, or die of it."""


def demand(true: bool, what: str) -> None:
    """Complain unless something is true."""
    if not true:
        raise Harm(what)


@define
class Reader:
    """A place in bytes."""

    data: bytes
    at: int = 0

    def take(self, expected: bytes) -> None:
        """Read exactly this."""
        found = self.data[self.at : self.at + len(expected)]
        demand(found == expected, f"{found!r} at {self.at}, not {expected!r}")
        self.at += len(expected)

    def netstring(self) -> bytes:
        """Read C{LEN:BYTES,}."""
        colon = self.data.find(b":", self.at, self.at + 9)
        digits = self.data[self.at : colon] if colon >= 0 else b""
        demand(digits.isdigit() and (digits[:1] != b"0" or digits == b"0"), f"no length at {self.at}")
        start, end = colon + 1, colon + 1 + int(digits)
        demand(end < len(self.data), f"the length at {self.at} is too large")
        self.at = end
        self.take(b",")
        return self.data[start:end]

    def message(self, depth: int = 0) -> list[Raw]:
        """Read from mark to mark."""
        demand(depth <= MAX_DEPTH, "too deep")
        found = []
        self.take(b"###\n")
        while not self.data.startswith(b"%%%\n", self.at):
            found.append(field(self.netstring(), depth))
        self.take(b"%%%\n")
        demand(bool(found), "a message without fields")
        return found


def field(one: bytes, depth: int) -> Raw:
    """Read what is in a field."""
    demand(one[:1] == b"(" and one[2:3] == b")", f"no type in {one[:40]!r}")
    demand(one[1:2] in (b"0", b"1", b"2", b"3", b"4"), f"a type that kills, in {one[:40]!r}")
    name, equals, value = one[3:].partition(b"=")
    demand(bool(name) and bool(equals) and b"\0" not in name, f"no name in {one[:40]!r}")
    kind = int(one[1:2])
    if kind == 0:
        demand(b"\0" not in value, f"a NUL in {name!r}")
    if kind == 2:
        whole(value, depth + 1)
    if kind == 3:
        packed_list(value)
    return kind, name, value


def whole(data: bytes, depth: int = 0) -> list[Raw]:
    """Read a message and nothing else."""
    reader = Reader(data)
    found = reader.message(depth)
    demand(reader.at == len(data), "something follows the message")
    return found


def packed_list(value: bytes) -> None:
    """Read a list."""
    demand(0 < len(value) < MAX_LIST, f"a list of {len(value)} bytes")
    reader = Reader(value)
    while reader.at < len(value):
        demand(bool(reader.netstring()), "an empty element")


def first(fields: list[Raw], name: bytes) -> Raw | None:
    """Return the first field of a name."""
    return next((one for one in fields if one[1] == name), None)


def survives(datagram: bytes) -> list[Raw]:
    """
    Read a datagram of ours as a C node does.

    @return: the fields of the message, of one in classic form the outer ones.
    @raise Harm: it would be refused, or worse.
    """
    demand(len(datagram) <= LONGEST, f"{len(datagram)} bytes are no datagram")
    reader = Reader(datagram)
    fields = reader.message()
    trailer = reader.netstring()
    demand(reader.at == len(datagram), "something follows the trailer")
    index, _, digest = trailer.partition(b" ")
    demand(index.isdigit() and int(index) < 16 and bool(digest), f"a trailer {trailer!r}")
    demand(digest.strip(b"0123456789abcdef") == b"", f"a digest {digest!r}")
    return expanded(fields)


def expanded(fields: list[Raw]) -> list[Raw]:
    """Return what is inside a compressed message."""
    payload, algorithm = first(fields, b"_compressed_payload"), first(fields, b"_compression_algorithm")
    if payload is None:
        return fields
    demand(payload[0] == 1 and algorithm is not None and len(fields) == 2, "a compressed message with more")
    assert algorithm is not None
    inner = _EXPAND[algorithm[2]](payload[2])
    demand(len(inner) < MAX_PLAIN, "more than heartbeat expands")
    if inner.startswith(b">>>\n"):
        demand(inner.endswith(b"\n<<<\n\0"), "a classic message without its end")
        demand(b"_compressed_payload=" not in inner, "compressed twice")
        return fields
    found = whole(inner)
    demand(first(found, b"_compressed_payload") is None, "compressed twice")
    return found


HEX: Final = (b"seq", b"hg", b"ts", b"dt", b"ackseq")


def is_standard(fields: list[Raw], name: bytes) -> None:
    """
    Look at the fields that every C node looks at.

    @param name: of the node that sends.
    """
    if first(fields, b"_compressed_payload") is not None:
        return
    kind = first(fields, b"t")
    demand(kind is not None and kind[0] == 0, "no type of message")
    assert kind is not None
    source = first(fields, b"src")
    demand(source == (0, b"src", name), f"sent in the name of {source}")
    wanted = [b"hg", b"ts", *([] if kind[2].startswith(b"NS_") else [b"seq"])]
    for one in wanted:
        found = first(fields, one)
        demand(found is not None and is_hex(found), f"{one!r} is {found}")
    uuid = first(fields, b"srcuuid")
    demand(uuid is not None and uuid[0] == 1 and len(uuid[2]) == 16, f"srcuuid is {uuid}")


def is_hex(one: Raw) -> bool:
    """Say whether a field is a number as C writes it, and not zero."""
    value = one[2]
    return one[0] == 0 and 0 < len(value) <= 16 and not value.strip(b"0123456789abcdef") and value[:1] != b"0"

# -*- test-case-name: tests.cli.test_pcap -*-
"""
Read the packets of a capture file: pcap in all its kinds, and pcapng.

Times are nanoseconds since the epoch.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, BinaryIO, Final

from attrs import define, field, frozen

from hatwist.errors import HatwistError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BLOCK: Final = 16 * 1024 * 1024
"""Bytes of one packet or pcapng block; capturing programs stay far below."""

_NANOSECONDS: Final = 10**9
_LATEST: Final = 253402300800 * _NANOSECONDS
"""The year 10000, which no calendar here can show."""

_MAGIC: Final = {
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\x3c\x4d": (">", 1),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
}
_SECTION: Final = b"\x0a\x0d\x0d\x0a"
_ORDERS: Final = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}
_LINKTYPE_MASK: Final = 0xFFFF

_SECTION_BLOCK: Final = 0x0A0D0D0A
_INTERFACE_BLOCK: Final = 1
_SIMPLE_BLOCK: Final = 3
_PACKET_BLOCK: Final = 6
_OPTION_NAME: Final = 2
_OPTION_RESOLUTION: Final = 9


class CaptureError(HatwistError):
    """The file is not a capture, or a damaged one."""


class CutOffError(CaptureError):
    """The file ends in the middle of a packet; the packets before it are good."""


@frozen
class Packet:
    """
    One packet.

    @ivar number: counts from 1.
    @ivar when: nanoseconds since the epoch; None where the file does not say.
    @ivar interface: where it was seen; empty where the file does not say.
    @ivar linktype: what C{data} begins with, a number of the pcap registry.
    """

    number: int
    when: int | None
    interface: str
    linktype: int
    data: bytes


def is_capture(head: bytes) -> bool:
    """Say whether a file that begins with these four bytes is a capture."""
    return head in _MAGIC or head == _SECTION


def read_packets(stream: BinaryIO) -> Iterator[Packet]:
    """
    Read a capture from its first byte on.

    @raise CaptureError: also after some packets, when the rest is damaged.
    """
    magic = stream.read(4)
    if magic in _MAGIC:
        yield from _read_pcap(stream, *_MAGIC[magic])
    elif magic == _SECTION:
        yield from _Blocks(stream).packets()
    else:
        raise CaptureError("it is not a capture")


def _read_pcap(stream: BinaryIO, order: str, unit: int) -> Iterator[Packet]:
    header = struct.Struct(f"{order}IIII")
    (linktype,) = struct.unpack(f"{order}I", _exactly(stream, 20)[16:])
    number = 0
    while first := stream.read(1):
        seconds, fraction, length, _ = header.unpack(first + _exactly(stream, header.size - 1))
        number += 1
        data = _exactly(stream, length)
        yield Packet(number, seconds * _NANOSECONDS + fraction * unit, "", linktype & _LINKTYPE_MASK, data)


def _exactly(stream: BinaryIO, count: int) -> bytes:
    if count > MAX_BLOCK:
        raise CaptureError(f"it has a packet of {count} bytes")
    data = stream.read(count)
    if len(data) < count:
        raise CutOffError("it ends in the middle of a packet")
    return data


@frozen
class _Interface:
    """An interface of a section; C{unit} is how many of its time steps make a second."""

    linktype: int
    snaplen: int
    name: str
    unit: int


@define
class _Blocks:
    """
    Reads pcapng.

    @ivar order: C{<} or C{>}, each section's own.
    @ivar interfaces: those of this section, by number.
    """

    stream: BinaryIO
    order: str = "<"
    interfaces: list[_Interface] = field(factory=list)
    number: int = 0

    def packets(self) -> Iterator[Packet]:
        """Read all sections; the first four bytes were read already."""
        self._section()
        while kind := self.stream.read(4):
            if kind == _SECTION:
                self._section()
                continue
            kind += _exactly(self.stream, 8 - len(kind))
            number, length = self._unpack("II", kind)
            body = self._body(length, 8)
            if number == _INTERFACE_BLOCK:
                self.interfaces.append(self._interface(body))
            elif number == _PACKET_BLOCK:
                yield self._packet(body)
            elif number == _SIMPLE_BLOCK:
                yield self._simple_packet(body)

    def _section(self) -> None:
        length, mark = _exactly(self.stream, 4), _exactly(self.stream, 4)
        if mark not in _ORDERS:
            raise CaptureError("it has a section in no known order of bytes")
        self.order = _ORDERS[mark]
        self.interfaces.clear()
        self._body(self._unpack("I", length)[0], 12)

    def _body(self, length: int, already: int) -> bytes:
        """Read the rest of a block without the repeated length at its end."""
        if length < already + 4 or length % 4:
            raise CaptureError(f"it has a block of {length} bytes")
        return _exactly(self.stream, length - already)[:-4]

    def _interface(self, body: bytes) -> _Interface:
        linktype, _, snaplen = self._unpack("HHI", body)
        name, unit = "", 10**6
        for code, value in self._options(body[8:]):
            if code == _OPTION_NAME:
                name = value.decode("utf-8", "replace")
            elif code == _OPTION_RESOLUTION and value:
                unit = (2 if value[0] & 0x80 else 10) ** (value[0] & 0x7F)
        return _Interface(linktype, snaplen or MAX_BLOCK, name, unit)

    def _options(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        at = 0
        while at + 4 <= len(data):
            code, length = self._unpack("HH", data[at:])
            yield code, data[at + 4 : at + 4 + length]
            at += 4 + length + -length % 4

    def _packet(self, body: bytes) -> Packet:
        number, high, low, length, _ = self._unpack("IIIII", body)
        interface = self._numbered(number)
        when = (high << 32 | low) * _NANOSECONDS // interface.unit
        return self._made(interface, when if when < _LATEST else None, body[20 : 20 + length])

    def _simple_packet(self, body: bytes) -> Packet:
        interface = self._numbered(0)
        length = min(self._unpack("I", body)[0], interface.snaplen)
        return self._made(interface, None, body[4 : 4 + length])

    def _made(self, interface: _Interface, when: int | None, data: bytes) -> Packet:
        self.number += 1
        return Packet(self.number, when, interface.name, interface.linktype, data)

    def _numbered(self, number: int) -> _Interface:
        if number >= len(self.interfaces):
            raise CaptureError(f"it has a packet of interface {number}, which it does not describe")
        return self.interfaces[number]

    def _unpack(self, form: str, data: bytes) -> tuple[int, ...]:
        shape = struct.Struct(self.order + form)
        if len(data) < shape.size:
            raise CaptureError("it has a block that is too short")
        return shape.unpack_from(data)

# -*- test-case-name: tests.cli.test_payloads -*-
"""
From packets to what they carry: fragments put together, UDP and ICMP echo.

Whatever is something else is passed over.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from attrs import define, evolve, field, frozen

from hatwist.cli.frames import Datagram, unwrap

if TYPE_CHECKING:
    from hatwist.cli.pcap import Packet

MAX_PARTIAL: Final = 256
"""Fragmented datagrams that are waited for at a time."""

FRAGMENT_LIFETIME: Final = 30 * 10**9
"""Nanoseconds after which the number of a fragmented datagram may be used again."""

_UDP: Final = 17
_ICMP: Final = 1
_ICMP6: Final = 58
_ECHO: Final = {_ICMP: (8, 0), _ICMP6: (128, 129)}
_ECHO_NAMES: Final = {_ICMP: "icmp", _ICMP6: "icmp6"}
_TRANSPORT_HEADER: Final = 8


@frozen
class Payload:
    """
    What one datagram carried.

    @ivar packet: the number of the packet, of the last one if there were
        fragments.
    @ivar when: nanoseconds since the epoch; None where the capture does not say.
    @ivar interface: where it was seen; empty where the capture does not say.
    @ivar protocol: C{udp}, C{icmp}, C{icmp6} or C{serial}.
    @ivar source: the sender's address, with its port if it has one.
    @ivar destination: likewise.
    @ivar lack: why C{data} is not all of it; empty when it is.
    """

    packet: int
    when: int | None
    interface: str
    protocol: str
    source: str
    destination: str
    data: bytes
    lack: str = ""


def read_payloads(packets: Iterable[Packet]) -> Iterator[Payload]:
    """
    Yield what the packets of one capture carry; at the end, what never became
    whole.

    @raise CaptureError: the capture has a kind of link that is not known.
    """
    assembly = _Assembly()
    for packet in packets:
        datagram = unwrap(packet)
        if datagram is None:
            continue
        if datagram.offset or datagram.more:
            yield from assembly.collect(datagram)
        else:
            yield from _transport(datagram)
    yield from assembly.finish()


@define
class _Partial:
    """The parts of one datagram that came so far, by their offset."""

    first: Datagram
    pieces: dict[int, Datagram] = field(factory=dict)

    def add(self, piece: Datagram) -> Datagram | None:
        """Add a part; return the whole datagram when it was the last one needed."""
        self.pieces.setdefault(piece.offset, piece)
        ends = [one.offset + one.size for one in self.pieces.values() if not one.more]
        if not ends or sum(len(one.data) for one in self.pieces.values()) < ends[0]:
            return None
        data = self._joined()
        if len(data) < ends[0]:
            return None
        return evolve(piece, data=data[: ends[0]], size=ends[0], offset=0, more=False)

    def begun(self) -> Datagram | None:
        """Return what there is from the first byte on, if there is any."""
        if 0 not in self.pieces:
            return None
        return evolve(self.pieces[0], data=self._joined(), more=True)

    def _joined(self) -> bytes:
        data = bytearray()
        for offset in sorted(self.pieces):
            if offset > len(data):
                break
            data += self.pieces[offset].data[len(data) - offset :]
        return bytes(data)


@define
class _Assembly:
    """The fragmented datagrams of one capture that are not whole yet."""

    _partial: dict[tuple[object, ...], _Partial] = field(factory=dict, init=False)

    def finish(self) -> Iterator[Payload]:
        """Give up what is not whole now."""
        for partial in self._partial.values():
            yield from _given_up(partial)

    def collect(self, piece: Datagram) -> Iterator[Payload]:
        """Add a fragment; yield what is whole by it, or must be given up for it."""
        key = (piece.interface, piece.source, piece.destination, piece.protocol, piece.number)
        partial = self._partial.get(key)
        if partial is not None and _is_old(partial, piece):
            yield from _given_up(self._partial.pop(key))
            partial = None
        if partial is None:
            if len(self._partial) >= MAX_PARTIAL:
                yield from _given_up(self._partial.pop(next(iter(self._partial))))
            partial = self._partial[key] = _Partial(piece)
        whole = partial.add(piece)
        if whole is not None:
            del self._partial[key]
            yield from _transport(whole)


def _is_old(partial: _Partial, piece: Datagram) -> bool:
    then, now = partial.first.packet.when, piece.packet.when
    return then is not None and now is not None and now - then > FRAGMENT_LIFETIME


def _given_up(partial: _Partial) -> Iterator[Payload]:
    begun = partial.begun()
    if begun is not None:
        yield from _transport(begun)


def _transport(datagram: Datagram) -> Iterator[Payload]:
    """Yield what UDP or an ICMP echo carries; nothing for anything else."""
    data, size = datagram.data, datagram.size
    if len(data) < _TRANSPORT_HEADER:
        return
    source, destination = str(datagram.source), str(datagram.destination)
    if datagram.protocol == _UDP:
        protocol = "udp"
        source_port, destination_port, size = struct.unpack_from(">HHH", data)
        source, destination = _with_port(source, source_port), _with_port(destination, destination_port)
    elif data[0] in _ECHO.get(datagram.protocol, ()):
        protocol = _ECHO_NAMES[datagram.protocol]
    else:
        return
    packet = datagram.packet
    carried = data[_TRANSPORT_HEADER:size]
    lack = _lack(datagram, len(data), size)
    yield Payload(
        packet.number, packet.when, datagram.interface, protocol, source, destination, carried, lack
    )


def _lack(datagram: Datagram, held: int, size: int) -> str:
    if datagram.more:
        return f"only fragments with the first {held} bytes were captured"
    if held < size:
        return f"only {held} of {size} bytes were captured"
    return ""


def _with_port(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"

# -*- test-case-name: tests.lab.test_nullmodem -*-
"""
A null modem cable: joins two pseudo-terminals, which by themselves have no speed.

It is a script of its own (C{python3 -I -S nullmodem.py BAUD FD}), told what to
do over the socket C{FD}, one JSON object a packet, and answers each with one:

    {"do": "plug", "end": 0}            make its pseudo-terminal  -> {"path": "/dev/pts/7"}
    {"do": "unplug", "end": 0}          take it away, as a USB adapter is pulled out
    {"do": "cut"}, {"do": "heal"}       the cable: what is sent meanwhile is lost, and nobody sees it
    {"do": "noise", "end": 0, "count": 99}      bytes that nobody sent come out at this end
    {"do": "tear", "end": 0}            the next message that comes out at this end loses its middle
    {"do": "count"}                     -> {"carried": [12, 34], "lost": [0, 5]}, by the end it comes out at

When the socket is closed at the other end it ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import sys
import time
import tty
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

BITS = 10
"""Bits on the line for one byte."""

HELD = 4096
"""Bytes of which the sender is rid before they are on the line, as a driver's buffer has them."""

MARK = b">"
"""What a message begins with, and nothing else has."""

WHOLE = 40
"""Bytes of a torn message that arrive."""

TORN = 60
"""Bytes that do not."""

GRAIN = 0.005
"""Seconds between two looks at a line that carries something."""

NOISE = bytes(number for number in range(1, 256) if number not in b">\n")


@dataclass
class Way:
    """
    One direction of the cable, at its rate.

    @ivar rate: bytes a second.
    @ivar carried: bytes that came out.
    @ivar lost: bytes that did not.
    @ivar cut: whether nothing comes out.
    """

    rate: float
    carried: int = 0
    lost: int = 0
    cut: bool = False
    _held: bytearray = field(default_factory=bytearray)
    _free: float = 0.0
    "When the line has carried all that came out already."
    _torn: int | None = None
    "How much of the message that is to be torn has passed; -1 before it begins."

    def room(self) -> int:
        """Return how many bytes may be put in."""
        return max(0, HELD - len(self._held))

    def put(self, data: bytes, now: float) -> None:
        """Take what the sender has sent, at most L{room} bytes."""
        if not self._held:
            self._free = max(self._free, now)
        self._held += data

    def get(self, now: float) -> bytes:
        """Return what has come out by now."""
        count = min(len(self._held), int((now - self._free) * self.rate + 1e-9)) if self._held else 0
        self._free += count / self.rate
        data = bytes(self._held[:count])
        del self._held[:count]
        if self._torn is not None:
            data = self._tear(data, self._torn)
        if self.cut:
            self.lost += len(data)
            return b""
        self.carried += len(data)
        return data

    def due(self) -> float | None:
        """Return when the next byte comes out; C{None} if there is none."""
        return self._free + 1 / self.rate if self._held else None

    def tear(self) -> None:
        """Lose the middle of the next message."""
        self._torn = -1

    def _tear(self, data: bytes, passed: int) -> bytes:
        """Return what is left of some bytes."""
        begin = 0
        if passed < 0:
            begin = data.find(MARK)
            if begin < 0:
                return data
            passed = 0
        before, data = data[:begin], data[begin:]
        whole, rest = data[: max(0, WHOLE - passed)], data[max(0, WHOLE + TORN - passed) :]
        self.lost += len(data) - len(whole) - len(rest)
        passed += len(data)
        self._torn = passed if passed < WHOLE + TORN else None
        return before + whole + rest


class End:
    """
    One end: a pseudo-terminal.

    @ivar master: our side of it; -1 while there is none.
    """

    def __init__(self) -> None:
        self.master = -1
        self._slave = -1

    def plug(self) -> str:
        """Make it; return its path."""
        self.unplug()
        # Kept open: otherwise the line would hang up whenever nobody uses it.
        self.master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self.master, False)
        return os.ttyname(self._slave)

    def unplug(self) -> None:
        """Take it away, if it is there."""
        if self.master >= 0:
            os.close(self.master)
            os.close(self._slave)
        self.master = self._slave = -1

    def read(self, count: int) -> bytes:
        """Return what was sent, at most so many bytes."""
        with contextlib.suppress(BlockingIOError):
            return os.read(self.master, count)
        return b""

    def write(self, data: bytes) -> int:
        """Let bytes be received; return how many there was no room for, or nobody to receive."""
        if self.master < 0:
            return len(data)
        with contextlib.suppress(BlockingIOError):
            return len(data) - os.write(self.master, data)
        return len(data)


class Cable:
    """
    Both ends, and the two ways between them; C{ways[0]} comes out at end 0.

    @ivar clock: seconds.
    """

    def __init__(self, baud: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.ends = (End(), End())
        self.ways = (Way(baud / BITS), Way(baud / BITS))
        self.clock = clock

    def obey(self, order: Mapping[str, str | int]) -> dict[str, object]:
        """Do what is asked; return the answer."""
        number, what = int(order.get("end", 0)), order["do"]
        end = self.ends[number]
        if what == "plug":
            return {"path": end.plug()}
        if what == "unplug":
            end.unplug()
        elif what in ("cut", "heal"):
            for each in self.ways:
                each.cut = what == "cut"
        elif what == "noise":
            count = int(order["count"])
            end.write((NOISE * (count // len(NOISE) + 1))[:count])
        elif what == "tear":
            self.ways[number].tear()
        return {"carried": [each.carried for each in self.ways], "lost": [each.lost for each in self.ways]}

    def readable(self) -> dict[int, int]:
        """Return the number of the end for each descriptor that may be read."""
        found = {}
        for number, end in enumerate(self.ends):
            if end.master >= 0 and self.ways[1 - number].room():
                found[end.master] = number
        return found

    def wait(self) -> float | None:
        """Return the seconds until something comes out; C{None} while nothing is on the line."""
        due = [each for way in self.ways if (each := way.due()) is not None]
        return max(GRAIN, min(due) - self.clock()) if due else None

    def take(self, number: int) -> None:
        """Take what an end has sent."""
        way = self.ways[1 - number]
        way.put(self.ends[number].read(way.room()), self.clock())

    def give(self) -> None:
        """Let come out what has arrived."""
        for end, way in zip(self.ends, self.ways, strict=True):
            data = way.get(self.clock())
            if data:
                refused = end.write(data)
                way.carried -= refused
                way.lost += refused


def serve(cable: Cable, control: socket.socket) -> None:
    """Carry, and do what is asked, until the other end of the socket is gone."""
    while True:
        masters = cable.readable()
        ready = select.select([control.fileno(), *masters], [], [], cable.wait())[0]
        for descriptor in ready:
            if descriptor in masters:
                cable.take(masters[descriptor])
        cable.give()
        if control.fileno() in ready:
            packet = control.recv(1 << 12)
            if not packet:
                return
            control.send(json.dumps(cable.obey(json.loads(packet))).encode())


def main() -> None:
    """Take the speed and the number of the socket from the command line, and serve."""
    baud, descriptor = int(sys.argv[1]), int(sys.argv[2])
    with contextlib.suppress(ConnectionError):
        serve(Cable(baud), socket.socket(fileno=descriptor))


if __name__ == "__main__":
    main()

# -*- test-case-name: tests.lab.test_probe -*-
"""
The client that asks all the time, and writes down each answer.

A script of its own: C{probe.py http|udp ADDRESS PORT INTERVAL}, the interval in
milliseconds.  Each question has a socket or a number of its own and is given up
after L{PATIENCE}; they do not wait for each other.  One line an answer: when it
was asked, when it was answered (seconds on CLOCK_BOOTTIME), who answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import sys
import time
from typing import Final

PATIENCE: Final = 0.1
"""Seconds until a question is given up."""

MAX_ANSWER: Final = 2048


def now() -> float:
    """Return the time on the clock of the lab."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def note(asked: float, who: str) -> None:
    """Write one answer down."""
    sys.stdout.write(f"{asked:.6f} {now():.6f} {' '.join(who.split())}\n")
    sys.stdout.flush()


async def fetch(address: str, port: int) -> None:
    """Fetch the page once; a page that is not there is no answer."""
    asked = now()
    with contextlib.suppress(OSError, asyncio.TimeoutError, IndexError):
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection(address, port)
            try:
                writer.write(f"GET / HTTP/1.0\r\nHost: {address}\r\n\r\n".encode())
                answer = await reader.read(-1)
            finally:
                writer.close()
        head, _, body = answer[:MAX_ANSWER].decode(errors="replace").partition("\r\n\r\n")
        if head.split()[1] == "200":
            note(asked, body)


async def browse(address: str, port: int, interval: float) -> None:
    """Fetch the page again and again."""
    pending: set[asyncio.Task[None]] = set()
    for tick in itertools.count():
        if tick == 0:
            start = now()
        await asyncio.sleep(max(0.0, start + tick * interval - now()))
        task = asyncio.create_task(fetch(address, port))
        pending.add(task)
        task.add_done_callback(pending.discard)


class Echo(asyncio.DatagramProtocol):
    """
    Asks by datagrams, each with its time in it, so that nothing has to be kept.
    """

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Take an answer: the question, a blank, who answers."""
        asked, _, who = data.decode(errors="replace").partition(" ")
        note(float(asked), who)

    def error_received(self, exc: Exception) -> None:
        """Nobody there at the moment."""


async def ping(address: str, port: int, interval: float) -> None:
    """Send a datagram again and again."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Echo, local_addr=("0.0.0.0", 0), family=socket.AF_INET)
    start = now()
    for tick in itertools.count():
        await asyncio.sleep(max(0.0, start + tick * interval - now()))
        transport.sendto(f"{now():.6f}".encode(), (address, port))


def main() -> None:
    """Take the command line and ask until killed."""
    kind, address, port, interval = sys.argv[1:]
    work = {"http": browse, "udp": ping}[kind]
    asyncio.run(work(address, int(port), float(interval) / 1000))


if __name__ == "__main__":
    main()

# -*- test-case-name: tests.lab.test_bench -*-
"""
The client that asks many addresses all the time, and writes down who begins to answer.

A script of its own: C{sweeper.py PORT INTERVAL ADDRESS...}, the interval in
milliseconds.  Each address is asked at each interval.  One line whenever another
host than before answers for an address: when its last answer came from the one before
(C{-} for nobody), when its first came from the new one (seconds on CLOCK_BOOTTIME),
the address, who answers.
"""

from __future__ import annotations

import contextlib
import select
import socket
import sys
import time

MAX_ANSWER = 2048


def now() -> float:
    """Return the time on the clock of the lab."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def main() -> None:
    """Take the command line and ask until killed."""
    port, interval, addresses = int(sys.argv[1]), float(sys.argv[2]) / 1000, sys.argv[3:]
    asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    asking.setblocking(False)
    heard: dict[str, tuple[float, bytes]] = {}
    due = now()
    while True:
        due = max(due + interval, now() - interval)
        for address in addresses:
            ask(asking, address, port)
        while (rest := due - now()) > 0:
            if select.select([asking], [], [], rest)[0]:
                take(asking, heard)


def ask(asking: socket.socket, address: str, port: int) -> None:
    """Ask one address."""
    with contextlib.suppress(OSError):  # nobody there, or no room at the moment
        asking.sendto(b"?", (address, port))


def take(asking: socket.socket, heard: dict[str, tuple[float, bytes]]) -> None:
    """Take what answers there are."""
    while True:
        try:
            answer, (address, _) = asking.recvfrom(MAX_ANSWER)
        except BlockingIOError:
            return
        except OSError:
            continue
        who = answer.partition(b" ")[2]
        when = now()
        last = heard.get(address)
        heard[address] = (when, who)
        if last is None or last[1] != who:
            before = f"{last[0]:.6f}" if last is not None else "-"
            sys.stdout.write(f"{before} {when:.6f} {address} {who.decode(errors='replace')}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()

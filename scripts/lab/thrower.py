# -*- test-case-name: tests.lab.test_hostile -*-
"""
A stranger on the segment: sends datagrams to one address, each once.

A script of its own: C{thrower.py FILE ADDRESS PORT INTERVAL}, the interval in
milliseconds.  The file has one datagram a line, in hexadecimal.
"""

from __future__ import annotations

import socket
import sys
import time
from pathlib import Path


def main() -> None:
    """Send them all, one after the other."""
    path, address, port, interval = sys.argv[1:]
    place = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sent = 0
    for line in Path(path).read_text().split("\n")[:-1]:
        place.sendto(bytes.fromhex(line), (address, int(port)))
        sent += 1
        time.sleep(float(interval) / 1000)
    print(sent, flush=True)


if __name__ == "__main__":
    main()

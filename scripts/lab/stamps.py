# -*- test-case-name: tests.lab.test_tempo -*-
"""
Run inside a rack: write down when datagrams come in through its ports.

    python -I -S stamps.py PORT...

says C{ready}, and then for every UDP datagram to L{HEARTBEATS} that a host sends a
line with the name of the port and the kernel's time of its arrival in nanoseconds.
Only the standard library is used.
"""

from __future__ import annotations

import select
import socket
import struct
import sys
from collections.abc import Sequence

HEARTBEATS = 694
ETH_P_IP = 0x0800
ETH_P_ALL = 0x0003
SO_TIMESTAMPNS = 35
OUTGOING = 4
UDP = 17


def is_heartbeat(packet: bytes) -> bool:
    """Say whether this is IPv4, not a later fragment, UDP, and to our port."""
    if len(packet) < 28 or packet[0] >> 4 != 4 or packet[9] != UDP or packet[6] & 0x1F or packet[7]:
        return False
    start = 4 * (packet[0] & 15)
    return int.from_bytes(packet[start + 2 : start + 4], "big") == HEARTBEATS


def watch(ports: Sequence[str]) -> None:
    """Write lines until somebody ends us."""
    opened = {}
    for port in ports:
        # Of every protocol: a bridge takes what is meant for one of them before we would see it.
        one = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        one.bind((port, ETH_P_ALL))
        one.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        opened[one] = port
    print("ready", flush=True)
    while True:
        for one in select.select(list(opened), [], [])[0]:
            packet, more, _, source = one.recvmsg(128, 64)
            if source[1] != ETH_P_IP or source[2] == OUTGOING or not is_heartbeat(packet):
                continue
            seconds, nanoseconds = struct.unpack("@qq", more[0][2])
            print(opened[one], seconds * 1_000_000_000 + nanoseconds, flush=True)


if __name__ == "__main__":
    watch(sys.argv[1:])

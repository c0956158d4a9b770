# -*- test-case-name: tests.lab.test_bench -*-
"""
Write down when a host's heartbeats arrive.

A script of its own: C{hearer.py CARD NODE}.  One line, seconds on CLOCK_BOOTTIME, for
each C{status} of that node in netstrings that comes in on the card.
"""

from __future__ import annotations

import socket
import sys
import time

ETH_P_IP = 0x0800
MAX_FRAME = 65536
OUTGOING = 4


def main() -> None:
    """Listen until killed."""
    card, node = sys.argv[1:]
    listening = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_IP))
    listening.bind((card, ETH_P_IP))
    sender = f")src={node},".encode()
    while True:
        frame, place = listening.recvfrom(MAX_FRAME)
        if place[2] != OUTGOING and sender in frame and b")t=status," in frame:
            sys.stdout.write(f"{time.clock_gettime(time.CLOCK_BOOTTIME):.6f}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()

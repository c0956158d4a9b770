# -*- test-case-name: tests.lab.test_probe -*-
"""
An always-on service: answers each datagram with itself and this host's name.

A script of its own: C{responder.py PORT}.  It listens on every address and
answers from the one that was asked, so it follows an address without noticing.
"""

from __future__ import annotations

import contextlib
import socket
import sys
from typing import Final

IP_PKTINFO: Final = 8


def main() -> None:
    """Answer until killed."""
    name = socket.gethostname().encode()
    place = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    place.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
    place.bind(("0.0.0.0", int(sys.argv[1])))
    while True:
        data, ancillary, _, sender = place.recvmsg(2048, socket.CMSG_SPACE(12))
        # struct in_pktinfo: interface, address to answer from, address that was asked.
        asked = ancillary[0][2][8:12]
        source = (socket.IPPROTO_IP, IP_PKTINFO, b"\0\0\0\0" + asked + b"\0\0\0\0")
        # The address may have left this host between the question and the answer.
        with contextlib.suppress(OSError):
            place.sendmsg([data + b" " + name], [source], 0, sender)


if __name__ == "__main__":
    main()

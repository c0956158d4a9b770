# -*- test-case-name: tests.lab.test_watch -*-
"""
Write down what happens to addresses, one JSON object a line.

A script of its own that runs in the rack.  One netlink socket hears every host
(C{NETLINK_LISTEN_ALL_NSID}), so the kernel itself puts the events of all hosts
into one order; a capture on every port sees who answers ARP, and for whom.
C{when} is seconds on CLOCK_BOOTTIME, read when the event was.

    {"what": "address", "host", "card", "address", "present", "when"}
    {"what": "unplugged", "host", "card", "when"}       the card itself is gone
    {"what": "arp", "host", "mac", "address", "announcement", "when"}
    {"what": "overrun", "when"}                         events were lost
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import selectors
import socket
import struct
import sys
import time
from collections.abc import Iterator
from typing import Final

SOL_NETLINK: Final = 270
NETLINK_LISTEN_ALL_NSID: Final = 8
SO_RCVBUFFORCE: Final = 33
SO_ATTACH_FILTER: Final = 26
GROUPS: Final = 0x1 | 0x10 | 0x100
"""Links, IPv4 addresses, IPv6 addresses."""
RTM_NEWLINK, RTM_DELLINK, RTM_NEWADDR, RTM_DELADDR = 16, 17, 20, 21
IFLA_IFNAME, IFLA_LINK, IFLA_LINK_NETNSID = 3, 5, 37
IFA_ADDRESS, IFA_LOCAL = 1, 2
ETH_P_ALL: Final = 3
BUFFER: Final = 1 << 22

_MESSAGE: Final = struct.Struct("=IHHII")
_LINK: Final = struct.Struct("=BxHiII")
_ADDRESS: Final = struct.Struct("=BBBBI")
_ATTRIBUTE: Final = struct.Struct("=HH")
_ARP: Final = struct.Struct("!HHBBH6s4s6s4s")
# Load the Ethernet type; all of the frame if it is ARP, nothing otherwise.
_ONLY_ARP: Final = ((0x28, 0, 0, 12), (0x15, 0, 1, 0x0806), (0x06, 0, 0, 0xFFFF), (0x06, 0, 0, 0))


def attributes(data: bytes) -> dict[int, bytes]:
    """Return the attributes of a netlink message by number."""
    found, at = {}, 0
    while at + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if length < _ATTRIBUTE.size:
            break
        found[kind & 0x3FFF] = data[at + _ATTRIBUTE.size : at + length]
        at += (length + 3) & ~3
    return found


def messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Take a netlink datagram apart: type and body of each message."""
    at = 0
    while at + _MESSAGE.size <= len(data):
        length, kind, _, _, _ = _MESSAGE.unpack_from(data, at)
        if length < _MESSAGE.size:
            break
        yield kind, data[at + _MESSAGE.size : at + length]
        at += (length + 3) & ~3


class Watcher:
    """
    Turns what the kernel says into lines.

    @ivar cards: (host, card) by the number of the host's name space and the
        index of the card in it, learnt from the ports of the rack.
    @ivar early: what was said of a card before its port was.
    """

    def __init__(self) -> None:
        self.cards: dict[tuple[int, int], tuple[str, str]] = {}
        self.early: dict[tuple[int, int], list[tuple[int, bytes]]] = {}
        self.netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        _enlarge(self.netlink)
        self.netlink.setsockopt(SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, 1)
        self.netlink.bind((0, GROUPS))
        self.capture = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        _enlarge(self.capture)
        _attach(self.capture)

    def watch(self) -> None:
        """Write for ever."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.netlink, selectors.EVENT_READ, self._changed)
            selector.register(self.capture, selectors.EVENT_READ, self._seen)
            say({"what": "ready"})
            while True:
                for key, _ in selector.select():
                    key.data()

    def _changed(self) -> None:
        try:
            data, ancillary, _, _ = self.netlink.recvmsg(1 << 16, socket.CMSG_SPACE(4))
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise
            say({"what": "overrun"})
            return
        # Without a number it is the rack's own.
        space = struct.unpack("=i", ancillary[0][2])[0] if ancillary else -1
        for kind, body in messages(data):
            if kind in (RTM_NEWLINK, RTM_DELLINK) and space == -1:
                self._port(kind, body)
            elif kind in (RTM_NEWADDR, RTM_DELADDR) and space != -1:
                self._address(kind, body, space)

    def _port(self, kind: int, body: bytes) -> None:
        if body[0] != socket.AF_UNSPEC:
            return  # what a bridge says of its ports
        found = attributes(body[_LINK.size :])
        host, dash, card = found.get(IFLA_IFNAME, b"").rstrip(b"\0").decode().rpartition("-")
        if not dash:
            return
        if kind == RTM_DELLINK:
            say({"what": "unplugged", "host": host, "card": card})
        elif IFLA_LINK in found and IFLA_LINK_NETNSID in found:
            (index,) = struct.unpack("=I", found[IFLA_LINK])
            (space,) = struct.unpack("=i", found[IFLA_LINK_NETNSID])
            self.cards[space, index] = (host, card)
            for early in self.early.pop((space, index), ()):
                self._address(*early, space)

    def _address(self, kind: int, body: bytes, space: int) -> None:
        family, _, _, _, index = _ADDRESS.unpack_from(body)
        found = attributes(body[_ADDRESS.size :])
        raw = found.get(IFA_LOCAL, found.get(IFA_ADDRESS))
        if raw is None:
            return
        if (space, index) not in self.cards:
            self.early.setdefault((space, index), []).append((kind, body))
            return
        host, card = self.cards[space, index]
        text, present = socket.inet_ntop(family, raw), kind == RTM_NEWADDR
        say({"what": "address", "host": host, "card": card, "address": text, "present": present})

    def _seen(self) -> None:
        frame, (interface, _, direction, _, _) = self.capture.recvfrom(2048)
        host, dash, _ = interface.rpartition("-")
        if not dash or direction == socket.PACKET_OUTGOING or len(frame) < 14 + _ARP.size:
            return
        _, _, _, _, operation, mac, sender, _, target = _ARP.unpack_from(frame, 14)
        announcement = sender == target
        if sender == b"\0\0\0\0" or not (announcement or operation == 2):
            return
        address = socket.inet_ntoa(sender)
        arp = {"what": "arp", "host": host, "mac": mac.hex(":"), "address": address}
        say({**arp, "announcement": announcement})


def say(event: dict[str, object]) -> None:
    """Write one line, with its time."""
    when = time.clock_gettime(time.CLOCK_BOOTTIME)
    sys.stdout.write(json.dumps({**event, "when": when}) + "\n")
    sys.stdout.flush()


def _enlarge(place: socket.socket) -> None:
    try:
        place.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
    except PermissionError:
        place.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)


def _attach(place: socket.socket) -> None:
    program = b"".join(struct.pack("HBBI", *step) for step in _ONLY_ARP)
    kept = ctypes.create_string_buffer(program)
    fprog = struct.pack("HL", len(_ONLY_ARP), ctypes.addressof(kept))
    place.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, fprog)


if __name__ == "__main__":
    # Seen late is stamped late; an ordinary user has to live with it.
    with contextlib.suppress(PermissionError):
        os.nice(-15)
    Watcher().watch()

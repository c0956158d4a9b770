# -*- test-case-name: tests.guardian.test_addresses -*-
"""
Remove addresses from this host, over rtnetlink, whoever added them.

One list, then one request for each address.  A secondary address would go with the first of
its subnet, so the kernel is told to promote it, if it lets us say so.
"""

from __future__ import annotations

import errno
import os
import socket
import struct

RTM_DELADDR = 21
RTM_GETADDR = 22
NLM_F_REQUEST = 0x001
NLM_F_ACK = 0x004
NLM_F_DUMP = 0x300
NLMSG_ERROR = 2
NLMSG_DONE = 3
IFA_ADDRESS = 1
IFA_LOCAL = 2

GONE = (0, errno.EADDRNOTAVAIL, errno.ENODEV)
"""What the kernel says when an address is not there any more; with its interface, maybe."""

RECEIVE_SIZE = 1 << 16
ANSWER_TIMEOUT = 0.25
"""Seconds the kernel has for an answer; it answers from within the call that asks."""

CONF = "/proc/sys/net/ipv4/conf"

_HEADER = struct.Struct("=IHHII")
_ADDRESS = struct.Struct("=BBBBI")
_ATTRIBUTE = struct.Struct("=HH")
_ERROR = struct.Struct("=i")


def packed(text: str) -> bytes:
    """Return an IP address as the kernel has it; raises C{OSError} for anything else."""
    return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)


class Kernel:
    """Asks the kernel of the name space we run in."""

    def __init__(self, conf: str = CONF) -> None:
        self._conf = conf
        self._number = 0
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
        self._socket.settimeout(ANSWER_TIMEOUT)
        self._socket.bind((0, 0))

    def remove(self, addresses: frozenset[bytes]) -> list[str]:
        """
        Remove every one of these addresses, wherever it is.

        @return: what went wrong; empty if none is there any more.
        """
        troubles: list[str] = []
        for family, prefix, index, ip in self._held(addresses):
            self._promote(index)
            # Without IFA_ADDRESS, which names the other end where there is one.
            head = _ADDRESS.pack(family, prefix, 0, 0, index)
            code = self._ask(RTM_DELADDR, head + _attribute(IFA_LOCAL, ip))
            if code not in GONE:
                text = socket.inet_ntop(family, ip)
                troubles.append(f"{text}: {errno.errorcode.get(code, code)}")
        return troubles

    def _held(self, wanted: frozenset[bytes]) -> list[tuple[int, int, int, bytes]]:
        found: list[tuple[int, int, int, bytes]] = []
        self._drain()
        self._send(RTM_GETADDR, NLM_F_DUMP, _ADDRESS.pack(0, 0, 0, 0, 0))
        while True:
            for kind, payload in self._receive():
                if kind == NLMSG_ERROR:
                    code = _code_of(payload)
                    raise OSError(code, f"the addresses cannot be listed: {os.strerror(code)}")
                if kind == NLMSG_DONE:
                    return found
                family, prefix, _, _, index = _ADDRESS.unpack_from(payload)
                ip = _address_of(payload[_ADDRESS.size :])
                if ip in wanted:
                    found.append((family, prefix, index, ip))

    def _ask(self, kind: int, payload: bytes) -> int:
        """Send a request, return the number of the error; 0 for none."""
        self._send(kind, NLM_F_ACK, payload)
        while True:
            for answer, body in self._receive():
                if answer == NLMSG_ERROR:
                    return _code_of(body)

    def _drain(self) -> None:
        """Read what answers earlier requests: the kernel makes no list before the last one is read."""
        self._socket.setblocking(False)
        try:
            while True:
                self._socket.recv(RECEIVE_SIZE)
        except BlockingIOError:
            pass
        finally:
            self._socket.settimeout(ANSWER_TIMEOUT)

    def _send(self, kind: int, flags: int, payload: bytes) -> None:
        self._number += 1
        head = _HEADER.pack(_HEADER.size + len(payload), kind, flags | NLM_F_REQUEST, self._number, 0)
        self._socket.send(head + payload)

    def _receive(self) -> list[tuple[int, bytes]]:
        """Return what answers the last request; raises C{OSError} if nothing does in time."""
        data = self._socket.recv(RECEIVE_SIZE)
        answers: list[tuple[int, bytes]] = []
        position = 0
        while position + _HEADER.size <= len(data):
            length, kind, _, number, _ = _HEADER.unpack_from(data, position)
            if length < _HEADER.size:
                break
            if number == self._number:
                answers.append((kind, data[position + _HEADER.size : position + length]))
            position += (length + 3) & ~3
        return answers

    def _promote(self, index: int) -> None:
        """Let the kernel keep the other addresses of a subnet whose first one goes."""
        try:
            path = f"{self._conf}/{socket.if_indextoname(index)}/promote_secondaries"
            with open(path, "w", encoding="ascii") as setting:
                setting.write("1\n")
        except OSError:
            pass  # it is for the sake of other addresses, and must not keep ours


def _code_of(body: bytes) -> int:
    return -int(_ERROR.unpack_from(body)[0])


def _attribute(kind: int, value: bytes) -> bytes:
    size = _ATTRIBUTE.size + len(value)
    return _ATTRIBUTE.pack(size, kind) + value + bytes(-size % 4)


def _address_of(attributes: bytes) -> bytes:
    found = {}
    position = 0
    while position + _ATTRIBUTE.size <= len(attributes):
        size, kind = _ATTRIBUTE.unpack_from(attributes, position)
        if size < _ATTRIBUTE.size:
            break
        found[kind] = attributes[position + _ATTRIBUTE.size : position + size]
        position += (size + 3) & ~3
    return found.get(IFA_LOCAL, found.get(IFA_ADDRESS, b""))

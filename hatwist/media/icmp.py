# -*- test-case-name: tests.media.test_icmp -*-
"""
Open the one socket of a ping medium: a raw one, or the kernel's own for echoes.

A raw socket needs root or CAP_NET_RAW, and hears what the whole host hears; so
the kernel is told to keep everything but echo replies.  The other kind, a
datagram socket, is for groups in C{net.ipv4.ping_group_range}, which holds for
IPv6 as well; there the kernel writes the identifier and hands us our own
replies only.
"""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from attrs import frozen

from hatwist.errors import MediumError
from hatwist.media.sockets import Option
from hatwist.wire.icmp import ICMP, ICMP6, Variant

ECHO_SOCKETS: Final = (socket.SOCK_RAW, socket.SOCK_DGRAM)
"""Both kinds, in the order in which they are tried."""

_SOL_RAW: Final = 255
_ICMP_FILTER: Final = 1
_ICMP6_FILTER: Final = 1
_DENIED: Final = frozenset({errno.EPERM, errno.EACCES, errno.EPROTONOSUPPORT})

_REMEDY: Final = (
    "run as root, give the program CAP_NET_RAW, or let net.ipv4.ping_group_range have one of its groups"
)


def keep_only(variant: Variant) -> Option:
    """Let a raw socket hear echo replies and nothing else; a bit that is set is a type that is not heard."""
    if variant is ICMP6:
        words = [0xFFFFFFFF] * 8
        words[variant.reply // 32] &= ~(1 << variant.reply % 32)
        return Option("ICMP6_FILTER", socket.IPPROTO_ICMPV6, _ICMP6_FILTER, struct.pack("@8I", *words))
    return Option(
        "ICMP_FILTER", _SOL_RAW, _ICMP_FILTER, struct.pack("@I", 0xFFFFFFFF & ~(1 << variant.reply))
    )


@frozen
class EchoSocket:
    """
    An open socket for echoes, non-blocking and not inherited.

    @ivar raw: whether it hears the replies to others too; replies of IPv4 come
        with their IP header then.
    """

    socket: socket.socket
    raw: bool


_PROTOCOLS: Final[Mapping[Variant, tuple[int, int]]] = MappingProxyType(
    {
        ICMP: (socket.AF_INET, socket.IPPROTO_ICMP),
        ICMP6: (socket.AF_INET6, socket.IPPROTO_ICMPV6),
    }
)


def open_echo(title: str, variant: Variant, kinds: tuple[int, ...] = ECHO_SOCKETS) -> EchoSocket:
    """
    Open the first kind of socket that this process may have.

    @param title: begins every error.
    @raise MediumError: says why there is none, and what would help.
    """
    family, protocol = _PROTOCOLS[variant]
    for kind in kinds:
        try:
            made = socket.socket(family, kind | socket.SOCK_NONBLOCK, protocol)
        except OSError as problem:
            if problem.errno in _DENIED:
                continue
            raise MediumError(f"{title}: cannot open a socket for ICMP: {problem.strerror}") from problem
        if kind == socket.SOCK_RAW:
            _filter(title, made, keep_only(variant))
        return EchoSocket(made, kind == socket.SOCK_RAW)
    raise MediumError(f"{title}: cannot open a socket for ICMP: not permitted; {_REMEDY}")


def _filter(title: str, made: socket.socket, option: Option) -> None:
    try:
        made.setsockopt(option.level, option.name, option.value)
    except OSError as problem:
        made.close()
        raise MediumError(f"{title}: cannot set {option.word}: {problem.strerror}") from problem

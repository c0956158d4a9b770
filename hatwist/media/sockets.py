# -*- test-case-name: tests.media.test_sockets -*-
"""
Build the two sockets of a UDP medium: one that sends, one that receives.

A L{Plan} says what they need, as the table of protocol section 7 has it;
L{open_sockets} is the only place that makes sockets.  Both are non-blocking
and are not inherited by programs we run.
"""

from __future__ import annotations

import fcntl
import socket
import struct
from typing import Final

from attrs import frozen

from hatwist.errors import MediumError

MAX_INTERFACE_NAME: Final = 15
"""Bytes; the kernel's limit."""

_SIOCGIFFLAGS: Final = 0x8913
_SIOCGIFADDR: Final = 0x8915
_SIOCGIFBRDADDR: Final = 0x8919
_IFF_BROADCAST: Final = 0x2
_IFF_NOARP: Final = 0x80
_IP_MULTICAST_ALL: Final = 49
_IPTOS_LOWDELAY: Final = 0x10

Address = tuple[str, int] | tuple[str, int, int, int]
"""Host and port; for IPv6 flow and scope too."""


@frozen
class Option:
    """One socket option; C{word} is its name, for messages and for tests."""

    word: str
    level: int
    name: int
    value: int | bytes = 1


REUSEADDR: Final = Option("SO_REUSEADDR", socket.SOL_SOCKET, socket.SO_REUSEADDR)
REUSEPORT: Final = Option("SO_REUSEPORT", socket.SOL_SOCKET, socket.SO_REUSEPORT)
BROADCAST: Final = Option("SO_BROADCAST", socket.SOL_SOCKET, socket.SO_BROADCAST)
DONTROUTE: Final = Option("SO_DONTROUTE", socket.SOL_SOCKET, socket.SO_DONTROUTE)
LOWDELAY: Final = Option("IP_TOS", socket.IPPROTO_IP, socket.IP_TOS, _IPTOS_LOWDELAY)
ONLY_IPV6: Final = Option("IPV6_V6ONLY", socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)

ONLY_JOINED: Final = Option("IP_MULTICAST_ALL", socket.IPPROTO_IP, _IP_MULTICAST_ALL, 0)
"""
Hear the group on our own interface only.  Without it Linux hands a socket what
any other one of the host has joined, and two C{mcast} lines with one group on
two interfaces would keep each other's links up.
"""


def bind_to_device(interface: str) -> Option:
    """Send and receive over one interface only."""
    return Option("SO_BINDTODEVICE", socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode() + b"\0")


def multicast_from(index: int) -> Option:
    """Send multicast out of the interface with this index."""
    return Option("IP_MULTICAST_IF", socket.IPPROTO_IP, socket.IP_MULTICAST_IF, _request("0.0.0.0", index))


def multicast_ttl(hops: int) -> Option:
    """Let multicast pass C{hops} routers less one; 0 stays on the host."""
    return Option("IP_MULTICAST_TTL", socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, hops)


def multicast_loop(loop: bool) -> Option:
    """Say whether what we send comes back to this host."""
    return Option("IP_MULTICAST_LOOP", socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, int(loop))


def join(group: str, index: int) -> Option:
    """Hear a group on the interface with this index."""
    return Option("IP_ADD_MEMBERSHIP", socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, _request(group, index))


def multicast6_from(index: int) -> Option:
    """Send IPv6 multicast out of the interface with this index."""
    return Option("IPV6_MULTICAST_IF", socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)


def multicast6_hops(hops: int) -> Option:
    """Let IPv6 multicast pass C{hops} routers less one; 0 stays on the host."""
    return Option("IPV6_MULTICAST_HOPS", socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, hops)


def multicast6_loop(loop: bool) -> Option:
    """Say whether what we send comes back to this host."""
    return Option("IPV6_MULTICAST_LOOP", socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, int(loop))


def join6(group: str, index: int) -> Option:
    """Hear an IPv6 group on the interface with this index."""
    request = socket.inet_pton(socket.AF_INET6, group) + struct.pack("@I", index)
    return Option("IPV6_JOIN_GROUP", socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, request)


def _request(group: str, index: int) -> bytes:
    """Pack C{struct ip_mreqn}; by index, so that a new address of the interface changes nothing."""
    return struct.pack("@4s4si", socket.inet_aton(group), b"\0\0\0\0", index)


@frozen
class Plan:
    """
    What the sockets of one medium need.

    @ivar title: directive and interface, such as C{bcast eth0}; begins every error.
    @ivar index: the kernel's number of the interface when this was made.
    @ivar send: options of the sending socket, in order.  It is not bound: the
        source port is any, and nobody may filter on it.
    @ivar receive: options of the receiving socket, set before it is bound.
    @ivar bind: address and port of the receiving socket.
    @ivar joined: options set once it is bound.
    @ivar destination: address and port everything is sent to.
    @ivar family: IPv4 or IPv6.
    @ivar group: the multicast group that is to be heard; empty where there is none.
    @ivar address: the interface's IPv4 address, where it may be missing; empty where it is.
    """

    title: str
    index: int
    send: tuple[Option, ...]
    receive: tuple[Option, ...]
    bind: Address
    destination: Address
    joined: tuple[Option, ...] = ()
    family: socket.AddressFamily = socket.AF_INET
    group: str = ""
    address: str = ""


@frozen
class Sockets:
    """The two open sockets of a medium."""

    send: socket.socket
    receive: socket.socket

    def close(self) -> None:
        """Close both."""
        self.send.close()
        self.receive.close()


def open_sockets(plan: Plan) -> Sockets:
    """
    Open both sockets, or neither.

    A port in use is an error at once: heartbeat tries for ten seconds, but
    these options share a port, so only a foreign program can be in the way.

    @raise MediumError: says which medium, what was tried and why it failed.
    """
    pair = Sockets(_new(plan.family), _new(plan.family))
    try:
        _apply(plan, pair.send, plan.send)
        _apply(plan, pair.receive, plan.receive)
        _bind(plan, pair.receive)
        _apply(plan, pair.receive, plan.joined)
    except MediumError:
        pair.close()
        raise
    return pair


def _new(family: socket.AddressFamily = socket.AF_INET) -> socket.socket:
    return socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)


def written(address: Address) -> str:
    """Return an address for people: C{192.0.2.1:694}, C{[fe80::1%eth1]:694}."""
    return f"[{address[0]}]:{address[1]}" if ":" in address[0] else f"{address[0]}:{address[1]}"


def _apply(plan: Plan, made: socket.socket, options: tuple[Option, ...]) -> None:
    for option in options:
        try:
            made.setsockopt(option.level, option.name, option.value)
        except OSError as problem:
            raise MediumError(f"{plan.title}: cannot set {option.word}: {problem.strerror}") from problem


def _bind(plan: Plan, made: socket.socket) -> None:
    host, port = plan.bind[:2]
    try:
        made.bind(plan.bind)
    except OSError as problem:
        raise MediumError(f"{plan.title}: cannot bind {host} port {port}: {problem.strerror}") from problem


def interface_index(title: str, interface: str) -> int:
    """
    Return the kernel's number of an interface.

    @raise MediumError: there is no such interface.
    """
    try:
        return socket.if_nametoindex(interface)
    except (OSError, ValueError) as problem:
        raise MediumError(f"{title}: there is no interface {interface!r}") from problem


def interface_address(title: str, interface: str) -> str:
    """
    Return the interface's first IPv4 address.

    @raise MediumError: no such interface, or it has no IPv4 address.
    """
    answer = _ask(title, interface, _SIOCGIFADDR, "it has no IPv4 address")
    return socket.inet_ntoa(answer[20:24])


def broadcast_address(title: str, interface: str) -> str:
    """
    Return the interface's IPv4 broadcast address.

    @raise MediumError: no such interface, it cannot broadcast, or it has no
        broadcast address.
    """
    (flags,) = struct.unpack("@H", _ask(title, interface, _SIOCGIFFLAGS, "its flags are unknown")[16:18])
    interface_address(title, interface)
    address = socket.inet_ntoa(_ask(title, interface, _SIOCGIFBRDADDR, "no broadcast address")[20:24])
    if not flags & _IFF_BROADCAST or address == "0.0.0.0":
        raise MediumError(f"{title}: interface {interface} has no broadcast address")
    if flags & _IFF_NOARP:
        # The kernel then sends everything but multicast to the interface's own hardware address.
        raise MediumError(f"{title}: interface {interface} has ARP switched off, and cannot broadcast")
    return address


def _ask(title: str, interface: str, request: int, otherwise: str) -> bytes:
    """Ask the kernel for one property of an interface: a C{struct ifreq}."""
    interface_index(title, interface)
    with _new() as probe:
        try:
            return fcntl.ioctl(probe, request, struct.pack("@16s24x", interface.encode()))
        except OSError as problem:
            words = f"{title}: interface {interface}: {otherwise}: {problem.strerror}"
            raise MediumError(words) from problem

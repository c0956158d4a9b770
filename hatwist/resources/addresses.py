# -*- test-case-name: tests.resources.test_addresses -*-
"""
The L{Network} of this host, over rtnetlink.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from ipaddress import IPv4Address, ip_address, ip_interface
from types import TracebackType
from typing import Final

from attrs import evolve
from twisted.logger import Logger

from hatwist.errors import AgentError
from hatwist.resources import netlink
from hatwist.resources.network import Held, IPAddress, Link, NoLinkError, Route

RTM_NEWLINK: Final = 16
RTM_DELLINK: Final = 17
RTM_GETLINK: Final = 18
RTM_NEWADDR: Final = 20
RTM_DELADDR: Final = 21
RTM_GETADDR: Final = 22
RTM_GETROUTE: Final = 26

IFLA_ADDRESS: Final = 1
IFLA_IFNAME: Final = 3

IFA_ADDRESS: Final = 1
IFA_LOCAL: Final = 2
IFA_LABEL: Final = 3
IFA_BROADCAST: Final = 4
IFA_CACHEINFO: Final = 6
IFA_FLAGS: Final = 8
IFA_RT_PRIORITY: Final = 9

IFA_F_SECONDARY: Final = 0x01
IFA_F_NODAD: Final = 0x02

KEPT_FLAGS: Final = IFA_F_NODAD | 0x04 | 0x10 | 0x100 | 0x200 | 0x400
"""
What an IPv6 address loses unless it is said again: besides, whether it is optimistic,
a home address, has temporary ones, makes no route, joins a group.
"""

FOR_EVER: Final = 0xFFFFFFFF
"""As a lifetime."""

RTA_DST: Final = 1
RTA_OIF: Final = 4
RTM_F_FIB_MATCH: Final = 0x2000
"""Answer with the route that matched, not with a route to the one address."""

IFF_UP: Final = 0x0001
IFF_NOARP: Final = 0x0080
ARPHRD_ETHER: Final = 1

LABEL_SIZE: Final = 15
"""Bytes of an interface name or a label."""

MAC_SIZE: Final = 6

CONF: Final = "/proc/sys/net/ipv4/conf"

_LINK: Final = struct.Struct("=BxHiII")
_ADDRESS: Final = struct.Struct("=BBBBI")
_ROUTE: Final = struct.Struct("=BBBBBBBBI")
_INDEX: Final = struct.Struct("=I")
_CACHE: Final = struct.Struct("=IIII")


class KernelNetwork:
    """
    The L{Network} of the name space we run in; a context manager.

    Every method raises C{OSError} when the kernel refuses, and L{AgentError}
    when it does not answer.
    """

    _log = Logger()

    def __init__(self, conf: str = CONF) -> None:
        """
        @param conf: where the kernel keeps the settings of interfaces.
        """
        self._conf = conf
        self._netlink = netlink.Netlink()

    def __enter__(self) -> KernelNetwork:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, reason: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._netlink.__exit__(kind, reason, trace)

    def link(self, key: str | int) -> Link:
        """See L{Network.link}."""
        asked = netlink.attribute(IFLA_IFNAME, _name(key)) if isinstance(key, str) else b""
        index = 0 if isinstance(key, str) else key
        try:
            answers = self._netlink.ask(RTM_GETLINK, _LINK.pack(0, 0, index, 0, 0) + asked)
        except OSError as reason:
            if reason.errno != errno.ENODEV:
                raise
            raise NoLinkError(f"there is no interface {key}") from reason
        _, kind, index, flags, _ = _LINK.unpack_from(answers[0])
        found = netlink.attributes(answers[0][_LINK.size :])
        hardware = found.get(IFLA_ADDRESS, b"")
        announces = kind == ARPHRD_ETHER and not flags & IFF_NOARP and len(hardware) == MAC_SIZE
        name = found[IFLA_IFNAME].rstrip(b"\0").decode("utf-8", "replace")
        return Link(index, name, hardware, announces, bool(flags & IFF_UP))

    def hardware(self) -> frozenset[bytes]:
        """See L{Network.hardware}."""
        answers = self._netlink.dump(RTM_GETLINK, _LINK.pack(0, 0, 0, 0, 0))
        found = (netlink.attributes(one[_LINK.size :]).get(IFLA_ADDRESS, b"") for one in answers)
        return frozenset(mac for mac in found if len(mac) == MAC_SIZE)

    def held(self) -> tuple[Held, ...]:
        """See L{Network.held}."""
        answers = self._netlink.dump(RTM_GETADDR, _ADDRESS.pack(0, 0, 0, 0, 0))
        return tuple(one for one in map(read_address, answers) if one is not None)

    def at(self, ip: IPAddress) -> tuple[Held, ...]:
        """See L{Network.at}."""
        return tuple(one for one in self.held() if one.ip == ip)

    def route(self, ip: IPAddress, index: int = 0) -> Route | None:
        """See L{Network.route}."""
        head = _ROUTE.pack(_family(ip), ip.max_prefixlen, 0, 0, 0, 0, 0, 0, RTM_F_FIB_MATCH)
        over = netlink.attribute(RTA_OIF, _INDEX.pack(index)) if index else b""
        try:
            answers = self._netlink.ask(RTM_GETROUTE, head + netlink.attribute(RTA_DST, ip.packed) + over)
        except OSError:
            return None
        found = netlink.attributes(answers[0][_ROUTE.size :])
        if RTA_OIF not in found:
            return None
        return Route(_INDEX.unpack(found[RTA_OIF])[0], _ROUTE.unpack_from(answers[0])[1])

    def add(self, address: Held, lifetime: int | None = None) -> None:
        """See L{Network.add}."""
        parts = [_local(address), _lifetime(lifetime)]
        if address.broadcast is not None:
            parts.append(netlink.attribute(IFA_BROADCAST, address.broadcast.packed))
        if address.label:
            parts.append(netlink.attribute(IFA_LABEL, _name(address.label)))
        # Duplicate address detection would keep it silent for a second.
        parts.append(_kept(evolve(address, flags=address.flags | IFA_F_NODAD)))
        self._put(parts)

    def renew(self, address: Held, lifetime: int | None) -> None:
        """See L{Network.renew}."""
        self._put([_local(address), _lifetime(lifetime), _kept(address)])

    def _put(self, parts: list[bytes]) -> None:
        self._netlink.ask(RTM_NEWADDR, b"".join(parts), netlink.NLM_F_CREATE | netlink.NLM_F_REPLACE)

    def remove(self, address: Held) -> None:
        """See L{Network.remove}."""
        followers = [] if address.secondary else self._followers(address)
        with self._promoting(address) if followers else nullcontext():
            try:
                self._netlink.ask(RTM_DELADDR, _local(address))
            except OSError as reason:
                if reason.errno != errno.EADDRNOTAVAIL:
                    raise
        left = {(one.ip, one.index) for one in self.held()} if followers else set()
        for one in followers:
            if (one.ip, one.index) not in left:
                self.add(one, one.lifetime)

    def bring_up(self, link: Link) -> None:
        """See L{Network.bring_up}."""
        if not link.up:
            self._netlink.ask(RTM_NEWLINK, _LINK.pack(0, 0, link.index, IFF_UP, IFF_UP))

    def _followers(self, address: Held) -> list[Held]:
        """Return the addresses that the kernel would drop together with this one."""
        subnet = ip_interface((address.ip, address.prefix)).network
        return [
            one
            for one in self.held()
            if one.secondary
            and one.index == address.index
            and one.prefix == address.prefix
            and one.ip in subnet
            and one.ip != address.ip
        ]

    @contextmanager
    def _promoting(self, address: Held) -> Iterator[None]:
        """Have the kernel keep the followers of an address, if it lets us say so."""
        path = os.path.join(self._conf, self.link(address.index).name, "promote_secondaries")
        try:
            before = _exchange(path, "1\n")
        except OSError as reason:
            self._log.warn("{path}: {reason}", path=path, reason=reason)
            yield
            return
        try:
            yield
        finally:
            _exchange(path, before)


def _exchange(path: str, text: str) -> str:
    """Write a setting of the kernel and return what it was."""
    with open(path, "r+", encoding="utf-8") as setting:
        before = setting.read()
        setting.seek(0)
        setting.write(text)
    return before


def read_address(answer: bytes) -> Held | None:
    """Read one address of a list; None for what is no IP address."""
    family, prefix, flags, _, index = _ADDRESS.unpack_from(answer)
    if family not in (socket.AF_INET, socket.AF_INET6):
        return None
    found = netlink.attributes(answer[_ADDRESS.size :])
    packed = found.get(IFA_LOCAL, found.get(IFA_ADDRESS))
    if packed is None:
        return None
    broadcast = found.get(IFA_BROADCAST)
    return Held(
        ip_address(packed),
        prefix,
        index,
        found.get(IFA_LABEL, b"").rstrip(b"\0").decode("utf-8", "replace"),
        None if broadcast is None else IPv4Address(broadcast),
        bool(flags & IFA_F_SECONDARY),
        _number(found.get(IFA_FLAGS), flags),
        _number(found.get(IFA_RT_PRIORITY), 0),
        _seconds_left(found.get(IFA_CACHEINFO)),
    )


def _number(value: bytes | None, default: int) -> int:
    return default if value is None or len(value) != _INDEX.size else int(_INDEX.unpack(value)[0])


def _seconds_left(cache: bytes | None) -> int | None:
    """Read the valid lifetime; the preferred one stands before it."""
    valid = _number(None if cache is None else cache[4:8], FOR_EVER)
    return None if valid == FOR_EVER else valid


def _local(address: Held) -> bytes:
    """Return what names an address in a request."""
    head = _ADDRESS.pack(_family(address.ip), address.prefix, 0, 0, address.index)
    parts = [netlink.attribute(kind, address.ip.packed) for kind in (IFA_LOCAL, IFA_ADDRESS)]
    return head + b"".join(parts)


def _lifetime(seconds: int | None) -> bytes:
    """Return the lifetime of an address, which is used as long as it is there."""
    assert seconds is None or 0 < seconds < FOR_EVER
    left = FOR_EVER if seconds is None else seconds
    return netlink.attribute(IFA_CACHEINFO, _CACHE.pack(left, left, 0, 0))


def _kept(address: Held) -> bytes:
    """Return what an address loses when its lifetime is set, unless it is said again."""
    metric = netlink.attribute(IFA_RT_PRIORITY, _INDEX.pack(address.metric)) if address.metric else b""
    if address.ip.version == 4:
        return metric
    return metric + netlink.attribute(IFA_FLAGS, _INDEX.pack(address.flags & KEPT_FLAGS))


def _family(ip: IPAddress) -> int:
    return socket.AF_INET if ip.version == 4 else socket.AF_INET6


def _name(name: str) -> bytes:
    """
    Return an interface name or a label as the kernel wants it.

    @raise AgentError: if it is longer than the kernel allows.
    """
    encoded = name.encode()
    if not 0 < len(encoded) <= LABEL_SIZE:
        raise AgentError(f"not the name of an interface: {name!r:.40}")
    return encoded + b"\0"

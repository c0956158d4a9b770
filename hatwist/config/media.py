# -*- test-case-name: tests.config.test_media -*-
"""
Parsers of the directives that name a medium: words in, L{MediumSpec} out.

Pure: whether an interface or a device exists is for L{hatwist.config.load} to
see, and whether it works for the medium itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv6Address
from types import MappingProxyType
from typing import Final, TypeVar

from attrs import frozen

from hatwist.config import values
from hatwist.config.draft import Refused
from hatwist.config.findings import shown
from hatwist.config.lexer import Word
from hatwist.config.model import LinkName, MediumSpec, Position

T = TypeVar("T")

MAX_MEDIA: Final = 64
"""So many media one ha.cf may have."""

MAX_HOPS: Final = 4
"""The largest ttl of multicast that the original accepts."""


@frozen
class Preceding:
    """
    What was set before the medium's line.

    @ivar where: the directive.
    @ivar port: UDP port.
    @ivar baud: bits a second.
    """

    where: Position
    port: int
    baud: int


_SCOPES: Final = frozenset({2, 4, 5, 8})
"""Of an IPv6 group: link, admin, site, organisation."""

MediumParser = Callable[[tuple[Word, ...], Preceding], MediumSpec]


def bcast(words: tuple[Word, ...], preceding: Preceding) -> MediumSpec:
    """Read C{bcast IF}."""
    (name,) = words
    _read(values.interface, name, f"IP interface [{shown(name.text)}] does not exist")
    return MediumSpec("bcast", LinkName(name.text), name.where, name.text, port=preceding.port)


def ucast(words: tuple[Word, ...], preceding: Preceding) -> MediumSpec:
    """Read C{ucast IF HOST}."""
    usage = "write ucast INTERFACE PEER"
    if not words:
        raise Refused(preceding.where, "bad-medium", "ucast statement without device", usage)
    device = words[0]
    name = _read(values.interface, device, f"ucast: bad device [{shown(device.text)}]")
    if len(words) < 2:
        text = f"ucast: [{name}] missing target IP address/hostname"
        raise Refused(device.where, "bad-medium", text, usage)
    peer = _read(
        lambda text: _peer4(text, name), words[1], f"ucast: cannot resolve hostname [{shown(words[1].text)}]"
    )
    return MediumSpec("ucast", LinkName(name), device.where, name, peer, preceding.port)


def ucast6(words: tuple[Word, ...], preceding: Preceding) -> MediumSpec:
    """Read C{ucast6 IF ADDRESS}; the scope of a link-local address is that of the interface."""
    usage = "write ucast6 INTERFACE PEER"
    if not words:
        raise Refused(preceding.where, "bad-medium", "ucast6 statement without device", usage)
    device = words[0]
    text = f"ucast6 device [{shown(device.text)}] is invalid or not set up properly"
    name = _read(values.interface, device, text)
    if len(words) < 2:
        raise Refused(device.where, "bad-medium", f"ucast6 [{name}] missing ucast6 address", usage)
    text = f"ucast6 [{name}] bad addr [{shown(words[1].text)}]"
    peer = _read(lambda word: _peer6(word, name), words[1], text)
    return MediumSpec("ucast6", LinkName(name), device.where, name, peer, preceding.port)


def mcast(words: tuple[Word, ...], preceding: Preceding) -> MediumSpec:
    """Read C{mcast IF GROUP PORT TTL LOOP}."""
    return _multicast("mcast", "ttl", _group4, words, preceding)


def mcast6(words: tuple[Word, ...], preceding: Preceding) -> MediumSpec:
    """Read C{mcast6 IF GROUP PORT HOPS LOOP}."""
    return _multicast("mcast6", "hops", _group6, words, preceding)


def serial(words: tuple[Word, ...], preceding: Preceding) -> MediumSpec:
    """Read C{serial DEVICE}."""
    (device,) = words
    text = f"Serial port not full pathname [{shown(device.text)}] in config file"
    _read(values.path, device, text)
    return MediumSpec("serial", LinkName(device.text), device.where, baud=preceding.baud)


def ping(words: tuple[Word, ...], _preceding: Preceding) -> MediumSpec:
    """Read C{ping HOST}."""
    return _ping("ping", words)


def ping6(words: tuple[Word, ...], _preceding: Preceding) -> MediumSpec:
    """Read C{ping6 HOST}."""
    return _ping("ping6", words)


def ping_group(words: tuple[Word, ...], preceding: Preceding) -> MediumSpec:
    """Read C{ping_group NAME HOST...}; a host that cannot be does no harm to the others."""
    if len(words) < 2:
        where = words[0].where if words else preceding.where
        raise Refused(where, "bad-medium", "ping_group without hosts", "write ping_group NAME HOST ...")
    name, *hosts = words
    if len(name.text) > values.MAX_HOST:
        text = f"ping_group [{shown(name.text)}]: the name is too long"
        raise Refused(name.where, "bad-medium", text, f"at most {values.MAX_HOST} characters")
    members = tuple(host.text for host in hosts)
    return MediumSpec("ping_group", LinkName(name.text), name.where, members=members)


def _ping(kind: str, words: tuple[Word, ...]) -> MediumSpec:
    (host,) = words
    _read(_HOSTS[kind], host, f"{kind}: bad host [{shown(host.text)}]")
    return MediumSpec(kind, LinkName(host.text), host.where, address=host.text)


def _multicast(
    kind: str, hops: str, group: Callable[[str], str], words: tuple[Word, ...], preceding: Preceding
) -> MediumSpec:
    usage = f"write {kind} INTERFACE GROUP PORT {hops.upper()} LOOP"
    if not words:
        raise Refused(preceding.where, "bad-medium", f"{kind} statement without device", usage)
    device = words[0]
    text = f"{kind} device [{shown(device.text)}] is invalid or not set up properly"
    name = _read(values.interface, device, text)
    for missing in (f"{kind} address", "port", hops, "loop")[len(words) - 1 :]:
        raise Refused(words[-1].where, "bad-medium", f"{kind} [{name}] missing {missing}", usage)

    def read(index: int, what: str, parse: Callable[[str], T]) -> T:
        return _read(parse, words[index], f"{kind} [{name}] bad {what} [{shown(words[index].text)}]")

    return MediumSpec(
        kind,
        LinkName(name),
        device.where,
        name,
        address=read(1, "addr", group),
        port=read(2, "port", values.integer(1, 65535)),
        ttl=read(3, hops, values.integer(0, MAX_HOPS)),
        loop=read(4, "loop", values.integer(0, 1)) == 1,
    )


def _read(parse: Callable[[str], T], word: Word, complaint: str) -> T:
    try:
        return parse(word.text)
    except ValueError as error:
        raise Refused(word.where, "bad-medium", complaint, str(error)) from None


def _host4(text: str) -> str:
    if values.is_address(text) and ":" in text:
        raise ValueError("ping is for IPv4; write ping6")
    return values.host(text)


def _host6(text: str) -> str:
    if values.is_address(text) and ":" not in text:
        raise ValueError("ping6 is for IPv6; write ping")
    return values.host(text)


_HOSTS: Final[Mapping[str, Callable[[str], str]]] = MappingProxyType({"ping": _host4, "ping6": _host6})


def _group4(text: str) -> str:
    if values.is_address(text) and ":" not in text and IPv4Address(text).is_multicast:
        return text
    raise ValueError("a multicast address, from 224.0.0.0 to 239.255.255.255")


def _group6(text: str) -> str:
    """Read a group; heartbeat takes no other scopes and flags than these."""
    if not _is_address6(text) or not IPv6Address(text).is_multicast:
        raise ValueError("an IPv6 multicast address, as ff12::1:2:3:4")
    flags, scope = divmod(IPv6Address(text).packed[1], 16)
    if scope not in _SCOPES:
        raise ValueError("a scope of 2, 4, 5 or 8, the fourth digit, as ff12::1:2:3:4")
    if flags > 1:
        raise ValueError("flags of 0 or 1, the third digit, as ff12::1:2:3:4")
    return text


def _peer4(text: str, interface: str) -> str:
    if _is_address6(text):
        raise ValueError(f"write ucast6 {interface} {text}")
    return values.host(text)


def _peer6(text: str, interface: str) -> str:
    address, mark, zone = text.partition("%")
    if mark and zone != interface:
        raise ValueError(f"leave %{shown(zone)} out: the scope is that of {interface}")
    if not _is_address6(address):
        raise ValueError("the IPv6 address of a peer, in figures, as fe80::2")
    peer = IPv6Address(address)
    if peer.ipv4_mapped is not None:
        raise ValueError(f"write ucast {interface} {peer.ipv4_mapped}")
    if peer.is_multicast or peer.is_loopback or peer.is_unspecified:
        raise ValueError("the address of one host, as fe80::2")
    return address


def _is_address6(text: str) -> bool:
    return ":" in text and "%" not in text and values.is_address(text)


PARSERS: Final[Mapping[str, MediumParser]] = MappingProxyType(
    {
        "bcast": bcast,
        "mcast": mcast,
        "mcast6": mcast6,
        "ucast": ucast,
        "ucast6": ucast6,
        "serial": serial,
        "ping": ping,
        "ping6": ping6,
        "ping_group": ping_group,
    }
)
"""Every kind of medium that ha.cf can name."""

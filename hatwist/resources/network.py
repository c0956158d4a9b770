# -*- test-case-name: tests.resources.test_addresses -*-
"""
What the built-in address knows and wants of a host's network.

Prefixes are numbers of bits, interfaces are known by the kernel's index.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from ipaddress import IPv4Address, IPv6Address
from typing import Protocol

from attrs import field, frozen

from hatwist.errors import AgentError

IPAddress = IPv4Address | IPv6Address


class NoLinkError(AgentError):
    """There is no such interface."""


@frozen
class Link:
    """
    A network interface.

    @ivar hardware: its MAC; other than 6 bytes where it has none.
    @ivar announces: whether neighbours learn its addresses by ARP or ND.
    @ivar up: whether it was up when it was looked at.
    """

    index: int
    name: str
    hardware: bytes = b""
    announces: bool = False
    up: bool = field(default=False, eq=False)


@frozen
class Held:
    """
    An address on an interface.

    @ivar label: C{eth0} or C{eth0:0}; empty for IPv6.
    @ivar secondary: the kernel holds it because of another one in its subnet,
        and drops it together with that one unless told otherwise.
    @ivar flags: the kernel's, C{IFA_F_...}; like what follows no part of which address it is.
    @ivar metric: of the route to its subnet; 0 if none was given.
    @ivar lifetime: seconds until the kernel removes it by itself; None for never.
    """

    ip: IPAddress
    prefix: int
    index: int
    label: str = ""
    broadcast: IPv4Address | None = None
    secondary: bool = False
    flags: int = field(default=0, eq=False)
    metric: int = field(default=0, eq=False)
    lifetime: int | None = field(default=None, eq=False)


@frozen
class Route:
    """Where packets to an address leave; C{prefix} is 0 for a default route."""

    index: int
    prefix: int


class Network(Protocol):
    """What the built-in address needs of a host."""

    def link(self, key: str | int) -> Link:
        """Return the interface of that name or index; raises L{NoLinkError}."""

    def hardware(self) -> frozenset[bytes]:
        """Return the MACs of all interfaces."""

    def held(self) -> tuple[Held, ...]:
        """Return all addresses of the host."""

    def at(self, ip: IPAddress) -> tuple[Held, ...]:
        """Return where an address is held, which may be more than one interface."""

    def route(self, ip: IPAddress, index: int = 0) -> Route | None:
        """Return the best route to an address, over one interface if C{index} is given."""

    def add(self, address: Held, lifetime: int | None = None) -> None:
        """
        Add an address; it may be there already.

        @param lifetime: whole seconds, at least 1, after which the kernel removes
            it by itself, up to a second late; None for never.
        """

    def renew(self, address: Held, lifetime: int | None) -> None:
        """
        Begin the lifetime of an address anew, and change nothing else of it.

        The kernel adds an address that is not there, so this is for what L{held}
        has just returned.

        @param lifetime: as for L{add}.
        """

    def remove(self, address: Held) -> None:
        """Remove an address and nothing else; it may be gone already."""

    def bring_up(self, link: Link) -> None:
        """Bring an interface up that L{link} has just returned; it may be up already."""


OpenNetwork = Callable[[], AbstractContextManager[Network]]

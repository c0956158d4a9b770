# -*- test-case-name: tests.resources.test_addresses -*-
"""
The addresses of this host, read once and then kept up to date by the kernel's word.

The kernel has told a change before the call that makes it returns, so what is kept is
what is there, and a hundred addresses cost a hundred times what one costs, not more.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Final

from hatwist.errors import AgentError
from hatwist.resources import netlink
from hatwist.resources.addresses import (
    CONF,
    RTM_DELADDR,
    RTM_DELLINK,
    RTM_NEWADDR,
    RTM_NEWLINK,
    KernelNetwork,
    read_address,
)
from hatwist.resources.network import Held, IPAddress, Link, Network

RTMGRP_LINK: Final = 0x1
RTMGRP_IPV4_IFADDR: Final = 0x10
RTMGRP_IPV6_IFADDR: Final = 0x100

_Places = dict[tuple[int, int], Held]
"""Where an address is, by interface and prefix."""


class KeptNetwork(KernelNetwork):
    """
    A L{KernelNetwork} that is asked often.

    Its lifetimes are what they were when the kernel last spoke of the address.
    """

    def __init__(self, conf: str = CONF) -> None:
        super().__init__(conf)
        self._told = netlink.open_netlink(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR)
        self._kept: dict[IPAddress, _Places] | None = None
        self._links: dict[str | int, Link] = {}

    def __exit__(
        self, kind: type[BaseException] | None, reason: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, reason, trace)
        self._told.close()

    def link(self, key: str | int) -> Link:
        """See L{Network.link}."""
        self._catch_up()
        if key not in self._links:
            self._links[key] = super().link(key)
        return self._links[key]

    def held(self) -> tuple[Held, ...]:
        """See L{Network.held}."""
        return tuple(one for places in self._known().values() for one in places.values())

    def at(self, ip: IPAddress) -> tuple[Held, ...]:
        """See L{Network.at}."""
        return tuple(self._known().get(ip, {}).values())

    def _known(self) -> dict[IPAddress, _Places]:
        self._catch_up()
        if self._kept is None:
            # What changes meanwhile is in the list or is told next, or both.
            self._kept = {}
            for one in super().held():
                self._keep(one)
        return self._kept

    def _keep(self, one: Held) -> None:
        assert self._kept is not None
        self._kept.setdefault(one.ip, {})[one.index, one.prefix] = one

    def _drop(self, one: Held) -> None:
        assert self._kept is not None
        places = self._kept.get(one.ip, {})
        places.pop((one.index, one.prefix), None)
        if not places:
            self._kept.pop(one.ip, None)

    def _catch_up(self) -> None:
        """Take in what the kernel has told since the last time."""
        while True:
            try:
                data = self._told.recv(netlink.RECEIVE_SIZE)
            except BlockingIOError:
                return
            except OSError as reason:
                if reason.errno != errno.ENOBUFS:
                    raise
                # It had more to say than the socket can hold: read all anew.
                self._kept = None
                self._links.clear()
                continue
            for answer in netlink.decode(data):
                self._take(answer)

    def _take(self, answer: netlink.Answer) -> None:
        if answer.kind in (RTM_NEWLINK, RTM_DELLINK):
            self._links.clear()
            return
        one = read_address(answer.payload) if self._kept is not None else None
        if one is not None and answer.kind == RTM_NEWADDR:
            self._keep(one)
        elif one is not None and answer.kind == RTM_DELADDR:
            self._drop(one)


class SharedNetwork:
    """Opens a network when it is first needed, and another one after trouble with it."""

    def __init__(self, make: Callable[[], KernelNetwork] = KeptNetwork) -> None:
        self._make = make
        self._network: KernelNetwork | None = None

    @contextmanager
    def __call__(self) -> Iterator[Network]:
        """
        Lend the network.

        @raise OSError: the kernel does not let us.
        """
        if self._network is None:
            self._network = self._make()
        try:
            yield self._network
        except (AgentError, OSError):
            self.close()
            raise

    def close(self) -> None:
        """Close it; it is opened again when it is needed."""
        network, self._network = self._network, None
        if network is not None:
            with suppress(OSError):
                network.__exit__(None, None, None)

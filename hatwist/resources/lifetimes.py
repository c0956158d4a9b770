# -*- test-case-name: tests.resources.test_lifetimes -*-
"""
The third line of silence: the kernel itself removes an address that nobody renews (safety 1.3).

Every address of a group that this host may run has a lifetime, at most as long as the guardian's
deadline is away, less a second by which the kernel may be late.
"""

from __future__ import annotations

from collections.abc import Callable
from math import floor, inf
from typing import Final

from attrs import define, field
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from hatwist.cluster.names import Level
from hatwist.config.model import ResourceGroup, Seconds
from hatwist.errors import AgentError
from hatwist.resources.kept import KeptNetwork, SharedNetwork
from hatwist.resources.network import Held, IPAddress
from hatwist.resources.reporting import Log
from hatwist.resources.wanted import addresses_of

KERNEL_LATE: Final = 1.0
"""Seconds by which the kernel removes an address too late, at most."""

SHORTEST: Final = 1
"""Seconds: the kernel knows whole ones."""

COMPLAINT_PERIOD: Final = 60.0
"""Seconds from one complaint to the next."""


@define(eq=False)
class Lifetimes:
    """
    Renews what the groups have that run here.

    @ivar until: the deadline; None: there is no guardian, and addresses stay for ever.
    """

    clock: IReactorTime
    log: Log
    network: SharedNetwork = field(init=False)
    "Lends the host's network; what is added there has a lifetime."
    until: Seconds | None = None
    _groups: dict[str, frozenset[IPAddress]] = field(factory=dict)
    _call: IDelayedCall | None = None
    _complained: Seconds = -inf

    def seconds(self) -> int | None:
        """Return the lifetime of an address that is added now; None: for ever."""
        if self.until is None:
            return None
        return max(SHORTEST, floor(self.until - self.clock.seconds() - KERNEL_LATE))

    def __attrs_post_init__(self) -> None:
        self.network = SharedNetwork(lambda: _Lent(self.seconds))

    def in_time(self) -> bool:
        """Say whether the deadline is ahead, or there is none."""
        return self.until is None or self.clock.seconds() < self.until

    def entrusted(self, group: ResourceGroup) -> None:
        """A group is about to be started, or runs."""
        self._groups[group.key] = frozenset(addresses_of(group))
        self._again()

    def released(self, key: str) -> None:
        """Nothing of a group runs here any more."""
        self._groups.pop(key, None)

    def pushed(self, until: Seconds) -> None:
        """The deadline has moved; what is nearer than it was counts at once."""
        nearer = self.until is not None and until < self.until
        self.until = until
        if nearer or self._call is None:
            self._again()

    def close(self) -> None:
        """Renew nothing any more: what runs on has its lifetime."""
        if self._call is not None and self._call.active():
            self._call.cancel()
        self._groups.clear()

    def _again(self) -> None:
        if self._call is not None and self._call.active():
            self._call.cancel()
        self._renew()

    def _renew(self) -> None:
        self._call = None
        lifetime = self.seconds()
        wanted = frozenset[IPAddress]().union(*self._groups.values())
        if lifetime is None or not wanted or self.clock.seconds() >= (self.until or 0.0):
            return
        try:
            with self.network() as network:
                for held in network.held():
                    if held.ip in wanted:
                        network.renew(held, lifetime)
        except (AgentError, OSError) as reason:
            self._complain(str(reason))
        self._call = self.clock.callLater(lifetime / 2, self._renew)

    def _complain(self, reason: str) -> None:
        now = self.clock.seconds()
        if now - self._complained >= COMPLAINT_PERIOD:
            self._complained = now
            self.log(Level.ERROR, f"addresses have no lifetime: {reason}", "heartbeat")


class _Lent(KeptNetwork):
    """The network, where nothing is added for ever."""

    def __init__(self, seconds: Callable[[], int | None]) -> None:
        super().__init__()
        self._seconds = seconds

    def add(self, address: Held, lifetime: int | None = None) -> None:
        """See L{hatwist.resources.network.Network.add}."""
        super().add(address, self._seconds() if lifetime is None else lifetime)

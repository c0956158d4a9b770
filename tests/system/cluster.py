"""
Two hosts in memory on one cable, and an auditor that never looks away.

Each host has a clock of its own, and they show different times.  They are
advanced in turn by small steps, so each run is the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatwist.media.memory import Hub
from tests.service.fakes import HostReactor
from tests.service.host import Host

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred
    from twisted.trial.unittest import SynchronousTestCase

STEP = 0.05
"""Seconds."""

APART = 1000.0
"""Seconds between what two clocks show."""


class Cluster:
    """
    Two nodes.

    @ivar hub: their cable.
    @ivar cut: whether both may run the same: nothing forbids it while nobody hears the other.
    """

    def __init__(self, case: SynchronousTestCase, failback: str = "on") -> None:
        self.hub = Hub()
        self.cut = False
        self.one = Host(case, "node01", self.hub, failback)
        self.two = Host(case, "node02", self.hub, failback)
        self._case = case
        self._alive: list[Host] = []

    def start(self, *hosts: Host) -> None:
        """Start the daemon of hosts; their clocks begin anew."""
        for host in hosts:
            host.reactor = HostReactor()
            host.reactor.advance(APART * (1 + len(self._alive)))
            host.start()
            self._alive.append(host)

    def run(self, seconds: float) -> None:
        """Let time pass for all that live."""
        for _ in range(round(seconds / STEP)):
            for host in list(self._alive):
                host.reactor.advance(STEP)
                self._audit()

    def crash(self, host: Host) -> None:
        """Take a host's power away."""
        self._alive.remove(host)
        host.crash()

    def stop(self, host: Host) -> Deferred[None]:
        """Begin to stop a daemon in order, as SIGTERM does."""
        return host.node.stopService()

    def part(self) -> None:
        """Cut the cable in both directions."""
        self.cut = True
        self.hub.cut("node01", "node02")
        self.hub.cut("node02", "node01")

    def heal(self) -> None:
        """Join it again; what both run must come to an end."""
        self.hub.heal()

    def settled(self) -> None:
        """From now on nothing may run twice again."""
        self.cut = False
        self._audit()

    def _audit(self) -> None:
        twice = self.one.runs & self.two.runs
        if twice and not self.cut:
            self._case.fail(f"{sorted(twice)} on both nodes")

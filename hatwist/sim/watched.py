# -*- test-case-name: tests.sim.test_host -*-
"""
A node that auditors may look into.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hatwist.cluster.node import Node

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hatwist.cluster.events import Event
    from hatwist.cluster.facts import Fact, Outcome
    from hatwist.config.model import Seconds
    from hatwist.sim.host import Host

    Watch = Callable[[Host, Event | Fact], None]


class WatchedNode(Node):
    """A node whose items auditors may look at."""

    def watch(self, host: Host, watches: Mapping[type, Sequence[Watch]]) -> None:
        """Show each item of these types, as one of C{host}, before the machines see it."""
        self._host, self._watches = host, watches
        self.reception.watch = self._show

    def route(self, item: Event | Fact, now: Seconds) -> list[Outcome]:
        """Show it, then give it to the machines."""
        self._show(item)
        return super().route(item, now)

    def _show(self, item: Event | Fact) -> None:
        for look in self._watches.get(type(item), ()):
            look(self._host, item)

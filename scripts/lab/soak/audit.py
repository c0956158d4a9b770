# -*- test-case-name: tests.lab.test_soak_audit -*-
"""
What must hold after a scenario, besides where the groups are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from scripts.lab.observe import Verdict
from scripts.lab.soak.choices import ADDRESSES, Daemon
from scripts.lab.soak.cluster import Cluster
from scripts.lab.soak.complaints import patterns

_FIFO: Final = "a message between its scripts and the daemon was lost; what it was for is repeated"

EXPLAINED: Final[Mapping[Daemon, Mapping[str, str]]] = {
    Daemon.HATWIST: {
        "IPaddr: ERROR: ADDRESS is also claimed by N:N:N:N:N:N on ethN": "two hosts have it; "
        "whether they may is judged by what the kernel says of addresses",
        "hatwist-guardian: CRIT: the deadline has passed by N.N s: releasing IPaddrN::ADDRESS/ethN": "a "
        "daemon that does not run: that is what its guardian is there for",
    },
    Daemon.HEARTBEAT: {
        "heartbeat: ERROR: msgNstring: Message with zero fields": _FIFO,
        "heartbeat: ERROR: NV failure (msgfromsteam): [>>>": _FIFO,
        "heartbeat: ERROR: Cannot lock ourselves into memory:  "
        "System limits on locked-in memory are too small.": "the machine's limits, on each start",
    },
}
"""Complaints that belong to no scenario: a pattern and the reason."""


def faults(verdict: Verdict, since: float) -> list[str]:
    """Return the faults of a verdict that happened, or still last, after a time."""
    later = Verdict(
        verdict.address,
        verdict.tenures,
        tuple(one for one in verdict.overlaps if one.end is None or one.end >= since),
        verdict.gaps,
        tuple(one for one in verdict.strangers if one.when >= since),
        tuple(pair for pair in verdict.rivals if pair[1].when >= since),
        verdict.blind,
    )
    return list(later.faults)


def unexcused(found: Iterable[str], excused: Iterable[str]) -> list[str]:
    """Leave out what one of some regular expressions excuses."""
    expressions = [re.compile(one) for one in excused]
    return [fault for fault in found if not any(one.search(fault) for one in expressions)]


class Audit:
    """
    What is new since it was begun.

    @ivar began: when that was.
    """

    def __init__(self, cluster: Cluster, began: float) -> None:
        self.began = began
        self._cluster = cluster
        self._logs = {name: len(node.log()) for name, node in cluster.nodes.items()}

    def faults(self) -> list[str]:
        """Return what was wrong with the addresses."""
        found: list[str] = []
        for address in ADDRESSES.values():
            found += faults(self._cluster.watch.judge(address), self.began)
        return found

    def complaints(self, name: str) -> list[str]:
        """Return what the log of a node complains of, as patterns."""
        return patterns(self._cluster.nodes[name].log()[self._logs[name] :])

# -*- test-case-name: tests.config.test_guardian -*-
"""
The time that the guardian needs, and whether deadtime leaves it (safety 1.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hatwist.config.findings import Findings
from hatwist.config.model import HaCf, Position, ResourceGroup, Seconds

TABLE: Final = "guardian"

QUANTUM: Final = 0.05
"""Seconds from when a process is to run until it does, and a timer's slack, at most."""

DRIFT: Final = 0.01
"""The share by which two clocks may differ."""

PER_ADDRESS: Final = 0.0005
"""Seconds it takes to remove one address, at most."""

LIFETIMES: Final = 2.0
"""Seconds: the shortest lifetime of an address, and how late the kernel may be."""

ADDRESSES: Final = frozenset({"IPaddr", "IPaddr2", "IPv6addr"})
"""The resources that are addresses."""


def margin(cf: HaCf, groups: Sequence[ResourceGroup]) -> Seconds:
    """Return how long before the earliest takeover everything is to be silent."""
    addresses = sum(one.script in ADDRESSES for group in groups for one in group.resources)
    return QUANTUM + DRIFT * cf.deadtime + PER_ADDRESS * addresses


def watchdog_time(cf: HaCf) -> Seconds:
    """Return after how many seconds without food the watchdog resets the host; 0: there is none."""
    return float(max(1, round(cf.deadtime))) if cf.watchdog else 0.0


def time_line(cf: HaCf, groups: Sequence[ResourceGroup], stop_within: Seconds) -> str:
    """Say what happens when, if the daemon of this node dies or stands still."""
    deadline = cf.deadtime - margin(cf, groups)
    line = (
        f"guardian: {deadline:.2f} s after the last status that a peer has confirmed, addresses are removed"
        f" here and the rest is stopped; the earliest takeover is after {cf.deadtime:.2f} s"
    )
    fires = deadline + stop_within + watchdog_time(cf)
    if cf.watchdog:
        return f"{line}; if stopping takes longer than {stop_within:g} s, the host is reset by {fires:.2f} s"
    return f"{line}; without a watchdog nothing ends what cannot be stopped within {stop_within:g} s"


def check_margin(cf: HaCf, groups: Sequence[ResourceGroup], where: Position, findings: Findings) -> None:
    """
    Report a deadtime that leaves the guardian no time, and one that leaves the kernel none.

    @param where: of deadtime.
    """
    needed = margin(cf, groups)
    deadline = cf.deadtime - needed
    if deadline <= 2 * cf.keepalive:
        text = (
            f"deadtime leaves the guardian no time: it releases everything {deadline:.3f} s after the last"
            f" status that a peer has confirmed, and that may take two keepalives"
        )
        remedy = f"deadtime of more than {2 * cf.keepalive + needed:.2f} s, or [guardian] use = false"
        findings.error(where, "margin", text, remedy)
    elif deadline < LIFETIMES + 2 * cf.keepalive:
        text = (
            "deadtime is short for the kernel's lifetimes, which are whole seconds: if daemon and guardian"
            " are frozen at once, addresses may stay for a second beside the new owner's"
        )
        findings.note(where, "lifetimes", text, f"deadtime of {LIFETIMES + 2 * cf.keepalive + needed:.1f} s")

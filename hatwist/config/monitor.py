# -*- test-case-name: tests.config.test_monitor -*-
"""
How groups are watched: what hatwist.toml says of it, and what makes no sense.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType
from typing import Final

from hatwist.config.findings import Findings, listed, shown, suggestion
from hatwist.config.model import Monitoring, Monitors, ResourceGroup, Seconds
from hatwist.config.table import Good, TableReader, Where

TABLE: Final = "monitor"

DAY: Final = 86400.0
"""Seconds."""

MAX_TIMEOUT: Final = 3600.0
"""Seconds a look may take."""

MAX_THRESHOLD: Final = 1000

MAX_PIDFILES: Final = 16
"""Pid files of one group."""


def read_monitors(good: Good, where: Where, findings: Findings) -> Monitors:
    """
    Read the table C{[monitor]} and those of single groups under it.

    @param findings: gets every problem; what is nonsense is left out or has its default.
    """
    usual = _read(TABLE, Monitoring(), good, where, findings)
    tables = dict.fromkeys(table for table, _ in good if table.startswith(f"{TABLE}."))
    groups = {group_of(table): _read(table, usual, good, where, findings) for table in tables}
    return Monitors(usual, MappingProxyType(groups))


def group_of(table: str) -> str:
    """Return the group that a table is about: its key may have dots, and is in quotes then."""
    return table.removeprefix(f"{TABLE}.").strip('"')


def check_monitors(monitors: Monitors, groups: Iterable[ResourceGroup], findings: Findings) -> None:
    """Apply the rule between hatwist.toml and haresources."""
    keys = [group.key for group in groups]
    for name, monitoring in monitors.groups.items():
        if name not in keys:
            remedy = suggestion(name, keys) or (f"the groups are {listed(keys)}" if keys else "")
            findings.error(monitoring.where, "unknown-group", f"there is no group {shown(name)}", remedy)


def _read(table: str, usual: Monitoring, good: Good, where: Where, findings: Findings) -> Monitoring:
    one = TableReader(table, good, where, findings)
    interval = one.seconds("interval", usual.interval, DAY, 0.0)
    if 0 < interval < 1:
        one.refuse("interval", "interval is out of range", "0, or a second and more")
        interval = usual.interval
    timeout = one.seconds("timeout", min(usual.timeout, interval or usual.timeout), MAX_TIMEOUT)
    if 0 < interval < timeout:
        text = f"a look every {interval:g} s that may take {timeout:g} s"
        one.refuse("timeout", text, "timeout must not be longer than interval")
    return Monitoring(
        interval,
        timeout,
        one.seconds("restart_within", usual.restart_within, MAX_TIMEOUT),
        one.integer("migration_threshold", usual.migration_threshold, 0, MAX_THRESHOLD),
        one.seconds("failure_timeout", usual.failure_timeout, 365 * DAY),
        _read_pidfiles(one, interval),
        where(table, ""),
    )


def _read_pidfiles(one: TableReader, interval: Seconds) -> tuple[str, ...]:
    value = one.value("pidfiles")
    paths = [str(path) for path in value] if isinstance(value, list) else []
    wrong = next((path for path in paths if not path.startswith("/")), None)
    if wrong is not None:
        one.refuse("pidfiles", f"pidfiles: {shown(wrong)} is not a full path", "write it from / on")
    elif len(paths) > MAX_PIDFILES:
        one.refuse("pidfiles", f"pidfiles: {len(paths)} files", f"at most {MAX_PIDFILES}")
    elif paths and not interval:
        text = "pidfiles of a group that nobody looks at"
        one.refuse("pidfiles", text, "interval must not be 0: whoever ends is a reason to look")
    else:
        return tuple(paths)
    return ()

# -*- test-case-name: tests.config.test_lines -*-
"""
Serial lines: what fits through them, and how they are locked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from hatwist.config.findings import Findings
    from hatwist.config.model import HaCf

LOCKS: Final = "/var/lock"
"""Where the lock files of lines are."""

HEARTBEAT: Final = 300
"""Bytes of a heartbeat on a line, with names and a signature as they are."""

BITS: Final = 10
"""Bits on the line for one byte."""

_OWNER: Final = re.compile(r"\s*([1-9][0-9]{0,9})\b")


def lock_name(device: str) -> str:
    """Return the name of a device's lock file."""
    return f"LCK..{device.removeprefix('/dev/').strip('/').replace('/', '.')}"


def lock_owner(text: str) -> int | None:
    """Return the process that a lock file names; C{None} if it names none."""
    found = _OWNER.match(text)
    return int(found[1]) if found else None


def check_speed(cf: HaCf, findings: Findings) -> None:
    """Warn of lines on which one heartbeat takes longer than the next one comes."""
    for spec in cf.serial_lines:
        takes = HEARTBEAT * BITS / spec.baud
        if takes > cf.keepalive:
            text = f"serial {spec.link}: a heartbeat takes {takes:.2g} s at {spec.baud} baud"
            remedy = (
                f"more than keepalive, {cf.keepalive:g} s: raise one of them; old heartbeats are left out"
            )
            findings.warn(spec.where, "slow-line", text, remedy)


def check_locks(cf: HaCf, read: Callable[[str], str | None], findings: Findings) -> None:
    """
    Warn of lines that another program has locked.

    @param read: returns the text of a file, C{None} if there is none.
    """
    for spec in cf.serial_lines:
        path = f"{LOCKS}/{lock_name(spec.link)}"
        owner = lock_owner(read(path) or "")
        command = read(f"/proc/{owner}/cmdline") if owner is not None else None
        if command and "hatwist" not in command:
            name = command.split("\0")[0]
            text = f"cannot lock line {spec.link}"
            findings.warn(spec.where, "locked-line", text, f"process {owner}, {name}, has it: {path}")

# -*- test-case-name: tests.config.test_reach -*-
"""
What only shows when one tries: names that nobody knows, devices that are no serial lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from hatwist.config.findings import shown

if TYPE_CHECKING:
    from hatwist.config.findings import Findings
    from hatwist.config.model import HaCf, MediumSpec

    Run = Callable[..., str | None]
    "Returns what a program prints; None if it is not there, or fails."

_NAMED: Final = ("ping", "ping6", "ucast", "ucast6")
"""Media whose host must be known, or the daemon does not start."""


def check_names(cf: HaCf, run: Run, findings: Findings) -> None:
    """Ask the host's own resolver for every name of a medium."""
    if run("getent", "ahosts", "localhost") is None:
        return
    for spec in cf.media:
        for name in _names(spec):
            if run("getent", "ahosts", name) is not None:
                continue
            text = f"{spec.kind} {shown(name)}: unknown host"
            if spec.members:
                findings.warn(spec.where, "unknown-host", text, "it never answers; write its address")
            else:
                remedy = "heartbeat does not start; write the address, or put the name into /etc/hosts"
                findings.error(spec.where, "unknown-host", text, remedy)


def check_devices(cf: HaCf, run: Run, findings: Findings) -> None:
    """Ask each device of a serial line for the settings that only lines have."""
    if run("stty", "--version") is None:
        return
    for spec in cf.serial_lines:
        if run("stty", "-F", spec.link, "-a") is None:
            text = f"serial {shown(spec.link)}: not a serial line, or it cannot be opened"
            findings.error(spec.where, "no-line", text, "heartbeat does not start; see stty -F DEVICE")


def _names(spec: MediumSpec) -> Iterator[str]:
    for host in spec.members or ((spec.address,) if spec.kind in _NAMED else ()):
        try:
            ip_address(host)
        except ValueError:
            yield host

# -*- test-case-name: tests.config.test_units -*-
"""
Resources that are units of systemd: C{systemd:NAME.service}, or C{systemd:NAME}.

Where unit files lie, whether there is one, and how a unit is called.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from hatwist.config.findings import Findings, shown, suggestion

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hatwist.config.model import Resource, ResourceGroup
    from hatwist.config.presence import Host

    Run = Callable[..., str | None]

PREFIX: Final = "systemd:"

RUNNING: Final = "/run/systemd/system"
"""Is there where systemd is the first process, and nowhere else; see sd_booted(3)."""

DIRECTORIES: Final = (
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/run/systemd/transient",
    "/run/systemd/generator.early",
    "/etc/systemd/system",
    "/etc/systemd/system.attached",
    RUNNING,
    "/run/systemd/system.attached",
    "/run/systemd/generator",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
    "/run/systemd/generator.late",
)
"""Where systemd finds units, the first of a name counts; see systemd.unit(5)."""

SERVICE: Final = ".service"
_KINDS: Final = frozenset({"service", "socket", "mount", "automount", "swap", "target", "path", "timer"})
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:@\\-]*")

MAX_NAME: Final = 255
"""Characters of a unit's name, as systemd has it."""


def unit_name(script: str) -> str | None:
    """
    Return the name of the unit that a resource's first word means.

    @return: with its kind, C{.service} where none is written; None for a word that
        means no unit.
    """
    if not script.startswith(PREFIX):
        return None
    name = script.removeprefix(PREFIX)
    return name if name.rpartition(".")[2] in _KINDS else name + SERVICE


def find_fault(resource: Resource, unit: str) -> str:
    """Say why systemd could not take this for one of its names; empty if it can."""
    if resource.arguments:
        return "a unit takes no arguments"
    if len(unit) > MAX_NAME or _NAME.fullmatch(unit) is None:
        return "not a name that a unit can have"
    return ""


def check_unit(resource: Resource, unit: str, host: Host, findings: Findings) -> None:
    """Report a unit that this host does not have, or may not start."""
    fault = find_fault(resource, unit)
    if fault:
        text = f"[{shown(resource.text)}]: {fault}"
        findings.error(resource.where, "bad-resource", text, f"write {PREFIX}NAME{SERVICE}")
        return
    path = _find(unit, host)
    if path is None:
        text = f"Cannot locate unit {shown(unit)}"
        remedy = suggestion(unit, _names(host)) or "systemctl list-unit-files shows what there is"
        findings.error(resource.where, "unknown-unit", text, remedy)
    elif host.is_device(path):
        text = f"the unit {shown(unit)} is masked"
        findings.error(resource.where, "masked-unit", text, f"systemctl unmask {unit}")
    elif not host.is_directory(RUNNING):
        text = f"[{shown(resource.text)}]: systemd does not run here"
        remedy = f"there is no {RUNNING}; without systemd the unit cannot be started"
        findings.warn(resource.where, "no-systemd", text, remedy)


def check_loaded(groups: Sequence[ResourceGroup], run: Run, findings: Findings) -> None:
    """
    Ask systemd what it makes of the units.

    @param run: returns what a program prints; None if it is not there, or fails.
    """
    seen: set[str] = set()
    for resource in (one for group in groups for one in group.resources):
        unit = unit_name(resource.script)
        if unit is None or unit in seen or find_fault(resource, unit):
            continue
        seen.add(unit)
        said = (run("systemctl", "show", "--property=LoadState,NeedDaemonReload", unit) or "").split()
        state = next((one.removeprefix("LoadState=") for one in said if one.startswith("LoadState=")), "")
        if state in _UNLOADABLE:
            text = f"systemd cannot load the unit {unit}: {state}"
            findings.warn(resource.where, "unit-not-loaded", text, _UNLOADABLE[state])
        elif "NeedDaemonReload=yes" in said:
            text = f"the file of the unit {unit} has changed"
            findings.warn(resource.where, "unit-changed", text, "systemctl daemon-reload")


_UNLOADABLE: Final = {
    "not-found": "systemctl daemon-reload, if its file is there",
    "bad-setting": "systemctl status and systemd-analyze verify say what is wrong",
    "error": "systemctl status and systemd-analyze verify say what is wrong",
}


def _find(unit: str, host: Host) -> str | None:
    """Return the file of a unit; None if there is none."""
    for directory in DIRECTORIES:
        for name in _spellings(unit):
            path = f"{directory}/{name}"
            if host.is_there(path):
                return path
    # systemd makes a unit of an init script where it has none of that name.
    script = f"/etc/init.d/{unit.removesuffix(SERVICE)}"
    return script if unit.endswith(SERVICE) and host.is_program(script) else None


def _spellings(unit: str) -> Iterator[str]:
    """Yield the names of the file that makes a unit: its own, then that of its template."""
    yield unit
    stem, at, rest = unit.partition("@")
    if at:
        yield f"{stem}@.{rest.rpartition('.')[2]}"


def _names(host: Host) -> Iterator[str]:
    for directory in DIRECTORIES:
        yield from host.names_in(directory)

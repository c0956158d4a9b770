# -*- test-case-name: tests.config.test_fencing -*-
"""
Fencing devices: what hatwist.toml and ha.cf say of them, and what makes no sense.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from hatwist.config.findings import Findings, listed, shown, suggestion
from hatwist.config.model import (
    Fencing,
    FencingAction,
    FencingDevice,
    HaCf,
    NodeName,
    Seconds,
    Stonith,
    node_name,
)
from hatwist.config.table import Good, TableReader, Where

TABLE: Final = "fencing"
DEVICES: Final = "fencing.device"

OPERATOR: Final = "meatware"
"""The device that is a person."""

_TEST_TYPES: Final = frozenset({"null", "ssh", "suicide", "external/ssh"})
"""Devices that prove nothing: they say yes to everything, or need the node's own help."""

_TEST_AGENT: Final = "fence_dummy"

MAX_LEVEL: Final = 9
MAX_RETRIES: Final = 10

MAX_TIMEOUT: Final = 3600.0
"""Seconds of one fencing."""

DEVICE_TIMEOUT: Final = 60.0
"""Seconds of one try of a device that says nothing else."""

MIN_CHECK: Final = 60.0
"""Seconds between two looks at a device, at least."""

_TYPE: Final = re.compile(r"[A-Za-z0-9_/][A-Za-z0-9_./-]*")
_PLUG: Final = re.compile(r"[A-Za-z0-9_/][A-Za-z0-9_.:,/-]*")


def read_fencing(good: Good, where: Where, findings: Findings) -> Fencing:
    """
    Read the table C{[fencing]} and the devices under it.

    @param findings: gets every problem; what is nonsense is left out or has its default.
    """
    plain = Fencing()
    one = _Reader(TABLE, good, where, findings)
    timeout = one.seconds("timeout", plain.timeout, MAX_TIMEOUT)
    names = dict.fromkeys(table for table, _ in good if table.startswith(f"{DEVICES}."))
    devices = [_read_device(table, timeout, good, where, findings) for table in names]
    return Fencing(
        tuple(device for device in devices if device is not None),
        timeout,
        one.truth("test_fencing"),
        one.delay("fence_delay", MAX_TIMEOUT),
        one.seconds("check_every", plain.check_every, 7 * 86400.0, MIN_CHECK),
        one.truth("wait_for_all") if one.value("wait_for_all") is not None else None,
    )


def device_of(stonith: Stonith, limit: Seconds) -> FencingDevice:
    """
    Return the device of C{stonith} or C{stonith_host} in ha.cf; it can fence every node.

    @param limit: the time of a whole fencing.
    """
    return FencingDevice(
        stonith.type,
        stonith.type,
        stonith.where,
        file=stonith.file,
        parameters=stonith.parameters,
        timeout=_usual(stonith.type, limit),
    )


def devices_of(cf: HaCf, fencing: Fencing) -> tuple[FencingDevice, ...]:
    """Return the devices that count: those of hatwist.toml, or if there are none that of ha.cf."""
    if fencing.devices or cf.stonith is None:
        return fencing.devices
    return (device_of(cf.stonith, fencing.timeout),)


def proves_nothing(kind: str) -> bool:
    """Whether a type of device is for tests only."""
    return kind in _TEST_TYPES or kind.rpartition("/")[2] == _TEST_AGENT


def check_fencing(
    fencing: Fencing, cf: HaCf, mode_of: Callable[[str], int | None], findings: Findings
) -> None:
    """
    Apply the rules between hatwist.toml, ha.cf and the host.

    @param mode_of: returns the permissions of a file; None if there is no such file.
    """
    if fencing.devices and cf.stonith is not None:
        text = "stonith: the devices of hatwist.toml take its place"
        findings.note(cf.stonith.where, "replaced", text, "heartbeat 3.0.6 goes by ha.cf still")
    for device in devices_of(cf, fencing):
        _check_nodes(device, cf, findings)
        _check_file(device, mode_of, findings)
        if proves_nothing(device.type) and not fencing.test_fencing:
            text = f"{device.type} proves nothing, and does not count as fencing"
            findings.warn(
                device.where, "test-fencing", text, "for tests: test_fencing = true in hatwist.toml"
            )


def _check_nodes(device: FencingDevice, cf: HaCf, findings: Findings) -> None:
    for node in (name for name, _ in device.hosts if name not in cf.nodes):
        text = f"device {shown(device.name)}: {shown(node)} is not a node"
        remedy = suggestion(node, cf.nodes) or (f"the nodes are {listed(cf.nodes)}" if cf.nodes else "")
        findings.error(device.where, "unknown-node", text, remedy)


def _check_file(device: FencingDevice, mode_of: Callable[[str], int | None], findings: Findings) -> None:
    if not device.file:
        return
    mode = mode_of(device.file)
    if mode is None:
        # Of a file that ha.cf names this is said where everything is said that it names.
        if device.where.file.endswith(".toml"):
            text = f"device {shown(device.name)}: there is no file {shown(device.file)}"
            findings.error(device.where, "no-parameters", text, "it holds what the device is told")
    elif mode & 0o066:
        text = f"others than its owner can read or write {shown(device.file)}"
        remedy = f"a password may be in it; chmod 600 {device.file}"
        findings.warn(device.where, "parameters-mode", text, remedy)


def _read_device(
    table: str, limit: Seconds, good: Good, where: Where, findings: Findings
) -> FencingDevice | None:
    one = _Reader(table, good, where, findings)
    name = table.removeprefix(f"{DEVICES}.")
    kind = one.text("type")
    if not _TYPE.fullmatch(kind):
        text = f"device {shown(name)}: {f'odd type {shown(kind)}' if kind else 'no type'}"
        one.refuse("type" if kind else "", text, "one that stonith -L lists, a fence agent, or meatware")
        return None
    return FencingDevice(
        name,
        kind,
        where(table, ""),
        tuple(one.hosts()),
        one.path("file"),
        level=one.integer("level", 1, 1, MAX_LEVEL),
        timeout=one.seconds("timeout", _usual(kind, limit), limit),
        retries=one.integer("retries", 1, 0, MAX_RETRIES),
        action=one.action(),
    )


def _usual(kind: str, limit: Seconds) -> Seconds:
    """Return the time of one try: a person has all there is."""
    return limit if kind == OPERATOR else min(DEVICE_TIMEOUT, limit)


class _Reader(TableReader):
    """Reads the tables of fencing."""

    def action(self) -> FencingAction:
        """Return what the device shall do."""
        word = self.text("action") or FencingAction.RESET.value
        for action in FencingAction:
            if action.value == word:
                return action
        self.refuse("action", f"unknown action {shown(word)}", "reset or off")
        return FencingAction.RESET

    def hosts(self) -> Iterable[tuple[NodeName, str]]:
        """Yield each node and the device's name for it."""
        value = self.value("hosts")
        for text in value if isinstance(value, list) else ():
            node, equals, plug = str(text).partition("=")
            if node and _PLUG.fullmatch(plug if equals else node):
                yield node_name(node), plug if equals else node
            else:
                self.refuse("hosts", f"odd host {shown(str(text))}", 'write "node01", or "node01=OUTLET"')

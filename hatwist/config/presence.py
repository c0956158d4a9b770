# -*- test-case-name: tests.config.test_presence -*-
"""
Rules about what ha.cf names and the host must have: devices, programs, users.

Where the original would not start, it is an error.  The exception is what
belongs to the original's own package, its helper programs and users: its absence
is a warning, as nothing here depends on it.  A C{failfast} child may not be missing:
its line says that the host is worth nothing without it.
"""

from __future__ import annotations

from typing import Protocol

from hatwist.config.findings import Findings, shown
from hatwist.config.hacf import Reading
from hatwist.config.ipfail import plays
from hatwist.config.model import ApiAuth, Respawn

_NOT_RUN = "heartbeat 3.0.6 would not start; here it is not run"
_REMEDY = "it must be there, or the line must go; heartbeat 3.0.6 would not start either"
_ITS_USERS = ("hacluster",)
_ITS_PROGRAMS = ("/usr/lib/heartbeat/", "/usr/lib64/heartbeat/", "/usr/libexec/heartbeat/")
_NOBODY = "heartbeat 3.0.6 would not start; here it admits nobody"


class Host(Protocol):
    """What can be asked of a host's files and users."""

    def is_program(self, path: str) -> bool:
        """Whether this is a file that can be executed."""

    def is_file(self, path: str) -> bool:
        """Whether this is a regular file."""

    def is_directory(self, path: str) -> bool:
        """Whether this is a directory."""

    def is_there(self, path: str) -> bool:
        """Whether there is anything of this name."""

    def is_device(self, path: str) -> bool:
        """Whether this is a character device."""

    def has_user(self, name: str) -> bool:
        """Whether there is a user of this name."""

    def has_group(self, name: str) -> bool:
        """Whether there is a group of this name."""

    def read(self, path: str) -> str | None:
        """The text of a file; None if it cannot be read."""

    def names_in(self, directory: str) -> tuple[str, ...]:
        """What is in a directory; nothing if it is not there."""


def check_named(reading: Reading, host: Host, findings: Findings) -> None:
    """Report what ha.cf names and the host does not have."""
    _check_serial(reading, host, findings)
    _check_logs(reading, host, findings)
    cf = reading.cf
    if cf.watchdog and not host.is_there(cf.watchdog):
        text = f"Cannot open watchdog device: {shown(cf.watchdog)}"
        findings.warn(reading.places["watchdog"], "watchdog", text, "modprobe softdog makes /dev/watchdog")
    if cf.stonith is not None and cf.stonith.file and not host.is_file(cf.stonith.file):
        text = f"Invalid Stonith config file [{shown(cf.stonith.file)}]"
        findings.error(cf.stonith.where, "stonith", text, "there is no such file")
    for child in cf.respawn:
        if not plays(child):
            _check_child(child, host, findings)
    for client in cf.apiauth:
        _check_client(client, host, findings)


def _check_serial(reading: Reading, host: Host, findings: Findings) -> None:
    for spec in reading.cf.serial_lines:
        if not host.is_there(spec.link):
            text = f"Nonexistent serial port [{shown(spec.link)}] in config file"
            findings.error(spec.where, "serial", text, "name a device, as /dev/ttyS0")
        elif not host.is_device(spec.link):
            text = f"Serial port [{shown(spec.link)}] not a char device in config file"
            findings.error(spec.where, "serial", text, "name a device, as /dev/ttyS0")


def _check_logs(reading: Reading, host: Host, findings: Findings) -> None:
    log = reading.cf.log
    for name, path in (("logfile", log.logfile), ("debugfile", log.debugfile)):
        directory = path.rpartition("/")[0]
        if directory and not host.is_directory(directory):
            text = f"{name} [{shown(path)}]: there is no directory {shown(directory)}"
            findings.warn(reading.places[name], "logging", text, f"mkdir -p {directory}")


def _check_child(child: Respawn, host: Host, findings: Findings) -> None:
    command = child.command.split()[0]
    if not host.is_program(command):
        text = f"Client child command [{shown(command)}] is not executable"
        _say_missing(child, text, command.startswith(_ITS_PROGRAMS), findings)
    if not host.has_user(child.user):
        text = f"Invalid uid [{shown(child.user)}] specified for client child"
        _say_missing(child, text, child.user in _ITS_USERS, findings)


def _say_missing(child: Respawn, text: str, its_own: bool, findings: Findings) -> None:
    """Say what a child lacks; C{its_own}: it is of the original's package."""
    if its_own and not child.failfast:
        findings.warn(child.where, "respawn", text, _NOT_RUN)
    else:
        findings.error(child.where, "respawn", text, _REMEDY)


def _check_client(client: ApiAuth, host: Host, findings: Findings) -> None:
    for user in client.uids:
        if not user.isdigit() and not host.has_user(user):
            text = f"Invalid user id name [{shown(user)}]"
            findings.warn(client.where, "apiauth", text, _NOBODY)
    for group in client.gids:
        if not group.isdigit() and not host.has_group(group):
            text = f"Invalid group id name [{shown(group)}]"
            findings.warn(client.where, "apiauth", text, _NOBODY)

# -*- test-case-name: tests.config.test_presence -*-
"""
Rules about what the files name and the host must have: scripts, devices,
programs, users.

Where the original would not start, it is an error.  The exception is what is
not active yet and belongs to the original's own package (its helper programs
and users): its absence is a warning.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from attrs import frozen

from hatwist.config.findings import Findings, listed, shown, suggestion
from hatwist.config.hacf import Reading
from hatwist.config.haresources import ADDRESS_SCRIPTS
from hatwist.config.model import ApiAuth, Resource, ResourceGroup, Respawn

_NOT_FATAL = "heartbeat 3.0.6 would not start; this matters once the directive is active"


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

    def names_in(self, directory: str) -> tuple[str, ...]:
        """What is in a directory; nothing if it is not there."""


@frozen
class Scripts:
    """
    Where the scripts of resources are looked for.

    @ivar directories: in this order.
    @ivar agents: where OCF agents are.
    """

    directories: tuple[str, ...]
    agents: str
    host: Host

    def has(self, name: str) -> bool:
        """Whether there is a script or an agent of this name."""
        return any(self.host.is_program(f"{place}/{name}") for place in (*self.directories, self.agents))

    def names(self) -> Iterator[str]:
        """Yield every name there is."""
        yield from sorted(ADDRESS_SCRIPTS)
        for place in (*self.directories, self.agents):
            yield from (name for name in self.host.names_in(place) if self.has(name))


def check_scripts(groups: Sequence[ResourceGroup], scripts: Scripts, findings: Findings) -> None:
    """Report every resource whose script cannot be found, each script once."""
    reported: set[str] = set()
    for resource in (one for group in groups for one in group.resources):
        if resource.script not in reported and not _is_found(resource, scripts):
            reported.add(resource.script)
            _report_missing(resource, scripts, findings)


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
        _check_child(child, host, findings)
    for client in cf.apiauth:
        _check_client(client, host, findings)


def _is_found(resource: Resource, scripts: Scripts) -> bool:
    if resource.script in ADDRESS_SCRIPTS or (resource.script == "OCF" and resource.arguments):
        return True
    if not resource.script or "/" in resource.script:
        return True  # the parser has said what is wrong
    return scripts.has(resource.script)


def _report_missing(resource: Resource, scripts: Scripts, findings: Findings) -> None:
    name = resource.script
    remedy = suggestion(name, scripts.names()) or f"looked in {listed(scripts.directories)}"
    for path in (f"{place}/{name}" for place in scripts.directories):
        if scripts.host.is_file(path):
            remedy = f"{path} is not executable; chmod 755 {path}"
    text = f"Cannot locate resource script {shown(name)}"
    findings.error(resource.where, "unknown-script", text, remedy)


def _check_serial(reading: Reading, host: Host, findings: Findings) -> None:
    for spec in (one for one in reading.cf.media if one.kind == "serial"):
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
        findings.warn(child.where, "respawn", text, _NOT_FATAL)
    if not host.has_user(child.user):
        text = f"Invalid uid [{shown(child.user)}] specified for client child"
        findings.warn(child.where, "respawn", text, _NOT_FATAL)


def _check_client(client: ApiAuth, host: Host, findings: Findings) -> None:
    for user in client.uids:
        if not user.isdigit() and not host.has_user(user):
            text = f"Invalid user id name [{shown(user)}]"
            findings.warn(client.where, "apiauth", text, _NOT_FATAL)
    for group in client.gids:
        if not group.isdigit() and not host.has_group(group):
            text = f"Invalid group id name [{shown(group)}]"
            findings.warn(client.where, "apiauth", text, _NOT_FATAL)

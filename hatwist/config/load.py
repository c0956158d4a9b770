# -*- test-case-name: tests.config.test_load -*-
"""
Read a directory such as C{/etc/ha.d}: the three files, hatwist.toml, and what
they name on this host.

Besides L{hatwist.config.probes} the only module here that touches the world; it
reads, and changes nothing.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
from collections.abc import Sequence

from attrs import frozen

from hatwist.config import model
from hatwist.config.addresses import check_addresses, check_interfaces, check_peers, written_owners
from hatwist.config.authkeys import parse_authkeys
from hatwist.config.check import OUR_SERVICE, Seen, check_groups, check_hacf
from hatwist.config.fencing import check_fencing
from hatwist.config.findings import Findings
from hatwist.config.guardian import check_margin
from hatwist.config.hacf import Reading, read_hacf
from hatwist.config.haresources import parse_haresources
from hatwist.config.hosts import parse_hosts, parse_services
from hatwist.config.lexer import MAX_FILE, decode
from hatwist.config.model import HaConfig, Position, Problem, ResourceGroup, Settings
from hatwist.config.monitor import check_monitors
from hatwist.config.ping import check_pings, written_neighbourhood
from hatwist.config.presence import check_named
from hatwist.config.programs import Programs, check_programs
from hatwist.config.toml import parse_toml
from hatwist.errors import ConfigError
from hatwist.wire.auth import Keyring

_SAMPLE = "An annotated sample is conf/{0} in the source of hatwist: copy it to {1} and customize it"


@frozen
class Loaded:
    """
    A configuration that can be used.

    @ivar problems: warnings and notes.
    """

    config: HaConfig
    problems: tuple[Problem, ...]


@frozen
class Examination:
    """
    A configuration, whatever is wrong with it.

    @ivar keys: C{None} if authkeys cannot be used.
    @ivar problems: everything that was found, file by file.
    """

    reading: Reading
    keys: Keyring | None
    groups: tuple[ResourceGroup, ...]
    settings: Settings
    seen: Seen
    problems: tuple[Problem, ...]


class ThisHost:
    """The host that we run on."""

    def is_program(self, path: str) -> bool:
        """Whether this is a file that can be executed."""
        return os.path.isfile(path) and os.access(path, os.X_OK)

    def is_file(self, path: str) -> bool:
        """Whether this is a regular file."""
        return os.path.isfile(path)

    def is_directory(self, path: str) -> bool:
        """Whether this is a directory."""
        return os.path.isdir(path)

    def is_there(self, path: str) -> bool:
        """Whether there is anything of this name."""
        return os.path.exists(path)

    def is_device(self, path: str) -> bool:
        """Whether this is a character device."""
        return os.path.exists(path) and stat.S_ISCHR(os.stat(path).st_mode)

    def has_user(self, name: str) -> bool:
        """Whether there is a user of this name."""
        return name in {entry.pw_name for entry in pwd.getpwall()}

    def has_group(self, name: str) -> bool:
        """Whether there is a group of this name."""
        return name in {entry.gr_name for entry in grp.getgrall()}

    def read(self, path: str) -> str | None:
        """The text of a file; None if it cannot be read."""
        try:
            with open(path, encoding="utf-8", errors="surrogateescape") as file:
                return file.read(MAX_FILE)
        except OSError:
            return None

    def names_in(self, directory: str) -> tuple[str, ...]:
        """What is in a directory; nothing if it is not there."""
        return tuple(sorted(os.listdir(directory))) if os.path.isdir(directory) else ()


def load(
    directory: str,
    *,
    node: str,
    interfaces: frozenset[str] | None = None,
    script_dirs: Sequence[str] | None = None,
    ocf_root: str = "/usr/lib/ocf",
    etc: str = "/etc",
) -> Loaded:
    """
    Read a configuration that is to be used.

    @param directory: where ha.cf, authkeys and haresources are.
    @param node: the local node; it must be listed in ha.cf.
    @param interfaces: the network interfaces that exist; C{None} not to look.
    @param script_dirs: where resource scripts are; by default C{resource.d} in
        the directory, then C{/etc/init.d}.
    @param ocf_root: where OCF agents are, under C{resource.d/PROVIDER}.
    @param etc: where C{hosts} and C{services} are.
    @raise ConfigError: with every problem, if there is an error among them.
    """
    found = examine(
        directory,
        node=node,
        interfaces=interfaces,
        script_dirs=script_dirs,
        ocf_root=ocf_root,
        etc=etc,
    )
    if found.keys is None or any(one.gravity is model.Gravity.ERROR for one in found.problems):
        raise ConfigError(found.problems, found.reading.cf.log)
    config = HaConfig(found.reading.cf, found.keys, found.groups, found.settings)
    return Loaded(config, found.problems)


def examine(
    directory: str,
    *,
    node: str,
    interfaces: frozenset[str] | None = None,
    script_dirs: Sequence[str] | None = None,
    ocf_root: str = "/usr/lib/ocf",
    etc: str = "/etc",
) -> Examination:
    """
    Read a configuration to its end, whatever is wrong with it.

    The parameters are those of L{load}.
    """
    findings = Findings()
    if script_dirs is None:
        script_dirs = (os.path.join(directory, "resource.d"), "/etc/init.d")
    parameters = os.path.join(directory, "conf", "OCF")
    programs = Programs(tuple(script_dirs), os.path.join(ocf_root, "resource.d"), parameters, ThisHost())
    services = parse_services(_read_table(os.path.join(etc, "services")))
    seen = Seen(
        model.node_name(node),
        interfaces,
        parse_hosts(_read_table(os.path.join(etc, "hosts"))),
        services,
    )
    port = next((number for number, name in services.items() if name == OUR_SERVICE), 694)
    reading = _read_hacf(directory, seen, port, findings)
    keys = _read_authkeys(directory, findings)
    groups = _read_haresources(directory, reading, seen, programs, findings)
    check_pings(reading.cf, written_neighbourhood(reading.cf, groups, seen.hosts), seen.hosts, findings)
    settings = _read_toml(directory, findings)
    check_fencing(settings.fencing, reading.cf, _mode_of, findings)
    check_monitors(settings.monitors, groups, findings)
    if settings.guardian and reading.places and reading.refused.isdisjoint(("deadtime", "keepalive")):
        where = reading.places.get("deadtime", Position(os.path.join(directory, "ha.cf")))
        check_margin(reading.cf, groups, where, findings)
    return Examination(reading, keys, groups, settings, seen, findings.ordered())


def load_keys(directory: str) -> tuple[Keyring, tuple[Problem, ...]]:
    """
    Read authkeys alone, anew.

    @return: the keys, and warnings and notes about them.
    @raise ConfigError: with every problem, if there is an error among them.
    """
    findings = Findings()
    keys = _read_authkeys(directory, findings)
    if keys is None or findings.fatal:
        raise ConfigError(findings.ordered())
    return keys, findings.ordered()


def node_name(directory: str, hostname: str) -> str:
    """
    Return the name of this node: the first line of C{nodeinfo}, if there is
    that file, else the host's name; in lower case.
    """
    text = _read_table(os.path.join(directory, "nodeinfo"))
    return model.node_name(text.partition("\n")[0].strip() or hostname)


def _read_hacf(directory: str, seen: Seen, port: int, findings: Findings) -> Reading:
    path = os.path.join(directory, "ha.cf")
    text = _read(path, f"Cannot open config file [{path}]", "no-hacf", findings)
    reading = read_hacf(text or "", path, findings, seen.node, port)
    if text is not None:
        check_hacf(reading, seen, findings)
        check_peers(reading.cf, seen.node, set(seen.hosts.get(seen.node, ())), findings)
        check_named(reading, ThisHost(), findings)
    return reading


def _read_authkeys(directory: str, findings: Findings) -> Keyring | None:
    path = os.path.join(directory, "authkeys")
    text = _read(path, f"Cannot open keyfile [{path}].  Stop.", "no-authkeys", findings)
    if text is None:
        return None
    mode = stat.S_IMODE(os.stat(path).st_mode)
    if mode & 0o044:
        message = f"Bad permissions on keyfile [{path}], 600 recommended."
        findings.error(Position(path), "keyfile-mode", message, f"it has {mode:o}; chmod 600 {path}")
    elif mode & 0o022:
        message = f"others than its owner can write the keyfile [{path}]"
        findings.warn(Position(path), "keyfile-mode", message, f"it has {mode:o}; chmod 600 {path}")
    return parse_authkeys(text, path, findings)


def _read_haresources(
    directory: str, reading: Reading, seen: Seen, programs: Programs, findings: Findings
) -> tuple[ResourceGroup, ...]:
    path = os.path.join(directory, "haresources")
    text = _read(path, f"Cannot open resources file [{path}]", "no-haresources", findings)
    if text is None:
        return ()
    groups = parse_haresources(text, path, findings)
    check_groups(groups, reading, seen, path, findings)
    check_programs(groups, programs, findings)
    check_interfaces(groups, seen.interfaces, findings)
    check_addresses(groups, written_owners(reading.cf, seen.hosts), findings)
    return groups


def _read_toml(directory: str, findings: Findings) -> Settings:
    path = os.path.join(directory, "hatwist.toml")
    if not os.path.lexists(path):
        return Settings(guardian=True)
    text = _read(path, f"Cannot open settings file [{path}]", "no-toml", findings)
    return Settings(guardian=True) if text is None else parse_toml(text, path, findings)


def _mode_of(path: str) -> int | None:
    """Return the permissions of a file; None if there is no such file."""
    return stat.S_IMODE(os.stat(path).st_mode) if os.path.isfile(path) else None


def _read(path: str, complaint: str, code: str, findings: Findings) -> str | None:
    """Return the text of a file that must be there, or report that it is not."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            findings.error(Position(path), code, complaint, "it is not a regular file")
            return None
        with open(path, "rb") as file:
            return decode(file.read(MAX_FILE + 1), path, findings)
    except FileNotFoundError:
        remedy = _SAMPLE.format(os.path.basename(path), path)
        findings.error(Position(path), code, complaint, remedy)
    except OSError as error:
        findings.error(Position(path), code, complaint, error.strerror or str(error))
    return None


def _read_table(path: str) -> str:
    """Return the text of a file of the host, or nothing."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(MAX_FILE)
    except OSError:
        return ""

# -*- test-case-name: tests.config.test_load -*-
"""
Read a directory such as C{/etc/ha.d}: the three files, hatwist.toml, and what
they name on this host.

Besides L{hatwist.config.live} the only module here that touches the world; it
reads, and changes nothing.
"""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Iterator, Sequence

from attrs import frozen

from hatwist.config import model
from hatwist.config.authkeys import parse_authkeys
from hatwist.config.check import OUR_SERVICE, Seen, check_groups, check_hacf
from hatwist.config.findings import Findings, listed, shown, suggestion
from hatwist.config.hacf import Reading, read_hacf
from hatwist.config.haresources import ADDRESS_SCRIPTS, parse_haresources
from hatwist.config.hosts import parse_hosts, parse_services
from hatwist.config.lexer import MAX_FILE, decode
from hatwist.config.model import HaConfig, Position, Problem, Resource, ResourceGroup, Settings
from hatwist.config.ping import check_pings, written_neighbourhood
from hatwist.config.toml import parse_toml
from hatwist.errors import ConfigError
from hatwist.wire.auth import Keyring

_SAMPLE = "An annotated sample {0} file is provided in the documentation: copy it to {1} and customize it"


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


@frozen
class _Programs:
    """Where the scripts of resources are looked for."""

    script_dirs: Sequence[str]
    agent_dir: str

    def has(self, name: str) -> bool:
        """Whether there is a script or an agent of this name."""
        return any(_is_program(os.path.join(place, name)) for place in (*self.script_dirs, self.agent_dir))

    def names(self) -> Iterator[str]:
        """Every name there is."""
        yield from sorted(ADDRESS_SCRIPTS)
        for place in (*self.script_dirs, self.agent_dir):
            if os.path.isdir(place):
                yield from (name for name in sorted(os.listdir(place)) if self.has(name))


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
    @param ocf_root: where OCF agents are, under C{resource.d/heartbeat}.
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
        raise ConfigError(found.problems)
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
    programs = _Programs(script_dirs, os.path.join(ocf_root, "resource.d", "heartbeat"))
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
    return Examination(reading, keys, groups, settings, seen, findings.ordered())


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
        _check_named_files(reading, findings)
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
    directory: str, reading: Reading, seen: Seen, programs: _Programs, findings: Findings
) -> tuple[ResourceGroup, ...]:
    path = os.path.join(directory, "haresources")
    text = _read(path, f"Cannot open resources file [{path}]", "no-haresources", findings)
    if text is None:
        return ()
    groups = parse_haresources(text, path, findings)
    check_groups(groups, reading, seen, path, findings)
    missing: set[str] = set()
    for resource in (one for group in groups for one in group.resources):
        if resource.script not in missing and not _is_found(resource, programs):
            missing.add(resource.script)
            _report_missing(resource, programs, findings)
    return groups


def _read_toml(directory: str, findings: Findings) -> Settings:
    path = os.path.join(directory, "hatwist.toml")
    if not os.path.lexists(path):
        return Settings()
    text = _read(path, f"Cannot open settings file [{path}]", "no-toml", findings)
    return Settings() if text is None else parse_toml(text, path, findings)


def _is_found(resource: Resource, programs: _Programs) -> bool:
    if resource.script in ADDRESS_SCRIPTS or (resource.script == "OCF" and resource.arguments):
        return True
    if not resource.script or "/" in resource.script:
        return True  # reported by the parser
    return programs.has(resource.script)


def _report_missing(resource: Resource, programs: _Programs, findings: Findings) -> None:
    name = resource.script
    remedy = suggestion(name, programs.names()) or f"looked in {listed(programs.script_dirs)}"
    for place in programs.script_dirs:
        path = os.path.join(place, name)
        if os.path.isfile(path):
            remedy = f"{path} is not executable; chmod 755 {path}"
    text = f"Cannot locate resource script {shown(name)}"
    findings.error(resource.where, "unknown-script", text, remedy)


def _check_named_files(reading: Reading, findings: Findings) -> None:
    """Look for what ha.cf names on this host; what is not active yet cannot stop the start."""
    for spec in (one for one in reading.cf.media if one.kind == "serial"):
        if not os.path.exists(spec.link):
            text = f"Nonexistent serial port [{shown(spec.link)}] in config file"
            findings.error(spec.where, "serial", text, "a device, as /dev/ttyS0")
        elif not stat.S_ISCHR(os.stat(spec.link).st_mode):
            text = f"Serial port [{shown(spec.link)}] not a char device in config file"
            findings.error(spec.where, "serial", text, "a device, as /dev/ttyS0")
    stonith = reading.cf.stonith
    if stonith is not None and stonith.file and not os.path.isfile(stonith.file):
        text = f"Invalid Stonith config file [{shown(stonith.file)}]"
        findings.error(stonith.where, "stonith", text, "there is no such file")
    for child in reading.cf.respawn:
        command = child.command.split()[0]
        if not _is_program(command):
            text = f"Client child command [{shown(command)}] is not executable"
            findings.warn(child.where, "respawn", text, "heartbeat 3.0.6 would not start")
        if not _is_user(child.user):
            text = f"Invalid uid [{shown(child.user)}] specified for client child"
            findings.warn(child.where, "respawn", text, "heartbeat 3.0.6 would not start")


def _is_program(path: str) -> bool:
    try:
        return os.path.isfile(path) and os.access(path, os.X_OK)
    except ValueError:  # a name with a surrogate that stands for no byte
        return False


def _is_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


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

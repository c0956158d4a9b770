# -*- test-case-name: tests.config.test_programs -*-
"""
Rules about the programs of resources: what haresources names can be started.

They find what L{hatwist.resources} would find, in the same order; what it
would refuse is an error here, before anything is started.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from attrs import frozen

from hatwist.config.findings import Findings, listed, shown, suggestion
from hatwist.config.haresources import ADDRESS_SCRIPTS, bracketed
from hatwist.config.model import Resource, ResourceGroup
from hatwist.config.parameters import by_position, parse_parameters
from hatwist.config.presence import Host
from hatwist.config.units import check_unit, unit_name
from hatwist.config.wrappers import HEARTBEAT, OCF_SCRIPT, POSITIONAL
from hatwist.errors import AgentError

_LINES: Final = "write the agent's parameters into it, each on a line: NAME=value"


@frozen
class Programs:
    """
    Where the programs of resources are looked for.

    @ivar directories: of scripts, in this order.
    @ivar agents: of OCF agents, with a directory for each provider.
    @ivar parameters: of the parameter files, C{TYPE/INSTANCE}.
    """

    directories: tuple[str, ...]
    agents: str
    parameters: str
    host: Host

    def script(self, name: str) -> str | None:
        """Return the script of this name; None if there is none that can be executed."""
        if "/" in name:
            return None
        paths = (f"{place}/{name}" for place in self.directories)
        return next(filter(self.host.is_program, paths), None)

    def has(self, name: str) -> bool:
        """Whether there is something that a resource of this name can run."""
        if self.script(name) is not None:
            return True
        return name in POSITIONAL and self.host.is_program(f"{self.agents}/{HEARTBEAT}/{name}")

    def program(self, resource: Resource) -> str | None:
        """Return the script or the agent that runs a resource; None if there is none, or none is needed."""
        if resource.script == OCF_SCRIPT:
            return self.agent(resource.arguments[0]) if resource.arguments else None
        path = f"{self.agents}/{HEARTBEAT}/{resource.script}"
        agent = path if resource.script in POSITIONAL and self.host.is_program(path) else None
        return self.script(resource.script) or agent

    def agent(self, kind: str) -> str | None:
        """Return the OCF agent of this name, heartbeat's first; None if there is none."""
        if "/" in kind:
            return None
        providers = sorted(self.host.names_in(self.agents), key=lambda name: (name != HEARTBEAT, name))
        paths = (f"{self.agents}/{provider}/{kind}" for provider in providers)
        return next(filter(self.host.is_program, paths), None)

    def has_agent(self, kind: str) -> bool:
        """Whether any provider has an OCF agent of this name."""
        return self.agent(kind) is not None

    def names(self) -> Iterator[str]:
        """Yield every name that L{has}, and the built-in ones."""
        yield from sorted(ADDRESS_SCRIPTS)
        for place in (*self.directories, f"{self.agents}/{HEARTBEAT}"):
            yield from (name for name in self.host.names_in(place) if self.has(name))

    def kinds(self) -> Iterator[str]:
        """Yield every name that L{has_agent}."""
        for provider in self.host.names_in(self.agents):
            yield from filter(self.has_agent, self.host.names_in(f"{self.agents}/{provider}"))


def check_programs(groups: Sequence[ResourceGroup], programs: Programs, findings: Findings) -> None:
    """Report every resource that nothing can start, each program once."""
    reported: set[str] = set()
    for resource in (one for group in groups for one in group.resources):
        name = resource.text if resource.script == OCF_SCRIPT else resource.script
        if name in reported:
            continue
        reported.add(name)
        unit = unit_name(name)
        if unit is not None:
            check_unit(resource, unit, programs.host, findings)
        elif resource.script == OCF_SCRIPT:
            _check_instance(resource, programs, findings)
        elif not _is_found(resource, programs):
            _report_missing(resource, programs, findings)
        _check_interpreter(resource, programs, findings)
    for resource in (one for group in groups for one in group.resources):
        _check_arguments(resource, programs, findings)


def _is_found(resource: Resource, programs: Programs) -> bool:
    if not resource.script or "/" in resource.script:
        return True  # the parser has said what is wrong
    return resource.script in ADDRESS_SCRIPTS or programs.has(resource.script)


def _report_missing(resource: Resource, programs: Programs, findings: Findings) -> None:
    name = resource.script
    looked = f"looked in {listed(programs.directories)}"
    remedy = bracketed(resource) or suggestion(name, programs.names()) or looked
    if programs.has_agent(name):
        file = f"{programs.parameters}/{name}/INSTANCE"
        remedy = f"for the OCF agent write OCF::{name}::INSTANCE, with its parameters in {file}"
    for path in (f"{place}/{name}" for place in programs.directories):
        remedy = _obstacle(path, programs.host) or remedy
    if name == "systemd":
        remedy = f"write systemd:{'::'.join(resource.arguments) or 'NAME'}, with a single colon"
    text = f"Cannot locate resource script {shown(name)}"
    findings.error(resource.where, "unknown-script", text, remedy)


def _obstacle(path: str, host: Host) -> str:
    """Say why what is there cannot be run; empty if nothing is there."""
    directory, _, name = path.rpartition("/")
    if host.is_file(path):
        return f"{path} is not executable; chmod 755 {path}"
    if host.is_directory(path):
        return f"{path} is a directory"
    # What has a name and cannot be reached is a link.
    return f"{path} is a link to nothing" if name in host.names_in(directory) else ""


def _check_interpreter(resource: Resource, programs: Programs, findings: Findings) -> None:
    """Report a script whose first line names what is not there: the kernel would not run it."""
    path = programs.program(resource)
    begin = (programs.host.read(path) or "") if path else ""
    if not begin.startswith("#!"):
        return
    line = begin[2:].partition("\n")[0].strip(" \t")
    interpreter = line.partition(" ")[0].partition("\t")[0]
    # Without one the shell takes it.
    if interpreter and not programs.host.is_program(interpreter):
        text = f"{path} cannot be run: there is no interpreter {shown(interpreter)}"
        crlf = interpreter.endswith("\r")
        remedy = "its lines end in CR LF; convert it" if crlf else "its first line names it"
        findings.error(resource.where, "no-interpreter", text, remedy)


def _check_instance(resource: Resource, programs: Programs, findings: Findings) -> None:
    """Check C{OCF::TYPE::INSTANCE}: the agent, then the file with its parameters."""
    words = resource.arguments
    if len(words) != 2 or not all(words) or any("/" in word for word in words):
        text = f"[{shown(resource.text)}] is not OCF::TYPE::INSTANCE"
        remedy = f"the parameters are in {programs.parameters}/TYPE/INSTANCE"
        findings.error(resource.where, "bad-resource", text, remedy)
        return
    kind, instance = words
    if not programs.has_agent(kind):
        remedy = suggestion(kind, programs.kinds()) or f"looked in {programs.agents}/*"
        text = f"Cannot locate resource script {shown(kind)}, an OCF agent"
        findings.error(resource.where, "unknown-agent", text, remedy)
    file = f"{programs.parameters}/{kind}/{instance}"
    if not programs.host.is_file(file):
        text = f"[{shown(resource.text)}]: there is no file {shown(file)}"
        findings.error(resource.where, "no-parameters", text, _LINES)
        return
    content = programs.host.read(file)
    if content is None:
        text = f"[{shown(resource.text)}]: {shown(file)} cannot be read"
        findings.error(resource.where, "no-parameters", text, "as root it can")
        return
    try:
        parse_parameters(content, file)
    except AgentError as reason:
        findings.error(resource.where, "bad-parameters", f"[{shown(resource.text)}]: {reason}", _LINES)


def _check_arguments(resource: Resource, programs: Programs, findings: Findings) -> None:
    """Check the arguments of a wrapper that is not there: its agent takes them by name."""
    names = POSITIONAL.get(resource.script)
    if names is None or programs.script(resource.script) is not None:
        return
    try:
        by_position(resource.script, names, resource.arguments)
    except AgentError as reason:
        findings.error(resource.where, "bad-resource", f"[{shown(resource.text)}]: {reason}", "")

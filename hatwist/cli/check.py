# -*- test-case-name: tests.cli.test_check -*-
"""
C{hatwistctl check}: read a configuration directory and say everything that is
wrong with it; start nothing, change nothing.
"""

from __future__ import annotations

import json
import os
import socket
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Final, TextIO

from twisted.python import usage

from hatwist.cli.options import Command
from hatwist.config import load
from hatwist.config.findings import Findings
from hatwist.config.guardian import time_line
from hatwist.config.live import Probes, Subject, check_live
from hatwist.config.metadata import VALIDATE_TIMEOUT, Agent
from hatwist.config.model import Gravity, Problem, ResourceGroup
from hatwist.config.probes import HostProbes
from hatwist.resources.build import script_environment
from hatwist.resources.locate import OCF_ROOT, Places
from hatwist.resources.ocf import find_calls
from hatwist.resources.secrets import hide, secret_values

EXIT_OK: Final = 0
EXIT_NOT_CONFIGURED: Final = 6
"""As heartbeat ends when its configuration cannot be used."""


class CheckOptions(Command):
    """Options of C{hatwistctl check}."""

    synopsis = "[options]"
    longdesc = "Check ha.cf, authkeys, haresources and hatwist.toml; status 6 if they cannot be used."
    optParameters = [
        ["config", "c", "/etc/ha.d", "The directory of the files."],
        ["node", None, None, "Check as if this host were the node of this name."],
        ["init-d", None, "/etc/init.d", "Where scripts are that resource.d does not have."],
        ["ocf-root", None, OCF_ROOT, "Where OCF agents are, under resource.d/PROVIDER."],
    ]
    optFlags = [
        ["json", None, "Print one JSON object."],
        ["live", None, "Look at this host as well: clock, names, firewall, services, OCF agents."],
    ]

    def parseArgs(self, *words: str) -> None:
        """Refuse a directory without its option."""
        if words:
            raise usage.UsageError(f"{words[0]!r} is not an option; a directory is given as -c {words[0]}")


def check(
    options: CheckOptions,
    stdout: TextIO,
    stderr: TextIO,  # noqa: ARG001  # every command has it
    probes: Probes | None = None,
) -> int:
    """
    Check a configuration directory.

    @param stdout: gets the findings, one a line, and a summary.
    @param stderr: is not used: a bad configuration is what was asked for.
    @param probes: how to look at the host; for tests.
    @return: the exit status: 0, or 6 if there is an error.
    """
    directory = str(options["config"])
    hostname = os.uname().nodename
    node = str(options["node"] or load.node_name(directory, hostname))
    interfaces = frozenset(name for _, name in socket.if_nameindex())
    script_dirs = (os.path.join(directory, "resource.d"), str(options["init-d"]))
    ocf_root = str(options["ocf-root"])
    found = load.examine(
        directory, node=node, interfaces=interfaces, script_dirs=script_dirs, ocf_root=ocf_root
    )
    problems = found.problems
    if options["live"]:
        findings = Findings(list(problems))
        places = Places(directory, str(options["init-d"]), ocf_root)
        agents = _agents(places, found.seen.node, found.groups)
        subject = Subject(found.reading.cf, found.groups, found.seen.node, hostname, agents)
        check_live(subject, probes or HostProbes(), findings)
        problems = findings.ordered()
    show = _as_json if options["json"] else _as_text
    _write(stdout, show(directory, found.seen.node, problems))
    fatal = any(one.gravity is Gravity.ERROR for one in problems)
    if found.settings.guardian and not fatal and not options["json"]:
        line = time_line(found.reading.cf, found.groups, found.settings.stop_within)
        _write(stdout, f"{line}\n")
    return EXIT_NOT_CONFIGURED if fatal else EXIT_OK


def _agents(places: Places, node: str, groups: Sequence[ResourceGroup]) -> tuple[Agent, ...]:
    """Return the OCF agents of groups, with the environment that the daemon would give them."""
    given = script_environment(places.directory, node, {"OCF_ROOT": places.ocf_root})
    return tuple(
        Agent(
            resource,
            call.path,
            call.parameters,
            {**given, **call.environment(VALIDATE_TIMEOUT)},
            partial(hide, secrets=secret_values(call.parameters)),
        )
        for resource, call in find_calls(places, groups)
    )


def _write(stdout: TextIO, text: str) -> None:
    """Write, escaping what the terminal's encoding does not have."""
    encoding = stdout.encoding or "utf-8"
    stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))


def _as_text(directory: str, node: str, problems: tuple[Problem, ...]) -> str:
    count = Counter(one.gravity for one in problems)
    parts = [_plural(count[gravity], gravity.value) for gravity in Gravity]
    verdict = "cannot be used" if count[Gravity.ERROR] else "can be used"
    summary = f"{directory} {verdict} by node {node}: {', '.join(parts)}"
    return "".join(f"{line}\n" for line in (*map(str, problems), summary))


def _plural(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _as_json(directory: str, node: str, problems: tuple[Problem, ...]) -> str:
    count = Counter(one.gravity for one in problems)
    document = {
        "directory": directory,
        "node": node,
        "usable": not count[Gravity.ERROR],
        **{f"{gravity.value}s": count[gravity] for gravity in Gravity},
        "findings": [
            {
                "gravity": one.gravity.value,
                "file": one.where.file,
                "line": one.where.line or None,
                "column": one.where.column or None,
                "code": one.code,
                "text": one.text,
                "remedy": one.remedy,
            }
            for one in problems
        ],
    }
    return json.dumps(document) + "\n"

# -*- test-case-name: tests.cli.test_manager -*-
"""
C{hatwistctl resources}: what heartbeat's C{ResourceManager} does by hand
(inventory C.3).

It works on haresources and the programs of this host, beside the daemon or
without one.  The daemon hears nothing of it, so what another node owns is not
started here.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final, TextIO

from attrs import frozen
from twisted.python import usage

from hatwist.cli.options import EXIT_DONE, EXIT_FAILED, Command
from hatwist.cluster.names import Level, Outcome, Verb
from hatwist.config.findings import Findings
from hatwist.config.haresources import parse_haresources
from hatwist.config.load import node_name
from hatwist.config.model import Gravity, Position, ResourceGroup
from hatwist.config.model import node_name as as_node_name
from hatwist.errors import ControlError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

    from twisted.internet.defer import Deferred

    from hatwist.control.report import Report

    Run = Callable[[ResourceGroup, Verb], Deferred[tuple[Outcome, str]]]
    Ask = Callable[[], Awaitable[Report | None]]

EXIT_STOPPED: Final = 3
"""What C{status} ends with for a resource that does not run."""

LISTING: Final = ("listkeys", "allkeys", "ourkeys", "otherkeys")
WITH_ARGUMENT: Final = ("listkeys", "status", "takegroup", "givegroup", "statgroup")
VERBS: Final = (*LISTING, *WITH_ARGUMENT[1:], "verifyallidle")


class ResourcesOptions(Command):
    """Options of C{hatwistctl resources}."""

    synopsis = "[options] VERB [ARGUMENT]"
    longdesc = (
        "Do by hand what heartbeat's ResourceManager does: listkeys NODE (a regular expression), "
        "allkeys, ourkeys, otherkeys, status RESOURCE, takegroup KEY, givegroup KEY, statgroup KEY, "
        "verifyallidle.  The daemon hears nothing of it: to move groups use standby and takeover."
    )
    optParameters = [
        ["config", "c", "/etc/ha.d", "The directory of haresources and resource.d."],
        ["init-d", None, "/etc/init.d", "Where scripts are that resource.d does not have."],
    ]

    def parseArgs(self, verb: str = "", argument: str | None = None) -> None:
        """Take the verb and what it is about."""
        if verb not in VERBS:
            raise usage.UsageError(f"which verb? one of {', '.join(VERBS)}, not {verb!r}")
        if (argument is None) is (verb in WITH_ARGUMENT):
            wants = "an argument" if argument is None else "no argument"
            raise usage.UsageError(f"{verb} needs {wants}")
        self["verb"], self["argument"] = verb, argument or ""

    @property
    def lists(self) -> bool:
        """Whether the verb only lists what haresources has."""
        return self["verb"] in LISTING


@frozen
class Manager:
    """
    What carries a verb out.

    @ivar groups: those of haresources.
    @ivar run: runs a verb on a group.
    @ivar ask: asks the daemon; None if there is none.
    """

    groups: Sequence[ResourceGroup]
    run: Run
    ask: Ask
    out: TextIO
    err: TextIO

    async def do(self, verb: str, argument: str) -> int:
        """
        Do what C{ResourceManager} does, where it is more than listing.

        @return: the exit status.
        """
        match verb:
            case "status":
                return EXIT_DONE if await self._runs(_group_of(argument)) else EXIT_STOPPED
            case "takegroup":
                return await self._move(argument, Verb.START)
            case "givegroup":
                return await self._move(argument, Verb.STOP)
            case "statgroup":
                return await self._count(argument)
            case _:
                return await self._verify()

    async def _runs(self, group: ResourceGroup) -> bool:
        return (await self.run(group, Verb.STATUS))[0] is Outcome.RUNNING

    async def _move(self, key: str, verb: Verb) -> int:
        group = self._find(key)
        if group is None:
            return EXIT_FAILED
        if verb is Verb.START:
            owner = _owner_elsewhere(await self.ask(), key)
            if owner:
                return self._refuse(f"{key} belongs to {owner} now: use hatwistctl takeover")
        outcome, why = await self.run(group, verb)
        return EXIT_DONE if outcome is Outcome.OK else self._refuse(why)

    async def _count(self, key: str) -> int:
        group = self._find(key)
        if group is None:
            return EXIT_FAILED
        running = [await self._runs(ResourceGroup(group.node, (one,), one.where)) for one in group.resources]
        print("ALL" if all(running) else "SOME" if any(running) else "NONE", file=self.out)
        return EXIT_DONE

    async def _verify(self) -> int:
        active = [group.key for group in self.groups if await self._runs(group)]
        for key in active:
            print(f"CRITICAL: Resource {key} is active, and should not be!", file=self.err)
        if active:
            print("CRITICAL: Non-idle resources may affect data integrity!", file=self.err)
        return min(len(active), 255)

    def _find(self, key: str) -> ResourceGroup | None:
        for group in self.groups:
            if group.key == key:
                return group
        self._refuse(f"haresources has no group {key!r}; a group is named by its first resource")
        return None

    def _refuse(self, why: str) -> int:
        print(f"hatwistctl: {why}", file=self.err)
        return EXIT_FAILED


def listed(groups: Sequence[ResourceGroup], me: str, verb: str, argument: str) -> Iterator[str]:
    """
    Yield what a listing verb prints, line by line.

    @param me: the name of this node.
    """
    for group in groups:
        if verb == "allkeys" or (verb == "listkeys" and _matches(argument, group.node)):
            yield group.key
        elif verb == ("ourkeys" if group.node == me else "otherkeys"):
            yield " ".join(resource.text for resource in group.resources)


def list_groups(options: ResourcesOptions, stdout: TextIO, stderr: TextIO) -> int:
    """
    Print what a listing verb asks for; neither daemon nor reactor is needed.

    @return: the exit status.
    """
    directory = str(options["config"])
    groups = read_groups(directory, stderr)
    if groups is None:
        return EXIT_FAILED
    for line in listed(groups, _our_name(directory), str(options["verb"]), str(options["argument"])):
        print(line, file=stdout)
    return EXIT_DONE


def _our_name(directory: str) -> str:
    return as_node_name(os.environ.get("HA_CURHOST") or node_name(directory, os.uname().nodename))


def _matches(pattern: str, node: str) -> bool:
    try:
        return re.fullmatch(pattern, node, re.IGNORECASE) is not None
    except re.error:
        return False


def _owner_elsewhere(report: Report | None, key: str) -> str:
    """Return which living node other than ours has a group; empty if none."""
    if report is None:
        return ""
    owners = [group["owner"] for group in report["groups"] if group["key"] == key]
    alive = {node["name"] for node in report["nodes"] if node["status"] != "dead"}
    return next((name for name in owners if name and name != report["node"] and name in alive), "")


def _group_of(text: str) -> ResourceGroup:
    """Make a group of one resource as haresources would have it."""
    (group,) = parse_haresources(f"node {text}\n", "the command line", Findings())
    return group


def read_groups(directory: str, err: TextIO) -> tuple[ResourceGroup, ...] | None:
    """
    Read haresources alone.

    @return: C{None} if it cannot be read or has an error; C{err} was told.
    """
    path = os.path.join(directory, "haresources")
    findings = Findings()
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            groups = parse_haresources(file.read(), path, findings)
    except OSError as error:
        findings.error(Position(path), "no-haresources", f"cannot open {path}", error.strerror or "")
        groups = ()
    for problem in findings.ordered():
        if problem.gravity is Gravity.ERROR:
            print(problem, file=err)
    return None if findings.fatal else groups


def script_variables(given: Mapping[str, str]) -> dict[str, str]:
    """Return what of our own environment is handed on to resource programs: what the daemon gave."""
    return {name: value for name, value in given.items() if name.startswith(("HA_", "OCF_ROOT"))}


async def manage(
    reactor: object, options: ResourcesOptions, path: str, stdout: TextIO, stderr: TextIO
) -> int:
    """
    Do what the command line says, where it is more than listing.

    @param path: the daemon's control socket.
    @return: the exit status.
    """
    from hatwist.control.client import NotRunning, connect
    from hatwist.resources.build import make_runner

    directory = str(options["config"])
    groups = read_groups(directory, stderr)
    if groups is None:
        return EXIT_FAILED
    variables = script_variables(os.environ)

    def say(level: Level, text: str, entity: str) -> None:
        if level is not Level.DEBUG:
            print(f"{entity}: {level.value}: {text}" if level.value else f"{entity}: {text}", file=stderr)

    async def ask() -> Report | None:
        try:
            control = await connect(path, reactor)
        except NotRunning:
            return None
        try:
            return await control.status()
        finally:
            await control.close()

    init = str(options["init-d"])
    runner = make_runner(reactor, directory, _our_name(directory), variables, say, init_directory=init)
    manager = Manager(groups, runner.run, ask, stdout, stderr)
    try:
        return await manager.do(str(options["verb"]), str(options["argument"]))
    except ControlError as problem:
        print(f"hatwistctl: {problem}", file=stderr)
        return EXIT_FAILED

# -*- test-case-name: tests.cli.test_main -*-
"""
The command line of C{hatwistctl}; C{check} and C{decode} bring their own options.
"""

from __future__ import annotations

from collections.abc import Sequence
from getopt import GetoptError, gnu_getopt
from typing import Final

from twisted.python import usage

from hatwist import __version__

EXIT_DONE: Final = 0
EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
EXIT_NOT_RUNNING: Final = 3
EXIT_INTERRUPTED: Final = 130

SOCKET: Final = "/run/hatwist/control.sock"

_STATUSES: Final = """
Exit status: 0 done; 1 refused or failed; 2 wrong usage; 3 the daemon is not
running; 6 (check) the configuration cannot be used; 130 interrupted.
"""


def seconds(text: str) -> float:
    """Read a number of seconds of the command line; 0 or more."""
    value = float(text)
    if not 0 <= value < float("inf"):
        raise ValueError("seconds are 0 or more")
    return value


seconds.coerceDoc = "Seconds."  # type: ignore[attr-defined]  # how usage documents a coercion


class Command(usage.Options):
    """What all our commands share."""

    def opt_version(self) -> None:
        """Print the version and exit."""
        print(f"hatwistctl {__version__}")
        raise SystemExit(EXIT_DONE)

    opt_h = usage.Options.opt_help


class Mixed(Command):
    """A command whose options may stand behind its argument as well as before it."""

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """Put the options first, where usage looks for them."""
        words = [] if options is None else list(options)
        try:
            found, rest = gnu_getopt(words, self.shortOpt, self.longOpt)
        except GetoptError as error:
            raise usage.UsageError(str(error)) from None
        ordered = [word for name, value in found for word in _spelled(name, value)]
        super().parseOptions([*ordered, *rest])  # type: ignore[no-untyped-call]


def _spelled(name: str, value: str) -> Sequence[str]:
    """Write an option as C{getopt} reads it."""
    if not value:
        return (name,)
    return (f"{name}={value}",) if name.startswith("--") else (name, value)


class StatusOptions(Command):
    """Options of C{hatwistctl status}."""

    longdesc = "Show this node, its peers and links, and who has which group and why."
    optFlags = [["json", None, "Print the report as JSON, for programs."]]


class EventsOptions(Command):
    """Options of C{hatwistctl events}."""

    longdesc = "Show the last happenings the daemon remembers, in local time; with -f those to come."
    optFlags = [["follow", "f", "Show what happens from now on, until interrupted."]]


def _number(text: str) -> int:
    """Read how many of something are wanted; 1 or more."""
    value = int(text)
    if value < 1:
        raise ValueError("a number is 1 or more")
    return value


_number.coerceDoc = "A number."  # type: ignore[attr-defined]  # how usage documents a coercion


class JournalOptions(Mixed):
    """Options of C{hatwistctl journal}."""

    synopsis = "[options] [group|node]"
    longdesc = (
        "Show the newest decisions, in local time, those of former lives of the daemon included: "
        "all of them, or those about a group, by its first resource, or a node."
    )
    optFlags = [["json", None, "Print one JSON object, for programs."]]
    optParameters = [
        ["number", "n", 50, "Show so many at most.", _number],
        ["file", None, None, "Read this file; no daemon is asked."],
    ]

    def parseArgs(self, about: str = "") -> None:
        """Take the group or the node."""
        self["about"] = about


class OpsOptions(Mixed):
    """Options of C{hatwistctl ops}."""

    synopsis = "[options] [group]"
    longdesc = (
        "Show what was done to the resources of a group lately, in local time, and what their programs "
        "said: of which group, by its first resource; of all groups by default."
    )
    optFlags = [["json", None, "Print one JSON object, for programs."]]

    def parseArgs(self, group: str = "") -> None:
        """Take the group."""
        self["group"] = group


class StopOptions(Command):
    """Options of C{hatwistctl stop}."""

    longdesc = "Give up everything in order, leave the cluster and end the daemon."
    optFlags = [["no-wait", None, "Do not wait for the end."]]
    optParameters = [["wait", None, 0.0, "Wait at most so long; 0: as long as it takes.", seconds]]


class MoveOptions(Mixed):
    """
    Options of C{hatwistctl standby} and C{takeover}.

    @cvar homewards: which groups C{failback} means.
    """

    homewards = "foreign"

    synopsis = "[options] [all|local|foreign|failback]"
    longdesc = (
        "Which groups, seen from this node: those at home here (local), those at home at its peer "
        "(foreign), or all, which is the default; failback means that groups go home."
    )
    optFlags = [["no-wait", None, "Do not wait for the effect."]]
    optParameters = [["wait", None, 60.0, "Wait at most so long for the effect.", seconds]]

    def parseArgs(self, which: str = "all") -> None:
        """Take the set of groups."""
        if which not in ("all", "local", "foreign", "failback"):
            raise usage.UsageError(f"which groups? one of all, local, foreign, failback, not {which!r}")
        self["which"] = self.homewards if which == "failback" else which


class StandbyOptions(MoveOptions):
    """Options of C{hatwistctl standby}."""


class TakeoverOptions(MoveOptions):
    """Options of C{hatwistctl takeover}."""

    homewards = "local"


class CleanupOptions(Command):
    """Options of C{hatwistctl cleanup}."""

    synopsis = "[group]"
    longdesc = "Which group, by its first resource; all groups by default."

    def parseArgs(self, group: str = "") -> None:
        """Take the group."""
        self["group"] = group


class FenceOptions(Command):
    """Options of C{hatwistctl fence}."""

    synopsis = "[confirm NODE]"
    longdesc = (
        "Show the fencing devices and what was fenced.  confirm NODE: you have made sure yourself that"
        " NODE is down and that nothing of it runs; its groups are started on your word."
    )
    optFlags = [["json", None, "For programs."]]

    def parseArgs(self, *words: str) -> None:
        """
        Take the order.

        @raise UsageError: it is none.
        """
        if words and (len(words) != 2 or words[0] != "confirm"):
            raise usage.UsageError("fence, or fence confirm NODE")
        self["node"] = words[1] if words else ""


def _resources_options() -> usage.Options:
    from hatwist.cli.manager import ResourcesOptions

    return ResourcesOptions()  # type: ignore[no-untyped-call]


def _check_options() -> usage.Options:
    from hatwist.cli.check import CheckOptions

    return CheckOptions()  # type: ignore[no-untyped-call]


def _decode_options() -> usage.Options:
    from hatwist.cli.decode import DecodeOptions

    return DecodeOptions()  # type: ignore[no-untyped-call]


class Options(Command):
    """Options of C{hatwistctl} itself."""

    longdesc = _STATUSES
    optParameters = [["socket", None, SOCKET, "The daemon's control socket."]]
    subCommands = [
        ["status", None, StatusOptions, "Show the node, its peers and who has what."],
        ["standby", None, StandbyOptions, "Give groups to the other node."],
        ["takeover", None, TakeoverOptions, "Get groups from the other node."],
        ["cleanup", None, CleanupOptions, "Let failures of resources count no more."],
        ["fence", None, FenceOptions, "Show what was fenced, or say that a node is down."],
        ["stop", None, StopOptions, "Leave the cluster and end the daemon."],
        ["events", None, EventsOptions, "Show what happens."],
        ["ops", None, OpsOptions, "Show what was done to resources, and what their programs said."],
        ["journal", None, JournalOptions, "Show what was decided, also before the daemon's start."],
        ["resources", None, _resources_options, "Do by hand what heartbeat's ResourceManager does."],
        ["check", None, _check_options, "Check the configuration without starting anything."],
        ["decode", None, _decode_options, "Show captured heartbeat traffic."],
    ]

    def getSynopsis(self) -> str:
        """Return the line of usage; a command puts its own behind it."""
        return "Usage: hatwistctl [options]" + ("" if self.subCommand else " command [options]")

    def postOptions(self) -> None:
        """Insist on a command."""
        if self.subCommand is None:
            raise usage.UsageError("which command? hatwistctl --help lists them")

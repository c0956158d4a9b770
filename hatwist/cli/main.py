# -*- test-case-name: tests.cli.test_main -*-
"""
C{hatwistctl}: the operator's door to a node, and to its files.

It must be quick: what a command does not need is not imported, and C{check}
and C{decode} never see a reactor.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final, TextIO

from twisted.python import usage

from hatwist import __version__
from hatwist.errors import HatwistError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hatwist.control.client import Control
    from hatwist.control.happenings import Happening

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


class _Command(usage.Options):
    """What all our commands share."""

    def opt_version(self) -> None:
        """Print the version and exit."""
        print(f"hatwistctl {__version__}")
        raise SystemExit(EXIT_DONE)


class StatusOptions(_Command):
    """Options of C{hatwistctl status}."""

    longdesc = "Show this node, its peers and links, and who has which group and why."
    optFlags = [["json", None, "Print the report as JSON, for programs."]]


class EventsOptions(_Command):
    """Options of C{hatwistctl events}."""

    longdesc = "Show the last happenings the daemon remembers, in local time; with -f those to come."
    optFlags = [["follow", "f", "Show what happens from now on, until interrupted."]]


class StopOptions(_Command):
    """Options of C{hatwistctl stop}."""

    longdesc = "Give up everything in order, leave the cluster and end the daemon."
    optFlags = [["no-wait", None, "Do not wait for the end."]]
    optParameters = [["wait", None, 0.0, "Wait at most so long; 0: as long as it takes.", seconds]]


class MoveOptions(_Command):
    """Options of C{hatwistctl standby} and C{takeover}."""

    synopsis = "[options] [all|local|foreign]"
    longdesc = (
        "Which groups, seen from this node: those at home here (local), those at home at its peer "
        "(foreign), or all, which is the default."
    )
    optFlags = [["no-wait", None, "Do not wait for the effect."]]
    optParameters = [["wait", None, 60.0, "Wait at most so long for the effect.", seconds]]

    def parseArgs(self, which: str = "all") -> None:
        """Take the set of groups."""
        if which not in ("all", "local", "foreign"):
            raise usage.UsageError(f"which groups? one of all, local, foreign, not {which!r}")
        self["which"] = which


def _check_options() -> usage.Options:
    from hatwist.cli.check import CheckOptions

    return CheckOptions()  # type: ignore[no-untyped-call]


def _decode_options() -> usage.Options:
    from hatwist.cli.decode import DecodeOptions

    return DecodeOptions()  # type: ignore[no-untyped-call]


class Options(_Command):
    """Options of C{hatwistctl} itself."""

    longdesc = _STATUSES
    optParameters = [["socket", None, SOCKET, "The daemon's control socket."]]
    subCommands = [
        ["status", None, StatusOptions, "Show the node, its peers and who has what."],
        ["standby", None, MoveOptions, "Give groups to the other node."],
        ["takeover", None, MoveOptions, "Get groups from the other node."],
        ["stop", None, StopOptions, "Leave the cluster and end the daemon."],
        ["events", None, EventsOptions, "Show what happens."],
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


async def ask(reactor: object, options: Options, out: TextIO) -> int:
    """
    Do a command that needs the daemon.

    @return: the exit status.
    @raise ControlError: it cannot be asked, or refuses.
    """
    from hatwist.control.client import connect

    control = await connect(options["socket"], reactor)
    try:
        return await _COMMANDS[str(options.subCommand)](reactor, control, options, out)
    finally:
        control.close()


async def _status(_reactor: object, control: Control, options: Options, out: TextIO) -> int:
    report = await control.status()
    if options.subOptions["json"]:
        import json

        print(json.dumps(report, indent=2), file=out)
        return EXIT_DONE
    from hatwist.cli.text import status_lines

    print("\n".join(status_lines(report)), file=out)
    return EXIT_DONE


async def _events(_reactor: object, control: Control, options: Options, out: TextIO) -> int:
    from hatwist.cli.text import event_line

    def show(happening: Happening) -> None:
        try:
            print(event_line(*happening), file=out, flush=True)
        except BrokenPipeError:
            control.close()

    if not options.subOptions["follow"]:
        for happening in await control.recent():
            show(happening)
        return EXIT_DONE
    await control.follow(show)
    await control.closed
    return EXIT_DONE


async def _move(reactor: object, control: Control, options: Options, out: TextIO) -> int:
    from twisted.internet.interfaces import IReactorTime

    from hatwist.cli.orders import Order

    verb, which = str(options.subCommand), options.subOptions["which"]
    return await Order(control, IReactorTime(reactor), out).give(verb, which, _wait(options))


async def _stop(reactor: object, control: Control, options: Options, out: TextIO) -> int:
    from twisted.internet.interfaces import IReactorTime

    from hatwist.cli.orders import Order

    return await Order(control, IReactorTime(reactor), out).leave(_wait(options))


def _wait(options: Options) -> float | None:
    """Return how long to wait, in seconds; None: not at all."""
    return None if options.subOptions["no-wait"] else options.subOptions["wait"]


_COMMANDS: Final = {
    "status": _status,
    "standby": _move,
    "takeover": _move,
    "stop": _stop,
    "events": _events,
}


def _with_daemon(options: Options, stdout: TextIO, stderr: TextIO) -> int:
    """Run the reactor until a command is done; an interruption ends it too."""
    from twisted.internet.task import react

    from hatwist.control.client import NotRunning

    ended: list[int] = []

    async def main(reactor: object) -> None:
        try:
            ended.append(await ask(reactor, options, stdout))
        except NotRunning as problem:
            print(f"hatwistctl: {problem}", file=stderr)
            ended.append(EXIT_NOT_RUNNING)
        except HatwistError as problem:
            print(f"hatwistctl: {problem}", file=stderr)
            ended.append(EXIT_FAILED)

    try:
        react(main)
    except SystemExit as end:
        if ended:
            return ended[0]
        following = options.subCommand == "events"
        return int(end.code or 0) or (EXIT_DONE if following else EXIT_INTERRUPTED)


def _without_daemon(options: Options, stdout: TextIO, stderr: TextIO) -> int:
    if options.subCommand == "check":
        from hatwist.cli.check import check

        return check(options.subOptions, stdout, stderr)
    from hatwist.cli.decode import decode

    return decode(options.subOptions, stdout, stderr)


def main(arguments: Sequence[str], stdout: TextIO, stderr: TextIO) -> int:
    """
    Do what the command line says.

    @return: the exit status.
    """
    options = Options()  # type: ignore[no-untyped-call]
    try:
        options.parseOptions(list(arguments))  # type: ignore[no-untyped-call]
    except usage.UsageError as problem:
        print(f"hatwistctl: {problem}", file=stderr)
        return EXIT_USAGE
    apart = options.subCommand in ("check", "decode")
    act: Callable[[Options, TextIO, TextIO], int] = _without_daemon if apart else _with_daemon
    return act(options, stdout, stderr)


def run() -> None:
    """Be the program C{hatwistctl}."""
    try:
        status = main(sys.argv[1:], sys.stdout, sys.stderr)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever reads us has had enough; nothing more can be said to them.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = EXIT_FAILED
    except KeyboardInterrupt:
        status = EXIT_INTERRUPTED
    sys.exit(status)

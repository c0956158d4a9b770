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

from hatwist.cli.options import (
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_NOT_RUNNING,
    EXIT_USAGE,
    Options,
)
from hatwist.errors import ControlError, HatwistError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from twisted.internet.interfaces import IReactorCore

    from hatwist.control.client import Control
    from hatwist.control.happenings import Happening


async def ask(reactor: object, options: Options, out: TextIO) -> int:
    """
    Do a command that needs the daemon, or at least a reactor.

    @return: the exit status.
    @raise ControlError: it cannot be asked, or refuses.
    """
    from hatwist.control.client import connect

    if options.subCommand == "resources":
        return await _resources(reactor, options, out)
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

    if not options.subOptions["follow"]:
        for happening in await control.recent():
            print(event_line(*happening), file=out)
        return EXIT_DONE
    unread: list[BrokenPipeError] = []

    def show(happening: Happening) -> None:
        try:
            print(event_line(*happening), file=out, flush=True)
        except BrokenPipeError as problem:
            unread.append(problem)
            control.close()

    await control.follow(show)
    await control.closed
    if unread:
        raise unread[0]
    raise ControlError("the daemon has ended")


async def _move(reactor: object, control: Control, options: Options, out: TextIO) -> int:
    from twisted.internet.interfaces import IReactorTime

    from hatwist.cli.orders import Order

    verb, which = str(options.subCommand), options.subOptions["which"]
    return await Order(control, IReactorTime(reactor), out).give(verb, which, _wait(options))


async def _stop(reactor: object, control: Control, options: Options, out: TextIO) -> int:
    from twisted.internet.interfaces import IReactorTime

    from hatwist.cli.orders import Order

    return await Order(control, IReactorTime(reactor), out).leave(_wait(options))


async def _cleanup(_reactor: object, control: Control, options: Options, out: TextIO) -> int:
    key = options.subOptions["group"]
    await control.cleanup(key)
    print(f"cleanup: failures of {f'group {key}' if key else 'all groups'} count no more.", file=out)
    return EXIT_DONE


async def _fence(_reactor: object, control: Control, options: Options, out: TextIO) -> int:
    from hatwist.cli.fence import show_fencing

    words = options.subOptions
    if words["node"]:
        await control.confirm_down(words["node"])
        print(f"fence: {words['node']} counts as down.", file=out)
        return EXIT_DONE
    devices, fencings = await control.fencing_devices(), await control.fencings()
    show_fencing(devices, fencings, out, as_json=words["json"])
    return EXIT_DONE


async def _journal(_reactor: object, control: Control, options: Options, out: TextIO) -> int:
    from hatwist.cli.past import show_journal

    words = options.subOptions
    show_journal(await control.journal(words["about"], words["number"]), out, as_json=words["json"])
    return EXIT_DONE


async def _ops(_reactor: object, control: Control, options: Options, out: TextIO) -> int:
    from hatwist.cli.past import show_operations

    wanted = options.subOptions["group"]
    keys = [wanted] if wanted else [group["key"] for group in (await control.status())["groups"]]
    done = {key: await control.operations(key) for key in keys}
    show_operations(done, out, as_json=options.subOptions["json"])
    return EXIT_DONE


async def _resources(reactor: object, options: Options, out: TextIO) -> int:
    from hatwist.cli.manager import manage

    return await manage(reactor, options.subOptions, options["socket"], out, sys.stderr)


def _wait(options: Options) -> float | None:
    """Return how long to wait, in seconds; None: not at all."""
    return None if options.subOptions["no-wait"] else options.subOptions["wait"]


_COMMANDS: Final = {
    "status": _status,
    "standby": _move,
    "takeover": _move,
    "cleanup": _cleanup,
    "fence": _fence,
    "stop": _stop,
    "events": _events,
    "journal": _journal,
    "ops": _ops,
}


def _with_daemon(options: Options, stdout: TextIO, stderr: TextIO) -> int:
    """
    Run the reactor until a command is done, or interrupted.

    @raise BrokenPipeError: nobody reads the output any more.
    """
    from twisted.internet.task import react

    ended: list[int | BrokenPipeError] = []

    async def command(reactor: IReactorCore) -> None:
        reactor.addSystemEventTrigger("before", "shutdown", lambda: ended.append(_interrupted(options)))
        ended.append(await _outcome(ask(reactor, options, stdout), stderr, lambda: not ended))

    try:
        react(command)
    except SystemExit as end:
        status = ended[0] if end.code == 0 else EXIT_FAILED
    if isinstance(status, BrokenPipeError):
        raise status
    return status


async def _outcome(
    asked: Awaitable[int], stderr: TextIO, matters: Callable[[], bool]
) -> int | BrokenPipeError:
    """
    Await a command and turn its errors into an exit status.

    @param matters: says whether errors are still news; at an interruption we
        close the connection ourselves.
    """
    from hatwist.control.client import NotRunning

    try:
        return await asked
    except BrokenPipeError as problem:
        return problem
    except HatwistError as problem:
        if matters():
            print(f"hatwistctl: {problem}", file=stderr)
        return EXIT_NOT_RUNNING if isinstance(problem, NotRunning) else EXIT_FAILED


def _interrupted(options: Options) -> int:
    """Return the status of a command that was interrupted; following events has no other end."""
    return EXIT_DONE if options.subCommand == "events" else EXIT_INTERRUPTED


def _without_daemon(options: Options, stdout: TextIO, stderr: TextIO) -> int:
    if options.subCommand == "check":
        from hatwist.cli.check import check

        return check(options.subOptions, stdout, stderr)
    if options.subCommand == "journal":
        from hatwist.cli.past import journal_of_file

        return journal_of_file(options.subOptions, stdout, stderr)
    if options.subCommand == "resources":
        from hatwist.cli.manager import list_groups

        return list_groups(options.subOptions, stdout, stderr)
    from hatwist.cli.decode import decode

    return decode(options.subOptions, stdout, stderr)


def _is_apart(options: Options) -> bool:
    """Tell whether a command works on files, and needs neither a daemon nor a reactor."""
    if options.subCommand == "resources":
        return bool(options.subOptions.lists)
    if options.subCommand == "journal":
        return options.subOptions["file"] is not None
    return options.subCommand in ("check", "decode")


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
    act: Callable[[Options, TextIO, TextIO], int] = _without_daemon if _is_apart(options) else _with_daemon
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

# -*- test-case-name: tests.children.test_process -*-
"""
One child: how it is begun, told to end, and what is heard of its end.

Nothing of a child is read: its stdin, stdout and stderr are C{/dev/null}, as heartbeat has it.
"""

from __future__ import annotations

import os
import pwd
import signal
from collections.abc import Callable, Mapping
from typing import Final

from attrs import frozen
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.interfaces import IProcessTransport, IReactorProcess
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

SETSID: Final = "setsid"
"""The program of util-linux that begins a session and becomes its argument."""

SETPRIV: Final = "setpriv"
"""The program of util-linux that becomes another user, and then its argument."""

KillGroup = Callable[[int, int], None]
"""Takes a process group and a signal; raises as C{os.killpg}."""


@frozen
class Account:
    """A user of this host, as children have it."""

    uid: int
    gid: int


def signal_words(number: int) -> str:
    """Return how heartbeat names a signal: C{SIGTERM - Terminated}."""
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = str(number)
    return f"{name} - {signal.strsignal(number) or 'unknown'}"


@frozen
class Ended:
    """
    How a child ended.

    @ivar status: its exit status; None when a signal ended it.
    @ivar signal: what ended it; None when it ended by itself.
    """

    status: int | None
    signal: int | None

    @property
    def abnormal(self) -> bool:
        """Whether it ended by a signal, or with any status but 0."""
        return self.status != 0


def find_account(name: str) -> Account | None:
    """Return a user of this host; None if there is none of this name."""
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(found.pw_uid, found.pw_gid)


def own_account() -> Account:
    """Return who we are."""
    return Account(os.geteuid(), os.getegid())


def command_line(command: str, account: Account, own: Account) -> list[str]:
    """
    Return the words that start a child.

    It gets a session of its own, SIGTERM from the kernel when the daemon dies, and its
    command goes through a shell, as heartbeat's does.

    @param own: who the daemon is; its groups are only changed for another.
    """
    words = [SETSID, SETPRIV, "--pdeathsig", "TERM"]
    if account != own:
        words += ["--reuid", str(account.uid), "--regid", str(account.gid), "--init-groups"]
    return [*words, "--", "/bin/sh", "-c", f"exec {command}"]


class ChildProcess(ProcessProtocol):
    """
    One run of one child.

    @ivar pid: the process, and its group; 0 before it began.
    @ivar running: whether it has not ended.
    """

    transport: IProcessTransport

    def __init__(self, ended: Callable[[Ended], None], kill_group: KillGroup = os.killpg) -> None:
        """
        @param ended: hears once how it ended.
        """
        self.pid = 0
        self.running = False
        self._ended = ended
        self._kill_group = kill_group

    def begin(self, processes: IReactorProcess, words: list[str], environment: Mapping[str, str]) -> None:
        """
        Start it.

        @param environment: all of its environment; nothing is inherited.
        @raise OSError: it cannot be started.
        """
        null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        try:
            processes.spawnProcess(
                self, words[0], words, env=dict(environment), path=None, childFDs={0: null, 1: null, 2: null}
            )
        finally:
            os.close(null)

    def connectionMade(self) -> None:
        """It runs."""
        pid = self.transport.pid
        assert pid is not None
        assert pid > 1, "group 0 would be our own"
        self.pid, self.running = pid, True

    def processExited(self, reason: Failure) -> None:
        """It ended; what it started may go on."""
        self.running = False
        self._ended(Ended(getattr(reason.value, "exitCode", None), getattr(reason.value, "signal", None)))

    def send(self, number: signal.Signals) -> None:
        """Send a signal to its group; nothing happens if nobody is left in it."""
        try:
            self._kill_group(self.pid, number)
        except PermissionError:
            return
        except ProcessLookupError:
            # It has not come as far as its own group, or has ended this moment.
            if self.running:
                self._send_alone(number)

    def _send_alone(self, number: signal.Signals) -> None:
        try:
            self.transport.signalProcess(number)
        except ProcessExitedAlready:
            return

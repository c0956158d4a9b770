# -*- test-case-name: tests.resources.test_process -*-
"""
Run a program, bounded in time and in what it may say.

Each program gets a session, and so a process group, of its own: when its time
is up the whole group is ended, children and grandchildren included, and nobody
else.  A child that leaves the group on purpose, as a daemon does, is left alone.
Times are in seconds on the clock that is given.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Final

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IProcessTransport, IReactorProcess, IReactorTime
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure

from hatwist.resources.output import Output

SETSID: Final = "setsid"
"""The program of util-linux that begins a session and becomes its argument."""

TERM_GRACE: Final = 5.0
"""Seconds between SIGTERM and SIGKILL."""

KILL_GRACE: Final = 1.0
"""Seconds after SIGKILL until we stop waiting: a process in the kernel may never end."""

WATCH_INTERVAL: Final = 0.1
"""Seconds between two looks whether a group has ended."""

DRAIN_GRACE: Final = 0.05
"""Seconds after the exit of a program for what is still in its pipes."""

CANNOT_START: Final = 127
"""Exit status for a program that cannot be started, as shells have it."""


@frozen
class Ran:
    """
    How a program ended.

    @ivar status: its exit status; None when a signal ended it, or nothing did.
    @ivar signal: what ended it; None when it ended by itself.
    @ivar output: its stdout and stderr as they came, the middle left out if long.
    @ivar timed_out: its time was up.
    @ivar stdout: its stdout alone.
    """

    status: int | None
    signal: int | None
    output: str
    timed_out: bool = False
    stdout: str = ""

    @property
    def succeeded(self) -> bool:
        """It ended by itself, in time, with 0."""
        return self.status == 0 and not self.timed_out

    @property
    def code(self) -> int:
        """The exit status as a shell reports it: 128 and more for a signal."""
        if self.status is not None:
            return self.status
        return 128 + (self.signal if self.signal is not None else int(signal.SIGKILL))


Launch = Callable[[Sequence[str], Mapping[str, str], float], Deferred[Ran]]
"""Runs a program: its words, its whole environment, its time in seconds."""


def run_program(
    processes: IReactorProcess,
    clock: IReactorTime,
    words: Sequence[str],
    environment: Mapping[str, str],
    timeout: float,
    kill_group: Callable[[int, int], None] = os.killpg,
    *,
    stdin: bytes = b"",
) -> Deferred[Ran]:
    """
    Run a program; never blocks.

    @param words: the path of the program and its arguments.
    @param environment: all of its environment; nothing is inherited.
    @param timeout: seconds; then SIGTERM, then SIGKILL, to the whole group.
    @param kill_group: takes a process group and a signal; raises as C{os.killpg}.
    @param stdin: what it may read; nobody but the program sees it.
    @return: fires with L{Ran}, at the latest C{TERM_GRACE + KILL_GRACE} after the
        time-out; never fails, unless it is cancelled, which ends the program at
        once as if its time were up.
    """
    run = _Run(clock, timeout, kill_group, stdin)
    try:
        processes.spawnProcess(run, SETSID, [SETSID, *words], env=dict(environment), path=None)
    except (OSError, ValueError) as reason:
        run.refuse(f"cannot start {words[0]}: {reason}")
    return run.done


class _Stage(Enum):
    """How far the end of a program has come."""

    RUNNING = "running"
    DRAINING = "draining"
    TERMINATED = "terminated"
    KILLED = "killed"
    DONE = "done"


class _Run(ProcessProtocol):
    """One run of one program."""

    transport: IProcessTransport

    def __init__(
        self, clock: IReactorTime, timeout: float, kill_group: Callable[[int, int], None], stdin: bytes
    ) -> None:
        self.done: Deferred[Ran] = Deferred(lambda _: self._terminate())
        self._clock = clock
        self._timeout = timeout
        self._kill_group = kill_group
        self._stdin = stdin
        self._stage = _Stage.RUNNING
        self._timer: IDelayedCall | None = None
        self._pid = 0
        self._limit = 0.0
        self._exited = False
        self._timed_out = False
        self._status: int | None = None
        self._signal: int | None = None
        self._output = Output()
        self._stdout = Output()

    def refuse(self, why: str) -> None:
        """It could not be started at all."""
        self._status = CANNOT_START
        self._output.add(why.encode("utf-8", "replace"))
        self._finish()

    def connectionMade(self) -> None:
        """It runs: give it its stdin and its time."""
        pid = self.transport.pid
        assert pid is not None
        assert pid > 1, "group 0 would be our own"
        self._pid = pid
        if self._stdin:
            self.transport.write(self._stdin)
        self.transport.closeStdin()
        self._wait(self._timeout, self._terminate)

    def childDataReceived(self, childFD: int, data: bytes) -> None:
        """
        It said something.

        What a daemon that it left behind says later is read and forgotten: were
        the pipe closed, the daemon's next word would kill it.
        """
        if self._stage is _Stage.DONE:
            return
        self._output.add(data)
        if childFD == 1:
            self._stdout.add(data)

    def processExited(self, reason: Failure) -> None:
        """It ended; something it started may still hold its pipes."""
        self._exited = True
        self._status = getattr(reason.value, "exitCode", None)
        self._signal = getattr(reason.value, "signal", None)
        if self._stage is _Stage.RUNNING:
            self._stage = _Stage.DRAINING
            self._wait(DRAIN_GRACE, self._finish)

    def processEnded(self, reason: Failure) -> None:
        """It ended and nobody holds its pipes."""
        if self._stage is _Stage.DRAINING:
            self._finish()
        elif self._stage in (_Stage.TERMINATED, _Stage.KILLED):
            self._watch()

    def _terminate(self) -> None:
        """Its time is up."""
        self._timed_out = True
        self._stage = _Stage.TERMINATED
        self._limit = self._clock.seconds() + TERM_GRACE
        self._send(signal.SIGTERM)
        self._watch()

    def _watch(self) -> None:
        """It was told to end: see whether its group has, and take the next step if not."""
        if self._stage is _Stage.DONE:
            return
        if self._exited and not self._send(0):
            self._finish()
            return
        if self._clock.seconds() < self._limit:
            self._wait(WATCH_INTERVAL, self._watch)
            return
        if self._stage is _Stage.KILLED:
            self._finish()
            return
        self._stage = _Stage.KILLED
        self._limit += KILL_GRACE
        self._send(signal.SIGKILL)
        self._watch()

    def _send(self, number: int) -> bool:
        """
        Send a signal to the group.

        @return: whether there is such a group.
        """
        try:
            self._kill_group(self._pid, number)
        except PermissionError:
            return True
        except ProcessLookupError:
            # No group yet: it has not come as far as setsid, but it will.
            if not self._exited:
                self.transport.signalProcess(number)
            return False
        return True

    def _wait(self, delay: float, then: Callable[[], None]) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = self._clock.callLater(delay, then)

    def _finish(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._stage = _Stage.DONE
        if self.done.called:
            return  # it was cancelled, and did not end at once
        self.done.callback(
            Ran(self._status, self._signal, self._output.text(), self._timed_out, self._stdout.text())
        )

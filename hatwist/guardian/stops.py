# -*- test-case-name: tests.guardian.test_stops -*-
"""
Stop what was entrusted, by the programs that the daemon named, from right to left.
"""

from __future__ import annotations

import os
import signal

TRIES = 3
"""How often a stop that fails is tried."""

PAUSE = 1.0
"""Seconds from one try to the next."""

OCF_NOT_RUNNING = 7

SHELL = "/bin/sh"
ORDINARY = 'echo 0 > /proc/self/oom_score_adj 2> /dev/null; exec "$0" "$@"'
"""What the guardian starts is killed for memory like any other program, unlike itself."""


class Program:
    """
    How one resource is stopped.

    @ivar words: the program and its arguments.
    @ivar timeout: seconds it may take.
    """

    def __init__(self, words: list[str], environment: dict[str, str], timeout: float) -> None:
        self.words = words
        self.environment = environment
        self.timeout = timeout


class StopList:
    """
    The programs of one group, one after the other.

    @ivar troubles: what went wrong, in words, until somebody takes it.
    """

    def __init__(self, programs: list[Program]) -> None:
        self.troubles: list[str] = []
        self._left = list(programs)
        self._tries = 0
        self._child = 0
        self._dying: list[int] = []
        "What was killed and has not ended yet."
        self._until = 0.0
        self._not_before = 0.0
        self._failed = False

    @property
    def done(self) -> bool:
        """Whether everything is stopped."""
        return not self._left and not self._child

    @property
    def failed(self) -> bool:
        """Whether something cannot be stopped."""
        return self._failed

    @property
    def over(self) -> bool:
        """Whether nothing is left of its programs."""
        return (self.done or self._failed) and not self._dying

    def leave_it(self) -> None:
        """Let the program that runs come to its end within its time, and start no other one."""
        del self._left[1 if self._child else 0 :]
        self._tries = TRIES

    def advance(self, now: float) -> None:
        """Go on as far as it goes without waiting."""
        self._dying = [one for one in self._dying if not os.waitpid(one, os.WNOHANG)[0]]
        while not self._failed and not self.done:
            if self._child:
                code = self._look(now)
                if code is None:
                    return
                self._ended(code, now)
            elif now < self._not_before:
                return
            else:
                self._start(now)

    def _start(self, now: float) -> None:
        program = self._left[0]
        null = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDWR, 0)
        out = [(os.POSIX_SPAWN_DUP2, 0, number) for number in (1, 2)]
        try:
            self._child = os.posix_spawnp(
                SHELL,
                [SHELL, "-c", ORDINARY, *program.words],
                program.environment,
                file_actions=[null, *out],
                setsid=True,
                setsigmask=(),
                setsigdef=(signal.SIGPIPE,),
            )
        except (OSError, ValueError) as reason:
            self._ended(127, now, str(reason))
        self._until = now + program.timeout

    def _look(self, now: float) -> int | None:
        """Return how the program ended; None while it runs and may run."""
        child, status = os.waitpid(self._child, os.WNOHANG)
        if child:
            return os.waitstatus_to_exitcode(status)
        if now < self._until:
            return None
        os.killpg(self._child, signal.SIGKILL)
        # One that stands in the kernel ends later or never, and nobody may wait for it.
        self._dying.append(self._child)
        return -signal.SIGALRM

    def _ended(self, code: int, now: float, words: str = "") -> None:
        program = self._left[0]
        self._child = 0
        if code in (0, OCF_NOT_RUNNING):
            self._left.pop(0)
            self._tries = 0
            return
        self._tries += 1
        said = words or ("its time was up" if code == -signal.SIGALRM else f"exit status {code}")
        self.troubles.append(f"{' '.join(program.words)}: {said}")
        self._failed = self._tries >= TRIES
        self._not_before = now + PAUSE

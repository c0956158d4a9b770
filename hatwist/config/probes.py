# -*- test-case-name: tests.config.test_probes -*-
"""
Look at the host that we run on, change nothing, and never wait for longer than was said.

Programs that are asked may do anything: say nothing for ever, talk without end,
leave children behind that hold their pipes.  Times are in seconds.
"""

from __future__ import annotations

import ctypes
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from hatwist.config.metadata import Answer

MAX_OUTPUT: Final = 1024 * 1024
"""Bytes of a file, or of a program's output, that are looked at."""

PROBE_TIMEOUT: Final = 5.0
"""Seconds that a program may take, unless it is said otherwise."""

DRAIN: Final = 0.1
"""Seconds after a program's end for what it has said, if others hold its pipes."""


class HostProbes:
    """The host that we run on."""

    def read(self, path: str) -> str | None:
        """Return the text of a file, C{None} if it cannot be read."""
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                return file.read(MAX_OUTPUT)
        except OSError:
            return None

    def run(self, *command: str) -> str | None:
        """Return what a program prints, C{None} if it is not there, fails silently or takes too long."""
        answer = self.ask(command)
        if answer.status is None or (answer.status and not answer.stdout):
            return None
        return answer.stdout

    def ask(
        self,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        timeout: float = PROBE_TIMEOUT,
    ) -> Answer:
        """
        Run a program to its end, or to the end of its time, when all of its group is killed.

        @param environment: all that it gets; a path and plain C{C} if not given.
        """
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={"PATH": _path(), "LC_ALL": "C"} if environment is None else dict(environment),
                start_new_session=True,
            )
        except (OSError, ValueError) as problem:
            return Answer(None, refused=getattr(problem, "strerror", None) or str(problem))
        assert process.stdout is not None
        assert process.stderr is not None
        # Until it is settled how it ended the pipes stay open: closing them could end it.
        with process.stdout, process.stderr:
            said = _read(process, time.monotonic() + timeout)
            timed_out = process.poll() is None
            if timed_out:
                # It is not reaped yet, so the number is still its own.
                os.killpg(process.pid, signal.SIGKILL)
                with suppress(subprocess.TimeoutExpired):  # one that hangs in the kernel
                    process.wait(1.0)
        stdout, stderr = (part.decode("utf-8", "replace") for part in said)
        return Answer(None if timed_out else process.returncode, stdout, stderr, timed_out=timed_out)

    def names_in(self, directory: str) -> tuple[str, ...]:
        """Return what is in a directory; nothing if it is not there."""
        return tuple(sorted(os.listdir(directory))) if os.path.isdir(directory) else ()

    def clock_state(self) -> int | None:
        """Ask the kernel, changing nothing."""
        return clock_state(ctypes.CDLL(None))


def clock_state(library: object) -> int | None:
    """
    Ask adjtimex(2), with C{modes} 0, which changes nothing.

    @param library: the C library, loaded by C{ctypes}.
    @return: the state; C{None} where the library does not have it, or it failed.
    """
    ask = getattr(library, "adjtimex", None)
    state = ask(ctypes.create_string_buffer(512)) if ask is not None else None
    return state if isinstance(state, int) and state >= 0 else None


def _read(process: subprocess.Popen[bytes], end: float) -> tuple[bytearray, bytearray]:
    """
    Read both pipes until the program has ended, and a moment longer if others hold them.

    @param end: when to stop, on the monotonic clock.
    @return: stdout and stderr, cut where they are too long.
    """
    said = (bytearray(), bytearray())
    ended = False
    with selectors.DefaultSelector() as selector:
        for stream, part in zip((process.stdout, process.stderr), said, strict=True):
            assert stream is not None
            selector.register(stream, selectors.EVENT_READ, part)
        while (left := end - time.monotonic()) > 0 and selector.get_map():
            for key, _ in selector.select(min(left, DRAIN)):
                data = os.read(key.fd, 65536)
                if not data:
                    selector.unregister(key.fileobj)
                key.data.extend(data[: MAX_OUTPUT - len(key.data)])
            if process.poll() is not None and not ended:
                ended, end = True, min(end, time.monotonic() + DRAIN)
    with suppress(subprocess.TimeoutExpired):
        process.wait(max(0.0, end - time.monotonic()))
    return said


def _path() -> str:
    return os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))

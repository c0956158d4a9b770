# -*- test-case-name: tests.lab.test_rack -*-
"""
Talk to a PID 1 (L{scripts.lab.init}): run programs, start them, signal them.

What a program says goes into a file in memory that it shares with us: it never
blocks on us, and its last words outlive its host.  Times are in seconds.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import struct
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

RUN_TIMEOUT: Final = 30.0
"""Seconds a L{Console.run} may take unless it is told otherwise."""

_CREDENTIALS: Final = struct.Struct("3i")
_MAX_PACKET: Final = 1 << 17

ENVIRONMENT: Final[Mapping[str, str]] = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "TERM": "dumb",
    **{name: os.environ[name] for name in ("PYTHONPYCACHEPREFIX",) if name in os.environ},
}
"""What every program in the lab gets as its environment."""


class LabError(Exception):
    """The lab itself does not work; says what and why."""


class Process:
    """
    A program that was started.

    @ivar argv: its command line.
    @ivar pid: its process id as its own host sees it.
    @ivar status: its exit status once it is known; negative: killed by that signal.
    """

    def __init__(self, console: Console, argv: Sequence[str], output: int) -> None:
        self.argv = tuple(argv)
        self.pid: int | None = None
        self.status: int | None = None
        self.error: str | None = None
        self._console = console
        self._output = output
        self._read = 0

    def __del__(self) -> None:
        os.close(self._output)

    def text(self) -> str:
        """Return everything it has said."""
        return _read_all(self._output, 0).decode(errors="replace")

    def lines(self) -> list[str]:
        """Return the whole lines it has said since the last call."""
        fresh = _read_all(self._output, self._read)
        end = fresh.rfind(b"\n") + 1
        self._read += end
        return fresh[:end].decode(errors="replace").splitlines()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, and to nobody else."""
        if self.pid is not None and self.status is None:
            self._console.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it and all of its process group."""
        if self.pid is not None and self.status is None:
            self._console.kill(-self.pid, signal.SIGKILL)

    def alive(self) -> bool:
        """Tell whether it still runs."""
        self._console.poll()
        return self.status is None and not self._console.closed

    def wait(self, timeout: float = RUN_TIMEOUT) -> int:
        """
        Wait until it has ended.

        @return: its exit status.
        @raise LabError: when it does not end in time, or its host is gone.
        """
        self._console.wait(lambda: self.status is not None, timeout, f"end of {' '.join(self.argv)}")
        assert self.status is not None
        return self.status


class Console:
    """
    Our end of the socket of one PID 1.

    @ivar pid: its process id as we see it; 0 before it said hello.
    @ivar closed: whether it is gone.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.pid = 0
        self.closed = False
        self._ours, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._processes: dict[int, Process] = {}
        self._number = 0

    def connected(self, timeout: float = RUN_TIMEOUT) -> None:
        """Wait for its hello; the caller has given away C{theirs} by now."""
        self.theirs.close()
        self.wait(lambda: self.pid != 0, timeout, "its hello")

    def start(
        self, argv: Sequence[str], env: Mapping[str, str] | None = None, files: Sequence[int] = ()
    ) -> Process:
        """
        Start a program, in a session of its own.

        @param env: put on top of L{ENVIRONMENT}.
        @param files: descriptors it gets as 3, 4, ...
        @raise LabError: when PID 1 is gone or cannot fork.
        """
        output = os.memfd_create(argv[0].rpartition("/")[2])
        process = Process(self, argv, output)
        self._number += 1
        self._processes[self._number] = process
        order = {"id": self._number, "argv": list(argv), "env": {**ENVIRONMENT, **(env or {})}}
        nothing = os.open("/dev/null", os.O_RDONLY)
        try:
            self._send(order, [nothing, output, output, *files])
        finally:
            os.close(nothing)
        self.wait(lambda: process.pid is not None or process.error is not None, RUN_TIMEOUT, "a fork")
        if process.error is not None:
            raise LabError(f"{self.name}: cannot start {argv[0]}: {process.error}")
        return process

    def run(
        self, *argv: str, timeout: float = RUN_TIMEOUT, env: Mapping[str, str] | None = None
    ) -> tuple[int, str]:
        """
        Run a program to its end; one word with blanks is a line for the shell.

        @return: its exit status and what it said on both channels.
        @raise LabError: when it takes longer than C{timeout}; it is killed then.
        """
        words = ("sh", "-c", argv[0]) if len(argv) == 1 and " " in argv[0] else argv
        process = self.start(words, env)
        try:
            status = process.wait(timeout)
        except LabError as error:
            process.kill()
            raise LabError(f"{error}; it said: {process.text()}") from error
        return status, process.text()

    def do(self, *argv: str) -> str:
        """
        Run a program that must succeed.

        @return: what it said.
        @raise LabError: when its status is not 0.
        """
        status, text = self.run(*argv)
        if status != 0:
            raise LabError(f"{self.name}: {' '.join(argv)}: status {status}: {text.strip()}")
        return text

    def kill(self, pid: int, number: signal.Signals) -> None:
        """Send a signal to a process, by the id its host knows; a negative one names a group."""
        self._send({"kill": pid, "signal": int(number)}, [])

    def poll(self, timeout: float = 0.0) -> None:
        """Take in what PID 1 has to say, waiting for it at most C{timeout}."""
        while not self.closed and select.select([self._ours], [], [], timeout)[0]:
            self._take()
            timeout = 0.0

    def wait(self, condition: Callable[[], bool], timeout: float, what: str) -> None:
        """
        Wait until a condition holds that depends on what PID 1 says.

        @raise LabError: when it does not within C{timeout}, or PID 1 is gone.
        """
        end = time.monotonic() + timeout
        while not condition():
            left = end - time.monotonic()
            if self.closed or left <= 0:
                raise LabError(
                    f"{self.name}: waited for {what}, {'it is gone' if self.closed else 'in vain'}"
                )
            self.poll(left)

    def close(self) -> None:
        """Hang up; PID 1 ends and takes everything along."""
        self._ours.close()
        self.closed = True

    def _send(self, order: Mapping[str, object], files: Sequence[int]) -> None:
        if self.closed:
            raise LabError(f"{self.name} is gone")
        try:
            socket.send_fds(self._ours, [json.dumps(order).encode()], list(files))
        except (BrokenPipeError, ConnectionResetError) as error:
            raise LabError(f"{self.name} is gone") from error

    def _take(self) -> None:
        space = socket.CMSG_SPACE(_CREDENTIALS.size)
        try:
            packet, ancillary, _, _ = self._ours.recvmsg(_MAX_PACKET, space)
        except ConnectionResetError:
            packet, ancillary = b"", []
        if not packet:
            self.closed = True
            return
        said = json.loads(packet)
        if said.get("ready"):
            self.pid = _CREDENTIALS.unpack(ancillary[0][2])[0]
            return
        process = self._processes.get(said["id"])
        if process is None:
            return
        process.pid = said.get("pid", process.pid)
        process.error = said.get("error")
        if "status" in said:
            process.status = said["status"]
        if process.status is not None or process.error is not None:
            with contextlib.suppress(KeyError):
                del self._processes[said["id"]]


def _read_all(descriptor: int, start: int) -> bytes:
    pieces = []
    while piece := os.pread(descriptor, 1 << 16, start):
        pieces.append(piece)
        start += len(piece)
    return b"".join(pieces)

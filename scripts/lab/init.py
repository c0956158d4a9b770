# -*- test-case-name: tests.lab.test_rack -*-
"""
PID 1 of a rack or of a host: reaps, and runs what it is told to.

It is a script of its own (C{python3 -I -S init.py NAME FD}), told what to do
over the socket C{FD}, one JSON object a packet:

    {"id": 7, "argv": [...], "env": {...}}      and the files for 0, 1, 2, ...
        -> {"id": 7, "pid": 12}  or  {"id": 7, "error": "..."}
        -> {"id": 7, "status": 0}               when it has ended; -9: by signal 9
    {"kill": -12, "signal": 15}                 a process, or a group if negative

When the socket is closed at the other end it exits, and the kernel takes
everything in its namespaces along.  So a killed program leaves no lab behind.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import sys

MAX_PACKET = 1 << 17
MAX_FILES = 8


class Init:
    """
    The loop of PID 1.

    @ivar control: where orders come from.
    @ivar running: the order's number of each process it started, by process id.
    """

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.running: dict[int, int] = {}

    def serve(self) -> None:
        """Do what is asked until the other end is gone."""
        woken, waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(waker)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._say({"ready": True})
        with selectors.DefaultSelector() as selector:
            selector.register(self.control, selectors.EVENT_READ)
            selector.register(woken, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self.control and not self._obey():
                        return
                with contextlib.suppress(BlockingIOError):
                    os.read(woken, 4096)
                self._reap()

    def _obey(self) -> bool:
        """Take one order; C{False} when there will be none any more."""
        try:
            packet, files, _, _ = socket.recv_fds(self.control, MAX_PACKET, MAX_FILES)
        except ConnectionResetError:  # closed with answers of ours unread
            return False
        if not packet:
            return False
        order = json.loads(packet)
        if "kill" in order:
            with contextlib.suppress(ProcessLookupError):
                target = order["kill"]
                send = os.killpg if target < 0 else os.kill
                send(abs(target), order["signal"])
        else:
            self._start(order["id"], order["argv"], order["env"], files)
        for descriptor in files:
            os.close(descriptor)
        return True

    def _start(self, number: int, argv: list[str], env: dict[str, str], files: list[int]) -> None:
        try:
            pid = os.fork()
        except OSError as error:
            self._say({"id": number, "error": str(error)})
            return
        if pid == 0:
            become(argv, env, files)
        self.running[pid] = number
        self._say({"id": number, "pid": pid})

    def _reap(self) -> None:
        """Collect every process that has ended, also those nobody else waits for."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            number = self.running.pop(pid, None)
            if number is not None:
                self._say({"id": number, "status": os.waitstatus_to_exitcode(status)})

    def _say(self, message: dict[str, object]) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.control.send(json.dumps(message).encode())


def become(argv: list[str], env: dict[str, str], files: list[int]) -> None:
    """In the child: take the files as 0, 1, 2, ... and turn into the program; never returns."""
    try:
        os.setsid()
        # First out of the way of the numbers they are to get.
        parked = [os.dup(descriptor) for descriptor in files]
        while parked and min(parked) < len(files):
            parked = [os.dup(descriptor) for descriptor in parked]
        for number, descriptor in enumerate(parked):
            os.dup2(descriptor, number)
        os.closerange(len(files), 256)
        signal.set_wakeup_fd(-1)
        for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.chdir("/")
        os.execvpe(argv[0], argv, env)
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode())
    finally:
        os._exit(127)


def main() -> None:
    """Take the name and the number of the socket from the command line, and serve."""
    name, descriptor = sys.argv[1], int(sys.argv[2])
    socket.sethostname(name)
    Init(socket.socket(fileno=descriptor)).serve()


if __name__ == "__main__":
    main()

# -*- test-case-name: tests.guardian.test_main -*-
"""
The guardian's process: C{python -I -S main.py --socket PATH ...}.
"""

from __future__ import annotations

import fcntl
import os
import select
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import IO

if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from hatwist.guardian.addresses import Kernel
from hatwist.guardian.log import Log
from hatwist.guardian.server import MAX_PACKET, Guardian, peer_of
from hatwist.guardian.watchdog import Watchdog

PRIORITY = 60
"""Of the real-time kind: higher than a heartbeat's, of which it must not depend."""

PREDECESSOR = 1.0
"""Seconds that another guardian has to go."""

IDLE = 10.0
"""Seconds after which a guardian ends that nobody needs."""

MCL_CURRENT_AND_FUTURE = 3
OOM_NEVER = "-1000"
NAME = "hatwist-guard"


def boottime() -> float:
    """Return the seconds since the host booted, sleep included: the clock of the daemon."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def hasten() -> None:
    """
    Let this thread run before others; the programs that are started are not.

    @raise OSError: the host does not let us.
    """
    os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(PRIORITY))


def _hasten_too() -> None:
    """Let what writes the log run as soon as the guardian: they share the interpreter's lock."""
    with suppress(OSError, ValueError):
        hasten()


def harden(say: Callable[[str, str], None]) -> None:
    """Let this process be swapped, starved and killed for memory as late as the host lets us say."""
    troubles = []
    try:
        hasten()
    except (OSError, ValueError) as problem:
        troubles.append(f"real-time priority: {problem}")
    try:
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write(OOM_NEVER)
    except OSError as problem:
        troubles.append(f"out of memory: {problem}")
    try:
        import ctypes

        if ctypes.CDLL(None, use_errno=True).mlockall(MCL_CURRENT_AND_FUTURE):
            troubles.append(f"locked memory: {os.strerror(ctypes.get_errno())}")
    except (ImportError, OSError, AttributeError) as problem:
        troubles.append(f"locked memory: {problem}")
    for trouble in troubles:
        say("INFO", f"not to be had: {trouble}")


class Server:
    """The socket, and the one daemon that is attached."""

    def __init__(self, path: str, guardian: Guardian, idle: float = IDLE) -> None:
        """
        @param idle: seconds after which it ends if nobody needs it.
        @raise OSError: the socket cannot be made, or another guardian has it.
        """
        self._guardian = guardian
        self._path = path
        self._daemon: socket.socket | None = None
        self._idle = idle
        self._needed = boottime()
        self._door = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)
        self._lock = _only_one(f"{path}.lock")
        # It is that of a guardian that is dead.
        with suppress(FileNotFoundError):
            os.unlink(path)
        before = os.umask(0o177)
        try:
            self._door.bind(path)
        finally:
            os.umask(before)
        self._door.listen(4)

    def turn(self) -> None:
        """Wait for what comes first, and deal with everything there is."""
        waiting = [self._door] if self._daemon is None else [self._door, self._daemon]
        select.select(waiting, [], [], min(self._guardian.wait(boottime()), self._idle / 2))
        if self._daemon is not None:
            self._read(self._daemon)
        self._admit()
        self._guardian.work(boottime())
        self._rest(boottime())

    def _rest(self, now: float) -> None:
        """End when nobody has needed a guardian for a while: there is no daemon, and nothing is entrusted."""
        if self._daemon is not None or self._guardian.guard.groups:
            self._needed = now
        elif now - self._needed > self._idle:
            self._guardian.over = True

    def close(self) -> None:
        """Be found no more."""
        self._door.close()
        with suppress(OSError):
            os.unlink(self._path)
        self._lock.close()

    def _admit(self) -> None:
        """Let a daemon in; it takes the place of the one before."""
        try:
            daemon, _ = self._door.accept()
        except OSError:
            return
        if peer_of(daemon) not in (0, os.getuid()):
            daemon.close()
            return
        daemon.setblocking(False)
        if self._daemon is not None:
            self._daemon.close()
        self._daemon = daemon
        self._read(daemon)

    def _read(self, daemon: socket.socket) -> None:
        """Read everything that a daemon has said, also if it is gone or does not read the answers."""
        while True:
            try:
                packet = daemon.recv(MAX_PACKET)
            except BlockingIOError:
                return
            except ConnectionResetError:
                continue  # it left without reading, and what it said before is still there
            except OSError:
                packet = b""
            if not packet:
                daemon.close()
                self._daemon = None
                return
            answer = self._guardian.take(packet, boottime())
            if answer:
                with suppress(OSError):
                    daemon.send(answer)


def _only_one(path: str) -> IO[bytes]:
    """
    Be the only guardian; to ask the other one over its socket would take the daemon's place.

    @raise OSError: there is another one, and it does not go.
    """
    lock = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "wb")
    limit = time.monotonic() + PREDECESSOR
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > limit:
                lock.close()
                raise OSError(f"another guardian has {path}") from None
            time.sleep(0.01)
        else:
            return lock


def _rename() -> None:
    """Let an administrator find this process by its name."""
    with suppress(OSError), open("/proc/self/comm", "w", encoding="ascii") as comm:
        comm.write(NAME)


def main(words: list[str]) -> int:
    """Guard this host until the daemon says good-bye."""
    options = dict(zip(words[::2], words[1::2], strict=True))
    log = Log(options.get("--log", ""), options.get("--host", os.uname().nodename), _hasten_too)
    try:
        return _guard(options, log)
    except Exception as problem:
        log.say("CRIT", f"the guardian ends, and nobody guards this host: {problem!r}")
        raise
    finally:
        log.close()


def _guard(options: dict[str, str], log: Log) -> int:
    _rename()
    watchdog = None
    try:
        device = options.get("--watchdog", "")
        stop_within = float(options.get("--stop-within", "60"))
        watchdog = Watchdog(device, float(options["--watchdog-timeout"])) if device else None
        guardian = Guardian(Kernel(), watchdog, log.say, stop_within)
        server = Server(options["--socket"], guardian, float(options.get("--idle", IDLE)))
    except OSError as problem:
        log.say("ERROR", f"the guardian cannot start: {problem}")
        if watchdog is not None:
            watchdog.disarm()
        return 1
    harden(log.say)
    try:
        while not guardian.over:
            server.turn()
        if watchdog is not None:
            watchdog.disarm()
    finally:
        server.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

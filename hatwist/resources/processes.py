# -*- test-case-name: tests.resources.test_processes -*-
"""
Hear of the kernel at once that a process of a resource has ended: pid files and pidfds.

What is heard is a reason to look, and no more: whether a resource runs its C{status} says.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from attrs import define, field
from twisted.internet.defer import Deferred, DeferredLock
from twisted.internet.interfaces import IReactorFDSet, IReadDescriptor
from twisted.internet.threads import deferToThread
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from hatwist.interfaces import IProcesses

MAX_TEXT: Final = 64
"""Bytes of a pid file that are read."""

MAX_PID: Final = 2**22
"""The kernel has no greater one."""

_FLAGS: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY

InThread = Callable[..., Deferred[list[int]]]
"""Calls something that may have to wait for a disk."""


def read_pid(path: str) -> int:
    """
    Return the process that a pid file names; 0 if there is no such file, or it names none.

    The first word counts: some services write more.
    """
    try:
        descriptor = os.open(path, _FLAGS)
        try:
            text = os.read(descriptor, MAX_TEXT) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""
        finally:
            os.close(descriptor)
    except OSError:
        return 0
    word = (text.split() or [b""])[0]
    pid = int(word) if word.isdigit() else 0
    return pid if 1 < pid <= MAX_PID else 0


def read_pids(paths: Sequence[str]) -> list[int]:
    """Read each of some pid files."""
    return [read_pid(path) for path in paths]


@implementer(IReadDescriptor)
class Pidfd:
    """One process, until it ends."""

    def __init__(self, pid: int, reactor: IReactorFDSet, ended: Callable[[], None]) -> None:
        """
        @param ended: hears once that it has; not after L{close}.
        @raise OSError: there is no such process, or the kernel has no pidfds.
        """
        self.pid = pid
        self._reactor = reactor
        self._ended = ended
        self._descriptor = os.pidfd_open(pid)
        reactor.addReader(self)

    def fileno(self) -> int:
        """See C{IFileDescriptor}."""
        return self._descriptor

    def logPrefix(self) -> str:
        """See C{ILoggingContext}."""
        return "processes"

    def doRead(self) -> None:
        """Hear that it has ended."""
        self.close()
        self._ended()

    def connectionLost(self, reason: Failure) -> None:
        """Hear no more; whoever looks by itself goes on."""
        self.close()

    def close(self) -> None:
        """Wait no more."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            self._reactor.removeReader(self)
            os.close(descriptor)


@implementer(IProcesses)
@define
class Processes:
    """
    The processes of one group, as its pid files name them.

    @ivar paths: the pid files.
    """

    paths: Sequence[str]
    _reactor: IReactorFDSet
    _in_thread: InThread
    _ended: Callable[[], None]
    _held: dict[str, Pidfd] = field(factory=dict)
    _gone: dict[str, int] = field(factory=dict)
    "The process that ended last: its pid file may name it for a while."
    _reading: bool = False
    _turn: int = 0
    _log = Logger()

    def look(self) -> None:
        """Read the pid files anew, beside everything else, and wait for what they name."""
        if self._reading:
            return
        self._reading = True
        read = self._in_thread(read_pids, self.paths)
        read.addCallback(self._take, self._turn)
        read.addErrback(lambda failure: self._log.failure("reading pid files broke:", failure))
        read.addCallback(self._done)

    def forget(self) -> None:
        """Wait for none of them: they end because we end them."""
        self._turn += 1
        for one in self._held.values():
            one.close()
        self._held.clear()
        self._gone.clear()

    def _done(self, _: object) -> None:
        self._reading = False

    def _take(self, pids: list[int], turn: int) -> None:
        if turn != self._turn:
            return
        for path, pid in zip(self.paths, pids, strict=True):
            held = self._held.get(path)
            if pid in (0, self._gone.get(path)) or (held is not None and held.pid == pid):
                continue
            if held is not None:
                held.close()
                del self._held[path]
            self._wait(path, pid)

    def _wait(self, path: str, pid: int) -> None:
        def ended() -> None:
            del self._held[path]
            self._gone[path] = pid
            self._ended()

        try:
            self._held[path] = Pidfd(pid, self._reactor, ended)
        except OSError as reason:
            # It has ended already, or cannot be waited for: who looks now and then sees it.
            self._log.debug("{path}: process {pid}: {reason}", path=path, pid=pid, reason=reason)


def watch_processes(
    reactor: object, in_thread: InThread = deferToThread
) -> Callable[[Sequence[str], Callable[[], None]], IProcesses]:
    """Return what makes L{Processes} from pid files and from who hears of an end."""
    descriptors = IReactorFDSet(reactor)
    # A file on a disk that hangs must not take the threads that others need, one for each group.
    turn = DeferredLock()
    return lambda paths, ended: Processes(paths, descriptors, partial(turn.run, in_thread), ended)

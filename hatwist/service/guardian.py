# -*- test-case-name: tests.service.test_guardian -*-
"""
The daemon's end of the guardian's socket.

The guardian is started if none answers, in a session of its own, so that what ends or freezes
the daemon does not take it along.  One that dies, or does not answer, is replaced at once, and
told everything again.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorFDSet, IReadWriteDescriptor
from twisted.logger import Logger
from zope.interface import implementer

from hatwist.cluster.adoption import Inheritance
from hatwist.cluster.names import Level
from hatwist.errors import ControlError
from hatwist.guardian import main as program
from hatwist.guardian.server import MAX_PACKET, NONSENSE
from hatwist.interfaces import IGuardian
from hatwist.unix import peer_credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from twisted.internet.interfaces import IDelayedCall, IReactorTime
    from twisted.python.failure import Failure

    from hatwist.config.model import ResourceGroup, Seconds

    Say = Callable[[Level, str], None]
    PlanFor = Callable[[ResourceGroup], dict[str, object]]

START_LIMIT: Final = 3.0
"""Seconds in which a guardian has to be there when the daemon starts."""

RETRY: Final = 0.01
"""Seconds from one try to reach it to the next."""

ANSWER_LIMIT: Final = 1.0
"""Seconds in which one that is there already has to answer when the daemon starts."""

UNANSWERED: Final = 0.25
"""The share of deadtime after which a guardian that does not answer is replaced."""

REPLACEMENTS: Final = 5
"""How often one is replaced in a row before the node stands down."""


def start_guardian(words: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start one that outlives us."""
    command = [sys.executable, "-I", "-S", program.__file__, *words]
    null = subprocess.DEVNULL
    return subprocess.Popen(command, stdin=null, stdout=null, stderr=null, start_new_session=True, cwd="/")


@implementer(IGuardian, IReadWriteDescriptor)
class GuardianLink:
    """
    The guardian of this host.

    @ivar lost: is called when none is to be had any more.
    @ivar refused: is called when it says that the deadline has passed.
    """

    log = Logger()

    def __init__(
        self,
        reactor: IReactorTime,
        path: str,
        words: Sequence[str],
        plan_for: PlanFor,
        say: Say,
        deadtime: Seconds,
        start: Callable[[Sequence[str]], subprocess.Popen[bytes]] = start_guardian,
    ) -> None:
        """
        @param path: of its socket.
        @param words: what a new one is told.
        """
        self.armed = 0.0
        self.lost: Callable[[], None] = lambda: None
        self.refused: Callable[[], None] = lambda: None
        self._reactor = reactor
        self._path = path
        self._words = ("--socket", path, *words)
        self._plan_for = plan_for
        self._say = say
        self._patience = max(UNANSWERED * deadtime, 0.2)
        self._start = start
        self._socket: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._plans: dict[str, dict[str, object]] = {}
        self._waiting: dict[int, tuple[str, Deferred[bool] | None]] = {}
        self._outbox: deque[bytes] = deque()
        self._number = 0
        self._pushed: tuple[Seconds, bool] | None = None
        self._unanswered: Seconds | None = None
        self._replaced = 0
        self._call: IDelayedCall | None = None
        self._closed = False

    def attach(self) -> Inheritance:
        """See L{IGuardian.attach}."""
        self._closed = False
        answer = self._meet(time.monotonic() + START_LIMIT)
        if answer is None:
            raise ControlError(f"the guardian does not start, see the log ({self._path})")
        try:
            armed = float(answer["watchdog"])
            held, lapsed = frozenset(answer["held"]), frozenset(answer["lapsed"])
            inheritance = Inheritance(held, lapsed, float(answer["deadline"]), bool(answer["solo"]))
        except NONSENSE:
            self._drop()
            raise ControlError(f"what answers at {self._path} is no guardian") from None
        self.armed = armed
        self._listen()
        return inheritance

    def push(self, at: Seconds, solo: bool) -> None:
        """See L{IGuardian.push}."""
        now = self._reactor.seconds()
        self._pushed = at, solo
        if self._socket is None:
            return  # another one is being started, and is told
        if self._unanswered is not None and now - self._unanswered > self._patience:
            # If it was us that stood still its answer is there.
            self.doRead()
        if self._unanswered is not None and now - self._unanswered > self._patience:
            self._say(Level.ERROR, "the guardian does not answer; replacing it")
            self._end_it()
            return
        if self._unanswered is None:
            self._unanswered = now
        self._send({"do": "push", "at": at, "solo": solo, "said": now})

    def entrust(self, group: ResourceGroup) -> Deferred[bool]:
        """See L{IGuardian.entrust}."""
        if self._closed:
            return succeed(False)
        self._plans[group.key] = self._plan_for(group)
        answered: Deferred[bool] = Deferred()
        self._ask_for(group.key, answered)
        return answered

    def release(self, key: str) -> None:
        """See L{IGuardian.release}."""
        self._plans.pop(key, None)
        self._send({"do": "release", "key": key})

    def give_up(self, key: str) -> None:
        """See L{IGuardian.give_up}."""
        self._send({"do": "give up", "key": key})

    def close(self) -> None:
        """See L{IGuardian.close}."""
        self._closed = True
        if not self._plans:
            self._send({"do": "bye"})
        if self._call is not None and self._call.active():
            self._call.cancel()
        self._drop()
        self._refuse()

    def fileno(self) -> int:
        """See C{IFileDescriptor}."""
        return -1 if self._socket is None else self._socket.fileno()

    def logPrefix(self) -> str:
        """See C{ILoggingContext}."""
        return "guardian"

    def doRead(self) -> None:
        """Read everything there is."""
        while self._socket is not None:
            try:
                packet = self._socket.recv(MAX_PACKET)
            except BlockingIOError:
                return
            except OSError:
                packet = b""
            if not packet:
                self._gone()
                return
            try:
                answer = json.loads(packet)
                what, number, ok = str(answer["re"]), int(answer.get("n", 0)), bool(answer.get("ok"))
            except NONSENSE:
                self._say(Level.ERROR, "the guardian answers nonsense; replacing it")
                self._end_it()
                return
            self._take(what, number, ok)

    def doWrite(self) -> None:
        """Send what waits, as far as there is room."""
        while self._outbox and self._socket is not None:
            try:
                self._socket.send(self._outbox[0])
            except BlockingIOError:
                IReactorFDSet(self._reactor).addWriter(self)
                return
            except OSError:
                pass  # it is gone, and whoever reads hears of it
            self._outbox.popleft()
        IReactorFDSet(self._reactor).removeWriter(self)

    def connectionLost(self, reason: Failure) -> None:
        """See C{IReadDescriptor}: the reactor has given up on us."""
        self._gone()

    def _take(self, what: str, number: int, ok: bool) -> None:
        self._unanswered = None
        if what == "push":
            self._replaced = 0
            if not ok and self._plans:
                self.refused()
        elif what == "entrust" and number in self._waiting:
            key, answered = self._waiting.pop(number)
            if answered is not None:
                answered.callback(ok)
            elif not ok and key in self._plans:
                # It runs here, and the new guardian does not take it on.
                self.refused()

    def _ask_for(self, key: str, answered: Deferred[bool] | None) -> None:
        self._number += 1
        words = {"do": "entrust", "n": self._number, "key": key, "plan": self._plans[key]}
        if len(json.dumps(words)) > MAX_PACKET:
            self._say(Level.ERROR, f"the guardian cannot be told how {key} is stopped: it is too long")
            del self._plans[key]
            if answered is not None:
                answered.callback(False)
            return
        self._waiting[self._number] = key, answered
        self._send(words)

    def _refuse(self) -> None:
        """Keep nobody waiting."""
        waiting = list(self._waiting.values())
        self._waiting.clear()
        for _, answered in waiting:
            if answered is not None:
                answered.callback(False)

    def _send(self, words: dict[str, object]) -> None:
        """Send a packet in its turn; one that does not read is found out by its silence."""
        if self._socket is not None:
            self._outbox.append(json.dumps(words).encode())
            self.doWrite()

    def _meet(self, limit: Seconds) -> dict[str, Any] | None:
        """Start one if none answers, and attach to it; None: there is none in time."""
        while time.monotonic() < limit:
            if self._connect():
                answer = self._ask_once({"do": "attach"})
                if answer is not None:
                    return answer
                # One that was about to leave, perhaps, or that stood still.
                self._drop()
            elif self._process is None or self._process.poll() in (0, -signal.SIGKILL):
                self._launch()
            elif self._process.poll() is not None:
                return None
            time.sleep(RETRY)
        return None

    def _ask_once(self, words: dict[str, object]) -> dict[str, Any] | None:
        """Ask and wait, at the start only."""
        if self._socket is None:
            return None
        self._socket.settimeout(ANSWER_LIMIT)
        try:
            self._send(words)
            answer: dict[str, Any] = json.loads(self._socket.recv(MAX_PACKET))
        except TimeoutError:
            self._say(Level.ERROR, "the guardian of a former life does not answer; replacing it")
            self._kill()
            return None
        except (OSError, ValueError):
            return None
        return answer

    def _connect(self) -> bool:
        one = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)
        # One that stands still lets in some, and would keep the next one waiting for ever.
        one.setblocking(False)
        try:
            one.connect(self._path)
        except OSError:
            one.close()
            return False
        self._socket = one
        return True

    def _launch(self) -> None:
        """Start one; raises L{ControlError}."""
        try:
            os.makedirs(os.path.dirname(self._path), mode=0o755, exist_ok=True)
            self._process = self._start(self._words)
        except OSError as reason:
            raise ControlError(f"the guardian cannot be started: {reason}") from reason

    def _listen(self) -> None:
        assert self._socket is not None
        self._socket.setblocking(False)
        IReactorFDSet(self._reactor).addReader(self)

    def _drop(self) -> None:
        if self._socket is not None:
            IReactorFDSet(self._reactor).removeReader(self)
            IReactorFDSet(self._reactor).removeWriter(self)
            self._socket.close()
            self._socket = None
        self._outbox.clear()
        self._unanswered = None

    def _end_it(self) -> None:
        """End one that stands still: its place is needed."""
        self._kill()
        self._gone()

    def _kill(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                pid = peer_credentials(self._socket).pid
                if pid > 0:  # one that this name space does not know has 0, and so has our own group
                    os.kill(pid, signal.SIGKILL)

    def _gone(self) -> None:
        """It is gone: have another one."""
        self._drop()
        if self._closed:
            return
        self._replaced += 1
        if self._replaced > REPLACEMENTS:
            self._say(Level.CRIT, "no guardian is to be had; this node stands down")
            self._closed = True
            self._refuse()
            self.lost()
            return
        self._say(Level.ERROR, "the guardian is gone; starting another one")
        if self._process is not None:
            self._process.poll()
        try:
            self._launch()
        except ControlError as reason:
            self._say(Level.ERROR, str(reason))
        self._reach(self._reactor.seconds() + START_LIMIT)

    def _reach(self, limit: Seconds) -> None:
        if self._connect():
            self._listen()
            self._tell_again()
        elif self._reactor.seconds() > limit:
            self._gone()
        else:
            self._call = self._reactor.callLater(RETRY, self._reach, limit)

    def _tell_again(self) -> None:
        """Tell a new one what the old one knew."""
        self._say(Level.INFO, "there is a guardian again")
        self._send({"do": "attach"})
        if self._pushed is not None:
            at, solo = self._pushed
            self._send({"do": "push", "at": at, "solo": solo, "said": self._reactor.seconds()})
        waiting = list(self._waiting.values())
        self._waiting.clear()
        asked = {key for key, _ in waiting}
        for key, answered in waiting:
            if key in self._plans:
                self._ask_for(key, answered)
            elif answered is not None:
                answered.callback(False)
        for key in [key for key in self._plans if key not in asked]:
            self._ask_for(key, None)

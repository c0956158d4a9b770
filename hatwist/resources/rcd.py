# -*- test-case-name: tests.resources.test_rcd -*-
"""
The scripts of C{rc.d}: an administrator's programs that are told of messages
(protocol 10.8, inventory C.2).

The core alone decides about resources.  What heartbeat's own scripts in C{rc.d}
do with them is built in, so those are not run; everything else there is.
"""

from __future__ import annotations

import os
import re
from collections import deque
from typing import TYPE_CHECKING, Final

from attrs import frozen
from twisted.internet.defer import Deferred, succeed
from zope.interface import implementer

from hatwist.cluster.names import Delivery, Level
from hatwist.interfaces import IPrograms
from hatwist.resources.locate import find_program
from hatwist.resources.reporting import MAX_LINES, Log, lines_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twisted.internet.interfaces import IDelayedCall, IReactorTime
    from twisted.python.failure import Failure

    from hatwist.cluster.actions import Deliver
    from hatwist.cluster.events import Event
    from hatwist.resources.process import Launch, Ran
    from hatwist.wire.message import Message

BUILT_IN: Final = frozenset({"ask_resources", "hb_takeover", "ip-request", "ip-request-resp", "status"})
"""The names of heartbeat's own scripts; the core does, and logs, what they do."""

GIVE: Final = "local_giveip"
"""
What heartbeat's own C{ip-request} runs before it gives a group.  Run beside the
stop it would come too late, and with C{auto_failback} on or off there is no request.
"""

MOVERS: Final = ("ResourceManager", "hb_standby", "mach_down", "req_resource")
"""Programs that move resources, or make others move them."""

WITHOUT_SCRIPT: Final = frozenset(
    {
        "",
        "starting",
        "resource",
        "ask_resources",
        "shutdone",
        "reqnodes",
        "repnodes",
        "addnode",
        "delnode",
        "setweight",
        "setsite",
        "query-cstatus",
        "respond-cstatus",
    }
)
"""Types of which heartbeat tells no script: the daemon itself deals with them."""

MAX_TYPE: Final = 31
"""Characters of a type; longer ones have no script (heartbeat's own bound)."""

MAX_TEXT: Final = 65536
"""Bytes of a script that are searched for L{MOVERS}."""

MAX_WAITING: Final = 100
"""Messages that wait for their script."""

TIMEOUT: Final = 3600.0
"""Seconds of one script; heartbeat waits for ever, and so do all that come after."""

FAREWELL: Final = 5.0
"""Seconds that a running script has at the end of the daemon."""

HARC: Final = "harc"
_ENTITY: Final = "harc(default)"
_FIELD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@frozen
class Hooks:
    """
    What is in C{rc.d}.

    @ivar directory: the configuration directory.
    @ivar names: the scripts to be run, which are types of messages.
    @ivar left: those that move resources and stand for what is built in.
    """

    directory: str
    names: frozenset[str] = frozenset()
    left: frozenset[str] = frozenset()

    def path(self, name: str) -> str:
        """Return where a script is, as heartbeat's log has it."""
        return f"{self.directory}//rc.d/{name}"

    def words(self, name: str) -> tuple[str, ...]:
        """Return the command line: by way of heartbeat's C{harc}, which logs it, if there is one."""
        harc = find_program((self.directory,), HARC)
        if harc is None or name in BUILT_IN:
            return self.path(name), name
        return harc, name


def read_hooks(directory: str) -> Hooks:
    """Look at C{rc.d} under the configuration directory; nothing there is as good as no C{rc.d}."""
    place = os.path.join(directory, "rc.d")
    try:
        found = os.listdir(place)
    except OSError:
        return Hooks(directory)
    names = frozenset(name for name in found if find_program((place,), name) is not None)
    left = frozenset(name for name in names & BUILT_IN if _moves_resources(os.path.join(place, name)))
    return Hooks(directory, names - left, left)


def _moves_resources(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            text = file.read(MAX_TEXT).decode("latin-1")
    except OSError:
        return True
    return any(mover in text for mover in MOVERS)


def told(message: Message, environment: Mapping[str, str], status: str) -> dict[str, str]:
    """
    Return the environment of a script.

    Fields in upper case are left out: heartbeat has none, and C{HA_BIN} and its
    like steer what scripts call.

    @param environment: what every script is given; no field of a message overrides it.
    @param status: what this node says of itself.
    """
    fields: dict[str, str] = {}
    for one in message.fields:
        if isinstance(one.value, str) and _FIELD.fullmatch(one.name) and not one.name.isupper():
            # What is no UTF-8 could not be handed on.
            text = one.value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            fields.setdefault(f"HA_{one.name}", text)
    return {**fields, "HA_OSTATUS": status, **environment}


@implementer(IPrograms)
class RcScripts:
    """
    Runs the scripts of C{rc.d}, one at a time.

    @ivar hooks: what was there when the node began.
    """

    def __init__(
        self,
        directory: str,
        node: str,
        environment: Mapping[str, str],
        launch: Launch,
        clock: IReactorTime,
        log: Log,
    ) -> None:
        """
        @param directory: the configuration directory.
        @param node: our node's name.
        @param environment: what every script is given; holds no secret.
        @param launch: runs a program.
        """
        self.hooks = Hooks(directory)
        self._node = node
        self._environment = {**environment, "HA_DIR": f"{directory}/", "HA_FUNCS": f"{directory}//shellfuncs"}
        self._launch = launch
        self._clock = clock
        self._log = log
        self._status = "init"
        self._waiting: deque[Message] = deque()
        self._running: Deferred[Ran] | None = None
        self._overflowed = False
        self._closing: Deferred[None] | None = None
        self._farewell: IDelayedCall | None = None

    def open(self, feed: Callable[[Event], None]) -> None:
        """Read which scripts there are; the log names those that are not run."""
        self.hooks = read_hooks(self.hooks.directory)
        if self.hooks.left:
            names = ", ".join(sorted(self.hooks.left))
            text = f"{self.hooks.path('')}: not run, since what they do with resources is built in: {names}"
            self._log(Level.INFO, text, "heartbeat")
        if GIVE in self.hooks.names:
            remedy = (
                "what must be done before a group stops belongs into a resource script, the last of its line"
            )
            self._log(Level.WARN, f"{self.hooks.path(GIVE)}: not run; {remedy}", "heartbeat")

    def close(self) -> Deferred[None]:
        """Run no more; fires when the one that runs has ended, or was told to."""
        self._waiting.clear()
        if self._running is None:
            return succeed(None)
        self._closing = Deferred()
        self._farewell = self._clock.callLater(FAREWELL, self._running.cancel)
        return self._closing

    def pause(self, paused: bool) -> None:
        """Nothing: what scripts write comes through the FIFO."""

    def deliver(self, news: Deliver) -> None:
        """Run the script of the message's type, after those that wait."""
        message = news.message
        kind = message.get("t")
        if kind == "status" and news.own and message.get("src") == self._node:
            self._status = message.get("st")
            return
        if kind not in self.hooks.names or not self._concerns(news):
            return
        if len(self._waiting) >= MAX_WAITING:
            self._overflow(kind)
            return
        self._waiting.append(message)
        self._next()

    def _concerns(self, news: Deliver) -> bool:
        """Say whether heartbeat would run a script for it."""
        kind = news.message.get("t")
        if news.delivery is not Delivery.NEWS or kind in WITHOUT_SCRIPT or len(kind) > MAX_TYPE:
            return False
        match kind:
            case "status" | "ifstat":
                return True
            case "ip-request":
                return not news.own
            case "ip-request-resp":
                return news.message.get("dest") == self._node
            case _:
                return self._status == "active"

    def _overflow(self, kind: str) -> None:
        if not self._overflowed:
            self._overflowed = True
            text = f"{MAX_WAITING} messages wait for their scripts; {kind} and those to come are dropped"
            self._log(Level.WARN, text, _ENTITY)

    def _next(self) -> None:
        if self._running is not None:
            return
        if not self._waiting:
            self._overflowed = False
            return
        message = self._waiting.popleft()
        name = message.get("t")
        words = self.hooks.words(name)
        if words[0] == self.hooks.path(name) and name not in BUILT_IN:
            self._log(Level.INFO, f"Running {' '.join(words)}", _ENTITY)
        environment = told(message, self._environment, self._status)
        self._running = self._launch(words, environment, TIMEOUT)
        self._running.addCallbacks(self._ended, self._cancelled, callbackArgs=(name,))

    def _ended(self, ran: Ran, name: str) -> None:
        self._running = None
        if self._closing is None:
            self._report(ran, self.hooks.path(name))
            self._next()
            return
        assert self._farewell is not None
        if self._farewell.active():
            self._farewell.cancel()
        self._closing.callback(None)

    def _cancelled(self, _failure: Failure) -> None:
        """The daemon waits no longer."""
        assert self._closing is not None
        self._running = None
        self._closing.callback(None)

    def _report(self, ran: Ran, path: str) -> None:
        """Say what became of it: what it said, and more if it failed."""
        if ran.timed_out:
            self._log(Level.ERROR, f"{path}: not done within {TIMEOUT:g} s, ended", _ENTITY)
        elif not ran.succeeded:
            self._log(Level.WARN, f"Return code {ran.code} from {path}", _ENTITY)
        level = Level.DEBUG if ran.succeeded else Level.WARN
        for line in lines_of(ran.output, MAX_LINES):
            self._log(level, f"{path}: {line}", _ENTITY)

# -*- test-case-name: tests.children.test_respawn -*-
"""
The directives C{respawn} and C{failfast}: programs that run while this node is active.

They are begun in the order of ha.cf when the node is active, begun again when they end,
and ended in reverse order when the node has given up its groups (inventory A.3.4,
protocol 11.2).
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from attrs import define, field
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorProcess, IReactorTime
from zope.interface import implementer

from hatwist.children.process import (
    Account,
    ChildProcess,
    Ended,
    KillGroup,
    command_line,
    find_account,
    own_account,
    signal_words,
)
from hatwist.cluster.events import LeaveWanted
from hatwist.cluster.names import Level
from hatwist.config.ipfail import plays
from hatwist.interfaces import IPrograms

if TYPE_CHECKING:
    from hatwist.cluster.actions import Deliver
    from hatwist.cluster.events import Event
    from hatwist.config.model import Respawn

POLITE: Final = 100
"""Exit status of a child that does not want to be begun again."""

SHORT: Final = 30.0
"""Seconds: a child that lived less has lived too short."""

MAX_SHORT: Final = 10
"""So many short lives one after the other are borne."""

PAUSE: Final = 1.0
"""Seconds between a short life and the next."""

TERM_GRACE: Final = 10.0
"""Seconds between SIGTERM and SIGKILL at the end."""

KILL_GRACE: Final = 1.0
"""Seconds after SIGKILL until we stop waiting: a process in the kernel may never end."""

Reboot = Callable[[Callable[[OSError], None]], None]
"""Restarts the host; hears who hears that this cannot be done."""


@define
class _Child:
    """
    One line of ha.cf.

    @ivar given_up: why it is not begun again; empty while it is.
    """

    spec: Respawn
    account: Account | None
    process: ChildProcess
    began: float = 0.0
    short: int = 0
    pause: IDelayedCall | None = None
    given_up: str = ""


@implementer(IPrograms)
class Children:
    """Every child of the daemon."""

    def __init__(
        self,
        lines: Iterable[Respawn],
        environment: Mapping[str, str],
        reactor: object,
        say: Callable[[Level, str], None],
        reboot: Reboot,
        *,
        accounts: Callable[[str], Account | None] = find_account,
        kill_group: KillGroup = os.killpg,
    ) -> None:
        """
        @param lines: of ha.cf; users are looked up now, and never later.
        @param environment: all of their environment; holds no secret.
        @param reactor: provides C{IReactorProcess} and C{IReactorTime}.
        """
        self._environment = environment
        self._processes = IReactorProcess(reactor)
        self._clock = IReactorTime(reactor)
        self._say = say
        self._reboot = reboot
        self._own = own_account()
        self._children = [self._make(line, accounts, kill_group) for line in lines if not plays(line)]
        self._begun = False
        self._end: _End | None = None

    def open(self, feed: Callable[[Event], None]) -> None:
        """Know whom to tell that the node must leave; children come later."""
        self._feed = feed

    def close(self) -> Deferred[None]:
        """End them all; fires when they have ended, or do not heed SIGKILL."""
        return self._finish()

    def deliver(self, news: Deliver) -> None:
        """Begin them with the node's first active status, end them when it has given up everything."""
        if not news.own or self._end is not None:
            return
        kind = news.message.get("t")
        if kind == "status" and news.message.get("st") == "active" and not self._begun:
            self._begun = True
            for child in self._children:
                self._begin(child)
        elif kind == "shutdone":
            # The API is there for another second, in which they can sign off.
            self._finish()

    def pause(self, paused: bool) -> None:
        """Let them be: who speaks to us does so as a client of the API."""

    def troubles(self) -> list[str]:
        """Return which children do not run any more, in whole sentences."""
        return [
            f"{one.spec.where}: {one.spec.command} is not run any more: {one.given_up}."
            for one in self._children
            if one.given_up
        ]

    def _make(
        self, line: Respawn, accounts: Callable[[str], Account | None], kill_group: KillGroup
    ) -> _Child:
        process = ChildProcess(lambda ended: self._ended(child, ended), kill_group)
        child = _Child(line, accounts(line.user), process)
        return child

    def _begin(self, child: _Child) -> None:
        child.pause = None
        spec, account = child.spec, child.account
        if account is None:
            self._give_up(child, f"Invalid uid [{spec.user}] specified for client child")
            return
        where = f"({account.uid},{account.gid})"
        self._say(Level.INFO, f'Starting child client "{spec.command}" {where}')
        child.began = self._clock.seconds()
        words = command_line(spec.command, account, self._own)
        try:
            child.process.begin(self._processes, words, self._environment)
        except OSError as reason:
            self._give_up(child, f"Cannot start client {spec.command}: {reason.strerror}")
            return
        who = f"uid {account.uid}  gid {account.gid} (pid {child.process.pid})"
        self._say(Level.INFO, f'Starting "{spec.command}" as {who}')

    def _ended(self, child: _Child, ended: Ended) -> None:
        self._tell_end(child, ended)
        if self._end is not None:
            self._end.ended(child)
        elif child.spec.failfast and ended.abnormal:
            # Status 100 as well: so does heartbeat 3.0.6.
            self._say(Level.EMERG, f"Rebooting system.  Reason: {child.spec.command}")
            self._reboot(partial(self._cannot_reboot, child))
        elif ended.status != POLITE:
            self._again(child)

    def _again(self, child: _Child) -> None:
        short = self._clock.seconds() - child.began < SHORT
        child.short = child.short + 1 if short else 0
        if child.short > MAX_SHORT:
            self._give_up(child, f'Client {child.spec.command} "respawning too fast"')
            return
        self._say(Level.ERROR, f'Respawning client "{child.spec.command}":')
        if short:
            child.pause = self._clock.callLater(PAUSE, self._begin, child)
        else:
            self._begin(child)

    def _tell_end(self, child: _Child, ended: Ended) -> None:
        who = f"Managed {child.spec.command} process {child.process.pid}"
        if ended.signal is not None:
            words = f"killed by signal {ended.signal} [{signal_words(ended.signal)}]."
        else:
            words = f"exited with return code {ended.status}."
        calm = self._end is not None or ended.status == 0
        self._say(Level.INFO if calm else Level.WARN, f"{who} {words}")

    def _give_up(self, child: _Child, why: str) -> None:
        child.given_up = why
        self._say(Level.ERROR, why)

    def _cannot_reboot(self, child: _Child, reason: OSError) -> None:
        """What stands on this child goes to the other node in order."""
        text = f"The host cannot be restarted ({reason.strerror}); the node leaves instead."
        self._say(Level.ERROR, text)
        self._feed(LeaveWanted(f"the death of {child.spec.command}"))

    def _finish(self) -> Deferred[None]:
        if self._end is None:
            self._end = _End(self._clock, self._say, list(self._children))
            for child in self._children:
                if child.pause is not None:
                    child.pause.cancel()
                    child.pause = None
            self._end.go_on()
        return self._end.wait()


@define
class _End:
    """
    Ends children one after the other, the last first, waiting for each.

    @ivar left: who is to be ended, in the order of ha.cf.
    """

    clock: IReactorTime
    say: Callable[[Level, str], None]
    left: list[_Child]
    _timer: IDelayedCall | None = None
    _waiting: list[Deferred[None]] = field(factory=list)

    def wait(self) -> Deferred[None]:
        """Return what fires when all have ended."""
        if not self.left:
            return succeed(None)
        done: Deferred[None] = Deferred()
        self._waiting.append(done)
        return done

    def ended(self, child: _Child) -> None:
        """Hear that one has ended, whether it was told to or not."""
        if self.left and self.left[-1] is child:
            self.go_on()

    def go_on(self) -> None:
        """Tell the next that runs to end."""
        self._cancel()
        while self.left and not self.left[-1].process.running:
            self.left.pop()
        if self.left:
            self._timer = self.clock.callLater(TERM_GRACE, self._kill)
            self._send(signal.SIGTERM)
            return
        waiting, self._waiting = self._waiting, []
        for done in waiting:
            done.callback(None)

    def _kill(self) -> None:
        self._timer = self.clock.callLater(KILL_GRACE, self._leave_it)
        self._send(signal.SIGKILL)

    def _leave_it(self) -> None:
        child = self.left.pop()
        self.say(Level.ERROR, f"Client {child.spec.command} (pid={child.process.pid}) does not end.")
        self.go_on()

    def _send(self, number: signal.Signals) -> None:
        child = self.left[-1]
        text = f"killing {child.spec.command} process group {child.process.pid} with signal {int(number)}"
        self.say(Level.INFO, text)
        child.process.send(number)

    def _cancel(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

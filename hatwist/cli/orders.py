# -*- test-case-name: tests.cli.test_orders -*-
"""
Give a node an order, and see it through.

The daemon answers at once that it was told; whether anything came of it is
seen in its status, and why, in what happens meanwhile.
"""

from __future__ import annotations

import os
import select
from enum import Enum
from typing import TYPE_CHECKING, Final, TextIO

from attrs import Factory, define
from twisted.internet.task import deferLater

from hatwist.cli.text import event_line, group_lines

if TYPE_CHECKING:
    from twisted.internet.interfaces import IReactorTime

    from hatwist.control.client import Control
    from hatwist.control.report import GroupReport, Report

POLL: Final = 0.25
"""Seconds between two looks at the status."""

PATIENCE: Final = 15.0
"""Seconds in which something must begin; the other node has ten to answer."""

SETTLED: Final = 2.0
"""Seconds of calm after which nothing more will come."""

_REFUSALS: Final = ("standby refused", "standby cancelled", "takeover refused")
_FAILURES: Final = {"standby": {"blocked"}, "takeover": {"failed", "blocked"}}
_SIDES: Final = {"local": (True,), "foreign": (False,), "all": (True, False)}


class Verdict(Enum):
    """How far an order has come."""

    DONE = "done"
    MOVING = "moving"
    """Something moves; wait."""
    CALM = "calm"
    """Nothing moves, and it is not done."""
    FAILED = "failed"
    """A group of it failed."""


def verdict(verb: str, which: str, report: Report) -> Verdict:
    """
    Judge from a status whether an order is carried out.

    @param verb: C{standby} or C{takeover}.
    @param which: C{all}, C{local} or C{foreign}.
    """
    groups = _chosen(which, report)
    states = {group["state"] for group in groups}
    if not report["stable"] or states & {"starting", "stopping"}:
        return Verdict.MOVING
    if states & _FAILURES[verb]:
        return Verdict.FAILED
    owned = [group["owner"] == report["node"] for group in groups]
    if verb == "standby":
        done = not any(owned) and "running" not in states
    else:
        done = all(owned) and states <= {"running"}
    return Verdict.DONE if done else Verdict.CALM


def _chosen(which: str, report: Report) -> list[GroupReport]:
    wanted = _SIDES[which]
    return [group for group in report["groups"] if (group["home"] == report["node"]) in wanted]


@define
class Order:
    """
    One order under way.

    @ivar out: what happens is written here, one line each.
    """

    control: Control
    clock: IReactorTime
    out: TextIO
    _refusals: list[str] = Factory(list)
    _unread: list[BrokenPipeError] = Factory(list)

    async def give(self, verb: str, which: str, wait: float | None) -> int:
        """
        Give C{standby} or C{takeover}.

        @param wait: seconds to wait for the effect; None: do not.
        @return: the exit status.
        """
        order = self.control.standby if verb == "standby" else self.control.takeover
        if wait is None:
            await order(which)
            self._print(f"{verb} [{which}]: the node was told.")
            return 0
        await self.control.follow(lambda happening: self._hear(*happening))
        await order(which)
        return await self._watch(verb, which, wait)

    async def leave(self, wait: float | None) -> int:
        """
        Have the node leave, and its daemon end.

        @param wait: seconds to wait for the end; None: do not.
        @return: the exit status.
        """
        if wait is not None:
            await self.control.follow(lambda happening: self._hear(*happening))
        process = _watch_process(self.control.daemon_pid)
        try:
            await self.control.leave()
            if wait is None:
                self._print("stop: the node was told.")
                return 0
            ended = await self._until_gone(process, wait)
        finally:
            if process is not None:
                os.close(process)
        words = "the daemon has ended." if ended else f"the daemon still runs after {wait:g} s."
        self._print(f"stop: {words}")
        return 0 if ended else 1

    def _hear(self, kind: str, text: str, when: float) -> None:
        if kind != "decision":
            return
        try:
            self._print(event_line(kind, text, when))
        except BrokenPipeError as problem:
            # The daemon calls us here, and is not to be told; we end at the next look.
            self._unread.append(problem)
        if text.startswith(_REFUSALS):
            self._refusals.append(text)

    async def _watch(self, verb: str, which: str, wait: float) -> int:
        """Look until it is done, refused, over without effect, or too late."""
        began = calm = self.clock.seconds()
        moved = False
        while True:
            report = await self.control.status()
            self._check_reader()
            now, state = self.clock.seconds(), verdict(verb, which, report)
            if state is Verdict.DONE and not self._refusals:
                return self._say(report, f"{verb} [{which}]: done in {now - began:.1f} s.", 0)
            if state is Verdict.FAILED and moved:
                return self._say(report, f"{verb} [{which}]: failed.", 1)
            if self._refusals:
                return self._say(report, f"{verb} [{which}]: {self._refusals[0]}", 1)
            if state is Verdict.MOVING:
                moved, calm = True, now
            elif now - calm >= (SETTLED if moved else PATIENCE):
                return self._say(report, f"{verb} [{which}]: nothing came of it; the logs may say why.", 1)
            if now - began >= wait:
                return self._say(report, f"{verb} [{which}]: not done after {wait:g} s; it goes on.", 1)
            await deferLater(self.clock, POLL)

    async def _until_gone(self, process: int | None, wait: float) -> bool:
        """Wait until the connection is closed and the process has ended."""
        began = self.clock.seconds()
        while not self.control.closed.called or not _ended(process):
            self._check_reader()
            if wait and self.clock.seconds() - began >= wait:
                return False
            await deferLater(self.clock, POLL)
        return True

    def _check_reader(self) -> None:
        """
        Stop watching when nobody reads what we print; the order goes on.

        @raise BrokenPipeError: nobody does.
        """
        if self._unread:
            raise self._unread[0]

    def _say(self, report: Report, words: str, status: int) -> int:
        self._print(words)
        for line in group_lines(report):
            self._print(line)
        return status

    def _print(self, line: str) -> None:
        print(line, file=self.out, flush=True)


def _watch_process(pid: int) -> int | None:
    """Return a descriptor that becomes readable when a process ends; None if we cannot."""
    try:
        return os.pidfd_open(pid) if pid > 0 else None
    except OSError:
        return None


def _ended(process: int | None) -> bool:
    if process is None:
        return True
    return bool(select.select([process], [], [], 0)[0])

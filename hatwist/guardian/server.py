# -*- test-case-name: tests.guardian.test_server -*-
"""
What the daemon tells the guardian, and what the guardian does.

One packet of JSON each way over a UNIX socket.  The daemon says C{attach}, C{push},
C{entrust}, C{release}, C{give up} and C{bye}; each but C{release} and C{give up} is answered.
Packets that wait are read before the time is judged: what was said in time counts, however late
it is read.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Callable
from math import isnan
from typing import Any, Protocol

from hatwist.cluster.guard import HELD, Guard
from hatwist.guardian.addresses import packed
from hatwist.guardian.stops import Program, StopList
from hatwist.guardian.watchdog import Watchdog

MAX_PACKET = 1 << 17
"""Bytes of one packet."""

WATCHFUL = 0.1
"""Seconds from one look at what was released to the next: a script may still be adding it."""

POLL = 0.02
"""Seconds from one look at running programs to the next."""

NONSENSE = (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError, OSError)
"""What a packet may raise that makes no sense."""

_CREDENTIALS = struct.Struct("iII")


class Remover(Protocol):
    """Removes addresses: L{hatwist.guardian.addresses.Kernel}."""

    def remove(self, addresses: frozenset[bytes]) -> list[str]:
        """Remove them wherever they are; return what went wrong."""


class Trusted:
    """
    What is to be released of a group.

    @ivar addresses: as the kernel has them.
    @ivar programs: in the order of stopping.
    """

    def __init__(self, addresses: frozenset[bytes], programs: list[Program]) -> None:
        self.addresses = addresses
        self.programs = programs

    @classmethod
    def of(cls, plan: dict[str, Any]) -> Trusted:
        """Read it as the daemon wrote it; raises one of L{NONSENSE} if there is no sense in it."""
        programs = [_program(one) for one in plan["programs"]]
        return cls(frozenset(packed(one) for one in plan["addresses"]), programs)


class Guardian:
    """
    One host's guardian.

    @ivar guard: the decisions.
    @ivar over: it is not needed any more.
    """

    def __init__(
        self,
        kernel: Remover,
        watchdog: Watchdog | None,
        say: Callable[[str, str], None],
        stop_within: float = 60.0,
    ) -> None:
        """
        @param stop_within: seconds after which what is not released counts as stuck.
        @param say: takes a level and a text.
        """
        self.guard = Guard()
        self.over = False
        self._kernel = kernel
        self._watchdog = watchdog
        self._say = say
        self._trusted: dict[str, Trusted] = {}
        self._stops: dict[str, StopList] = {}
        self._left: list[StopList] = []
        "Those that nobody needs any more, while a program of theirs runs."
        self._look_again = 0.0
        self._stop_within = stop_within
        self._starving = False

    def take(self, packet: bytes, now: float) -> bytes:
        """Take in a packet; return the answer, empty for none."""
        said = None
        try:
            said = json.loads(packet)
            answer = self._obey(said, now)
        except NONSENSE as problem:
            self._say("ERROR", f"not understood: {repr(problem)[:200]}")
            answer = {"re": "nonsense"}
            if isinstance(said, dict) and "n" in said:
                # Somebody waits for it.
                answer = {"re": "entrust", "n": said["n"], "ok": False}
        return json.dumps(answer).encode() if answer else b""

    def _obey(self, said: dict[str, Any], now: float) -> dict[str, object]:
        guard, what = self.guard, said["do"]
        if what == "push":
            at, when = float(said["at"]), float(said["said"])
            if isnan(at) or isnan(when):
                raise ValueError("not a time")
            ok = guard.push(at, bool(said["solo"]), when)
            return {"re": "push", "ok": ok}
        if what == "attach":
            lapsed = guard.attach()
            self._forget()
            held = list(guard.held)
            armed = self._watchdog.timeout if self._watchdog is not None else 0
            return {
                "re": "attach",
                "held": held,
                "lapsed": list(lapsed),
                "deadline": guard.deadline,
                "solo": guard.solo,
                "watchdog": armed,
            }
        key = str(said.get("key", ""))
        if what == "entrust":
            trusted, number = Trusted.of(said["plan"]), said["n"]
            ok = guard.entrust(key, now)
            if ok:
                self._trusted[key] = trusted
            return {"re": "entrust", "n": number, "ok": ok}
        if what == "release":
            guard.release(key)
            self._forget()
            return {}
        if what == "give up":
            guard.give_up(key)
            return {}
        if what == "bye":
            self.over = not guard.groups
            return {"re": "bye", "ok": self.over}
        raise KeyError(what)

    def _forget(self) -> None:
        """Let go of what is entrusted no more; programs that run are let run to their end."""
        for key in [key for key in self._trusted if key not in self.guard.groups]:
            del self._trusted[key]
            stops = self._stops.pop(key, None)
            if stops is not None:
                stops.leave_it()
                self._left.append(stops)

    def work(self, now: float) -> None:
        """Release what has lapsed, go on with it, feed the watchdog."""
        over = self.guard.look(now)
        if over or (self.guard.lapsed and now >= self._look_again):
            self._look_again = now + WATCHFUL
            self._remove()
        for key in over:
            self._say(
                "CRIT", f"the deadline has passed by {now - self.guard.deadline:.3f} s: releasing {key}"
            )
            self._stops[key] = StopList(self._trusted[key].programs)
        for stops in self._left:
            stops.advance(now)
        self._left = [one for one in self._left if not one.over]
        for key, stops in list(self._stops.items()):
            self._advance(key, stops, now)
        if self._watchdog is None:
            return
        if self.guard.feeds(now, self._stop_within):
            self._watchdog.feed(now)
        elif not self._starving:
            self._starving = True
            self._say("CRIT", "what has lapsed is not released in time: the watchdog gets no more food")

    def _remove(self) -> None:
        """Remove the addresses of everything that has lapsed."""
        lapsed = [key for key, state in self.guard.groups.items() if state != HELD]
        addresses = frozenset(one for key in lapsed for one in self._trusted[key].addresses)
        try:
            troubles = self._kernel.remove(addresses) if addresses else []
        except OSError as problem:
            troubles = [str(problem)]
        for trouble in troubles:
            self._say("CRIT", f"an address cannot be removed: {trouble}")

    def _advance(self, key: str, stops: StopList, now: float) -> None:
        stops.advance(now)
        for trouble in stops.troubles:
            self._say("ERROR", trouble)
        stops.troubles.clear()
        if stops.done or stops.failed:
            self._left.append(self._stops.pop(key))
            self.guard.finished(key, stops.done)
            if stops.done:
                self._say("WARN", f"{key} is released")
            else:
                self._say("CRIT", f"{key} cannot be released: nobody knows whether it runs here")

    def wait(self, now: float) -> float:
        """Return how long nothing is to be done."""
        moments = [now + 3600.0]
        if HELD in self.guard.groups.values():
            moments.append(self.guard.deadline)
        if self._stops or self._left:
            moments.append(now + POLL)
        if self.guard.lapsed:
            moments.append(self._look_again)
        if self._watchdog is not None:
            moments.append(now + self._watchdog.period / 2)
        return max(0.0, min(moments) - now)


def _program(said: dict[str, Any]) -> Program:
    words, environment = list(said["words"]), dict(said["environment"])
    if not words or not all(isinstance(one, str) for one in (*words, *environment, *environment.values())):
        raise TypeError("not a program")
    return Program(words, environment, float(said["timeout"]))


def peer_of(connection: socket.socket) -> int:
    """Return the user of the other end."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(raw)[1])

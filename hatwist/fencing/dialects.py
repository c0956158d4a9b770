# -*- test-case-name: tests.fencing.test_dialects -*-
"""
How the programs of devices are spoken to, and what their answers mean: two
conventions, as pure functions.

What a device is told goes to the program's stdin, where no other process sees it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final, Protocol

from hatwist.fencing.results import Answer, FenceOutcome
from hatwist.resources.process import Ran
from hatwist.resources.reporting import last_words


class Order(Enum):
    """What can be asked of a device."""

    RESET = "reset"
    OFF = "off"
    ON = "on"
    STATUS = "status"


STONITH_WORDS: Final[Mapping[int, str]] = MappingProxyType(
    {
        1: "bad configuration",
        2: "no access",
        3: "invalid",
        4: "it does not control this host",
        5: "reset failed",
        6: "time-out",
        7: "the host is off",
        8: "it does not work",
    }
)
"""What the exit status of C{stonith} means."""

STONITH_TIMEOUT: Final = 6
STONITH_IS_OFF: Final = 7

AGENT_TIMEOUT: Final = 5

AGENT_PREFIX: Final = "fence_"
"""How the name of a fence agent begins."""

_AGENT_ACTIONS: Final[Mapping[Order, str]] = MappingProxyType(
    {Order.RESET: "reboot", Order.OFF: "off", Order.ON: "on", Order.STATUS: "monitor"}
)


class Dialect(Protocol):
    """How one family of programs is spoken to."""

    def words(self, program: str, kind: str, parameters: str, order: Order, host: str) -> list[str]:
        """Return the words that start it; none of them is secret."""

    def told(self, parameters: str, order: Order, host: str) -> str:
        """Return what it is told on its stdin."""

    def judge(self, order: Order, ran: Ran) -> Answer:
        """Judge how it ended."""


class StonithCommand:
    """The C{stonith} command of cluster-glue."""

    def words(self, program: str, kind: str, parameters: str, order: Order, host: str) -> list[str]:
        """See L{Dialect.words}; the command refuses a file without a line."""
        given = ["-F", "/dev/stdin"] if parameters.strip() else ["-p", ""]
        asked = ["-S"] if order is Order.STATUS else ["-T", order.value, host]
        return [program, "-t", kind, *given, *asked]

    def told(self, parameters: str, order: Order, host: str) -> str:
        """See L{Dialect.told}; the command takes the first line that is not a comment."""
        return f"{parameters}\n"

    def judge(self, order: Order, ran: Ran) -> Answer:
        """
        See L{Dialect.judge}.

        That the host is off already is as good as a reset: the device says so.
        """
        if ran.timed_out:
            return _late(ran)
        if ran.succeeded or (ran.status == STONITH_IS_OFF and order in (Order.RESET, Order.OFF)):
            return Answer(FenceOutcome.CONFIRMED, last_words(ran.output))
        outcome = FenceOutcome.TIMED_OUT if ran.status == STONITH_TIMEOUT else FenceOutcome.FAILED
        said = STONITH_WORDS.get(ran.code, "")
        return Answer(outcome, _joined(f"exit status {ran.code}", said, last_words(ran.output)))


class FenceAgent:
    """A program of fence-agents: C{option=value} lines on stdin, one action."""

    def words(self, program: str, kind: str, parameters: str, order: Order, host: str) -> list[str]:
        """See L{Dialect.words}."""
        return [program]

    def told(self, parameters: str, order: Order, host: str) -> str:
        """See L{Dialect.told}; what the parameters say of C{action} and C{plug} does not count."""
        ours = {"action": _AGENT_ACTIONS[order]}
        if order is not Order.STATUS:
            ours |= {"nodename": host, "plug": host}
        theirs = [
            line
            for line in (one.strip() for one in parameters.splitlines())
            if line and not line.startswith("#") and line.partition("=")[0].strip() not in _OURS
        ]
        return "".join(f"{line}\n" for line in [*theirs, *(f"{key}={value}" for key, value in ours.items())])

    def judge(self, order: Order, ran: Ran) -> Answer:
        """See L{Dialect.judge}; an agent has looked whether it worked before it exits with 0."""
        if ran.timed_out:
            return _late(ran)
        if ran.succeeded:
            return Answer(FenceOutcome.CONFIRMED, last_words(ran.output))
        outcome = FenceOutcome.TIMED_OUT if ran.status == AGENT_TIMEOUT else FenceOutcome.FAILED
        return Answer(outcome, _joined(f"exit status {ran.code}", last_words(ran.output)))


def dialect_of(kind: str) -> Dialect:
    """Return how the program of a type of device is spoken to."""
    return FenceAgent() if is_agent(kind) else StonithCommand()


def is_agent(kind: str) -> bool:
    """Say whether a type of device is a fence agent, by name or by path."""
    return kind.rpartition("/")[2].startswith(AGENT_PREFIX)


_OURS: Final = frozenset({"action", "plug", "port", "nodename", "option"})


def _late(ran: Ran) -> Answer:
    return Answer(FenceOutcome.TIMED_OUT, _joined("its time was up", last_words(ran.output)))


def _joined(*words: str) -> str:
    return ": ".join(filter(None, words))

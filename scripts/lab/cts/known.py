# -*- test-case-name: tests.lab.test_cts_table -*-
"""
Failures of classes that are meant to be, or that are heartbeat's own, each with its reason; pure.

They are shown, and do not make a run fail.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from scripts.lab.cts.run import Result


@dataclass(frozen=True)
class Known:
    """
    One of them.

    @ivar daemons: a regular expression for what the nodes run, as C{hatwist+heartbeat}.
    @ivar name: one for the names of classes.
    @ivar problem: one for each problem.
    """

    daemons: str
    name: str
    problem: str
    reason: str

    def covers(self, result: Result, problem: str) -> bool:
        """Tell whether this is it."""
        daemons = "+".join(daemon.value for daemon in result.daemons)
        texts = ((self.daemons, daemons), (self.name, result.name), (self.problem, problem))
        return all(re.search(expression, text) for expression, text in texts)


KNOWN: Final[tuple[Known, ...]] = (
    Known(
        "hatwist",
        "^Split_brain$",
        "no line like.*Initial resource acquisition complete",
        "hatwist does not start anew after a split: what is at home stays, the other lets go",
    ),
    Known(
        "heartbeat",
        "^Split_brain$",
        r"heartbeat: .*CRIT: Late heartbeat: Node .* \(> deadtime\)",
        "heartbeat says so at the end of every split, and its class has no exception for it",
    ),
    Known(
        r"heartbeat\+hatwist|hatwist\+heartbeat",
        "^Split_brain",
        r"heartbeat: .*ERROR: Ignored standby message 'other' from",
        "at the end of a split heartbeat asks a node to take its groups home, then declares it dead, then"
        " hears the answer",
    ),
)


def reason(result: Result, known: Iterable[Known] = KNOWN) -> str | None:
    """
    Return why a failure is known.

    @return: C{None} unless every problem is.
    """
    known = tuple(known)
    found = [
        next((one.reason for one in known if one.covers(result, problem)), None)
        for problem in result.problems
    ]
    reasons = [one for one in found if one is not None]
    return "; ".join(dict.fromkeys(reasons)) if reasons and len(reasons) == len(found) else None

# -*- test-case-name: tests.lab.test_soak_table -*-
"""
Failures that are known, each with its reason, until they are mended.

They are shown, and do not make a run fail.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from scripts.lab.soak.choices import Choice


@dataclass(frozen=True)
class Known:
    """
    One of them.

    @ivar configuration: a regular expression for the names of choices.
    @ivar scenario: one for the names of scenarios.
    @ivar problem: one for each problem.
    """

    configuration: str
    scenario: str
    problem: str
    reason: str

    def covers(self, choice: Choice, scenario: str, problem: str) -> bool:
        """Tell whether this is it."""
        texts = ((self.configuration, choice.name), (self.scenario, scenario), (self.problem, problem))
        return all(re.search(expression, text) for expression, text in texts)


KNOWN: Final[tuple[Known, ...]] = (
    Known(
        r"heartbeat",
        r"^(start|killed|restart both|stop together|death together)",
        r"Both machines own",
        "heartbeat fails back while its own takeover still runs, when a node is back at its deadtime; "
        "hatwist asks it to let go",
    ),
    Known(
        r"heartbeat",
        r"^loss",
        r"Both machines own",
        "heartbeat believes a claim that was lost and comes after its successor; so do two of its kind",
    ),
)


def reason(
    choice: Choice, scenario: str, problems: Iterable[str], known: Iterable[Known] = KNOWN
) -> str | None:
    """
    Return why a failure is known.

    @return: C{None} unless every problem is.
    """
    known = tuple(known)
    found = [
        next((one.reason for one in known if one.covers(choice, scenario, problem)), None)
        for problem in problems
    ]
    if not found or None in found:
        return None
    return "; ".join(dict.fromkeys(one for one in found if one is not None))

# -*- test-case-name: tests.lab.test_soak_covering -*-
"""
Few choices in which each pair of values occurs; pure.

Each choice goes with a share of the scenarios, so that every scenario meets every
auto_failback on both primaries.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Final

from scripts.lab.soak.choices import Choice, Daemons, every
from scripts.lab.soak.scenarios import Scenario

PARTS: Final = ("medium", "auth", "failback", "daemons")

Pair = tuple[str, object, str, object]


def pairs(choice: Choice) -> frozenset[Pair]:
    """Return the pairs of values in a choice."""
    return frozenset(
        (one, getattr(choice, one), other, getattr(choice, other)) for one, other in combinations(PARTS, 2)
    )


def covering(daemons: tuple[Daemons, ...]) -> list[Choice]:
    """
    Return a set of choices in which every pair that there is occurs, greedily small.

    It is the same at each call.
    """
    candidates = every(daemons)
    missing = frozenset[Pair]().union(*(pairs(choice) for choice in candidates))
    found: list[Choice] = []
    while missing:
        best = max(candidates, key=lambda choice: len(pairs(choice) & missing))
        found.append(best)
        missing -= pairs(best)
    return found


def shares(choices: Sequence[Choice], scenarios: Sequence[Scenario]) -> list[tuple[Choice, list[Scenario]]]:
    """
    Deal scenarios out to choices.

    Choices that agree in failback and daemons share: each of the scenarios is
    played by one of them.
    """
    groups: dict[tuple[object, object], list[Choice]] = {}
    for choice in choices:
        groups.setdefault((choice.failback, choice.daemons), []).append(choice)
    dealt: list[tuple[Choice, list[Scenario]]] = []
    for group in groups.values():
        for number, choice in enumerate(group):
            dealt.append((choice, list(scenarios[number :: len(group)])))
    return dealt

# -*- test-case-name: tests.lab.test_soak_walk -*-
"""
Walk through scenarios at random, in the same way for the same seed; pure.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

from scripts.lab.soak.choices import Choice, Daemons, every
from scripts.lab.soak.scenarios import Scenario, plain
from scripts.lab.soak.storms import storms

LIFE: Final = 8
"""Scenarios that one cluster lives through."""
STORMY: Final = 0.7
"""The share of scenarios in which two things come together."""
LONGEST: Final = 0.6
"""Seconds between the two, at most."""


def life(seed: int, number: int, daemons: tuple[Daemons, ...]) -> tuple[Choice, list[Scenario]]:
    """
    Return a cluster and what it goes through.

    @param number: which life, from 1; each depends on nothing but the seed and this.
    """
    chance = random.Random(f"{seed}/{number}")
    choice = chance.choice(every(daemons))
    return choice, [_scenario(chance, choice) for _ in range(LIFE)]


def lives(
    seed: int, iterations: int, daemons: tuple[Daemons, ...]
) -> Iterator[tuple[int, Choice, list[Scenario]]]:
    """Return lives, with their numbers, that have so many scenarios together."""
    for number, begun in enumerate(range(0, iterations, LIFE), 1):
        choice, scenarios = life(seed, number, daemons)
        yield number, choice, scenarios[: iterations - begun]


def _scenario(chance: random.Random, choice: Choice) -> Scenario:
    """Draw one that fits."""
    pool = storms(chance.uniform(0, LONGEST)) if chance.random() < STORMY else plain()
    return chance.choice([scenario for scenario in pool if scenario.fits(choice)])

"""
Throw nonsense at nodes for as long as one likes: C{python -m tests.fuzz --help}.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable

from tests.fuzz.forgery import forge
from tests.fuzz.plumbing import refused
from tests.fuzz.siege import besiege
from tests.wire.captures import CAPTURES

FORGERY_EVERY = 10
"""One run in so many is without the key."""

ROUNDS = (20, 3)
"""Mutants of each kind in a minute, and minutes."""


def main(arguments: list[str]) -> int:
    """
    Play runs, each from a seed of its own.

    @return: 0; 1 when something did harm.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="begin no further run after so long (60)")
    parser.add_argument("--seed", type=int, default=1, help="of the first run; the next has one more (1)")
    parser.add_argument("--runs", type=int, default=sys.maxsize, help="at most so many")
    parser.add_argument("--steps", type=int, default=60, help="of each run (60)")
    wanted = parser.parse_args(arguments)
    end = time.monotonic() + wanted.seconds
    thrown: Counter[str] = Counter()
    seed = wanted.seed
    while seed < wanted.seed + wanted.runs and (seed == wanted.seed or time.monotonic() < end):
        if not _survived(seed, wanted.steps, thrown):
            return 1
        seed += 1
    print(f"{seed - wanted.seed} runs, seeds {wanted.seed} to {seed - 1}: no harm was done by")
    print("\n".join(f"{count:9} {kind}" for kind, count in sorted(thrown.items())))
    return 0


def _survived(seed: int, steps: int, thrown: Counter[str]) -> bool:
    play: Callable[[int, int, Counter[str]], None] = _besiege
    if seed % FORGERY_EVERY == 0:
        play = _forge
    try:
        play(seed, steps, thrown)
    except Exception:  # noqa: BLE001  (whatever a node raises is what is looked for)
        traceback.print_exc()
        print(f"to see it again: python -m tests.fuzz --seed {seed} --runs 1 --steps {steps}")
        return False
    return True


def _forge(seed: int, steps: int, thrown: Counter[str]) -> None:
    name = tuple(CAPTURES)[seed // FORGERY_EVERY % len(CAPTURES)]
    thrown["what is not authentic"] += forge(seed, name, *ROUNDS)


def _besiege(seed: int, steps: int, thrown: Counter[str]) -> None:
    siege = besiege(seed, steps)
    thrown.update(siege.tally)
    bad = refused(list(siege.sent.values()))
    assert not bad, f"libplumb does not read {bad[0][:2000]!r}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

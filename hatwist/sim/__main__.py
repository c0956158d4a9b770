"""
Play scenarios and storms by hand: C{python -m hatwist.sim --help}.
"""

from __future__ import annotations

import argparse
import sys

from hatwist.sim.auditor import Violation
from hatwist.sim.script import Script, read_blocks, write_blocks
from hatwist.sim.storm import orders, run_storm


def main(arguments: list[str]) -> int:
    """
    Play what is asked for.

    @return: 0; 1 when an auditor objected or a record differs.
    """
    parser = argparse.ArgumentParser(prog="python -m hatwist.sim", description=__doc__)
    parser.add_argument("files", nargs="*", metavar="FILE", help="scenario files to play and compare")
    parser.add_argument("--seed", type=int, default=1, help="the world's seed for FILEs (default 1)")
    parser.add_argument("--rewrite", action="store_true", help="record what happens in the FILEs")
    parser.add_argument("--storm", type=int, metavar="SEED", help="play one storm, with its transcript")
    parser.add_argument("--trace", action="store_true", help="show what the nodes of that storm say")
    parser.add_argument("--storms", metavar="FIRST-LAST", help="play many storms, seeds FIRST to LAST")
    wanted = parser.parse_args(arguments)
    if wanted.storm is not None:
        return _storm(wanted.storm, wanted.trace)
    if wanted.storms:
        first, _, last = wanted.storms.partition("-")
        return _storms(range(int(first), int(last) + 1))
    return max([_play(path, wanted.seed, wanted.rewrite) for path in wanted.files], default=0)


def _play(path: str, seed: int, rewrite: bool) -> int:
    with open(path, encoding="utf-8") as file:
        before = file.read()
    script = Script(seed)
    after = write_blocks(script.play(block) for block in read_blocks(before))
    if rewrite:
        with open(path, "w", encoding="utf-8") as file:
            file.write(after)
        return 0
    print(f"{path}: {'as recorded' if before == after else 'differs; see it with --rewrite and a diff'}")
    return 0 if before == after else 1


def _storm(seed: int, trace: bool) -> int:
    script = Script(seed)
    for order in orders(seed):
        print(f"> {order}")
        if trace and order.startswith("boot"):
            script.order("trace")
        try:
            script.order(order)
        except Violation as violation:
            print("\n".join(script.world.transcript.take()))
            print(f"VIOLATION: {violation}")
            return 1
        if not order.startswith(("nodes", "group")):
            print("\n".join(script.world.transcript.take()))
    return 0


def _storms(seeds: range) -> int:
    violations = events = 0
    for seed in seeds:
        try:
            events += run_storm(seed).world.events
        except Violation as violation:
            violations += 1
            print(violation)
    print(f"{len(seeds)} storms, {events} events, {violations} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

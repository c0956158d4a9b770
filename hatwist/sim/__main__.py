"""
Play scenarios and storms by hand: C{python -m hatwist.sim --help}.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from difflib import unified_diff

from hatwist.sim.auditor import Violation
from hatwist.sim.script import SEPARATOR, Script, ScriptError, read_blocks, write_blocks
from hatwist.sim.shrink import shrink
from hatwist.sim.storm import orders, run_storm


def main(arguments: list[str]) -> int:
    """
    Play what is asked for.

    @return: 0; 1 when an auditor objected, a record differs, or an order makes
        no sense.
    """
    parser = argparse.ArgumentParser(prog="python -m hatwist.sim", description=__doc__)
    parser.add_argument("files", nargs="*", metavar="FILE", help="scenario files to play and compare")
    parser.add_argument("--rewrite", action="store_true", help="record what happens in the FILEs")
    parser.add_argument("--storm", type=int, metavar="SEED", help="play one storm, with its transcript")
    parser.add_argument("--trace", action="store_true", help="with --storm: show what the nodes say")
    parser.add_argument("--shrink", type=int, metavar="SEED", help="find out what a storm's violation needs")
    parser.add_argument("--orders", type=int, metavar="SEED", help="write a storm as a scenario file")
    parser.add_argument("--storms", metavar="FIRST-LAST", help="play many storms, seeds FIRST to LAST")
    wanted = parser.parse_args(arguments)
    if wanted.orders is not None:
        print("\n".join((*orders(wanted.orders), SEPARATOR)))
        return 0
    if wanted.shrink is not None:
        return _shrink(wanted.shrink)
    if wanted.storm is not None:
        return _storm(wanted.storm, wanted.trace)
    if wanted.storms:
        first, _, last = wanted.storms.partition("-")
        return _storms(range(int(first), int(last or first) + 1))
    return max([_play(path, wanted.rewrite) for path in wanted.files], default=0)


def _play(path: str, rewrite: bool) -> int:
    with open(path, encoding="utf-8") as file:
        before = file.read()
    script = Script()
    try:
        after = write_blocks([script.play(block) for block in read_blocks(before)])
    except (ScriptError, Violation) as error:
        print("\n".join(script.take()))
        print(f"{path}: {type(error).__name__}: {error}")
        return 1
    if rewrite:
        with open(path, "w", encoding="utf-8") as file:
            file.write(after)
        return 0
    sys.stdout.writelines(
        f"{line}\n"
        for line in unified_diff(before.splitlines(), after.splitlines(), "recorded", "now", lineterm="")
    )
    print(f"{path}: {'as recorded' if before == after else 'differs'} ({script.digest})")
    return 0 if before == after else 1


def _storm(seed: int, trace: bool) -> int:
    script = Script()
    for order in orders(seed):
        print(f"> {order}")
        if trace and order.startswith("clock"):
            script.order("trace")
        try:
            script.order(order)
        except Violation as violation:
            print("\n".join((*script.take(), f"VIOLATION: {violation}")))
            return 1
        sys.stdout.writelines(f"{line}\n" for line in script.take())
    return 0


def _shrink(seed: int) -> int:
    kept, violation = shrink(orders(seed))
    if not violation:
        print(f"storm {seed}: nothing found")
        return 0
    print("\n".join((f"# {violation}", *kept, SEPARATOR)))
    return 1


def _storms(seeds: range) -> int:
    violations = events = 0
    digest = hashlib.sha256()
    for seed in seeds:
        try:
            script = run_storm(seed)
            events += script.world.events
            digest.update(script.digest.encode())
        except Violation as violation:
            violations += 1
            print(violation, flush=True)
    found = f"{violations} violations" if violations else f"nothing found ({digest.hexdigest()[:16]})"
    print(f"{len(seeds)} storms, {events} events, {found}")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

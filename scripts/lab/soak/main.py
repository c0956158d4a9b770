# -*- test-case-name: tests.lab.test_soak -*-
"""
Let clusters live through scenarios and audit them after each.

Run it by C{./scripts/soak}, which sets up what it needs.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from scripts.lab import command
from scripts.lab.nodes import HeartbeatNode
from scripts.lab.soak import complaints
from scripts.lab.soak.choices import MIXED, PAIR, REFERENCE, Choice, Daemons, every
from scripts.lab.soak.complaints import Reference, general
from scripts.lab.soak.covering import covering, shares
from scripts.lab.soak.jobs import side_by_side
from scripts.lab.soak.life import Outcome, live
from scripts.lab.soak.scenarios import Scenario, plain
from scripts.lab.soak.storms import storms
from scripts.lab.soak.table import result, table
from scripts.lab.soak.walk import life, lives


@dataclass(frozen=True)
class Work:
    """
    What one cluster after the other has to live through.

    @ivar label: put before its result.
    """

    choice: Choice
    scenarios: Sequence[Scenario]
    label: str = ""


STORM: Final = 0.1
"""Seconds between two things that come together, where nobody draws them."""

KINDS: Final[dict[str, tuple[Daemons, ...]]] = {"mixed": MIXED, "pair": PAIR, "reference": REFERENCE}


def main(arguments: Sequence[str]) -> int:
    """Play and print; return the exit status: 0 when all was well."""
    options = _parser().parse_args(arguments)
    further = HeartbeatNode.obstacle() if options.kind != "pair" else None
    return command.run(partial(_soak, options), further)


def play(work: Work, reference: Reference | None, keep: Path) -> tuple[Work, list[Outcome]]:
    """Play everything; see L{live}."""
    return work, list(live(work.choice, work.scenarios, reference, keep / work.label.strip()))


def _soak(options: argparse.Namespace) -> int:
    keep = Path(options.logs or tempfile.mkdtemp(prefix="soak-"))
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(1_000_000)
    reference = None if options.kind == "reference" else complaints.load()
    work = _work(options)
    print(f"{len(work)} lives, {options.jobs} at a time; logs of what fails: {keep}", flush=True)
    if options.iterations or options.life:
        print(f"seed {options.seed}; again, one of them: --{options.kind} --seed {options.seed} --life N")
    outcomes: list[Outcome] = []
    for one, lived in side_by_side([partial(play, one, reference, keep) for one in work], options.jobs):
        outcomes += lived
        print(one.label + result(lived), flush=True)
        if options.kind == "reference":
            _record(lived)
    print(table(outcomes))
    if options.kind == "reference":
        return 0
    return 0 if all(not outcome.problems or outcome.known for outcome in outcomes) else 1


def _work(options: argparse.Namespace) -> list[Work]:
    """Return who plays what."""
    kinds, scenarios = KINDS[options.kind], plain()
    if options.scenario or options.kind == "reference":
        scenarios += storms(STORM)
    if options.scenario:
        scenarios = [scenario for scenario in scenarios if scenario.name in options.scenario] * options.times
    if options.configuration:
        return [Work(choice, scenarios) for choice in options.configuration]
    if options.life:
        return [Work(*life(options.seed, number, kinds), f"life {number:<3} ") for number in options.life]
    if options.iterations:
        drawn = lives(options.seed, options.iterations, kinds)
        return [Work(choice, walk, f"life {number:<3} ") for number, choice, walk in drawn]
    if options.full:
        return [Work(choice, scenarios) for choice in every(kinds)]
    if options.kind == "reference":
        return [Work(choice, scenarios) for choice in covering(kinds)]
    return [Work(*share) for share in shares(covering(kinds), scenarios)]


def _record(outcomes: Iterable[Outcome]) -> None:
    """Add what heartbeat complained of to the file that is kept with the tests."""
    seen = [{general(outcome.scenario): outcome.complaints} for outcome in outcomes]
    complaints.REFERENCE.write_text(complaints.render(complaints.merge([complaints.load(), *seen])))


_EXPLANATION: Final = """\
Without --full or --iterations a covering set: each two choices occur together, and each scenario
meets each auto_failback on both primaries.

A configuration is named medium,signature,auto_failback,node01+node02, for example
bcast,crc,on,hatwist+heartbeat.  Names of scenarios are those of the table: "death node01".

The status is 1 when a scenario failed for a reason that is not known; docs/lab.md tells what the
audit looks at.
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./scripts/soak",
        description=(__doc__ or "").strip().splitlines()[0],
        epilog=_EXPLANATION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    kind = parser.add_mutually_exclusive_group(required=True)
    for name, text in (
        ("mixed", "a node with hatwist and one with heartbeat 3.0.6; needs root"),
        ("pair", "two nodes with hatwist"),
        ("reference", "two nodes with heartbeat; writes down what they complain of; needs root"),
    ):
        kind.add_argument(f"--{name}", dest="kind", action="store_const", const=name, help=text)
    parser.add_argument("--full", action="store_true", help="all scenarios in every configuration")
    parser.add_argument("--iterations", type=int, metavar="N", help="so many scenarios drawn at random")
    parser.add_argument("--seed", type=int, metavar="S", help="draw as a run with this seed did")
    parser.add_argument("--life", type=int, action="append", metavar="N", help="only this life of a run")
    parser.add_argument("--jobs", type=int, default=3, metavar="N", help="labs side by side, 3 if not given")
    parser.add_argument("--logs", metavar="DIR", help="where to keep the logs of what fails")
    parser.add_argument(
        "--configuration",
        type=Choice.parse,
        action="append",
        metavar="NAME",
        help="this one, as it is printed",
    )
    parser.add_argument("--scenario", action="append", metavar="NAME", help="this one, as it is printed")
    parser.add_argument("--times", type=int, default=1, metavar="N", help="so often, with --scenario")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

# -*- test-case-name: tests.lab.test_cts -*-
"""
Let clusters go through the test classes of heartbeat's own test suite, and print one table.

Run it by C{./scripts/soak --cts}, which sets up what it needs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from scripts.lab import command
from scripts.lab.cts.classes import CLASSES, LEFT_OUT, TestClass
from scripts.lab.cts.known import reason
from scripts.lab.cts.run import Result, parts, play
from scripts.lab.cts.table import detection, table, told
from scripts.lab.nodes import HeartbeatNode
from scripts.lab.soak.choices import MIXED, PAIR, REFERENCE, Daemons
from scripts.lab.soak.jobs import side_by_side

KINDS: Final[dict[str, tuple[Daemons, ...]]] = {
    "pair": PAIR,
    "mixed": MIXED,
    "reference": REFERENCE,
    "all": PAIR + MIXED + REFERENCE,
}


def main(arguments: Sequence[str]) -> int:
    """Play and print; return the exit status: 0 when nothing failed that is not known."""
    options = _parser().parse_args(arguments)
    further = HeartbeatNode.obstacle() if options.cts != "pair" else None
    return command.run(partial(_cts, options), further)


def _cts(options: argparse.Namespace) -> int:
    keep = Path(options.logs or tempfile.mkdtemp(prefix="cts-"))
    print(f"logs of what fails: {keep}", flush=True)
    chosen = [one for one in CLASSES if not options.choose or one.name in options.choose]
    pieces = [
        partial(_told, daemons, chosen, keep / "+".join(one.value for one in daemons), options.old_form)
        for daemons in KINDS[options.cts]
    ]
    results = [result for lived in side_by_side(pieces, options.jobs) for result in lived]
    print("", table(results), "", detection(results), "", sep="\n")
    for name, why in LEFT_OUT.items():
        print(f"{name}: {why}")
    return 1 if any(result.problems and not reason(result) for result in results) else 0


def _told(daemons: Daemons, chosen: Sequence[TestClass], keep: Path, old_form: bool) -> list[Result]:
    results = []
    for result in play(daemons, parts([one for one in chosen if one.fits(daemons)]), keep, old_form):
        print(told(result), flush=True)
        results.append(result)
    return [result for result in results if not result.void]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./scripts/soak", description=(__doc__ or "").strip().splitlines()[0]
    )
    parser.add_argument(
        "--cts",
        nargs="?",
        choices=list(KINDS),
        const="all",
        required=True,
        help="which clusters; everything but a pair of hatwist nodes needs root",
    )
    parser.add_argument("--choose", action="append", metavar="TEST", help="this class, as it is printed")
    parser.add_argument("--old-form", action="store_true", help="with syslogmsgfmt off in ha.cf")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="labs side by side, 2 if not given")
    parser.add_argument("--logs", metavar="DIR", help="where to keep the logs of what fails")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

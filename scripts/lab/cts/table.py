# -*- test-case-name: tests.lab.test_cts_table -*-
"""
How test classes ended, on several kinds of cluster beside each other; pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from scripts.lab.cts.classes import CLASSES, LEFT_OUT
from scripts.lab.cts.known import reason
from scripts.lab.cts.run import Result
from scripts.lab.soak.choices import MIXED, PAIR, REFERENCE, Daemons

COLUMNS: Final[Mapping[Daemons, str]] = {
    PAIR[0]: "hatwist pair",
    MIXED[0]: "mixed (C second)",
    MIXED[1]: "mixed (C first)",
    REFERENCE[0]: "heartbeat pair",
}


def table(results: Iterable[Result]) -> str:
    """Return a row for each class and a column for each kind of cluster, as Markdown."""
    found: dict[tuple[str, Daemons], list[Result]] = {}
    for result in results:
        found.setdefault((result.name, result.daemons), []).append(result)
    rows = [_row("test", list(COLUMNS.values())), _row("---", ["---"] * len(COLUMNS))]
    for one in CLASSES:
        cells = [
            _cell(found.get((one.name, daemons), ())) if one.fits(daemons) else "not applicable"
            for daemons in COLUMNS
        ]
        rows.append(_row(one.name, cells))
    return "\n".join(rows + [_row(name, ["not applicable"] * len(COLUMNS)) for name in LEFT_OUT])


def told(result: Result) -> str:
    """Return a line for one result, and what was wrong."""
    word = "void, again" if result.void else "failed" if result.problems else "passed"
    name = f"{COLUMNS[result.daemons]}: {result.name} with {result.node}"
    known = reason(result)
    lines = [f"{name:<56} {result.seconds:5.1f} s  {word}" + (f" (known: {known})" if known else "")]
    lines += [f"    {problem}" for problem in result.problems]
    return "\n".join(lines)


def detection(results: Iterable[Result]) -> str:
    """Return what DetectionTime measured: after how many milliseconds deaths were seen."""
    taken: dict[Daemons, list[float]] = {}
    for result in results:
        taken.setdefault(result.daemons, []).extend(1000 * seconds for seconds in result.detected)
    return "\n".join(
        f"{COLUMNS[daemons]}: death seen after {min(times):.0f} to {max(times):.0f} ms,"
        f" mean {sum(times) / len(times):.0f} ms"
        for daemons, times in taken.items()
        if times
    )


def _cell(results: Sequence[Result]) -> str:
    failed = sum(bool(result.problems) for result in results)
    if not results:
        return "not played"
    if not failed:
        return "passed"
    return "failed" if failed == len(results) else f"failed ({failed} of {len(results)})"


def _row(name: str, cells: Sequence[str]) -> str:
    return f"| {' | '.join([name, *cells])} |"

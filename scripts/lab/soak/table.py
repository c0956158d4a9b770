# -*- test-case-name: tests.lab.test_soak_table -*-
"""
Show how scenarios ended; pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from scripts.lab.soak.life import Outcome


def result(outcomes: Sequence[Outcome]) -> str:
    """Return a line for a configuration, and what went wrong there."""
    seconds = sum(outcome.seconds for outcome in outcomes)
    failed = [outcome for outcome in outcomes if outcome.problems]
    word = f"{len(failed)} failed" if failed else "ok"
    lines = [f"{outcomes[0].choice.name:<40} {len(outcomes):3} scenarios {seconds:5.0f} s  {word}"]
    for outcome in failed:
        lines.append(f"    {outcome.scenario}{f' (known: {outcome.known})' if outcome.known else ''}")
        lines += [f"        {problem}" for problem in outcome.problems]
        lines.append(f"        logs: {outcome.logs}")
    return "\n".join(lines)


def table(outcomes: Sequence[Outcome]) -> str:
    """Return a line for each scenario: how often it was played, how it ended, how long it took."""
    by_name: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_name.setdefault(outcome.scenario, []).append(outcome)
    lines = [_row("scenario", ["played", "fine", "void", "known", "failed", "seconds", "longest"])]
    for name, played in [*by_name.items(), ("together", list(outcomes))]:
        known = sum(outcome.known is not None for outcome in played)
        fine = sum(outcome.fine for outcome in played)
        seconds = [outcome.seconds for outcome in played]
        void = sum(outcome.void and not outcome.problems for outcome in played)
        counts = [len(played), fine, void, known, len(played) - fine - void - known]
        times = [f"{sum(seconds) / len(seconds):.1f}", f"{max(seconds):.1f}"]
        lines.append(_row(name, [*map(str, counts), *times]))
    return "\n".join(lines)


def _row(name: str, cells: Sequence[str]) -> str:
    return f"{name:<28}" + "".join(f"{cell:>9}" for cell in cells)

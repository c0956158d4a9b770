# -*- test-case-name: tests.lab.test_soak_complaints -*-
"""
The lines of a log that complain, without what differs from run to run; pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from scripts.lab.configuration import CHECKOUT

REFERENCE: Final = CHECKOUT / "tests" / "lab" / "reference_complaints.txt"
"""What two nodes with heartbeat 3.0.6 complain of, made by C{./scripts/soak --reference}."""

_LINE: Final = re.compile(
    r"(?:\w{3} +\d+ [\d:]+ \S+ (?P<daemon>[\w-]+): \[\d+\]|[\d/]+_[\d:]+\s+(?P<script>[^\s(\[]+)\S*):"
    r"\s+(?P<word>ERROR|CRIT|CRITICAL|ALERT|EMERG): *(?P<text>.*)"
)
_SERIOUS: Final = re.compile(r"\b(ERROR|CRIT|CRITICAL|ALERT|EMERG):|Traceback|Unhandled")
_VARIES: Final = (
    (re.compile(r"\bnode0\d\b"), "NODE"),
    (re.compile(r"\b\d+\.\d+\.\d+\.\d+(/\d+)?\b"), "ADDRESS"),
    (re.compile(r"(?<![\w/])/[\w./:-]+"), "PATH"),
    (re.compile(r"\b0x[0-9a-f]+\b"), "N"),
    (re.compile(r"\d+"), "N"),
)

Reference = Mapping[str, frozenset[str]]
"""Patterns by the name of the scenario in which they were seen, itself a pattern."""


def pattern(line: str) -> str | None:
    """
    Return what a line of a log complains of.

    @return: where it is from, how serious, the text without names, numbers and
        paths; C{None} when it does not complain.
    """
    if _SERIOUS.search(line) is None:
        return None
    found = _LINE.match(line)
    if found is None:
        return general(line.strip())
    origin = found["daemon"] or found["script"].rpartition("/")[2]
    return f"{origin}: {found['word']}: {general(found['text'].strip())}"


def general(text: str) -> str:
    """Replace what differs from run to run."""
    for what, word in _VARIES:
        text = what.sub(word, text)
    return text


def patterns(log: str) -> list[str]:
    """Return each complaint of a log once, in the order of their first lines."""
    found = (pattern(line) for line in log.splitlines())
    return list(dict.fromkeys(one for one in found if one is not None))


def parse(text: str) -> Reference:
    """Read a file of complaints: C{scenario<TAB>pattern} lines, comments and empty lines."""
    known: dict[str, set[str]] = {}
    for line in text.splitlines():
        scenario, tab, one = line.partition("\t")
        if tab and not line.startswith("#"):
            known.setdefault(scenario, set()).add(one)
    return {scenario: frozenset(found) for scenario, found in known.items()}


def render(reference: Reference) -> str:
    """Write such a file, sorted."""
    lines = [
        "# What two nodes with heartbeat 3.0.6 complain of themselves, by scenario.",
        "# ./scripts/soak --reference adds to it; in a mixed cluster heartbeat may complain of nothing else.",
    ]
    for scenario in sorted(reference):
        lines += [f"{scenario}\t{one}" for one in sorted(reference[scenario])]
    return "\n".join(lines) + "\n"


def merge(references: Iterable[Reference]) -> Reference:
    """Return everything that any of them has."""
    known: dict[str, frozenset[str]] = {}
    for reference in references:
        for scenario, found in reference.items():
            known[scenario] = known.get(scenario, frozenset()) | found
    return known


def load(path: Path = REFERENCE) -> Reference:
    """Read the file that is kept with the tests."""
    return parse(path.read_text())

# -*- test-case-name: tests.config.test_reference -*-
"""
Print the documentation from the tables.
"""

from __future__ import annotations

from collections.abc import Sequence

from hatwist.config.directive import Directive
from hatwist.config.directives import TABLE
from hatwist.config.toml import KEYS, KeySpec


def directive_table() -> str:
    """Return the table of the directives of ha.cf, in Markdown."""
    head = ("directive", "default", "repeated", "exported", "state", "meaning")
    return _markdown(head, [_directive_row(row) for row in TABLE.values()])


def toml_table() -> str:
    """Return the table of the keys of hatwist.toml, in Markdown."""
    return _markdown(("key", "type", "default", "state", "meaning"), [_key_row(spec) for spec in KEYS])


def _directive_row(row: Directive) -> tuple[str, ...]:
    unit = f" Unit: {row.unit}." if row.unit else ""
    return (
        f"`{row.name} {row.syntax}`",
        f"`{row.default}`" if row.default else "",
        row.repeat.value,
        "yes" if row.recorded else "no",
        row.life.value,
        row.explanation + unit,
    )


def _key_row(spec: KeySpec) -> tuple[str, ...]:
    name = f"{spec.table}.{spec.name}" if spec.table else spec.name
    return (
        f"`{name}`",
        spec.type.__name__,
        f"`{spec.default}`" if spec.default else "",
        spec.life.value,
        spec.explanation,
    )


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)

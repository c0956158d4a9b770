# -*- test-case-name: tests.sim.test_shrink -*-
"""
Leave out of a storm whatever the violation does not need.

What remains is a scenario short enough to be read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hatwist.sim.auditor import Violation
from hatwist.sim.auditors import every
from hatwist.sim.script import Script, ScriptError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hatwist.sim.auditor import Auditor

_DETAILS: Final = re.compile(r"at [0-9.]+: |[0-9a-f./]*[0-9][0-9a-f./]*|alpha|beta")
"""What differs between two violations of the same kind: times, numbers, names."""


def shrink(
    orders: Iterable[str], auditors: Callable[[], tuple[Auditor, ...]] = every
) -> tuple[list[str], str]:
    """
    Drop orders, one by one and from the end, as long as the same kind of violation happens.

    @return: the orders that are left, and the violation; no orders when there
        is none.
    """
    kept = list(orders)
    found = _violation(kept, auditors)
    if not found:
        return [], ""
    before = len(kept) + 1
    while len(kept) < before:
        before = len(kept)
        for index in reversed(range(before)):
            fewer = kept[:index] + kept[index + 1 :]
            violation = _violation(fewer, auditors)
            if violation and _kind(violation) == _kind(found):
                kept, found = fewer, violation
    return kept, found


def _kind(violation: str) -> str:
    return _DETAILS.sub("", violation)


def _violation(orders: list[str], auditors: Callable[[], tuple[Auditor, ...]]) -> str:
    """Return what an auditor objects to; empty for nothing, or for orders that make no sense."""
    script = Script(auditors)
    try:
        for order in orders:
            script.order(order)
    except Violation as violation:
        return str(violation)
    except ScriptError:
        return ""
    return ""

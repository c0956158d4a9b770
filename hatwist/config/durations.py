# -*- test-case-name: tests.config.test_durations -*-
"""
Times as ha.cf writes them: C{2}, C{1.5}, C{500ms}, C{250000us}.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from hatwist.config.model import Seconds

MAX_DURATION: Final = 365 * 24 * 3600
"""Seconds; a longer time is a slip of the pen."""

_DURATION: Final = re.compile(r"(\d{1,12}\.?\d{0,12}|\.\d{1,12})([a-zA-Z]*)", re.ASCII)
_FACTORS: Final = {"": Decimal(1), "ms": Decimal("0.001"), "us": Decimal("0.000001")}
_LONG_UNITS: Final = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600}


def seconds(text: str) -> Seconds:
    """
    Read a time; without a unit it is in seconds.

    The original looks at the first two letters of the unit only, so C{msec}
    is C{ms}.

    @return: seconds, rounded to whole milliseconds.
    @raise ValueError: says what would be right.
    """
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError("write seconds, as 2 or 1.5, or milliseconds, as 500ms")
    number, unit = Decimal(found[1]), found[2].lower()
    factor = _FACTORS.get(unit[:2])
    if factor is None:
        raise ValueError(_other_unit(number, unit))
    value = (number * factor).quantize(Decimal("0.001"), ROUND_HALF_UP)
    if value > MAX_DURATION:
        raise ValueError(f"at most {MAX_DURATION} seconds")
    return float(value)


def milliseconds(duration: Seconds) -> int:
    """Return a time in milliseconds, as messages of the original have it."""
    return round(duration * 1000)


def _other_unit(number: Decimal, unit: str) -> str:
    if unit in _LONG_UNITS:
        return f"write {number * _LONG_UNITS[unit]:f}; a number without a unit is in seconds"
    return "the units are ms and us; a number without a unit is in seconds"

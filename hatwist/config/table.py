# -*- test-case-name: tests.config.test_fencing -*-
"""
One table of hatwist.toml: values of the right type, which may be nonsense all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hatwist.config.findings import Findings, shown
from hatwist.config.model import Position, Seconds

Good = Mapping[tuple[str, str], object]
"""The values of the right type, by table and key."""

Where = Callable[[str, str], Position]
"""Finds a key, or with an empty key its table."""


class TableReader:
    """Reads the keys of one table, and finds what is nonsense in them."""

    def __init__(self, table: str, good: Good, where: Where, findings: Findings) -> None:
        self._table = table
        self._good = good
        self._where = where
        self._findings = findings

    def refuse(self, key: str, text: str, remedy: str) -> None:
        """Say that a value is nonsense."""
        self._findings.error(self._where(self._table, key), "bad-value", text, remedy)

    def value(self, key: str) -> object:
        """Return whatever stands there; None if nothing does."""
        return self._good.get((self._table, key))

    def text(self, key: str) -> str:
        """Return a text; empty by default."""
        value = self.value(key)
        return value if isinstance(value, str) else ""

    def truth(self, key: str) -> bool:
        """Return whether it is true; false by default."""
        return self.value(key) is True

    def integer(self, key: str, default: int, low: int, high: int) -> int:
        """Return a whole number within bounds."""
        value = self._good.get((self._table, key), default)
        if isinstance(value, int) and low <= value <= high:
            return value
        self.refuse(key, f"{key} is out of range", f"a number from {low} to {high}")
        return default

    def seconds(self, key: str, default: Seconds, most: Seconds, least: Seconds = 1.0) -> Seconds:
        """Return a time within bounds."""
        value = self._good.get((self._table, key), default)
        if isinstance(value, int | float) and least <= value <= most:
            return float(value)
        self.refuse(key, f"{key} is out of range", f"seconds, from {least:g} to {most:g}")
        return default

    def delay(self, key: str, most: Seconds) -> Seconds | None:
        """Return a time that may be 0; None by default."""
        return None if self.value(key) is None else self.seconds(key, 0.0, most, 0.0)

    def path(self, key: str) -> str:
        """Return a full path; empty by default."""
        path = self.text(key)
        if path and not path.startswith("/"):
            self.refuse(key, f"{key}: {shown(path)} is not a full path", "write it from / on")
            return ""
        return path

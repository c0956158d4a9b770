# -*- test-case-name: tests.lab.test_cts_patterns -*-
"""
The logs of several nodes in one, as a log host gathers them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from scripts.lab.cts.patterns import gathered

Mark = Mapping[str, int]
"""How long each log was, in bytes, by host."""


class Journal:
    """
    The logs.

    @ivar files: the log of each host, by its name; one that is not there is empty.
    """

    def __init__(self, files: Mapping[str, Path]) -> None:
        self.files = files

    def mark(self) -> Mark:
        """Return a place to which one can come back: what is logged later lies behind it."""
        return {host: path.stat().st_size if path.exists() else 0 for host, path in self.files.items()}

    def since(self, mark: Mark) -> list[str]:
        """Return the whole lines behind a place, in each host's own order."""
        return [gathered(host, line) for host in self.files for line in self._fresh(host, mark[host])]

    def _fresh(self, host: str, offset: int) -> Iterable[str]:
        path = self.files[host]
        if not path.exists():
            return []
        with path.open("rb") as file:
            file.seek(offset)
            fresh = file.read()
        return fresh[: fresh.rfind(b"\n") + 1].decode(errors="replace").splitlines()

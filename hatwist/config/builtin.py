# -*- test-case-name: tests.config.test_builtin -*-
"""
The built-in address: what hatwist.toml says of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import frozen

if TYPE_CHECKING:
    from hatwist.config.table import TableReader

TABLE: Final = "addresses"

MAX_REFRESH: Final = 86400.0
"""Seconds."""


@frozen
class Addresses:
    """
    How the built-in address is used.

    @ivar builtin: it takes the place of heartbeat's own scripts, where they are installed.
    @ivar refresh: seconds from one announcement of an address to the next; 0: none later.
    """

    builtin: bool = True
    refresh: float = 60.0


USUAL: Final = Addresses()
"""Where nothing is said."""


def read_addresses(table: TableReader) -> Addresses:
    """
    Read the table C{[addresses]}.

    @param table: gets every problem; what is nonsense has its default.
    """
    refresh = table.seconds("refresh", USUAL.refresh, MAX_REFRESH, 0.0)
    if 0 < refresh < 1:
        table.refuse("refresh", "refresh is out of range", "0, or a second and more")
        refresh = USUAL.refresh
    return Addresses(table.value("builtin") is not False, refresh)

# -*- test-case-name: tests.cluster.test_ipfail -*-
"""
How many ping nodes a node sees: changes count only when they have lasted.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from attrs import define, field

if TYPE_CHECKING:
    from hatwist.config.model import NodeName, Seconds


@define
class Seen:
    """The ping nodes that answer, and those that count."""

    _alive: set[NodeName] = field(factory=set)
    _counted: set[NodeName] = field(factory=set)
    "Those that have answered for long enough, or are not gone for long enough."
    _since: dict[NodeName, Seconds] = field(factory=dict)
    "From when on a change counts."

    @property
    def number(self) -> int:
        """How many count."""
        return len(self._counted)

    @property
    def returning(self) -> frozenset[NodeName]:
        """Those that answer again and do not count yet."""
        return frozenset(self._alive - self._counted)

    @property
    def next_change(self) -> Seconds:
        """When the next change counts."""
        return min(self._since.values(), default=inf)

    def change(self, node: NodeName, alive: bool, at: Seconds) -> None:
        """One answers, or does not any more; it counts from some time on."""
        (self._alive.add if alive else self._alive.discard)(node)
        self._since[node] = at

    def count(self, now: Seconds) -> bool:
        """Let changes count that have lasted; say whether the count is of other nodes now."""
        before = frozenset(self._counted)
        for node in [node for node, at in self._since.items() if at <= now]:
            del self._since[node]
            (self._counted.add if node in self._alive else self._counted.discard)(node)
        return before != self._counted

    def count_all(self) -> None:
        """Let everything count as it is: nobody has been told of anything yet."""
        self._counted = set(self._alive)
        self._since.clear()

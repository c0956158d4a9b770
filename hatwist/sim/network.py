# -*- test-case-name: tests.sim.test_network -*-
"""
What happens to a datagram on its way: loss, delay, copies, damage, cuts.

Conditions hold for a directed pair of nodes on one link.  Seconds and
probabilities from 0 to 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, evolve, field, frozen

if TYPE_CHECKING:
    from random import Random

    from hatwist.config.model import LinkName, NodeName, Seconds

    Path = tuple[NodeName, NodeName, LinkName]


@frozen
class Conditions:
    """
    How one path treats datagrams.

    @ivar line: how long each datagram occupies the path, which carries one at a time
        and keeps their order, as a serial line does; added to the delay.
    @ivar shortest: least delay.
    @ivar longest: greatest delay; datagrams overtake each other within it.
    @ivar flip: one bit is turned over.
    @ivar truncate: the end is missing.
    """

    loss: float = 0.0
    shortest: Seconds = 0.001
    longest: Seconds = 0.001
    duplicate: float = 0.0
    flip: float = 0.0
    truncate: float = 0.0
    line: Seconds = 0.0
    cut: bool = False


@define
class Network:
    """Every path, and the conditions of those that were never set."""

    rng: Random
    usual: Conditions = Conditions()
    _paths: dict[Path, Conditions] = field(factory=dict)
    _free: dict[Path, Seconds] = field(factory=dict)
    "When the last datagram will have left a path."

    def conditions(self, path: Path) -> Conditions:
        """Return the conditions of a path."""
        return self._paths.get(path, self.usual)

    def cut(self, path: Path) -> None:
        """Let nothing through."""
        self._paths[path] = evolve(self.conditions(path), cut=True)

    def heal(self) -> None:
        """Let everything through again; loss and delay stay."""
        self._paths = {path: evolve(one, cut=False) for path, one in self._paths.items()}

    def everywhere(self, **changes: float) -> None:
        """Change the conditions of every path."""
        self.usual = evolve(self.usual, **changes)  # type: ignore[arg-type]
        self._paths = {path: evolve(one, **changes) for path, one in self._paths.items()}  # type: ignore[arg-type]

    def carry(self, path: Path, data: bytes, now: Seconds) -> list[tuple[Seconds, bytes]]:
        """
        Return what arrives of a datagram that is sent now: delay and bytes of each copy.
        """
        here = self.conditions(path)
        if here.cut:
            return []
        wait = self._wait(path, here, now) if here.line else 0.0
        copies = 2 if self._happens(here.duplicate) else 1
        return [
            (wait + self._delay(here), self._damage(here, data))
            for _ in range(copies)
            if not self._happens(here.loss)
        ]

    def _wait(self, path: Path, here: Conditions, now: Seconds) -> Seconds:
        """Occupy a path; return when the datagram has left it."""
        self._free[path] = max(now, self._free.get(path, now)) + here.line
        return self._free[path] - now

    def _delay(self, here: Conditions) -> Seconds:
        if here.shortest == here.longest:
            return here.shortest
        return self.rng.uniform(here.shortest, here.longest)

    def _damage(self, here: Conditions, data: bytes) -> bytes:
        if self._happens(here.flip):
            at = self.rng.randrange(len(data) * 8)
            changed = bytearray(data)
            changed[at // 8] ^= 1 << at % 8
            data = bytes(changed)
        if self._happens(here.truncate):
            data = data[: self.rng.randrange(len(data))]
        return data

    def _happens(self, probability: float) -> bool:
        return probability > 0 and self.rng.random() < probability

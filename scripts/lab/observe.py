# -*- test-case-name: tests.lab.test_observe -*-
"""
Judge who owned an address, from what the watcher wrote; pure.

Nothing is sampled: an overlap is two owners between two events of the kernel's
own order.  Times are seconds on CLOCK_BOOTTIME.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

TOLERANCE: Final = 0.1
"""
Seconds: an ARP frame and an address event come by different sockets, and a frame
may have been on its way; and the time in which two MACs must not both answer.
"""


@dataclass(frozen=True)
class AddressChanged:
    """A host got or lost an address; C{card} tells where."""

    when: float
    host: str
    card: str
    address: str
    present: bool


@dataclass(frozen=True)
class Unplugged:
    """A card is gone from the rack, its host was switched off: all its addresses are gone."""

    when: float
    host: str
    card: str


@dataclass(frozen=True)
class ArpSeen:
    """A host answered for an address, or announced that it has it."""

    when: float
    host: str
    mac: str
    address: str
    announcement: bool


@dataclass(frozen=True)
class Overrun:
    """The watcher lost events; nothing can be said any more."""

    when: float


Event = AddressChanged | Unplugged | ArpSeen | Overrun


@dataclass(frozen=True)
class Tenure:
    """A host owned the address; C{end} is C{None} while it still does."""

    host: str
    start: float
    end: float | None = None

    def covers(self, when: float, slack: float = 0.0) -> bool:
        """Tell whether the host owned it at a time, give or take C{slack}."""
        return self.start - slack <= when and (self.end is None or when <= self.end + slack)


@dataclass(frozen=True)
class Overlap:
    """More than one host owned the address; C{end} is C{None} while it lasts."""

    hosts: tuple[str, ...]
    start: float
    end: float | None = None


@dataclass(frozen=True)
class Gap:
    """Nobody owned the address, between two owners."""

    start: float
    end: float
    before: str
    after: str

    @property
    def length(self) -> float:
        """Its length in seconds."""
        return self.end - self.start


@dataclass(frozen=True)
class Verdict:
    """
    What can be said about an address.

    @ivar tenures: every ownership, by its start.
    @ivar overlaps: two owners, in the order of the kernel.
    @ivar strangers: ARP of a host that did not own the address.
    @ivar rivals: two MACs that answered within L{TOLERANCE}, and not because
        the first had let go before the second took.
    @ivar blind: events were lost.
    """

    address: str
    tenures: tuple[Tenure, ...]
    overlaps: tuple[Overlap, ...]
    gaps: tuple[Gap, ...]
    strangers: tuple[ArpSeen, ...]
    rivals: tuple[tuple[ArpSeen, ArpSeen], ...]
    blind: bool

    @property
    def owners(self) -> tuple[str, ...]:
        """The hosts that own it at the end."""
        return tuple(tenure.host for tenure in self.tenures if tenure.end is None)

    @property
    def faults(self) -> tuple[str, ...]:
        """Everything that must not be, in words; empty when all was well."""
        found = ["events were lost, so nothing is proved"] if self.blind else []
        for overlap in self.overlaps:
            length = "still" if overlap.end is None else f"for {1000 * (overlap.end - overlap.start):.1f} ms"
            found.append(f"{' and '.join(overlap.hosts)} both owned {self.address} {length}")
        for arp in self.strangers:
            verb = "announced" if arp.announcement else "answered for"
            found.append(f"{arp.host} ({arp.mac}) {verb} {self.address} without owning it")
        for one, other in self.rivals:
            found.append(f"{one.host} and {other.host} both answered for {self.address}")
        return tuple(found)


def read(lines: Iterable[str]) -> list[Event]:
    """Read what the watcher wrote; lines of other kinds are left out."""
    kinds = {"address": AddressChanged, "unplugged": Unplugged, "arp": ArpSeen, "overrun": Overrun}
    events: list[Event] = []
    for line in lines:
        fields = json.loads(line)
        kind = kinds.get(fields.pop("what"))
        if kind is not None:
            events.append(kind(**fields))
    return events


def judge(events: Sequence[Event], address: str) -> Verdict:
    """
    Judge one address.

    @param events: in the order in which the watcher wrote them.
    """
    tenures, overlaps = _ownership(events, address)
    arps = [event for event in events if isinstance(event, ArpSeen) and event.address == address]
    return Verdict(
        address,
        tuple(tenures),
        tuple(overlaps),
        tuple(_gaps(tenures)),
        tuple(arp for arp in arps if _tenure(tenures, arp) is None),
        tuple(_rivals(tenures, [arp for arp in arps if not arp.announcement])),
        any(isinstance(event, Overrun) for event in events),
    )


def _ownership(events: Sequence[Event], address: str) -> tuple[list[Tenure], list[Overlap]]:
    """Walk through the events; an owner has the address on at least one card."""
    held: dict[str, set[str]] = {}
    tenures: list[Tenure] = []
    overlaps: list[Overlap] = []
    for event in events:
        before = {host for host, cards in held.items() if cards}
        match event:
            case AddressChanged() if event.address == address:
                cards = held.setdefault(event.host, set())
                (cards.add if event.present else cards.discard)(event.card)
            case Unplugged():
                held.get(event.host, set()).discard(event.card)
            case _:
                continue
        after = {host for host, cards in held.items() if cards}
        tenures += [Tenure(host, event.when) for host in after - before]
        for host in before - after:
            _end_tenure(tenures, host, event.when)
        if before != after and overlaps and overlaps[-1].end is None:
            overlaps[-1] = Overlap(overlaps[-1].hosts, overlaps[-1].start, event.when)
        if before != after and len(after) > 1:
            overlaps.append(Overlap(tuple(sorted(after)), event.when))
    return tenures, overlaps


def _end_tenure(tenures: list[Tenure], host: str, when: float) -> None:
    for index, tenure in enumerate(tenures):
        if tenure.host == host and tenure.end is None:
            tenures[index] = Tenure(host, tenure.start, when)


def _gaps(tenures: Sequence[Tenure]) -> Iterable[Gap]:
    """Find the times between owners; an earlier tenure may end last."""
    last: Tenure | None = None
    for tenure in tenures:
        if last is not None and last.end is not None and last.end < tenure.start:
            yield Gap(last.end, tenure.start, last.host, tenure.host)
        if last is None or (last.end is not None and (tenure.end is None or tenure.end > last.end)):
            last = tenure


def _tenure(tenures: Sequence[Tenure], arp: ArpSeen) -> Tenure | None:
    """Find the ownership under which a host sent an ARP frame."""
    fitting = [t for t in tenures if t.host == arp.host and t.covers(arp.when, TOLERANCE)]
    exact = [t for t in fitting if t.covers(arp.when)]
    return next(iter(exact + fitting), None)


def _rivals(tenures: Sequence[Tenure], answers: Sequence[ArpSeen]) -> Iterable[tuple[ArpSeen, ArpSeen]]:
    for one, other in pairwise(answers):
        if one.mac == other.mac or other.when - one.when >= TOLERANCE:
            continue
        first, second = _tenure(tenures, one), _tenure(tenures, other)
        if first is None or second is None:
            continue  # a stranger, reported as such
        if first.end is None or first.end > second.start:
            yield one, other

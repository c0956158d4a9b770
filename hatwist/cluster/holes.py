# -*- test-case-name: tests.cluster.test_reception_holes -*-
"""
Ask for messages that are missing, now and again, until they come (protocol 8.4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import define, field

from hatwist.cluster.facts import Send
from hatwist.config.model import NodeName
from hatwist.wire.message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from hatwist.cluster.sequence import Tracking
    from hatwist.config.model import Seconds

MIN_REQUEST_DELAY: Final = 0.05
"""Gaps are normal for some tens of milliseconds (protocol 8.7)."""

MAX_REQUEST_RANGE: Final = 50
"""A peer answers at most so many numbers of one request."""


@define
class Holes:
    """
    When to ask whom.

    @ivar delay: the longest wait before a message is asked for (again), in seconds.
    @ivar askable: peers that are up or active; the others are not asked.
    """

    rng: Random
    delay: Seconds
    askable: set[NodeName] = field(factory=set)

    def schedule(self, track: Tracking, now: Seconds) -> None:
        """Choose when to ask for what is newly missing."""
        earliest = MIN_REQUEST_DELAY if self.delay >= 2 * MIN_REQUEST_DELAY else 0.0
        for number, at in track.missing.items():
            if not at:
                track.missing[number] = now + self.rng.uniform(earliest, self.delay)

    def deadline(self, tracks: Mapping[NodeName, Tracking]) -> Seconds:
        """Return when the next missing message is to be asked for."""
        earliest = float("inf")
        for peer in self.askable:
            missing = tracks[peer].missing
            if missing:
                earliest = min(earliest, *missing.values())
        return earliest

    def ask(self, tracks: Mapping[NodeName, Tracking], now: Seconds) -> list[Send]:
        """Ask for what is due, in ranges."""
        requests: list[Send] = []
        for peer, track in tracks.items():
            if peer not in self.askable:
                continue
            due = sorted(number for number, at in track.missing.items() if at <= now)
            for number in due:
                track.missing[number] = now + self.delay
            requests.extend(Send(_request(peer, first, last)) for first, last in _ranges(due))
        return requests


def _request(peer: NodeName, first: int, last: int) -> Message:
    # The numbers are decimal here, unlike everywhere else (protocol 6.1).
    return Message.of(t="NS_rexmit", dest=peer, firstseq=str(first), lastseq=str(last))


def _ranges(numbers: list[int]) -> list[tuple[int, int]]:
    """Join consecutive numbers into ranges of at most L{MAX_REQUEST_RANGE}."""
    ranges: list[tuple[int, int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1 and number - ranges[-1][0] < MAX_REQUEST_RANGE:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return ranges

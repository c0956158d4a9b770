# -*- test-case-name: tests.cluster.test_sequence -*-
"""
Receiving: generations, sequence numbers, holes, copies and replays
(protocol 8.2 to 8.4 and 8.6).

Delivery is immediate, in arrival order; nothing is held back to restore order.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from attrs import define, evolve, field, frozen

if TYPE_CHECKING:
    from hatwist.config.model import Seconds

MAX_LOST: Final = 250
"""A larger hole is given up at once, and so is everything before it."""

MAX_MISSING: Final = 500
"""Holes kept for one peer."""

ACK_MODULUS: Final = 10
"""One in-order message of so many is acknowledged."""


class Verdict(Enum):
    """What to do with a message."""

    DELIVER = "deliver"
    COPY = "copy"
    "The newest message once more, over another link: it only shows the link up."
    OLD = "old"
    "A copy of an older one."
    REPLAY = "replay"
    "Of a generation that is over."


class Arrival(NamedTuple):
    """
    What the decision needs to know of a message.

    @ivar status: whether it is a C{status}; only these raise the generation.
    @ivar dead: whether its sender is declared dead.
    """

    generation: int
    sequence: int
    status: bool
    dead: bool


@frozen
class Decision:
    """
    The verdict and what came to light.

    @ivar lost: how many messages are missing now that were not before.
    @ivar lost_all: the hole was too large; everything before is forgotten.
    @ivar filled: this one filled the last hole.
    @ivar restarted: the generation grew, and there was one before.
    @ivar returned: a dead sender comes back with its old generation.
    @ivar acknowledge: send an acknowledgement of this number.
    """

    verdict: Verdict
    lost: int = 0
    lost_all: bool = False
    filled: bool = False
    restarted: bool = False
    returned: bool = False
    acknowledge: int | None = None


PLAIN: Final = Decision(Verdict.DELIVER)
"""What is decided of nearly every message: deliver it, and nothing came to light."""


@define
class Tracking:
    """
    What was received of one peer.

    @ivar trigger: the last digit of the numbers that are acknowledged.
    @ivar floor: the highest number before the peer was declared dead.
    @ivar missing: the holes, and when each is asked for next.
    """

    trigger: int
    generation: int = 0
    last: int | None = None
    last_status: int = 0
    floor: int = 0
    missing: dict[int, Seconds] = field(factory=dict)

    def decide(self, arrival: Arrival) -> Decision:
        """Judge a sequenced message, and take note of it."""
        if arrival.generation < self.generation:
            return Decision(Verdict.REPLAY)
        met = self.generation > 0
        returned = restarted = False
        if arrival.generation > self.generation:
            # heartbeat waits for a status; but what a new life says first may be the one that arrives.
            restarted = met
            self._begin(arrival.generation)
        elif arrival.status and arrival.dead and met:
            if arrival.sequence <= self.last_status:
                return Decision(Verdict.REPLAY)
            returned = True
        if arrival.status:
            self.last_status = max(self.last_status, arrival.sequence)
        placed = self._place(arrival.sequence, returned)
        if not (restarted or returned):
            return placed
        return Decision(
            placed.verdict,
            lost=placed.lost,
            lost_all=placed.lost_all,
            filled=placed.filled,
            restarted=restarted,
            returned=returned,
            acknowledge=placed.acknowledge,
        )

    def copy(self) -> Tracking:
        """Return one like this, that goes its own way."""
        return evolve(self, missing=dict(self.missing))

    def forget(self) -> None:
        """
        The peer is dead: the next message sets the base, nothing is missing.

        What was received of this generation is not received again, though.
        """
        self.floor = max(self.floor, self.last or 0)
        self.last = None
        self.missing.clear()

    def give_up(self, sequence: int) -> bool:
        """The peer no longer has a message; say whether it was waited for."""
        return self.missing.pop(sequence, None) is not None

    def _begin(self, generation: int) -> None:
        self.generation = generation
        self.last = None
        self.last_status = self.floor = 0
        self.missing.clear()

    def _place(self, sequence: int, returned: bool) -> Decision:
        if self.last is None:
            if sequence <= self.floor:
                return Decision(Verdict.REPLAY)
            self.last = sequence
            return Decision(Verdict.DELIVER)
        if sequence == self.last + 1:
            self.last = sequence
            due = self._due(sequence)
            return PLAIN if due is None else Decision(Verdict.DELIVER, acknowledge=due)
        if sequence == self.last:
            return Decision(Verdict.COPY)
        if sequence > self.last:
            return self._leap(sequence)
        if sequence in self.missing:
            return self._fill(sequence)
        # The first status of a peer that has returned may be overtaken by what it sent after it.
        return Decision(Verdict.DELIVER if returned else Verdict.OLD)

    def _leap(self, sequence: int) -> Decision:
        assert self.last is not None
        lost = sequence - self.last - 1
        if lost > MAX_LOST or lost + len(self.missing) > MAX_MISSING:
            self.missing.clear()
            self.last = sequence
            return Decision(Verdict.DELIVER, lost=lost, lost_all=True)
        for number in range(self.last + 1, sequence):
            self.missing[number] = 0.0
        self.last = sequence
        return Decision(Verdict.DELIVER, lost=lost)

    def _fill(self, sequence: int) -> Decision:
        lowest = min(self.missing)
        del self.missing[sequence]
        if not self.missing:
            assert self.last is not None
            # heartbeat sends none here, by accident; one more does no harm and frees the peer's history.
            return Decision(Verdict.DELIVER, filled=True, acknowledge=self._below(self.last + 1, sequence))
        if sequence != lowest:
            return Decision(Verdict.DELIVER)
        return Decision(Verdict.DELIVER, acknowledge=self._below(min(self.missing), sequence))

    def _due(self, sequence: int) -> int | None:
        if sequence % ACK_MODULUS == self.trigger and not self.missing:
            return sequence
        return None

    def _below(self, limit: int, at_least: int) -> int | None:
        candidate = limit - 1 - (limit - 1 - self.trigger) % ACK_MODULUS
        return candidate if candidate >= at_least else None

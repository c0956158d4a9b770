# -*- test-case-name: tests.fencing.test_fencer -*-
"""
What comes out of a fencing, as values.
"""

from __future__ import annotations

from enum import Enum

from attrs import asdict, frozen

from hatwist.config.model import NodeName, Seconds


class FenceOutcome(Enum):
    """
    How a fencing ended.

    C{CONFIRMED}: a device or a person said that the node cannot act.
    C{FAILED}: a device said no.  C{TIMED_OUT}: nobody said anything; the node may
    have been fenced or not.
    """

    CONFIRMED = "confirmed"
    FAILED = "failed"
    TIMED_OUT = "timed out"


@frozen
class Answer:
    """What one device said to one order; C{words} are its last words, for people."""

    outcome: FenceOutcome
    words: str = ""

    @property
    def confirmed(self) -> bool:
        """It said yes."""
        return self.outcome is FenceOutcome.CONFIRMED


@frozen
class FenceResult:
    """
    How one fencing ended.

    @ivar by: the devices that were asked last, or the person who confirmed.
    """

    outcome: FenceOutcome
    by: str = ""
    words: str = ""
    took: Seconds = 0.0

    @property
    def confirmed(self) -> bool:
        """Somebody said that the node cannot act."""
        return self.outcome is FenceOutcome.CONFIRMED


@frozen
class DeviceStatus:
    """
    Whether a device answers.

    @ivar checked: when it was asked, in seconds since the epoch.
    """

    name: str
    type: str
    well: bool
    words: str
    checked: float


@frozen
class Fenced:
    """
    One fencing in the history.

    @ivar asker: the node that wanted it.
    @ivar when: when it began, in seconds since the epoch.
    """

    target: NodeName
    asker: NodeName
    why: str
    when: float
    result: FenceResult

    def plain(self) -> dict[str, str | float]:
        """Return it as texts and numbers, to be stored or sent."""
        values = asdict(self, recurse=False)
        result = values.pop("result")
        return {
            **values,
            "outcome": result.outcome.value,
            "by": result.by,
            "words": result.words,
            "took": result.took,
        }

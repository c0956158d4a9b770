# -*- test-case-name: tests.lab.test_outage -*-
"""
Find the outages in what the client wrote down; pure.

Times are seconds on CLOCK_BOOTTIME.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Answer:
    """
    The client was answered.

    @ivar asked: when it asked.
    @ivar when: when it was answered.
    """

    asked: float
    when: float
    who: str


@dataclass(frozen=True)
class Outage:
    """From the last good answer to the first good answer after it."""

    start: float
    end: float
    before: str
    after: str

    @property
    def length(self) -> float:
        """Its length in seconds."""
        return self.end - self.start


def read(lines: Iterable[str]) -> list[Answer]:
    """Read what the probe wrote, and put it into the order of the answers."""
    answers = []
    for line in lines:
        asked, when, who = line.split(" ", 2)
        answers.append(Answer(float(asked), float(when), who))
    return sorted(answers, key=lambda answer: answer.when)


def outages(answers: Sequence[Answer], least: float) -> list[Outage]:
    """
    Return every silence.

    @param answers: in the order in which they came.
    @param least: seconds; shorter silences are the noise of the machine.
    """
    return [
        Outage(one.when, other.when, one.who, other.who)
        for one, other in pairwise(answers)
        if other.when - one.when >= least
    ]


def handover(answers: Sequence[Answer], after: float) -> Outage | None:
    """
    Return the silence in which the answering host changed.

    @param after: only a change after this time counts.
    @return: from the last answer of the one to the first answer of the other;
        C{None} when nobody else has answered yet.
    """
    for one, other in pairwise(answers):
        if other.when > after and one.who != other.who:
            return Outage(one.when, other.when, one.who, other.who)
    return None

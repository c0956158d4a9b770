# -*- test-case-name: tests.cluster.test_departure -*-
"""
Leave in order: give up everything, say so, fall silent (protocol 10.7, 11.2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import define, field

from hatwist.cluster import speech
from hatwist.cluster.actions import Log, Record, Stop
from hatwist.cluster.deadlines import Deadlines
from hatwist.cluster.events import DeadlinePassed, LeaveWanted
from hatwist.cluster.facts import HoldingsChanged, JobBegun, JobFinished, Refused, Send
from hatwist.cluster.jobs import Job, Purpose
from hatwist.cluster.ledger import Phase, StandbyPhase
from hatwist.cluster.names import Holding, Level

if TYPE_CHECKING:
    from hatwist.cluster.facts import Outcome
    from hatwist.cluster.identity import Identity
    from hatwist.cluster.ledger import Ledger
    from hatwist.config.model import Seconds

PEER_PATIENCE: Final = 10.0
"""Seconds a leaving node waits for the other side to finish moving things."""

LAST_WORDS: Final = 1.0
"""Seconds from C{shutdone} to silence, in which it can still be asked for again."""

_Item = LeaveWanted | Refused | HoldingsChanged | JobFinished | DeadlinePassed


@define
class Departure:
    """The way out."""

    identity: Identity
    ledger: Ledger
    _deadlines: Deadlines = field(factory=Deadlines)
    _why: str = ""
    _refused: bool = False

    def handle(self, item: _Item, now: Seconds) -> list[Outcome]:
        """Begin to leave, or go on leaving."""
        match item:
            case LeaveWanted(requester):
                return self._want(f"{requester} asked it to", now)
            case Refused(why):
                return self._refuse(why)
            case HoldingsChanged():
                return self._try(now)
            case JobFinished(job):
                if job.purpose is not Purpose.LEAVE:
                    return []
                return [Stop(self._why, refused=True)] if self._refused else self._say_goodbye(now)
            case DeadlinePassed():
                return self._tick(now)

    def deadline(self) -> Seconds:
        """When to take the next step."""
        return self._deadlines.first()

    def _want(self, why: str, now: Seconds) -> list[Outcome]:
        if self.ledger.leaving or self._deadlines.pending("patience"):
            return [Log(Level.INFO, "Heartbeat shutdown already underway.")]
        self._why = why
        self._deadlines.set("patience", now + PEER_PATIENCE)
        begun = self._try(now)
        if begun:
            return begun
        return [Log(Level.WARN, "Shutdown delayed until current resource activity finishes.")]

    def _refuse(self, why: str) -> list[Outcome]:
        """Stop whatever runs here without a word: the name it would be said in is another's."""
        self._why = why
        self._refused = self.ledger.leaving = True
        self._deadlines.clear("patience")
        return [JobBegun(Job(Purpose.LEAVE, self.ledger.groups, (why,), which=Holding.ALL))]

    def _try(self, now: Seconds) -> list[Outcome]:
        """Begin as soon as nothing moves; for the other side alone not forever."""
        ledger = self.ledger
        if not self._deadlines.pending("patience"):
            return []
        patient = self._deadlines.remaining("patience", now) > 0
        if ledger.jobs or (patient and not ledger.stable and ledger.phase is not Phase.INIT):
            return []
        self._deadlines.clear("patience")
        return self._begin()

    def _begin(self) -> list[Outcome]:
        ledger = self.ledger
        ledger.leaving = True
        ledger.standby = StandbyPhase.NOT
        ledger.ours = Holding.NONE
        ledger.phase = Phase.SHUTDOWN
        begun: list[Outcome] = [
            Log(Level.INFO, f"Heartbeat shutdown in progress. ({self.identity.process})"),
            Log(Level.INFO, "Giving up all HA resources."),
            Record("leave", ledger.me, ledger.me, (self._why,)),
        ]
        if ledger.nice:
            begun.append(Send(speech.resource(ledger.ours, False, "shutdown")))
        begun.append(JobBegun(Job(Purpose.LEAVE, ledger.groups, (self._why,), which=Holding.ALL)))
        return begun

    def _say_goodbye(self, now: Seconds) -> list[Outcome]:
        self._deadlines.set("end", now + LAST_WORDS)
        return [Log(Level.INFO, "All HA resources relinquished."), Send(speech.shutdone())]

    def _tick(self, now: Seconds) -> list[Outcome]:
        outcomes: list[Outcome] = []
        if self._deadlines.pending("patience") and self._deadlines.remaining("patience", now) <= 0:
            outcomes.extend(self._insist(now))
        if self._deadlines.expire("end", now):
            name = self.identity.name
            outcomes.append(Log(Level.INFO, f"{name} Heartbeat shutdown complete."))
            outcomes.append(Stop(self._why))
        return outcomes

    def _insist(self, now: Seconds) -> list[Outcome]:
        begun = self._try(now)
        if not begun:
            # Work of our own is still running; look again a little later.
            self._deadlines.set("patience", now + LAST_WORDS)
        return begun

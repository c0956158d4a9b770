# -*- test-case-name: tests.cluster.test_healing -*-
"""
Put a cluster together again that was cut in two (safety 8).

heartbeat restarts both daemons, so that for a while nobody serves.  Here each
side says what it holds; what both hold stays with the node at whose home it is,
and the other lets go at once.  Nothing is restarted, nothing moves twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import define, field

from hatwist.cluster import speech
from hatwist.cluster.actions import Log
from hatwist.cluster.deadlines import Deadlines
from hatwist.cluster.events import DeadlinePassed
from hatwist.cluster.facts import (
    ClaimHeard,
    HoldingsChanged,
    HomecomingOver,
    JobBegun,
    JobFinished,
    PeerDied,
    PeerRestarted,
    PeerReturned,
    PeerStatusChanged,
    Send,
)
from hatwist.cluster.jobs import Job, Purpose
from hatwist.cluster.ledger import Phase
from hatwist.cluster.names import Holding, Level, NodeStatus
from hatwist.cluster.ownership import Claim, Ground
from hatwist.cluster.requests import acquire_local

if TYPE_CHECKING:
    from hatwist.cluster.facts import Outcome
    from hatwist.cluster.ledger import Ledger
    from hatwist.config.model import NodeName, Seconds

INSISTENCE: Final = 10.0
"""Seconds a C node has to let go of what both have; it does not by itself, so it is asked to."""

HOMECOMING: Final = 10.0
"""Seconds in which a legacy node that became active asks for what is at home there."""

_Item = (
    PeerReturned
    | PeerDied
    | PeerRestarted
    | PeerStatusChanged
    | ClaimHeard
    | HomecomingOver
    | HoldingsChanged
    | JobFinished
    | DeadlinePassed
)


@define
class Healing:
    """Finds out what both sides hold, and ends it."""

    ledger: Ledger
    _deadlines: Deadlines = field(factory=Deadlines)

    def handle(self, item: _Item, now: Seconds) -> list[Outcome]:
        """Follow peers that come back, and what they claim."""
        match item:
            case PeerReturned(peer):
                if peer in self.ledger.c_nodes:
                    # What is to be done depends on what it does: see the aftermath.
                    return []
                return self._compare(peer) if self.ledger.nice else self._part(peer)
            case PeerStatusChanged(_, status):
                if status is NodeStatus.ACTIVE and not self.ledger.nice:
                    self._deadlines.set("homecoming", now + HOMECOMING)
                return []
            case PeerDied() | PeerRestarted():
                # Whoever comes home next has its own time to ask.
                self._deadlines.clear("homecoming")
                return []
            case DeadlinePassed():
                # Looked at when the deaths of this very moment are in the ledger.
                over: list[Outcome] = [HomecomingOver()] if self._deadlines.expire("homecoming", now) else []
                return [*over, *self._insist(now)]
            case HomecomingOver():
                return self._let_go()
            case ClaimHeard(peer):
                return [*self._resolve(peer, now), *self._catch_up(peer)]
            case HoldingsChanged():
                # What was claimed while we were handing something over is looked at now.
                return [each for peer in self.ledger.living_peers()[:1] for each in self._resolve(peer, now)]
            case JobFinished(job):
                if job.purpose is not Purpose.YIELD or not self.ledger.yielding:
                    return []
                self.ledger.disclaim(job.which)
                self.ledger.yielding = False
                return [*self._claim(), HoldingsChanged()]

    def deadline(self) -> Seconds:
        """When a legacy peer has had the time to ask for its groups."""
        return self._deadlines.first()

    def _let_go(self) -> list[Outcome]:
        """Part from a legacy peer whose groups we still have; it will have started them."""
        ledger = self.ledger
        living = [peer for peer in ledger.living_peers() if peer not in ledger.gone]
        if not living or not ledger.ours & Holding.FOREIGN:
            return []
        return self._part(living[0])

    def _compare(self, peer: NodeName) -> list[Outcome]:
        """Ask the peer what it holds, and say what we hold."""
        ledger = self.ledger
        if ledger.leaving or ledger.phase is not Phase.STABLE:
            return []
        ledger.unclear = True
        return [Send(speech.starting()), *self._claim()]

    def _part(self, peer: NodeName) -> list[Outcome]:
        """Legacy nodes do not say what they hold: each keeps what is at home there."""
        ledger = self.ledger
        if ledger.leaving:
            return []
        cause = f"node {peer} is back after a partition"
        announce = Job(Purpose.ANNOUNCE, ledger.groups_of(Holding.LOCAL), (cause,), which=Holding.LOCAL)
        given = self._give_way(peer) if ledger.ours & Holding.FOREIGN else []
        return [*given, JobBegun(announce)]

    def _claim(self) -> list[Outcome]:
        ledger = self.ledger
        return [Send(speech.resource(ledger.ours, ledger.settled))] if ledger.nice else []

    def _insist(self, now: Seconds) -> list[Outcome]:
        """
        Ask a C node to give up what it has of ours, by its own means.

        It may take over and fail back at the same time, and then keeps what it gave.
        """
        ledger = self.ledger
        if not self._deadlines.expire("insist", now) or not ledger.contested:
            return []
        self._deadlines.set("insist", now + INSISTENCE)
        if not (ledger.their_stable and ledger.settled and ledger.theirs & Holding.FOREIGN):
            return []
        return [Log(Level.WARN, "asking it to let go of our resources"), Send(speech.takeover(Holding.LOCAL))]

    def _resolve(self, peer: NodeName, now: Seconds) -> list[Outcome]:
        ledger = self.ledger
        both = ledger.ours & ledger.theirs.swapped
        if not ledger.nice or ledger.leaving or not ledger.settled:
            return []
        outcomes: list[Outcome] = []
        if ledger.conceding:
            if not both:
                return []
            ledger.conceding = False
            return self._give_way(peer, both)
        if both & Holding.FOREIGN:
            outcomes.extend(self._give_way(peer))
        if both & Holding.LOCAL and not ledger.contested:
            ledger.contested = True
            if peer in ledger.c_nodes:
                self._deadlines.set("insist", now + INSISTENCE)
            outcomes.append(Log(Level.ERROR, "Both machines own our resources!"))
            outcomes.extend(self._claim())
        if ledger.contested and ledger.their_stable and not ledger.theirs & Holding.FOREIGN:
            ledger.contested = False
            self._deadlines.clear("insist")
            cause = f"node {peer} has let go of it"
            job = Job(Purpose.ANNOUNCE, ledger.groups_of(Holding.LOCAL), (cause,), which=Holding.LOCAL)
            # What did not run yet could not be started as long as the other claimed it.
            outcomes.extend((JobBegun(job), *acquire_local(ledger, cause, force=True)))
        return outcomes

    def _catch_up(self, peer: NodeName) -> list[Outcome]:
        """Start what could not be started before the peer had said that it does not hold it."""
        ledger = self.ledger
        if not ledger.unclear:
            return []
        ledger.unclear = ledger.conceding = False
        cause = "it was not known before"
        started: list[Outcome] = []
        if ledger.ours & Holding.LOCAL and not (ledger.contested or ledger.yielding):
            started.extend(acquire_local(ledger, cause, force=True))
        if ledger.ours & Holding.FOREIGN and not ledger.yielding:
            claim = Claim(Ground.DEATH, peer)
            job = Job(Purpose.TAKEOVER, ledger.homed_at(peer), (cause,), claim, Holding.FOREIGN, peer)
            started.append(JobBegun(job))
        return started

    def _give_way(self, peer: NodeName, which: Holding = Holding.FOREIGN) -> list[Outcome]:
        ledger = self.ledger
        ledger.yielding = True
        ledger.needs_failback = False
        why = "its home is the other" if which is Holding.FOREIGN else "the other will not let go"
        causes = (f"both nodes had it, and {why}", f"node {peer} is back after a partition")
        job = Job(Purpose.YIELD, ledger.groups_of(which), causes, which=which, node=peer)
        return [
            Log(Level.ERROR, "Both machines own foreign resources!"),
            *self._claim(),
            JobBegun(job),
        ]

# -*- test-case-name: tests.cluster.test_healing -*-
"""
Put a cluster together again that was cut in two (safety 8).

heartbeat restarts both daemons, so that for a while nobody serves.  Here each
side says what it holds; what both hold stays with the node at whose home it is,
and the other lets go at once.  Nothing is restarted, nothing moves twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from hatwist.cluster import speech
from hatwist.cluster.actions import Log
from hatwist.cluster.facts import (
    ClaimHeard,
    HoldingsChanged,
    JobBegun,
    JobFinished,
    PeerReturned,
    Send,
)
from hatwist.cluster.jobs import Job, Purpose
from hatwist.cluster.ledger import Phase
from hatwist.cluster.names import Holding, Level
from hatwist.cluster.requests import acquire_local

if TYPE_CHECKING:
    from hatwist.cluster.facts import Outcome
    from hatwist.cluster.ledger import Ledger
    from hatwist.config.model import NodeName, Seconds

_Item = PeerReturned | ClaimHeard | HoldingsChanged | JobFinished


@define
class Healing:
    """Finds out what both sides hold, and ends it."""

    ledger: Ledger
    _contested: bool = False
    "The peer claims groups at home here; when it lets go the neighbours must be told."

    def handle(self, item: _Item, now: Seconds) -> list[Outcome]:
        """Follow peers that come back, and what they claim."""
        match item:
            case PeerReturned(peer):
                return self._compare(peer) if self.ledger.nice else self._part(peer)
            case ClaimHeard(peer):
                return self._resolve(peer)
            case HoldingsChanged():
                # What was claimed while we were handing something over is looked at now.
                return [each for peer in self.ledger.living_peers()[:1] for each in self._resolve(peer)]
            case JobFinished(job):
                if job.purpose is not Purpose.YIELD:
                    return []
                self.ledger.yielding = False
                return [*self._claim(), HoldingsChanged()]

    def deadline(self) -> Seconds:
        """Nothing here waits."""
        return float("inf")

    def _compare(self, peer: NodeName) -> list[Outcome]:
        """Ask the peer what it holds, and say what we hold."""
        ledger = self.ledger
        if ledger.leaving or ledger.phase is not Phase.STABLE:
            return []
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

    def _resolve(self, peer: NodeName) -> list[Outcome]:
        ledger = self.ledger
        both = ledger.ours & ledger.theirs.swapped
        if not ledger.nice or ledger.leaving or not ledger.settled:
            return []
        outcomes: list[Outcome] = []
        if both & Holding.FOREIGN:
            outcomes.extend(self._give_way(peer))
        if both & Holding.LOCAL and not self._contested:
            self._contested = True
            outcomes.append(Log(Level.ERROR, "Both machines own our resources!"))
            outcomes.extend(self._claim())
        if self._contested and ledger.their_stable and not ledger.theirs & Holding.FOREIGN:
            self._contested = False
            cause = f"node {peer} has let go of it"
            job = Job(Purpose.ANNOUNCE, ledger.groups_of(Holding.LOCAL), (cause,), which=Holding.LOCAL)
            # What did not run yet could not be started as long as the other claimed it.
            outcomes.extend((JobBegun(job), *acquire_local(ledger, cause, force=True)))
        return outcomes

    def _give_way(self, peer: NodeName) -> list[Outcome]:
        ledger = self.ledger
        ledger.disclaim(Holding.FOREIGN)
        ledger.yielding = True
        ledger.needs_failback = False
        causes = ("both nodes had it, and its home is the other", f"node {peer} is back after a partition")
        groups = ledger.groups_of(Holding.FOREIGN)
        job = Job(Purpose.YIELD, groups, causes, which=Holding.FOREIGN, node=peer)
        return [
            Log(Level.ERROR, "Both machines own foreign resources!"),
            *self._claim(),
            JobBegun(job),
        ]

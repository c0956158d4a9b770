# -*- test-case-name: tests.cluster.test_takeover -*-
"""
What becomes of the groups of a node that died or left (protocol 10.4, 10.7).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import define, field

from hatwist.cluster import speech
from hatwist.cluster.actions import Log, Record
from hatwist.cluster.deadlines import Deadlines
from hatwist.cluster.events import CleanupWanted, DeadlinePassed
from hatwist.cluster.facts import (
    FenceWanted,
    HandoverAsked,
    HoldingsChanged,
    JobBegun,
    JobFinished,
    JobsCancelled,
    MessageDelivered,
    NodeFenced,
    PeerDied,
    Send,
)
from hatwist.cluster.jobs import Job, Purpose
from hatwist.cluster.ledger import Phase, StandbyPhase
from hatwist.cluster.names import Holding, Level, NodeStatus
from hatwist.cluster.ownership import Claim, Ground
from hatwist.cluster.requests import acquire_local

if TYPE_CHECKING:
    from hatwist.cluster.facts import Outcome
    from hatwist.cluster.ledger import Ledger
    from hatwist.config.model import NodeName, Seconds

FAILED_START_DELAY: Final = 30.0
"""Seconds after a failed start until the group is offered to the peer (protocol 10.9)."""

OFFER_MEMORY: Final = 300.0
"""Seconds in which a group is offered only once, lest two nodes that both fail pass it to and fro."""

_STARTS: Final = (Purpose.REQUESTED, Purpose.TAKEOVER, Purpose.TAKE, Purpose.RECOVER)
_SCRIPT: Final = "mach_down(default)"

_Item = PeerDied | NodeFenced | MessageDelivered | JobFinished | CleanupWanted | DeadlinePassed


@define
class Takeover:
    """Takes over, and offers what could not be started to the peer, once."""

    ledger: Ledger
    _deadlines: Deadlines = field(factory=Deadlines)
    _offer: Holding = Holding.NONE
    _offered: dict[str, Seconds] = field(factory=dict)

    def handle(self, item: _Item, now: Seconds) -> list[Outcome]:
        """Follow deaths, goodbyes and the jobs that follow from them."""
        match item:
            case PeerDied():
                return self._bury(item)
            case NodeFenced(node, how, why):
                return self._inherit(node, how, why)
            case MessageDelivered(sender, message, own):
                return [] if own or message.get("t") != "shutdone" else self._hear_goodbye(sender)
            case JobFinished():
                return self._finished(item, now)
            case CleanupWanted(key):
                for offered in [one for one in self._offered if key in ("", one)]:
                    del self._offered[offered]
                return []
            case DeadlinePassed():
                return self._make_offer(now)

    def deadline(self) -> Seconds:
        """When a group whose start failed is offered to the peer."""
        return self._deadlines.first()

    def _bury(self, died: PeerDied) -> list[Outcome]:
        ledger = self.ledger
        ledger.peers[died.peer] = NodeStatus.DEAD
        ledger.releasing.discard(died.peer)
        # One that says none while things move may still be stopping them.
        none = ledger.theirs is Holding.NONE and (ledger.their_stable or ledger.phase is not Phase.STABLE)
        cancelled = self._cancel_standby()
        if ledger.leaving:
            return [*cancelled, speech.hook("status"), HoldingsChanged()]
        heard = "status from" if died.heard else "sign of"
        cause = f"no {heard} {died.peer} for {died.silence:.3f} s"
        empty = none if ledger.nice else died.peer in ledger.gone
        if ledger.fences and died.peer not in ledger.gone:
            return [*cancelled, *self._want_fencing(died, cause)]
        if not (died.heard and empty):
            return [
                *cancelled,
                Log(Level.WARN, "No STONITH device configured."),
                Log(Level.WARN, "Shared disks are not protected."),
                Send(speech.stonith(died.peer, "n_stnth")),
                *self._take_over(died.peer, Ground.DEATH, cause),
            ]
        quiet: list[Outcome] = [
            *cancelled,
            Log(Level.INFO, f"Dead node {died.peer} gave up resources."),
            Send(speech.stonith(died.peer, "unneeded")),
        ]
        if ledger.ours is Holding.ALL and not ledger.yielding:
            ledger.their_stable = ledger.needs_failback = True
            return [*quiet, speech.hook("status"), HoldingsChanged()]
        return [*quiet, *self._take_over(died.peer, Ground.DEATH, cause)]

    def _want_fencing(self, died: PeerDied, cause: str) -> list[Outcome]:
        """Nothing of it is started before; of one that was never seen nobody knows what it does."""
        if died.peer in self.ledger.unseen:
            return [Record("takeover refused", died.peer, self.ledger.me, ("it was never seen", cause))]
        self.ledger.unfenced.add(died.peer)
        return [FenceWanted(died.peer, cause)]

    def _inherit(self, node: NodeName, how: str, why: str) -> list[Outcome]:
        """It is fenced: take what it had, if it had anything."""
        ledger = self.ledger
        if ledger.leaving or ledger.peers.get(node) is not NodeStatus.DEAD:
            return []
        fenced: list[Outcome] = [Send(speech.stonith(node, "OK"))]
        if ledger.nice and ledger.ours is Holding.ALL and not ledger.yielding:
            ledger.their_stable = ledger.needs_failback = True
            return [*fenced, speech.hook("status"), HoldingsChanged()]
        return [*fenced, *self._take_over(node, Ground.DEATH, f"{how}; {why}")]

    def _cancel_standby(self) -> list[Outcome]:
        ledger = self.ledger
        if ledger.standby is StandbyPhase.NOT:
            return []
        ledger.standby = StandbyPhase.NOT
        return [
            Log(Level.INFO, "Cancelling pending standby operation"),
            JobsCancelled((Purpose.GIVE, Purpose.TAKE)),
        ]

    def _hear_goodbye(self, sender: NodeName) -> list[Outcome]:
        """The peer has given up everything; it is acted on before it is dead."""
        ledger = self.ledger
        heard: list[Outcome] = [Log(Level.INFO, f"Received shutdown notice from '{sender}'.")]
        ledger.gone.add(sender)
        ledger.releasing.discard(sender)
        ledger.theirs = Holding.NONE
        ledger.their_stable = True
        if ledger.phase is Phase.INIT:
            # Nobody can tell this from a recording yet; its silence will show whether it is gone.
            return heard
        if ledger.leaving:
            cancelled = Log(Level.INFO, "Resource takeover cancelled - shutdown in progress.")
            return [*heard, cancelled, HoldingsChanged()]
        heard.extend(self._cancel_standby())
        if ledger.nice and ledger.ours is Holding.ALL and not ledger.yielding:
            ledger.needs_failback = True
            return [*heard, HoldingsChanged()]
        cause = f"node {sender} left and gave up its resources"
        return [*heard, *self._take_over(sender, Ground.GOODBYE, cause)]

    def _take_over(self, node: NodeName, ground: Ground, cause: str) -> list[Outcome]:
        ledger = self.ledger
        ledger.claim(Holding.FOREIGN)
        ledger.theirs = Holding.NONE
        ledger.their_stable = True
        ledger.takeover_running = True
        # What was to be settled with the peer is settled now.
        ledger.yielding = ledger.contested = ledger.unclear = ledger.conceding = False
        groups = ledger.homed_at(node)
        job = Job(Purpose.TAKEOVER, groups, (cause,), Claim(ground, node), Holding.FOREIGN, node)
        return [
            JobsCancelled((Purpose.YIELD,)),
            Log(Level.INFO, f"Resources being acquired from {node}."),
            Record("takeover of node", node, ledger.me, (cause,)),
            speech.hook("status"),
            *(Log(Level.INFO, f"Taking over resource group {group.key}", _SCRIPT) for group in groups),
            JobBegun(job),
            *acquire_local(ledger, cause, force=True),
        ]

    def _finished(self, item: JobFinished, now: Seconds) -> list[Outcome]:
        self._remember(item, now)
        cleared = self._clear(item, now)
        if item.job.purpose is not Purpose.TAKEOVER:
            return cleared
        complete = Log(Level.INFO, f"mach_down takeover complete for node {item.job.node}.", _SCRIPT)
        if not self.ledger.nice:
            self.ledger.takeover_running = False
            return [*cleared, complete, HoldingsChanged()]
        acquired = Log(Level.INFO, "hatwist: nice_failback: foreign resources acquired", _SCRIPT)
        return [*cleared, acquired, complete, Send(speech.mach_down())]

    def _remember(self, item: JobFinished, now: Seconds) -> None:
        """
        Note which groups are to be offered, once they are stopped for certain.

        Each node offers a group once in L{OFFER_MEMORY}, until a start of it succeeds.
        """
        job = item.job
        if job.purpose is Purpose.CLEAR:
            self._offer |= job.which
            self._deadlines.set("offer", now + FAILED_START_DELAY)
        elif job.purpose in _STARTS:
            for group in job.groups:
                if group.key not in item.failed:
                    self._offered.pop(group.key, None)

    def _clear(self, item: JobFinished, now: Seconds) -> list[Outcome]:
        """A start failed: make sure that nothing of the group runs here."""
        ledger = self.ledger
        jobs: list[Outcome] = []
        for group in item.job.groups:
            if group.key not in item.failed:
                continue
            again = now - self._offered.get(group.key, -OFFER_MEMORY) < OFFER_MEMORY
            if not again:
                self._offered[group.key] = now
            which = Holding.NONE if again else ledger.side(group)
            jobs.append(JobBegun(Job(Purpose.CLEAR, (group,), ("its start failed here",), which=which)))
            if again:
                text = (
                    f"group {group.key} failed to start here again after it was offered to the other node;"
                    " it stays stopped until a standby or takeover is ordered"
                )
                jobs.append(Log(Level.CRIT, text))
        return jobs

    def _make_offer(self, now: Seconds) -> list[Outcome]:
        if not self._deadlines.expire("offer", now):
            return []
        which, self._offer = self._offer, Holding.NONE
        if not which or self.ledger.leaving or not self.ledger.living_peers():
            return []
        return [HandoverAsked(which, "its start failed here")]

# -*- test-case-name: tests.cluster.test_resources -*-
"""
Agree with the peer who holds what: start, join, failback (protocol 10.2, 10.3).

Requests, takeover, standby and leaving have modules of their own; all of them
share one L{Ledger}.
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
    ClaimOvertaken,
    CommunicationEstablished,
    HandoverAsked,
    HoldingsChanged,
    JobBegun,
    MessageDelivered,
    NodeAdded,
    NodeRemoved,
    PeerRestarted,
    PeerStatusChanged,
    Send,
    Swept,
    TwinFound,
)
from hatwist.cluster.jobs import Job, Purpose
from hatwist.cluster.ledger import Phase, number_of
from hatwist.cluster.names import Holding, Level, NodeStatus
from hatwist.cluster.ownership import Claim, Ground, may_own
from hatwist.cluster.requests import acquire_local
from hatwist.config.model import AutoFailback, NodeName
from hatwist.errors import MalformedError

if TYPE_CHECKING:
    from hatwist.cluster.complaints import Complaints
    from hatwist.cluster.facts import Outcome
    from hatwist.cluster.ledger import Ledger
    from hatwist.config.model import HaConfig, Seconds
    from hatwist.wire.message import Message

AGREEMENT_PERIOD: Final = 10.0
"""
Seconds from the first C{resource} message until one acts although nobody was
stable, and from one unanswered C{starting} to the next.
"""

GREETING: Final = 1.0
"""Seconds a C node that became active has to say what it holds, before it is asked again."""

FAILBACK_RETRY: Final = 1.0
"""Seconds until a failback that could not begin is tried again."""

FAILBACK_AGAIN: Final = 30.0
"""Seconds until one that came to nothing is tried again."""

_BEGUN: Final = (Phase.STARTING, Phase.BOTH_STARTING, Phase.RECEIVED)

_Item = (
    DeadlinePassed
    | Swept
    | CommunicationEstablished
    | MessageDelivered
    | PeerStatusChanged
    | PeerRestarted
    | TwinFound
    | ClaimOvertaken
    | NodeAdded
    | NodeRemoved
    | HoldingsChanged
)


@define
class Resources:
    """The side of the ledger that the messages C{starting} and C{resource} write."""

    config: HaConfig
    ledger: Ledger
    complaints: Complaints
    _deadlines: Deadlines = field(factory=Deadlines)
    _established: bool = False
    _swept: bool = False
    _announced: bool = False
    _unheard: NodeName | None = None
    "A C node that may not have heard our question, and has not said what it holds."

    def handle(self, item: _Item, now: Seconds) -> list[Outcome]:
        """Follow the peers, and decide."""
        match item:
            case DeadlinePassed():
                return self._tick(now)
            case Swept():
                self._swept = True
                return self._begin(now)
            case CommunicationEstablished():
                self._established = True
                return self._begin(now)
            case MessageDelivered(sender, message, own):
                return self._hear(sender, message, own, now)
            case HoldingsChanged():
                return self._adopt_orphans() or self._make_good()
            case PeerStatusChanged(peer, status):
                self.ledger.peers[peer] = status
                if status is NodeStatus.INIT:
                    self.ledger.gone.discard(peer)
                self._meet(peer, status, now)
            case PeerRestarted(peer):
                self.ledger.gone.discard(peer)
                self._expect_release(peer)
            case TwinFound(peer):
                self.ledger.newest.pop(peer, None)
            case ClaimOvertaken():
                return self._repeat()
            case NodeAdded(node):
                self.ledger.peers[node] = NodeStatus.DEAD
            case NodeRemoved(node):
                self.ledger.peers.pop(node, None)
        return []

    def deadline(self) -> Seconds:
        """When to act without an answer, or to try a failback again."""
        return self._deadlines.first()

    def _begin(self, now: Seconds) -> list[Outcome]:
        """
        Speak of resources: when communication is established, and when what a
        former life left running was released.  Until then nobody may think
        that we hold nothing.
        """
        ledger = self.ledger
        if ledger.leaving or not (self._established and self._swept):
            return []
        if not ledger.nice:
            ledger.phase = Phase.STABLE
            return acquire_local(ledger, "communication is established")
        ledger.phase = Phase.STARTING
        self._deadlines.set("starting", now + AGREEMENT_PERIOD)
        begun: list[Outcome] = [Send(speech.starting())]
        if not ledger.living_peers():
            # Nobody is there to answer, so nobody is waited for (protocol 10.10 e and f).
            ledger.phase = Phase.STABLE
            ledger.their_stable = True
            begun.extend(self._claim_local("no other node is alive"))
        return begun

    def _tick(self, now: Seconds) -> list[Outcome]:
        ledger = self.ledger
        outcomes: list[Outcome] = []
        if self._deadlines.expire("agreement", now) and ledger.phase is Phase.RECEIVED:
            outcomes.extend(self._agree(now))
        if self._deadlines.expire("starting", now) and ledger.phase is Phase.STARTING:
            # heartbeat says it once; a peer that could not hear us then would never answer.
            self._deadlines.set("starting", now + AGREEMENT_PERIOD)
            outcomes.append(Send(speech.starting()))
        if self._deadlines.expire("greet", now):
            outcomes.extend(self._greet())
        if self._deadlines.expire("consult", now):
            outcomes.extend(self._consult(now))
        if self._deadlines.expire("failback", now):
            outcomes.extend(self._fail_back(now))
        return outcomes

    def _agree(self, now: Seconds) -> list[Outcome]:
        """Nobody was stable for long: take what is at home here, unless the peer is still letting go."""
        ledger = self.ledger
        if ledger.releaser() is not None:
            # It says so when it has; or it dies.
            self._deadlines.set("agreement", now + AGREEMENT_PERIOD)
            return []
        ledger.phase = Phase.STABLE
        cause = f"nobody was stable for {AGREEMENT_PERIOD:.0f} s"
        return [Log(Level.INFO, "local resource transition completed."), *self._claim_local(cause)]

    def _meet(self, peer: NodeName, status: NodeStatus, now: Seconds) -> None:
        """
        Note that a C node has become active: what was said to it before it did not hear.

        If it did hear it, it says what it holds, and would complain of a second question.
        """
        ledger = self.ledger
        if status is NodeStatus.ACTIVE and peer in ledger.c_nodes and ledger.nice and ledger.phase in _BEGUN:
            self._unheard = peer
            self._deadlines.set("greet", now + GREETING)

    def _expect_release(self, peer: NodeName) -> None:
        """A peer stops what its former life left, before it says anything; what is begun must wait for it."""
        if self.ledger.nice and self.ledger.phase is not Phase.INIT:
            self.ledger.releasing.add(peer)

    def _greet(self) -> list[Outcome]:
        """Ask a C node again what it holds, if it has not said so."""
        unheard, self._unheard = self._unheard, None
        if unheard is None or self.ledger.phase not in _BEGUN:
            return []
        return [Send(speech.starting())]

    def _repeat(self) -> list[Outcome]:
        """Say once more what is ours, after an older claim of ours; our own kind needs no telling."""
        ledger = self.ledger
        if not ledger.c_nodes or ledger.phase in (Phase.INIT, Phase.STARTING, Phase.SHUTDOWN):
            return []
        return [Send(speech.resource(ledger.ours, ledger.settled))]

    def _consult(self, now: Seconds) -> list[Outcome]:
        """Ask a peer that has not said for long that it finished moving things."""
        ledger = self.ledger
        if ledger.their_stable or ledger.leaving or not ledger.living_peers():
            return []
        self._deadlines.set("consult", now + AGREEMENT_PERIOD)
        if not ledger.settled:
            return []
        return [Send(speech.starting()), Send(speech.resource(ledger.ours, True))]

    def _hear(self, sender: NodeName, message: Message, own: bool, now: Seconds) -> list[Outcome]:
        if not self.ledger.nice:
            return []
        match message.get("t"):
            case "starting" if not own:
                return self._hear_starting(sender, message, now)
            case "resource":
                return self._hear_resource(sender, message, own, now)
            case _:
                return []

    def _hear_starting(self, sender: NodeName, message: Message, now: Seconds) -> list[Outcome]:
        ledger = self.ledger
        if ledger.phase is Phase.INIT:
            # It came before our communication was up; our own C{starting} repairs it.
            return []
        said: list[Outcome] = []
        if ledger.takeover_running:
            said.append(Log(Level.WARN, "T_STARTING received during takeover."))
        if ledger.phase is Phase.STARTING:
            ledger.phase = Phase.BOTH_STARTING
        if not ledger.is_outdated(sender, number_of(message)):
            # It says this when nothing of its former life runs there any more.
            ledger.releasing.discard(sender)
            ledger.their_stable = False
            self._deadlines.set("consult", now + AGREEMENT_PERIOD)
        return [*said, self._claim()]

    def _claim(self) -> Send:
        """Say what is ours; who is leaving says so each time, because much of it may still run here."""
        ledger = self.ledger
        why = "shutdown" if ledger.leaving else ""
        return Send(speech.resource(ledger.ours, ledger.settled, why))

    def _hear_resource(self, sender: NodeName, message: Message, own: bool, now: Seconds) -> list[Outcome]:
        ledger = self.ledger
        try:
            held, number = Holding.of(message.get("rsc_hold")), number_of(message)
        except MalformedError as error:
            return [
                *self.complaints.note("malformed", Level.WARN, f"Bad message from {sender}: {error}", now)
            ]
        if not own and ledger.is_outdated(sender, number):
            return []
        if not own and message.get("rtype") == "full":
            ledger.newest[sender] = number
            leaves = message.get("info") == "shutdown"
            (ledger.releasing.add if leaves else ledger.releasing.discard)(sender)
            self._unheard = None
        if ledger.phase is Phase.INIT and not own:
            ledger.theirs = _merge(ledger.theirs, held, message)
            return []
        if ledger.phase in (Phase.STARTING, Phase.BOTH_STARTING):
            ledger.phase = Phase.RECEIVED
            self._deadlines.set("agreement", now + AGREEMENT_PERIOD)
        outcomes = self._hear_own(message, now) if own else self._hear_peer(held, message, now)
        claimed = [ClaimHeard(sender)] if not own and message.get("rtype") == "full" else []
        # What is begun comes after what is said of it.
        begun = [one for one in outcomes if isinstance(one, JobBegun)]
        said = [one for one in outcomes if not isinstance(one, JobBegun)]
        return [*said, *self._announce(message, own), *begun, *claimed, HoldingsChanged()]

    def _hear_own(self, message: Message, now: Seconds) -> list[Outcome]:
        ledger = self.ledger
        if message.get("info") != "mach_down":
            return []
        ledger.takeover_running = False
        ledger.needs_failback = True
        if not ledger.living_peers():
            ledger.their_stable = True
        # Its home node may have returned while it was being taken over.
        return [Log(Level.INFO, "mach_down takeover complete."), *self._fail_back(now)]

    def _hear_peer(self, held: Holding, message: Message, now: Seconds) -> list[Outcome]:
        ledger = self.ledger
        ledger.theirs = _merge(ledger.theirs, held, message)
        outcomes: list[Outcome] = []
        if message.has("isstable"):
            became_stable = message.get("isstable") == "1" and not ledger.their_stable
            ledger.their_stable = message.get("isstable") == "1"
            if not ledger.their_stable:
                self._deadlines.set("consult", now + AGREEMENT_PERIOD)
            if became_stable:
                outcomes.append(Log(Level.INFO, "remote resource transition completed."))
                outcomes.append(self._claim())
                outcomes.extend(self._fail_back(now))
        if ledger.phase is Phase.RECEIVED and ledger.their_stable:
            ledger.phase = Phase.STABLE
            outcomes.append(Log(Level.INFO, "remote resource transition completed."))
            outcomes.extend(self._claim_local("the other side is stable"))
            outcomes.extend(self._fail_back(now))
        return [*outcomes, *self._adopt_orphans()]

    def _adopt_orphans(self) -> list[Outcome]:
        """
        Take what is at home here and claimed by nobody.

        heartbeat only logs this; it arises when a peer that held our groups
        restarts within its deadtime.
        """
        ledger = self.ledger
        settled = ledger.phase is Phase.STABLE and ledger.stable
        claimed = ledger.ours & Holding.LOCAL or ledger.theirs & Holding.FOREIGN
        if not settled or claimed or ledger.leaving:
            return []
        return self._claim_local("nobody held it")

    def _make_good(self) -> list[Outcome]:
        """Start what was refused while a peer might have run it, and is ours still."""
        ledger = self.ledger
        if not (ledger.refused and ledger.settled and ledger.stable) or ledger.leaving:
            return []
        jobs: list[Outcome] = []
        for group in ledger.groups:
            if not ledger.nice and group.node == ledger.me and group.key in ledger.refused:
                if not may_own(group, Claim(Ground.HOME), ledger).allowed:
                    continue
                # A legacy node does not say what it has: it has to be asked.
                ledger.refused.discard(group.key)
                cause = "its start was refused before"
                jobs.append(JobBegun(Job(Purpose.BOOT, (group,), (cause,), which=Holding.LOCAL)))
                continue
            claim = Claim(Ground.HOME) if group.node == ledger.me else Claim(Ground.DEATH, group.node)
            ours = group.key in ledger.refused and ledger.ours & ledger.side(group)
            if ours and may_own(group, claim, ledger).allowed:
                cause = "its start was refused before"
                jobs.append(JobBegun(Job(Purpose.REQUESTED, (group,), (cause,), claim, ledger.side(group))))
        return jobs

    def _claim_local(self, cause: str) -> list[Outcome]:
        """Take the local groups if nobody else has them, and say at once what is ours now."""
        begun = acquire_local(self.ledger, cause)
        return [Send(speech.resource(self.ledger.ours, True)), *begun]

    def _announce(self, message: Message, own: bool) -> list[Outcome]:
        """Say once that the first acquisition is over (heartbeat's test suite waits for it)."""
        ledger = self.ledger
        if self._announced or ledger.phase is not Phase.STABLE:
            return []
        theirs = self.config.cf.auto_failback is AutoFailback.OFF and ledger.theirs & Holding.FOREIGN
        if not (ledger.ours & Holding.LOCAL or theirs):
            return []
        self._announced = True
        reason = "T_RESOURCES(us)" if own or not theirs else "T_RESOURCES(them)"
        if message.get("info") == "mach_down":
            reason = "mach_down"
        return [Log(Level.INFO, f"Initial resource acquisition complete ({reason})")]

    def _fail_back(self, now: Seconds) -> list[Outcome]:
        """Give foreign groups back to a peer that has returned (protocol 10.5)."""
        ledger = self.ledger
        wanted = (
            self.config.cf.auto_failback is AutoFailback.ON
            and ledger.needs_failback
            and ledger.ours & Holding.FOREIGN
            and not ledger.theirs & Holding.LOCAL
            and ledger.living_peers()
            and not (ledger.blind | ledger.gone | ledger.releasing).intersection(ledger.living_peers())
            and not ledger.leaving
        )
        if not wanted:
            return []
        if ledger.settled and ledger.their_stable:
            # It may come to nothing.
            self._deadlines.set("failback", now + FAILBACK_AGAIN)
            return [HandoverAsked(Holding.FOREIGN, "auto_failback is on and its home node has returned")]
        self._deadlines.set("failback", now + FAILBACK_RETRY)
        return []


def _merge(before: Holding, held: Holding, message: Message) -> Holding:
    """Apply a claim: the full form replaces, the partial one adds (protocol 10.3)."""
    if message.get("rtype") == "full" or held is Holding.NONE:
        return held
    return before | held

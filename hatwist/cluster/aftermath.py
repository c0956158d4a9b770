# -*- test-case-name: tests.cluster.test_aftermath -*-
"""
After a split with a node that runs heartbeat (safety 8, protocol 9.7).

A C node that had declared us dead says so when it hears us again, restarts itself
two seconds later, and lets go of everything: we keep what we have.  One that had
not, because only we were deaf, keeps what it has for ever: we let go.  Silence
proves neither, so it is asked for its list of nodes, which changes nothing, after
a heartbeat: it handles them in order.  And one
that declares us dead while we hear it, because only it is deaf, takes over
whatever we do: we let go before it has done so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import define, field

from hatwist.cluster import speech
from hatwist.cluster.actions import Log, Record
from hatwist.cluster.deadlines import Deadlines
from hatwist.cluster.events import DeadlinePassed
from hatwist.cluster.facts import (
    BeatAsked,
    JobBegun,
    MessageDelivered,
    PeerDied,
    PeerRestarted,
    PeerReturned,
    Send,
)
from hatwist.cluster.jobs import Job, Purpose
from hatwist.cluster.ledger import Phase
from hatwist.cluster.names import Holding, Level
from hatwist.wire.message import Message

if TYPE_CHECKING:
    from hatwist.cluster.facts import Outcome
    from hatwist.cluster.ledger import Ledger
    from hatwist.config.model import NodeName, Seconds

ASKING: Final = 1 / 3
"""Keepalives from one question to the next."""

ANSWERS: Final = 2
"""Answers that show that a C node hears us: of a first question it may have heard no heartbeat before."""

GRACE: Final = 0.1
"""Seconds for what it said before, beyond the time in which it is asked for again if it was lost."""

_Item = PeerReturned | MessageDelivered | PeerDied | PeerRestarted | DeadlinePassed


@define
class Aftermath:
    """Finds out which side of a split has to give way to the other."""

    ledger: Ledger
    keepalive: Seconds
    rexmit_delay: Seconds
    _deadlines: Deadlines = field(factory=Deadlines)
    _waiting: NodeName | None = None
    "Who is back, and has not yet said whether it had declared us dead."
    _answers: int = 0
    _leaving: NodeName | None = None
    "Who will restart itself."
    _claiming: NodeName | None = None
    "A legacy node that was asked for what is at home here."

    def handle(self, item: _Item, now: Seconds) -> list[Outcome]:
        """Follow C nodes that come back, and what they say of us."""
        match item:
            case PeerReturned(peer):
                return self._meet(peer, now) if peer in self.ledger.c_nodes else []
            case MessageDelivered(sender, message, own):
                return [] if own or sender not in self.ledger.c_nodes else self._hear(sender, message, now)
            case PeerDied() | PeerRestarted():
                self._forget()
                return []
            case DeadlinePassed():
                if self._deadlines.expire("question", now):
                    return self._ask(now)
                return self._give_in() if self._deadlines.expire("verdict", now) else []

    def deadline(self) -> Seconds:
        """When to ask again, or to believe that it had not declared us dead."""
        return self._deadlines.first()

    def _forget(self) -> None:
        self._waiting = self._leaving = self._claiming = None
        self._deadlines.clear("question")
        self._deadlines.clear("verdict")
        self.ledger.conceding = False

    def _meet(self, peer: NodeName, now: Seconds) -> list[Outcome]:
        ledger = self.ledger
        if ledger.leaving or ledger.phase is not Phase.STABLE:
            return []
        self._waiting, self._answers = peer, 0
        self._deadlines.clear("verdict")
        ledger.unclear = True
        return [*self._announce(f"node {peer} is back after a partition"), *self._ask(now)]

    def _ask(self, now: Seconds) -> list[Outcome]:
        assert self._waiting is not None
        self._deadlines.set("question", now + ASKING * self.keepalive)
        return [BeatAsked(), Send(Message.of(t="reqnodes", dest=self._waiting))]

    def _announce(self, cause: str) -> list[Outcome]:
        """Tell the neighbours again where the addresses are; the other node may have told them otherwise."""
        ours = self.ledger.groups_of(self.ledger.ours)
        return [JobBegun(Job(Purpose.ANNOUNCE, ours, (cause,), which=self.ledger.ours))] if ours else []

    def _hear(self, sender: NodeName, message: Message, now: Seconds) -> list[Outcome]:
        match message.get("t"):
            case "repnodes" if sender == self._waiting:
                self._answers += 1
                if self._answers == ANSWERS:
                    self._deadlines.clear("question")
                    self._deadlines.set("verdict", now + self.rexmit_delay + GRACE)
                return []
            case "stonith" if message.get("node") == self.ledger.me:
                if sender == self._waiting:
                    return self._keep(sender)
                return [] if message.get("result") == "unneeded" else self._concede(sender)
            case "ip-request-resp" if sender == self._claiming and message.get("dest") == self.ledger.me:
                return self._announce(f"node {sender} has given it back")
            case "shutdone" if sender == self._leaving:
                self._leaving = None
                return self._announce(f"node {sender} has let go, to restart itself")
            case _:
                return []

    def _keep(self, peer: NodeName) -> list[Outcome]:
        ledger = self.ledger
        self._waiting, self._leaving = None, peer
        self._deadlines.clear("question")
        self._deadlines.clear("verdict")
        ledger.unclear = False
        ledger.theirs, ledger.their_stable = Holding.NONE, True
        cause = f"node {peer} runs heartbeat, had declared us dead, and will restart itself"
        return [
            Log(Level.INFO, f"{cause}: keeping {ledger.ours.word} resources"),
            Record("keep", ledger.ours.word, ledger.me, (cause,)),
        ]

    def _give_in(self) -> list[Outcome]:
        """It never declared us dead, so it will not restart: what both of us have stays there."""
        ledger = self.ledger
        peer, self._waiting = self._waiting, None
        ledger.conceding = True
        cause = f"node {peer} runs heartbeat and had not declared us dead"
        asked: list[Outcome] = [Log(Level.WARN, f"{cause}: what it holds is given up here")]
        if ledger.nice:
            asked.extend((Send(speech.starting()), Send(speech.resource(ledger.ours, ledger.settled))))
            return asked
        # Legacy nodes do not say what they hold: what is at home there it has, and what is at home here
        # it gives back if it is asked for it.
        ledger.unclear = ledger.conceding = False
        self._claiming = peer
        asked.extend(Send(speech.ip_request(group.key)) for group in ledger.groups_of(Holding.LOCAL))
        return [*asked, *self._yield(Holding.FOREIGN & ledger.ours, cause)]

    def _concede(self, peer: NodeName) -> list[Outcome]:
        ledger = self.ledger
        if ledger.leaving or not ledger.ours or ledger.yielding:
            return []
        ledger.theirs, ledger.their_stable = Holding.ALL, False
        cause = f"node {peer} runs heartbeat, does not hear us, and takes over"
        return [
            Log(Level.ERROR, f"{cause}: giving up {ledger.ours.word} resources"),
            *self._yield(ledger.ours, cause),
        ]

    def _yield(self, which: Holding, cause: str) -> list[Outcome]:
        if not which:
            return []
        self.ledger.yielding = True
        self.ledger.needs_failback = False
        return [JobBegun(Job(Purpose.YIELD, self.ledger.groups_of(which), (cause,), which=which))]

# -*- test-case-name: tests.cluster.test_standby -*-
"""
Hand groups over in an orderly way: the three-step standby (protocol 10.5).

One node gives (C{me}), the other agrees (C{other}), each says when it is
C{done}.  Sets are always in the words of the node that gives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import define, field

from hatwist.cluster import speech
from hatwist.cluster.actions import Log, Record
from hatwist.cluster.deadlines import Deadlines
from hatwist.cluster.events import DeadlinePassed, StandbyWanted, TakeoverWanted
from hatwist.cluster.facts import (
    HandoverAsked,
    HoldingsChanged,
    JobBegun,
    JobFinished,
    JobsCancelled,
    MessageDelivered,
    PeerRestarted,
    Send,
)
from hatwist.cluster.jobs import Job, Purpose
from hatwist.cluster.ledger import Number, Phase, StandbyPhase, number_of
from hatwist.cluster.names import Holding, Level
from hatwist.cluster.ownership import Claim, Ground
from hatwist.errors import MalformedError

if TYPE_CHECKING:
    from hatwist.cluster.complaints import Complaints
    from hatwist.cluster.facts import Outcome
    from hatwist.cluster.ledger import Ledger
    from hatwist.config.model import NodeName, Seconds
    from hatwist.wire.message import Message

DOUBT: Final = 1.0
"""Seconds from a C giver's word that nothing moves there until we believe that it gives nothing."""

REPLY_PERIOD: Final = 10.0
"""Seconds the other side has to agree."""

MOVE_PERIOD: Final = 3600.0
"""Seconds either side has for its resources."""

_Item = (
    StandbyWanted
    | TakeoverWanted
    | HandoverAsked
    | MessageDelivered
    | PeerRestarted
    | JobFinished
    | DeadlinePassed
)


@define
class Standby:
    """One standby operation at a time, as giver or as taker."""

    ledger: Ledger
    complaints: Complaints
    _deadlines: Deadlines = field(factory=Deadlines)
    _cause: str = ""
    "Why this node gives, for the records."
    _asked: bool = False
    "Our own next request is one that was asked for here, and not a script's."
    _heard: Number = (0, 0)
    "The number of the other side's newest step."
    _abandoned: NodeName | None = None
    "Whom we promised to take from, and no longer waited for."
    _doubted: tuple[NodeName, Number] | None = None
    "Who said that nothing moves there, after which of its steps."
    _releasing: bool = False
    "The other side agreed, and we are giving."

    def handle(self, item: _Item, now: Seconds) -> list[Outcome]:
        """Begin an operation, or take the next step of one."""
        match item:
            case StandbyWanted(which, requester):
                return self._ask(which, f"{requester} asked {self.ledger.me} to go standby")
            case TakeoverWanted(which, requester):
                return self._ask_peer(which, requester)
            case HandoverAsked(which, why):
                return self._ask(which, why)
            case MessageDelivered(sender, message, own):
                return self._hear(sender, message, own, now)
            case PeerRestarted(peer):
                # Whatever was agreed with its former life, the new one knows nothing of it.
                return self._break_off(f"node {peer} was restarted")
            case JobFinished(job):
                return self._moved(job)
            case DeadlinePassed():
                return self._expire(now)

    def deadline(self) -> Seconds:
        """When an operation that is not answered is over."""
        return self._deadlines.first()

    def _ask(self, which: Holding, cause: str) -> list[Outcome]:
        ledger = self.ledger
        obstacle = self._obstacle(which)
        if obstacle:
            reason = obstacle.rstrip(".") if ledger.nice else _LEGACY
            return [
                Log(Level.WARN, f"standby message [{which.word}] from {ledger.me} ignored.  {obstacle}"),
                Record("standby refused", which.word, ledger.me, (reason, cause)),
            ]
        self._cause = cause
        self._asked = True
        return [
            Log(Level.PLAIN, f"Going standby [{which.word}].", "hb_standby(default)"),
            Send(speech.ask_resources(which, "me")),
        ]

    def _ask_peer(self, which: Holding, requester: str) -> list[Outcome]:
        ledger = self.ledger
        if not ledger.partners() or not ledger.nice:
            obstacle = "no other node is alive" if ledger.nice else _ONLY_NICE
            reason = obstacle if ledger.nice else _LEGACY
            refused = Record("takeover refused", which.word, ledger.me, (reason, f"{requester} asked for it"))
            return [Log(Level.WARN, f"takeover [{which.word}] refused: {obstacle}"), refused]
        text = f"takeover [{which.word}]: asking the other node for it ({requester} asked)"
        return [Log(Level.INFO, text), Send(speech.takeover(which))]

    def _obstacle(self, which: Holding) -> str:
        ledger = self.ledger
        if not ledger.nice:
            return _ONLY_NICE
        if ledger.leaving:
            return "This node is leaving."
        if not ledger.partners():
            return "No other node is alive."
        if ledger.standby is not StandbyPhase.NOT:
            return "Another standby operation is in progress."
        if not ledger.their_stable:
            return "Other side is in flux."
        if ledger.phase is not Phase.STABLE or ledger.jobs or ledger.takeover_running:
            return "local resources in flux."
        if not ledger.ours & which:
            kind = "" if which is Holding.ALL else f"{which.word} "
            return f"This node holds no {kind}resources."
        return ""

    def _hear(self, sender: NodeName, message: Message, own: bool, now: Seconds) -> list[Outcome]:
        kind = message.get("t")
        if kind == "resource" and not own:
            return self._hear_claim(sender, message, now)
        if kind not in ("ask_resources", "hb_takeover") or (own and kind == "hb_takeover"):
            return []
        try:
            word = message.get("rsc_hold", "all")
            # Who asks for it wants back what is at home there; heartbeat's script takes it for everything.
            word = "local" if (kind, word) == ("hb_takeover", "failback") else word
            which, number = Holding.of(word), number_of(message)
        except MalformedError as error:
            return [
                *self.complaints.note("malformed", Level.WARN, f"Bad message from {sender}: {error}", now)
            ]
        if kind == "hb_takeover":
            return [speech.hook("hb_takeover"), *self._ask(which.swapped, f"node {sender} asked for it")]
        if not self.ledger.nice:
            return [Log(Level.INFO, _ONLY_NICE)]
        if self.ledger.leaving:
            return []
        if not own and not self.ledger.lives(sender):
            # Who is dead will not die once more: nobody would end what is begun with it.
            text = f"standby message [{message.get('info')[:20]}] from {sender} ignored: it is dead"
            return [*self.complaints.note("standby of the dead", Level.WARN, text, now)]
        if not own:
            self._heard = number
        before = self.ledger.standby, self._releasing
        outcomes = self._step(sender, which, message.get("info"), own, now)
        if not own and before != (self.ledger.standby, self._releasing):
            # What it claimed before this step, and comes only now, is not true any more.
            newest = self.ledger.newest
            newest[sender] = max(number, newest.get(sender, number))
        return outcomes

    def _step(self, sender: NodeName, which: Holding, turn: str, own: bool, now: Seconds) -> list[Outcome]:
        """Take one step; the table is protocol 10.5's."""
        match self.ledger.standby, turn, own:
            case StandbyPhase.NOT, "me", _:
                return self._begin(sender, which, own, now)
            case StandbyPhase.GIVING, "other", False if not self._releasing:
                return self._give(sender, which, now)
            case StandbyPhase.GIVING, "done", True:
                self._deadlines.set("standby", now + MOVE_PERIOD)
                self.ledger.standby = StandbyPhase.DONE
                return [Log(Level.INFO, f"Local standby process completed [{which.word}].")]
            case StandbyPhase.TAKING, "done", False:
                return self._take(sender, which, now)
            case StandbyPhase.NOT, "done", False if sender == self._abandoned:
                # We no longer wait for it, but the peer has let go, and nobody else will start them.
                return self._take(sender, which, now)
            case StandbyPhase.TAKING, "other", True:
                return []
            case StandbyPhase.DONE, "done", _ if own is not self._releasing:
                # The taker says it last; a word of the giver's comes a second time.
                return self._end(which, own)
            case StandbyPhase.NOT, "other" | "done", False:
                # The operation is over here, and the peer does not know it yet.
                claim = speech.resource(self.ledger.ours, self.ledger.settled)
                return [*self._ignore(sender, turn, now), Send(claim)]
            case _:
                return self._ignore(sender, turn, now)

    def _hear_claim(self, sender: NodeName, message: Message, now: Seconds) -> list[Outcome]:
        """
        The other side says that it finished moving things, after its last step.

        A giver gives nothing more then, and a taker says C{done} at once or never;
        heartbeat would wait an hour for either.
        """
        if number_of(message) <= self._heard:
            return []
        if message.get("isstable") != "1":
            self._deadlines.clear("doubt")
            return []
        if self.ledger.standby is StandbyPhase.DONE and self._releasing:
            if self._deadlines.remaining("standby", now) > REPLY_PERIOD:
                self._deadlines.set("standby", now + REPLY_PERIOD)
            return []
        if self.ledger.standby is not StandbyPhase.TAKING:
            return []
        if sender in self.ledger.c_nodes:
            # It may have said so before it heard that we can take them, and then it gives them all the same.
            self._deadlines.set("doubt", now + DOUBT)
            self._doubted = sender, self._heard
            return []
        return self._abandon(sender)

    def _abandon(self, sender: NodeName) -> list[Outcome]:
        """The giver gives nothing."""
        self._abandoned = sender
        self._deadlines.clear("standby")
        self.ledger.standby = StandbyPhase.NOT
        text = f"{sender} no longer wants to go standby.  Standby request cancelled."
        claim = speech.resource(self.ledger.ours, self.ledger.settled)
        return [Log(Level.WARN, text), Send(claim), HoldingsChanged()]

    def _begin(self, sender: NodeName, which: Holding, own: bool, now: Seconds) -> list[Outcome]:
        ledger = self.ledger
        wants = Log(Level.INFO, f"{sender} wants to go standby [{which.word}]")
        if own and not self._asked:
            self._cause = f"a script on {ledger.me} asked it to go standby"
        self._asked = False if own else self._asked
        if not ledger.their_stable or ledger.phase is not Phase.STABLE:
            text = f"standby message [me] from {sender} ignored.  Other side is in flux."
            return [wants, Log(Level.WARN, text)]
        ledger.their_stable = False
        ledger.handing = which
        self._abandoned = None
        if own:
            self._deadlines.set("standby", now + REPLY_PERIOD)
            ledger.standby = StandbyPhase.GIVING
            self._releasing = False
            return [wants]
        self._deadlines.set("standby", now + MOVE_PERIOD)
        ledger.standby = StandbyPhase.TAKING
        return [wants, Send(speech.ask_resources(which, "other"))]

    def _give(self, sender: NodeName, which: Holding, now: Seconds) -> list[Outcome]:
        ledger = self.ledger
        self._deadlines.set("standby", now + MOVE_PERIOD)
        ledger.handing = which
        # What it said of itself before it agreed counts no more.
        ledger.their_stable = False
        self._releasing = True
        given = ledger.groups_of(which & ledger.ours)
        ledger.disclaim(which)
        job = Job(Purpose.GIVE, given, (self._cause,), which=which, node=sender)
        return [
            Log(Level.INFO, f"standby: {sender} can take our {which.word} resources"),
            Send(speech.resource(ledger.ours, False, "standby")),
            Log(Level.INFO, f"give up {which.word} HA resources (standby)."),
            JobBegun(job),
        ]

    def _take(self, sender: NodeName, which: Holding, now: Seconds) -> list[Outcome]:
        ledger = self.ledger
        self._abandoned = None
        self._releasing = False
        self._deadlines.set("standby", now + MOVE_PERIOD)
        ledger.handing = which
        ledger.standby = StandbyPhase.DONE
        ledger.theirs &= ~which
        taken = which.swapped
        cause = f"node {sender} went standby [{which.word}]"
        claim = Claim(Ground.HANDOVER, sender)
        job = Job(Purpose.TAKE, ledger.groups_of(taken), (cause,), claim, which, sender)
        return [
            Log(Level.INFO, f"standby: acquire [{which.word}] resources from {sender}"),
            Log(Level.INFO, f"acquire {taken.word} HA resources (standby)."),
            JobBegun(job),
        ]

    def _moved(self, job: Job) -> list[Outcome]:
        """Our resources are moved; say so, unless the operation was cancelled meanwhile."""
        phase = self.ledger.standby
        if job.purpose is Purpose.GIVE and phase is StandbyPhase.GIVING:
            done = f"{job.which.word} HA resource release completed (standby)."
        elif job.purpose is Purpose.TAKE and phase is StandbyPhase.DONE:
            done = f"{job.which.swapped.word} HA resource acquisition completed (standby)."
        else:
            return []
        return [Log(Level.INFO, done), Send(speech.ask_resources(job.which, "done"))]

    def _end(self, which: Holding, own: bool) -> list[Outcome]:
        ledger = self.ledger
        self._deadlines.clear("standby")
        ledger.standby = StandbyPhase.NOT
        if own:
            ledger.claim(which.swapped)
            done = Log(Level.INFO, f"Standby resource acquisition done [{which.word}].")
        else:
            # Its claim comes next; nobody may think until then that what it took is free.
            ledger.theirs |= which.swapped
            if which & Holding.FOREIGN:
                ledger.needs_failback = False
            done = Log(Level.INFO, f"Other node completed standby takeover of {which.word} resources.")
        return [done, Send(speech.resource(ledger.ours, True)), HoldingsChanged()]

    def _ignore(self, sender: NodeName, turn: str, now: Seconds) -> list[Outcome]:
        if turn == "me" and self._deadlines.pending("standby"):
            left = self._deadlines.remaining("standby", now)
            text = f"Standby in progress- new request from {sender} ignored [{left:.0f} seconds left]"
            return [Log(Level.WARN, text)]
        state = self.ledger.standby.value
        text = f"Ignored standby message {turn[:20]!r} from {sender} in state {state}"
        return [*self.complaints.note("standby out of turn", Level.WARN, text, now)]

    def _expire(self, now: Seconds) -> list[Outcome]:
        doubted, taking = self._doubted, self.ledger.standby is StandbyPhase.TAKING
        if self._deadlines.expire("doubt", now) and taking and doubted and doubted[1] == self._heard:
            return self._abandon(doubted[0])
        if not self._deadlines.expire("standby", now) or self.ledger.standby is StandbyPhase.NOT:
            return []
        self.ledger.their_stable = True
        text = "No reply to standby request.  Standby request cancelled."
        return [Log(Level.WARN, text), *self._break_off("the other node did not answer")]

    def _break_off(self, cause: str) -> list[Outcome]:
        """End an operation in the middle; what it left half done is stopped before anybody may have it."""
        ledger = self.ledger
        if ledger.standby is StandbyPhase.NOT:
            return []
        giving = ledger.standby is StandbyPhase.GIVING and self._releasing
        taking = ledger.standby is StandbyPhase.DONE and not self._releasing
        left = ledger.handing if giving else ledger.handing.swapped if taking else Holding.NONE
        left &= ~ledger.ours
        ledger.standby = StandbyPhase.NOT
        self._deadlines.clear("standby")
        outcomes: list[Outcome] = [
            Record("standby cancelled", ledger.handing.word, ledger.me, (cause,)),
            JobsCancelled((Purpose.GIVE, Purpose.TAKE)),
        ]
        if left:
            ledger.claim(left)
            ledger.yielding = True
            job = Job(
                Purpose.YIELD, ledger.groups_of(left), ("the handover was broken off", cause), which=left
            )
            outcomes.append(JobBegun(job))
        return [*outcomes, Send(speech.resource(ledger.ours, ledger.settled)), HoldingsChanged()]


_ONLY_NICE: Final = "Standby mode only implemented when nice_failback on"
"""heartbeat's words, for the log."""

_LEGACY: Final = "auto_failback is legacy, which knows neither standby nor takeover; write on or off"

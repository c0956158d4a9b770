# -*- test-case-name: tests.cluster.test_ipfail -*-
"""
Who sees fewer ping nodes than the peer gives up its groups (protocol 13.1, 13.2).

It takes the part of heartbeat's client C{ipfail}: same name, same messages, same
waiting, so a node that runs the real one finds its counterpart here.  Two things
are different.  A ping node that came back counts again only when it has answered
for a while, so one that comes and goes moves nothing to and fro.  And a count that
the real C{ipfail} took too early (it looks when the I{link} dies, which may be
before the node does) is asked for once more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import define, field

from hatwist.cluster.actions import Log
from hatwist.cluster.deadlines import Deadlines
from hatwist.cluster.events import DeadlinePassed
from hatwist.cluster.facts import (
    CommunicationEstablished,
    HandoverAsked,
    HoldingsChanged,
    MessageDelivered,
    PeerDied,
    PingChanged,
    ProgramJoined,
    ProgramSpoke,
)
from hatwist.cluster.names import Holding, Level
from hatwist.cluster.seen import Seen
from hatwist.config.model import AutoFailback, NodeName
from hatwist.errors import MalformedError
from hatwist.wire.message import Message

if TYPE_CHECKING:
    from hatwist.cluster.complaints import Complaints
    from hatwist.cluster.facts import Outcome
    from hatwist.cluster.ledger import Ledger
    from hatwist.config.model import HaCf, Seconds

NAME: Final = "ipfail"

DELAY: Final = 1.5
"""
Keepalives between the word that groups are to be given up and the deed: so long the
peer has to see that it sees no more ping nodes than we.
"""

C_DELAY: Final = 2.0
"""The same beside heartbeat's own ipfail."""

C_NOTICES: Final = 0.5
"""
Seconds, beside a keepalive, within which heartbeat's own ipfail notices what we have
noticed.  It does not say so by itself, so it is told once more what we see.
"""

C_ANSWERS: Final = 2.25
"""Seconds within which it answers that: it works off what it hears a piece a second, and there may be two."""

RETURN: Final = 2.0
"""
Deadpings from the first answer of a ping node until it counts again: if it were
silent after it, it would be dead by then.
"""

INSISTENCE: Final = 15.0
"""Seconds after which a handover that came to nothing is asked for again."""

_Item = (
    PingChanged | CommunicationEstablished | MessageDelivered | PeerDied | HoldingsChanged | DeadlinePassed
)


@define
class Ipfail:
    """
    Compares what both sides see.

    @ivar damping: seconds a ping node must be gone before it does not count;
        None: nobody asked for any of this.
    """

    cf: HaCf
    ledger: Ledger
    complaints: Complaints
    _deadlines: Deadlines = field(factory=Deadlines)
    _seen: Seen = field(factory=Seen)
    _running: bool = False
    _wanted: Holding = Holding.NONE
    "What is to be given up."
    _why: str = ""
    _verdict: str = ""
    "Why nothing shall be here: a peer sees more, as far as we know."
    _theirs: dict[NodeName, int] = field(factory=dict)
    "How many each peer has said that it sees."
    _changed: Seconds = float("-inf")
    "When we told of another count."
    _passed_over: bool = False
    "We saw less, and did not give up because of what was about to count again."

    def handle(self, item: _Item, now: Seconds) -> list[Outcome]:
        """Count, tell, compare, give up."""
        if self.cf.ipfail is None:
            return []
        match item:
            case CommunicationEstablished():
                return self._begin(now)
            case PingChanged(node, alive):
                return self._change(node, alive, now)
            case MessageDelivered(sender, message, own):
                return [] if own or not self._running else self._hear(sender, message, now)
            case PeerDied(peer):
                self._theirs.pop(peer, None)
                self._see()
                return self._abort("the other node is dead")
            case HoldingsChanged():
                return self._look(now)
            case DeadlinePassed():
                return self._tick(now)

    def deadline(self) -> Seconds:
        """When something counts, or is given up."""
        return self._deadlines.first()

    def _begin(self, now: Seconds) -> list[Outcome]:
        if not self.ledger.nice:
            return [_said(Level.ERROR, "auto_failback set to incompatible legacy option.")]
        if not self.ledger.groups:
            return [_said(Level.WARN, "No managed resources")]
        self._running = True
        self._seen.count_all()
        self._changed = now
        return [ProgramJoined(NAME), *self._tell()]

    def _change(self, node: NodeName, alive: bool, now: Seconds) -> list[Outcome]:
        assert self.cf.ipfail is not None
        patience = max(self.cf.ipfail, RETURN * self.cf.deadping) if alive else self.cf.ipfail
        self._seen.change(node, alive, now + patience)
        word = "ping" if alive else "dead"
        said = _said(Level.INFO, f"Status update: Node {node} now has status {word}")
        return [said, *self._count(now)] if self._running else []

    def _count(self, now: Seconds) -> list[Outcome]:
        """Let changes count that have lasted; tell the peers of a new count."""
        before = self._seen.number
        changed = self._seen.count(now)
        self._deadlines.set("count", self._seen.next_change)
        due = self._passed_over and not self._seen.returning
        if not (due or changed):
            return []
        self._changed = now
        # Whoever saw more may not any longer; it will say so if it does.
        self._verdict = ""
        self._see()
        return [*self._tell(), *self._foresee(before, now)]

    def _foresee(self, before: int, now: Seconds) -> list[Outcome]:
        """We have lost one: who saw more when it last said so will say it again, or take it back."""
        ours = self._seen.number
        more = [peer for peer, theirs in self._theirs.items() if theirs > ours]
        if not more or before <= ours or self._seen.returning:
            return []
        return self._yield_to(more[0], now)

    def _see(self) -> None:
        """Take note of who sees fewer than we."""
        ours = self._seen.number
        self.ledger.blind = {peer for peer, theirs in self._theirs.items() if theirs < ours}

    def _balance(self, sender: NodeName, now: Seconds) -> list[Outcome]:
        """A peer says that it sees as many as we."""
        blind = sender in self.ledger.blind
        self._theirs[sender] = self._seen.number
        self._see()
        if self._wanted is Holding.FOREIGN:
            return []  # it confirms why they go home
        aborted = self._abort("the other node sees no more ping nodes than we")
        if blind and self.cf.auto_failback is AutoFailback.ON:
            return [*aborted, *self._give_up(Holding.FOREIGN, f"node {sender} sees as many ping nodes", now)]
        return aborted

    def _tell(self) -> list[Outcome]:
        self._passed_over = False
        said = _said(Level.INFO, f"Asking other side for ping node count ({self._seen.number} here).")
        return [said, *(self._say("num_ping_nodes", peer) for peer in self.ledger.living_peers())]

    def _say(self, kind: str, peer: NodeName) -> ProgramSpoke:
        message = Message.of(t=kind, dest=peer)
        if kind == "num_ping_nodes":
            message = message.with_field("num_ping", str(self._seen.number))
        return ProgramSpoke(NAME, message)

    def _hear(self, sender: NodeName, message: Message, now: Seconds) -> list[Outcome]:
        match message.get("t"):
            case "hbapi-clstat":
                joins = (message.get("from_id"), message.get("st")) == (NAME, "join")
                return [self._say("num_ping_nodes", sender)] if joins else []
            case "num_ping_nodes":
                try:
                    return self._compare(sender, _number(message), now)
                except MalformedError as error:
                    return [*self.complaints.malformed(f"from {sender}", error, now)]
            case "you_are_dead":
                return self._told(sender, now)
            case "abort_giveup":
                return self._balance(sender, now)
            case _:
                return []

    def _told(self, sender: NodeName, now: Seconds) -> list[Outcome]:
        """A peer has found that it sees more."""
        if self._seen.returning:
            self._passed_over = True  # what answers again is about to count, and will be told of
            return []
        if self._verdict:
            return []  # it confirms what it has said
        text = "Giving up because we were told that we have less ping nodes."
        why = f"node {sender} sees more ping nodes than the {self._seen.number} that are seen here"
        return [_said(Level.INFO, text), *self._condemn(sender, why, now)]

    def _yield_to(self, peer: NodeName, now: Seconds) -> list[Outcome]:
        """A peer has said that it sees more than we."""
        said = _said(Level.INFO, "Giving up because we have less visible ping nodes.")
        return [said, *self._condemn(peer, self._figures(peer), now)]

    def _figures(self, peer: NodeName) -> str:
        return f"{self._seen.number} ping nodes are seen here, and {self._theirs[peer]} by node {peer}"

    def _condemn(self, sender: NodeName, why: str, now: Seconds) -> list[Outcome]:
        """Give up what we have, and what we get as long as a peer sees more."""
        self._verdict = why
        if sender in self.ledger.c_nodes and self.ledger.ours:
            self._deadlines.set("again", max(now, self._changed + self.cf.keepalive + C_NOTICES))
        return self._give_up(Holding.ALL, why, now)

    def _look(self, now: Seconds) -> list[Outcome]:
        """See whether what is to be given up is gone, or something has come that is to be."""
        if self._wanted and not self.ledger.ours & self._wanted:
            return self._abort("", still=bool(self._verdict))
        return self._give_up(Holding.ALL, self._verdict, now) if self._verdict else []

    def _compare(self, sender: NodeName, theirs: int, now: Seconds) -> list[Outcome]:
        ours = self._seen.number
        self._theirs[sender] = theirs
        self._see()
        if sender in self.ledger.c_nodes and not self._verdict:
            self._deadlines.set("again", now + self.cf.deadping)
        if ours > theirs:
            text = "Telling other node that we have more visible ping nodes."
            return [_said(Level.INFO, text), self._say("you_are_dead", sender)]
        if ours + len(self._seen.returning) >= theirs > ours:
            self._passed_over = True
            return []
        if ours < theirs:
            return [] if self._verdict else self._yield_to(sender, now)
        balanced: list[Outcome] = [
            _said(Level.INFO, "Ping node count is balanced."),
            self._say("abort_giveup", sender),
        ]
        why = self._figures(sender)
        if self._verdict or self._wanted & Holding.LOCAL:
            return [*balanced, *self._abort(why)]
        if self.cf.auto_failback is AutoFailback.ON and self.ledger.ours & Holding.FOREIGN:
            text = "Giving up foreign resources (auto_failback)."
            why = f"auto_failback is on, and their home node {sender} sees as many ping nodes"
            return [*balanced, _said(Level.INFO, text), *self._give_up(Holding.FOREIGN, why, now)]
        return balanced

    def _give_up(self, which: Holding, why: str, now: Seconds) -> list[Outcome]:
        if not self.ledger.ours & which or (self._wanted is which and self._deadlines.pending("giveup")):
            return []
        self._wanted, self._why = which, why
        keepalive = self.cf.keepalive
        at = now + DELAY * keepalive
        if self.ledger.c_nodes and which & Holding.LOCAL:
            # It may be about to find that it sees as little.
            delay = max(C_DELAY * keepalive, keepalive + C_NOTICES + C_ANSWERS)
            at = max(now + C_ANSWERS, self._changed + delay)
        self._deadlines.set("giveup", at)
        return [_said(Level.INFO, f"Delayed giveup in {at - now:.1f} seconds.")]

    def _abort(self, why: str, *, still: bool = False) -> list[Outcome]:
        """Give up no more; C{still}: but what comes."""
        if not still:
            self._verdict = ""
        if not self._wanted:
            return []
        self._wanted = Holding.NONE
        self._deadlines.clear("giveup")
        return [_said(Level.INFO, f"Aborted delayed giveup ({why})")] if why else []

    def _tick(self, now: Seconds) -> list[Outcome]:
        outcomes: list[Outcome] = []
        if self._deadlines.expire("count", now):
            outcomes.extend(self._count(now) if self._running else ())
        if self._deadlines.expire("again", now):
            outcomes.extend(self._tell())
        if self._deadlines.expire("giveup", now):
            outcomes.extend(self._act(now))
        return outcomes

    def _act(self, now: Seconds) -> list[Outcome]:
        """Hand over, now or as soon as nothing else moves."""
        ledger = self.ledger
        if self._verdict and self._seen.returning:
            return self._abort("what was gone answers again")
        if not (ledger.stable and ledger.settled) or ledger.leaving:
            self._deadlines.set("giveup", now + self.cf.keepalive)
            return []
        self._deadlines.set("giveup", now + INSISTENCE)
        text = f"giveup() called (timeout worked): {self._why}"
        return [_said(Level.INFO, text), HandoverAsked(self._wanted, self._why)]


def _number(message: Message) -> int:
    """Return how many ping nodes a peer sees."""
    number = message.decimal("num_ping")
    if number is None:
        raise MalformedError("no field 'num_ping'")
    return number


def _said(level: Level, text: str) -> Log:
    return Log(level, text, NAME)

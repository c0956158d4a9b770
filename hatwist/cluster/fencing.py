# -*- test-case-name: tests.cluster.test_fencing -*-
"""
Who must be fenced before its groups are taken, and when (safety 3).

A peer that fell silent is fenced before anything of it is started.  Of two that would shoot
each other, the one that owns more shoots at once; if both own as much, the one that ha.cf
names first.  The other waits.  Who has not seen a peer since its start fences nobody and
starts nothing, until that peer is seen or a person says that it is down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import define, field

from hatwist.cluster.actions import CancelFence, Fence, Log, Record
from hatwist.cluster.deadlines import Deadlines
from hatwist.cluster.events import DeadlinePassed, FenceConfirmed, FenceFinished
from hatwist.cluster.facts import (
    ClaimHeard,
    FenceWanted,
    HoldingsChanged,
    NodeFenced,
    NodeRemoved,
    PeerStatusChanged,
)
from hatwist.cluster.names import Level, Ticket
from hatwist.config.fencing import devices_of

if TYPE_CHECKING:
    from hatwist.cluster.facts import Outcome
    from hatwist.cluster.ledger import Ledger
    from hatwist.config.model import HaConfig, NodeName, Seconds

FIRST_PAUSE: Final = 5.0
"""Seconds from a fencing that failed to the next; heartbeat's."""

LONGEST_PAUSE: Final = 60.0

DELAY: Final = 2.0
"""Deadtimes that the one waits who owns less."""

_Item = (
    FenceWanted
    | FenceFinished
    | FenceConfirmed
    | PeerStatusChanged
    | ClaimHeard
    | NodeRemoved
    | DeadlinePassed
)


@define
class _Wanted:
    """
    A node that is to be fenced.

    @ivar ticket: of the fencing that goes on; None between two.
    """

    why: str
    since: Seconds
    ticket: Ticket | None = None
    failures: int = 0


@define
class Fencing:
    """Decides; L{hatwist.fencing} does."""

    config: HaConfig
    ledger: Ledger
    restarted: bool = False
    "A former life of this daemon held something: it had seen its peers."
    _wanted: dict[NodeName, _Wanted] = field(factory=dict)
    _deadlines: Deadlines = field(factory=Deadlines)
    _tickets: int = 0

    def __attrs_post_init__(self) -> None:
        settings = self.config.settings.fencing
        self.ledger.fences = bool(devices_of(self.config.cf, settings))
        wait = self.ledger.native if settings.wait_for_all is None else settings.wait_for_all
        if self.ledger.fences and wait and not self.restarted:
            self.ledger.unseen.update(one for one in self.config.cf.nodes if one != self.ledger.me)

    def handle(self, item: _Item, now: Seconds) -> list[Outcome]:
        """Begin, hear how it ended, try again, or stop because the node lives."""
        match item:
            case FenceWanted(node, why):
                return self._want(node, why, now)
            case FenceFinished(ticket, confirmed, by, words):
                return self._finished(ticket, confirmed, by, words, now)
            case FenceConfirmed(node, who):
                return self._believe(node, who)
            case PeerStatusChanged(node):
                # Of a node of the nice kind it is not enough that it lives: it has to say what it holds.
                return [*self._see(node), *([] if self.ledger.nice else self._meet(node))]
            case ClaimHeard(node):
                return self._meet(node)
            case NodeRemoved(node):
                return [*self._see(node), *self._meet(node)]
            case DeadlinePassed():
                due = [node for node in self._wanted if self._deadlines.expire(node, now)]
                return [outcome for node in due for outcome in self._fence(node)]

    def deadline(self) -> Seconds:
        """When to fence next."""
        return self._deadlines.first()

    def waits(self, now: Seconds) -> tuple[str, ...]:
        """Say what waits for a fencing or for a person, in whole sentences."""
        told = [
            f"{node} is to be fenced since {now - one.since:.0f} s ({one.why})"
            + (f"; it has failed {one.failures} times" if one.failures else "")
            + f": nothing of it is started before.  If you know that it is down:"
            f" hatwistctl fence confirm {node}"
            for node, one in self._wanted.items()
        ]
        told += [
            f"{node} was not seen since this node's start, so nothing is started and nobody fenced.  If"
            f" you know that it is down: hatwistctl fence confirm {node}"
            for node in sorted(self.ledger.unseen)
        ]
        return tuple(told)

    def _want(self, node: NodeName, why: str, now: Seconds) -> list[Outcome]:
        if node in self._wanted:
            return []
        self._wanted[node] = _Wanted(why, now)
        delay = self._delay(node)
        self._deadlines.set(node, now + delay)
        if not delay:
            return [*self.handle(DeadlinePassed(), now)]
        text = f"{node} will be fenced in {delay:.1f} s: it may fence this node first, which owns less"
        return [Log(Level.WARN, text)]

    def _delay(self, node: NodeName) -> Seconds:
        """Return how long to wait, lest two nodes shoot each other."""
        ledger, nodes = self.ledger, self.config.cf.nodes
        mine = sum(bool(ledger.ours & ledger.side(group)) for group in ledger.groups)
        its = sum(ledger.claimed_by_peer(group) for group in ledger.groups)
        first = nodes.index(ledger.me) < nodes.index(node) if node in nodes else True
        if mine > its or (mine == its and first):
            return 0.0
        delay = self.config.settings.fencing.fence_delay
        return DELAY * self.config.cf.deadtime if delay is None else delay

    def _fence(self, node: NodeName) -> list[Outcome]:
        wanted = self._wanted[node]
        self._tickets += 1
        wanted.ticket = Ticket(self._tickets)
        return [
            Record("fence", node, self.ledger.me, (wanted.why,)),
            Fence(wanted.ticket, node, wanted.why),
        ]

    def _finished(self, ticket: Ticket, confirmed: bool, by: str, words: str, now: Seconds) -> list[Outcome]:
        node = next((name for name, one in self._wanted.items() if one.ticket == ticket), None)
        if node is None:
            return []
        wanted = self._wanted[node]
        wanted.ticket = None
        if confirmed:
            return self._over(node, f"{by} has confirmed that {node} cannot act")
        wanted.failures += 1
        pause = min(FIRST_PAUSE * 2 ** (wanted.failures - 1), LONGEST_PAUSE)
        self._deadlines.set(node, now + pause)
        text = (
            f"{node} could not be fenced ({words}): nothing of it is started here.  Trying again in"
            f" {pause:.0f} s.  If you know that it is down: hatwistctl fence confirm {node}"
        )
        return [
            Record("fencing failed", node, self.ledger.me, (words, wanted.why)),
            Log(Level.CRIT, text),
        ]

    def _believe(self, node: NodeName, who: str) -> list[Outcome]:
        """Take a person's word that a node is down; of one that lives nobody is believed."""
        ledger = self.ledger
        if ledger.lives(node) and node in ledger.peers:
            return [
                Record("fencing refused", node, ledger.me, (f"{who} says that it is down, and it lives",))
            ]
        ledger.unseen.discard(node)
        if node not in self._wanted:
            how, why = f"{who} says that it is down", "it was never seen"
            fenced = Record("fenced", node, ledger.me, (how,))
            return [fenced, NodeFenced(node, how, why), HoldingsChanged()]
        return [*self._cancel(node), *self._over(node, f"{who} says that it is down")]

    def _over(self, node: NodeName, how: str) -> list[Outcome]:
        wanted = self._wanted.pop(node)
        self._deadlines.clear(node)
        self.ledger.unfenced.discard(node)
        return [Record("fenced", node, self.ledger.me, (how, wanted.why)), NodeFenced(node, how, wanted.why)]

    def _see(self, node: NodeName) -> list[Outcome]:
        """It lives, or counts no more: it is not fenced."""
        self.ledger.unfenced.discard(node)
        if node not in self._wanted:
            return []
        cancelled = self._cancel(node)
        del self._wanted[node]
        self._deadlines.clear(node)
        return [
            Record("fencing cancelled", node, self.ledger.me, ("it is heard again",)),
            *cancelled,
        ]

    def _meet(self, node: NodeName) -> list[Outcome]:
        """It is known what it has, so it is not waited for any more."""
        if node not in self.ledger.unseen:
            return []
        self.ledger.unseen.discard(node)
        return [HoldingsChanged()]

    def _cancel(self, node: NodeName) -> list[Outcome]:
        ticket = self._wanted[node].ticket
        return [] if ticket is None else [CancelFence(ticket)]

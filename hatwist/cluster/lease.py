# -*- test-case-name: tests.cluster.test_lease -*-
"""
Until when this node may answer for what it has (safety 1.2).

The deadline is absolute: when the newest status that a living peer confirmed was sent, plus
deadtime, less a margin.  It is pushed to the guardian, and obeyed here as well: a node that
wakes up after it sends nothing more, and begins anew.

A peer that confirms nothing, since it runs heartbeat, is believed to have heard every status:
with it a lost status is one that this node does not know of.  And a node that hears nothing of
anybody for two keepalives goes by what it sent: the death of a peer must not silence the
survivor.  It does so at the last moment, since the longer the silence, the more it proves.
"""

from __future__ import annotations

from collections import OrderedDict
from math import inf
from typing import TYPE_CHECKING, Final

from attrs import define, field

from hatwist.cluster.actions import Log, PushDeadline, Record, Stop
from hatwist.cluster.confirmations import HEARD_FIELD, HEARD_NOTE, confirmed, heard_text
from hatwist.cluster.events import DeadlinePassed, DeadlineRefused
from hatwist.cluster.facts import (
    Adopted,
    HoldingsChanged,
    LeaseOver,
    MessageDelivered,
    NodeRemoved,
    PeerDied,
    PeerHeard,
    PeerRestarted,
    Send,
    Swept,
)
from hatwist.cluster.ledger import number_of
from hatwist.cluster.names import GroupState, Level
from hatwist.config.guardian import margin
from hatwist.errors import MalformedError
from hatwist.wire.message import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hatwist.cluster.complaints import Complaints
    from hatwist.cluster.facts import Outcome
    from hatwist.cluster.identity import Identity
    from hatwist.cluster.ledger import Ledger
    from hatwist.cluster.patience import Patience
    from hatwist.config.model import HaConfig, NodeName, Seconds

MAX_SENT: Final = 256
"""Statuses of ours that are remembered; what confirms an older one is of no use any more."""

SILENT_KEEPALIVES: Final = 2.0
"""Keepalives without a word of anybody after which a node may go by what it sent."""

LAST_WORD: Final = 1.1
"""Keepalives from the confirmed status to the last word of a peer that dies then, at most."""

EARLY: Final = 0.5
"""The last moment: that share of the margin before the deadline."""

_IDLE: Final = (GroupState.STOPPED, GroupState.FAILED)

_Item = (
    MessageDelivered
    | PeerHeard
    | PeerDied
    | PeerRestarted
    | NodeRemoved
    | Adopted
    | Swept
    | LeaseOver
    | DeadlineRefused
    | DeadlinePassed
)


@define
class _Partner:
    """
    A peer that was heard and is not dead.

    @ivar deadtime: that it states for itself; ours is not longer than any.
    @ivar confirms: it says what it has heard.
    """

    heard: Seconds
    deadtime: Seconds = inf
    confirms: bool = False
    confirmed: Seconds = -inf
    "When the newest status was sent that it confirmed."


@define
class Lease:
    """
    The deadline.

    @ivar conditions: returns the states of this node's groups.
    @ivar adopting: it is not decided yet what is kept of a former life: nothing is pushed.
    @ivar until: the deadline; what this node has may run until then.
    @ivar presumed: it rests on silence: no peer has confirmed it.
    @ivar solo: no peer is alive, and each will wait for initdead before it takes anything.
    """

    config: HaConfig
    identity: Identity
    ledger: Ledger
    patience: Patience
    complaints: Complaints
    conditions: Callable[[], Iterable[GroupState]]
    adopting: bool = False
    until: Seconds = -inf
    presumed: bool = False
    solo: bool = False
    _partners: dict[NodeName, _Partner] = field(factory=dict)
    _sent: OrderedDict[int, Seconds] = field(factory=OrderedDict)
    _margin: Seconds = field(init=False)
    _silence: Seconds = field(init=False)
    _valid: bool = False
    _looked: Seconds = -inf

    def __attrs_post_init__(self) -> None:
        cf = self.config.cf
        self._margin = margin(cf, self.config.groups)
        longest = cf.deadtime - self._margin - LAST_WORD * cf.keepalive
        self._silence = min(SILENT_KEEPALIVES * cf.keepalive, longest)
        self._valid = self.adopting
        self.ledger.leased = self._valid or not self.active

    @property
    def active(self) -> bool:
        """Whether there is a guardian."""
        return self.config.settings.guardian

    def handle(self, item: _Item, now: Seconds) -> list[Outcome]:
        """Follow what was sent and what was confirmed, and push."""
        match item:
            case MessageDelivered(sender, message, own):
                if own:
                    self._sent[number_of(message)[1]] = now
                    if len(self._sent) > MAX_SENT:
                        self._sent.popitem(last=False)
                    return self._push(now)
                return [*self._hear(sender, message, now), *self._push(now)]
            case PeerHeard(peer):
                partner = self._partners.get(peer)
                if partner is not None:
                    partner.heard = now
                return []
            case PeerRestarted(peer):
                partner = self._partners.get(peer)
                if partner is not None:
                    partner.confirmed = -inf
                return []
            case PeerDied(peer) | NodeRemoved(peer):
                self._partners.pop(peer, None)
                return []
            case Adopted() | Swept():
                self.adopting = False
                return self._push(now)
            case LeaseOver(stood_still) if stood_still:
                return self._end(f"it was not run for {stood_still:.3f} s")
            case LeaseOver() if not self.holding:
                # What is started next needs a new one.
                self._valid = self.ledger.leased = False
                return self._push(now)
            case LeaseOver() | DeadlineRefused():
                names = ", ".join(self._partners) or "no peer"
                cause = f"its deadline passed {now - self.until:.3f} s ago; heard of late: {names}"
                return self._end(cause)
            case DeadlinePassed():
                return self._push(now)

    def deadline(self) -> Seconds:
        """When what this node has must be released."""
        if not (self._valid and self.holding):
            return inf
        last = self.until - EARLY * self._margin
        return last if self._looked < last else self.until

    @property
    def patience_with_us(self) -> Seconds:
        """How late this daemon may be run, and still believe what it knows of its peers."""
        cf = self.config.cf
        return max(cf.deadtime / 2, cf.deadtime - 2 * cf.keepalive)

    @property
    def holding(self) -> bool:
        """Whether something may run here by our order."""
        return any(state not in _IDLE for state in self.conditions())

    def left(self, now: Seconds) -> Seconds | None:
        """Return the seconds that are left of what this node has; None where nothing is guarded."""
        return self.until - now if self._valid and self.holding else None

    def is_over(self, now: Seconds) -> bool:
        """Say whether the deadline is past: to be asked before anything else."""
        return self._valid and self.active and now >= self.until

    def _hear(self, sender: NodeName, message: Message, now: Seconds) -> list[Outcome]:
        try:
            deadtime = message.hexadecimal("dt")
            number = confirmed(message, self.identity.name)
            its_own = number_of(message)
        except MalformedError as error:
            return [*self.complaints.malformed(f"from {sender}", error, now)]
        hears = number is not None and number[0] == self.identity.generation
        if message.get("t") == HEARD_NOTE:
            # It has no number, so it may be a recording: it shows nobody alive.
            if number is not None and hears and sender in self._partners:
                self._confirm(self._partners[sender], number[1])
            return []
        partner = self._partners.setdefault(sender, _Partner(now))
        partner.heard = now
        if deadtime:
            partner.deadtime = deadtime / 1000
        partner.confirms = number is not None
        self.patience.unheard(sender, self.active and partner.confirms and not hears)
        if number is not None and hears:
            self._confirm(partner, number[1])
        if not (self.active and partner.confirms and self.ledger.theirs):
            return []
        text = heard_text([(sender, its_own)])
        return [Send(Message.of(t=HEARD_NOTE, dest=sender).with_field(HEARD_FIELD, text))]

    def _confirm(self, partner: _Partner, sequence: int) -> None:
        partner.confirmed = max(partner.confirmed, self._sent.get(sequence, -inf))

    def _push(self, now: Seconds) -> list[Outcome]:
        """Move the deadline, if anything allows it."""
        self._looked = now
        if not self._sent or not self.active:
            return []
        if self.solo and self._partners:
            # Whoever is there takes over after deadtime, once it has heard that we hear it.
            return self._set(self._limit(self._newest, False), False, False, now)
        if self.adopting:
            return []
        solo = not self._partners and self.ledger.native and not self.patience.starting
        at, presumed = self._limit(self._confirmed(-inf), solo), not self._partners
        if at <= self.until and now >= self.until - EARLY * self._margin:
            at, presumed = self._limit(self._confirmed(now - self._silence), solo), True
        return self._set(at, solo, presumed, now) if at > self.until else []

    def _set(self, at: Seconds, solo: bool, presumed: bool, now: Seconds) -> list[Outcome]:
        self.until, self.solo, self.presumed = at, solo, presumed
        pushed: list[Outcome] = [PushDeadline(at, solo)]
        if not self._valid and at > now:
            self._valid = self.ledger.leased = True
            pushed.append(HoldingsChanged())
        return pushed

    @property
    def _newest(self) -> Seconds:
        """When our newest status was sent."""
        return next(reversed(self._sent.values()))

    def _confirmed(self, silent: Seconds) -> Seconds:
        """
        Return when the newest status was sent that counts.

        @param silent: who was heard later than this has to confirm.
        """
        heard = [one for one in self._partners.values() if one.heard > silent]
        return min([one.confirmed if one.confirms else self._newest for one in heard], default=self._newest)

    def _limit(self, base: Seconds, solo: bool) -> Seconds:
        """Return how long what was sent at C{base} lets us have what we have."""
        if solo:
            return base + self.config.cf.initdead - self._margin
        stated = min([one.deadtime for one in self._partners.values()], default=inf)
        return base + min(self.config.cf.deadtime, stated) - self._margin

    def _end(self, cause: str) -> list[Outcome]:
        text = f"This node may not go on: {cause}.  It begins anew."
        return [
            Log(Level.CRIT, text),
            Record("relieved", self.ledger.me, self.ledger.me, (cause,)),
            Stop(cause, again=True),
        ]

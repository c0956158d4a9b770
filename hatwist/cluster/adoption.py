# -*- test-case-name: tests.cluster.test_adoption -*-
"""
What a former life of the daemon left running: it is stopped, or kept (safety 9).

It may be kept if the guardian still holds it to the deadline of that life.  It is kept if a living peer says,
asked by this life, that it has not taken it; until then nothing is pushed, and the old
deadline wins.  If that life knew of no living peer, it is kept as well when nobody was heard
for two keepalives.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Final

from attrs import define, field, frozen

from hatwist.cluster import speech
from hatwist.cluster.actions import Log, Record
from hatwist.cluster.deadlines import Deadlines
from hatwist.cluster.events import DeadlinePassed, Started
from hatwist.cluster.facts import (
    Adopted,
    CommunicationEstablished,
    JobBegun,
    JobFinished,
    MessageDelivered,
    PeerHeard,
    Send,
    Swept,
)
from hatwist.cluster.jobs import Job, Purpose
from hatwist.cluster.lease import SILENT_KEEPALIVES
from hatwist.cluster.names import Holding, Level
from hatwist.cluster.requests import acquire_local
from hatwist.errors import MalformedError

if TYPE_CHECKING:
    from collections.abc import Collection

    from hatwist.cluster.facts import Outcome
    from hatwist.cluster.ledger import Ledger
    from hatwist.config.model import NodeName, ResourceGroup, Seconds

REFUSED: Final = "what a former life left running may not be kept"


@frozen
class Inheritance:
    """
    What the guardian still holds.

    @ivar keys: of the groups that run.
    @ivar lapsed: of those whose deadline has passed, and which may not be released yet.
    @ivar until: the deadline of the former life.
    @ivar solo: that life knew of no living peer.
    @ivar met: that life, of this process, knew what every peer had: nobody is waited for.
    """

    keys: frozenset[str] = frozenset()
    lapsed: frozenset[str] = frozenset()
    until: Seconds = -inf
    solo: bool = False
    met: bool = False


_Item = Started | DeadlinePassed | PeerHeard | CommunicationEstablished | MessageDelivered | JobFinished


@define
class Adoption:
    """
    Decides whether it is kept.

    @ivar groups: what was inherited.
    @ivar pending: it is not decided yet whether it is kept.
    """

    ledger: Ledger
    peers: Collection[NodeName]
    inheritance: Inheritance
    keepalive: Seconds
    groups: tuple[ResourceGroup, ...] = field(init=False)
    pending: bool = field(init=False)
    _deadlines: Deadlines = field(factory=Deadlines)
    _sweeps: int = 0
    "How many sweeps are not over."

    def __attrs_post_init__(self) -> None:
        # Nodes of the legacy kind do not say what they hold.
        keys = self.inheritance.keys if self.ledger.nice and not self.inheritance.lapsed else ()
        self.groups = tuple(group for group in self.ledger.groups if group.key in keys)
        self.pending = bool(self.groups)

    def handle(self, item: _Item, now: Seconds) -> list[Outcome]:
        """Ask, listen, decide."""
        match item:
            case Started():
                return self._start(now)
            case JobFinished(job):
                if job.purpose not in (Purpose.SWEEP, Purpose.RELEASE):
                    return []
                self._sweeps -= 1
                return self._over()
            case _ if not self.pending:
                return []
            case PeerHeard(peer):
                if peer in self.peers:
                    self._deadlines.clear("alone")
            case CommunicationEstablished():
                return [Send(speech.starting())] if self.ledger.living_peers() else []
            case MessageDelivered(sender, message, own):
                if own or message.get("t") != "resource" or message.get("rtype") != "full":
                    return []
                return self._hear(sender, message.get("rsc_hold"))
            case DeadlinePassed():
                if self._deadlines.expire("until", now):
                    return self._refuse("no peer has said in time that it has not taken it")
                if self._deadlines.expire("alone", now):
                    return self._keep("no other node was alive, and nobody is heard")
        return []

    def deadline(self) -> Seconds:
        """When it is too late, or nobody answers."""
        return self._deadlines.first()

    def _start(self, now: Seconds) -> list[Outcome]:
        if self.pending:
            self._deadlines.set("until", self.inheritance.until)
            if self.inheritance.solo:
                self._deadlines.set("alone", now + SILENT_KEEPALIVES * self.keepalive)
        lapsed = tuple(group for group in self.ledger.groups if group.key in self.inheritance.lapsed)
        strange = tuple(group for group in self.ledger.groups if group not in (*self.groups, *lapsed))
        swept = self._sweep(Purpose.SWEEP, strange, "the daemon starts")
        if lapsed:
            swept += self._sweep(Purpose.RELEASE, lapsed, "the deadline of a former life has passed")
        return swept

    def _sweep(self, purpose: Purpose, groups: tuple[ResourceGroup, ...], *causes: str) -> list[Outcome]:
        self._sweeps += 1
        return [JobBegun(Job(purpose, groups, causes))]

    def _over(self) -> list[Outcome]:
        return [] if self.pending or self._sweeps else [Swept()]

    def _hear(self, sender: str, word: str) -> list[Outcome]:
        try:
            held = Holding.of(word).swapped
        except MalformedError:
            return []  # complained of elsewhere
        if any(held & self.ledger.side(group) for group in self.groups):
            return self._refuse(f"node {sender} holds it")
        return self._keep(f"node {sender} has not taken it")

    def _decide(self) -> None:
        self.pending = False
        self._deadlines.clear("until")
        self._deadlines.clear("alone")

    def _keep(self, cause: str) -> list[Outcome]:
        ledger = self.ledger
        self._decide()
        which = Holding.NONE
        for group in self.groups:
            which |= ledger.side(group)
        kept: list[Outcome] = [Adopted(group.key, cause) for group in self.groups]
        kept.extend(Record("adopted", group.key, ledger.me, (cause,)) for group in self.groups)
        kept.append(Log(Level.INFO, f"Keeping what runs here since before this daemon's start: {cause}."))
        ledger.claim(which & Holding.FOREIGN)
        begun: list[Outcome] = [JobBegun(Job(Purpose.ANNOUNCE, self.groups, (cause,)))]
        begun += acquire_local(ledger, cause, force=True) if which & Holding.LOCAL else []
        # That life may have ended in the middle of a start: what does not run is started.
        begun.append(JobBegun(Job(Purpose.RECOVER, self.groups, (cause,))))
        return [*kept, *self._over(), *begun]

    def _refuse(self, cause: str) -> list[Outcome]:
        self._decide()
        released = Log(Level.WARN, f"Releasing what runs here since before this daemon's start: {cause}.")
        return [released, *self._sweep(Purpose.RELEASE, self.groups, REFUSED, cause)]

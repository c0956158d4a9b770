# -*- test-case-name: tests.cluster.test_requests -*-
"""
Get the local groups: probe them, ask for them, start them (protocol 10.6).

With C{auto_failback legacy} the other node is asked for each group that does
not run here; otherwise a message to ourselves stands in for the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import define, field

from hatwist.cluster import speech
from hatwist.cluster.actions import Log
from hatwist.cluster.complaints import Complaints
from hatwist.cluster.deadlines import Deadlines
from hatwist.cluster.events import DeadlinePassed
from hatwist.cluster.facts import (
    GroupProbed,
    HoldingsChanged,
    JobBegun,
    JobFinished,
    MessageDelivered,
    PeerDied,
    PeerRestarted,
    Send,
)
from hatwist.cluster.jobs import Job, Purpose
from hatwist.cluster.ledger import Phase, StandbyPhase
from hatwist.cluster.names import Holding, Level
from hatwist.cluster.ownership import Claim, Ground

if TYPE_CHECKING:
    from hatwist.cluster.facts import Outcome
    from hatwist.cluster.ledger import Ledger
    from hatwist.config.model import NodeName, Seconds
    from hatwist.wire.message import Message

ANSWER_PERIOD: Final = 10.0
"""Seconds from one request that nobody answers to the next."""

MAX_SHOWN: Final = 80
"""Characters of a peer's text that are repeated in our log."""

_Item = MessageDelivered | GroupProbed | JobFinished | PeerRestarted | PeerDied | DeadlinePassed


def acquire_local(ledger: Ledger, cause: str, *, force: bool = False) -> list[Outcome]:
    """
    Claim the local groups and begin to start those that do not run.

    Unless forced, nothing is done for groups that the other side holds or that
    are claimed already (protocol 10.3).
    """
    if ledger.nice and not force:
        if ledger.theirs & Holding.FOREIGN and ledger.living_peers():
            return [Log(Level.INFO, "Local Resource acquisition completed. (none)")]
        if ledger.ours & Holding.LOCAL:
            return []
    ledger.claim(Holding.LOCAL)
    local = ledger.groups_of(Holding.LOCAL)
    begun: list[Outcome] = [JobBegun(Job(Purpose.BOOT, local, (cause,), which=Holding.LOCAL))]
    if not local:
        begun.insert(0, Log(Level.INFO, f"No local resources [{ledger.me}] to acquire."))
    return begun


@define
class Requests:
    """Local groups whose request is under way, and foreign ones that were asked for."""

    ledger: Ledger
    complaints: Complaints = field(factory=Complaints)
    _deadlines: Deadlines = field(factory=Deadlines)
    _asked: dict[str, Job] = field(factory=dict)
    _starting: set[str] = field(factory=set)
    "Keys of groups that are started because of an answer; a second answer is one too many."
    _announced: bool = False
    "It was said that the first acquisition is over."
    _given: set[str] = field(factory=set)
    "Keys of foreign groups that their home got back."
    _askers: dict[str, NodeName] = field(factory=dict)
    "Who asked for the group that is being stopped, and lives since, by its key."

    def handle(self, item: _Item, now: Seconds) -> list[Outcome]:
        """Follow probes, requests, answers and jobs."""
        match item:
            case MessageDelivered(sender, message, own):
                return self._hear(sender, message, own, now)
            case GroupProbed(job, group, running):
                if job.purpose is Purpose.BOOT and not running:
                    self._asked[group.key] = job
                return []
            case JobFinished(job):
                return self._finished(job, now)
            case PeerRestarted(peer) | PeerDied(peer):
                self._forget(peer)
                return []
            case DeadlinePassed():
                return self._ask_again(now)

    def deadline(self) -> Seconds:
        """When to ask again for what nobody answered."""
        return self._deadlines.first()

    def _request(self, key: str, now: Seconds) -> Outcome:
        ledger = self.ledger
        if not ledger.nice and ledger.living_peers():
            self._deadlines.set("ask", now + ANSWER_PERIOD)
            return Send(speech.ip_request(key))
        return Send(speech.ip_response(ledger.me, key, own=True))

    def _ask_again(self, now: Seconds) -> list[Outcome]:
        """Ask once more; heartbeat does not, and a node that nobody could hear never gets its groups."""
        if not self._deadlines.expire("ask", now) or self.ledger.leaving:
            return []
        return [self._request(key, now) for key in self._asked]

    def _hear(self, sender: NodeName, message: Message, own: bool, now: Seconds) -> list[Outcome]:
        match message.get("t"):
            case "ip-request" if not own:
                return self._hear_request(sender, message.get("ipaddr"), now)
            case "ip-request-resp":
                return self._hear_response(sender, message)
            case "shutdone" if not own:
                self._forget(sender)
                return []
            case _:
                return []

    def _hear_request(self, sender: NodeName, key: str, now: Seconds) -> list[Outcome]:
        """
        A node that has come back asks for one of its groups.

        It is stopped here whatever we think of it: the node starts it at any answer.
        """
        groups = tuple(group for group in self.ledger.homed_at(sender) if group.key == key)
        if not groups:
            text = (
                f"node {sender} asks for {key[:MAX_SHOWN]!r}, which is none of its groups in our haresources"
            )
            return [*self.complaints.note("strange request", Level.WARN, text, now)]
        self._askers[key] = sender
        job = Job(Purpose.ANSWER, groups, (f"node {sender} asks for it",), which=Holding.FOREIGN, node=sender)
        return [speech.hook("ip-request"), JobBegun(job)]

    def _hear_response(self, sender: NodeName, message: Message) -> list[Outcome]:
        key = message.get("ipaddr")
        if message.get("ok") != "OK" or message.get("dest") != self.ledger.me:
            return []
        asked = self._asked.pop(key, None)
        # Any answer counts, as for heartbeat: whoever gave a group to a script of ours, stopped it for us.
        causes = asked.causes if asked is not None else (f"a script on {self.ledger.me} asked for it",)
        groups = tuple(group for group in self.ledger.groups_of(Holding.LOCAL) if group.key == key)
        recorded = sender != self.ledger.me and self.ledger.phase is Phase.INIT
        if not groups or key in self._starting or recorded:
            # What a peer answers before we have asked for anything may be a recording.
            return []
        self._starting.add(key)
        claim = Claim(Ground.HOME) if sender == self.ledger.me else Claim(Ground.REPLY, sender)
        own = "yes" if message.get("weown") == "yes" else "no"
        text = f"received ip-request-resp {key} OK {own}"
        return [
            speech.hook("ip-request-resp"),
            Log(Level.PLAIN, text, "ip-request-resp(default)"),
            JobBegun(Job(Purpose.REQUESTED, groups, causes, claim, Holding.LOCAL)),
        ]

    def _finished(self, job: Job, now: Seconds) -> list[Outcome]:
        ledger = self.ledger
        outcomes: list[Outcome] = []
        if job.purpose is Purpose.REQUESTED:
            self._starting.difference_update(group.key for group in job.groups)
        if job.purpose is Purpose.TAKEOVER:
            self._given.difference_update(group.key for group in job.groups)
        if job.purpose is Purpose.BOOT:
            if job.groups:
                outcomes.append(Log(Level.INFO, "Local Resource acquisition completed."))
            outcomes.extend(self._announce(job))
            outcomes.extend(self._request(key, now) for key, asker in self._asked.items() if asker is job)
            if ledger.nice:
                stable = not ledger.yielding and ledger.standby is StandbyPhase.NOT
                outcomes.append(Send(speech.resource(ledger.ours, stable, "req_our_resources()")))
        if job.purpose is Purpose.ANSWER:
            outcomes.extend(self._answer(job))
        return [*outcomes, HoldingsChanged()]

    def _forget(self, asker: NodeName) -> None:
        """It is not there any more to get what it asked for."""
        self._askers = {key: node for key, node in self._askers.items() if node != asker}

    def _answer(self, job: Job) -> list[Outcome]:
        """What was asked for is stopped here: its home may have it, if it is still there."""
        ledger, key = self.ledger, job.groups[0].key
        if self._askers.pop(key, None) != job.node:
            if ledger.nice and ledger.ours & Holding.FOREIGN:
                ledger.refused.add(key)
            return []
        self._given.add(key)
        all_given = self._given.issuperset(group.key for group in ledger.groups_of(Holding.FOREIGN))
        if all_given:
            ledger.disclaim(Holding.FOREIGN)
        answer: list[Outcome] = [Send(speech.ip_response(job.node, key, own=True))]
        if ledger.nice and all_given:
            answer.append(Send(speech.resource(ledger.ours, ledger.settled)))
        return answer

    def _announce(self, job: Job) -> list[Outcome]:
        """Say once that the first acquisition is over; nodes that say what they hold do so elsewhere."""
        if self.ledger.nice or self._announced or not (job.groups or self.ledger.ours & Holding.FOREIGN):
            return []
        self._announced = True
        return [Log(Level.INFO, "Initial resource acquisition complete (req_our_resources)")]

# -*- test-case-name: tests.cluster.test_recovery -*-
"""
A resource of a group that runs here has failed: start it again, or let the other
node have the group.

A failure counts for some time.  The group moves when it has failed too often in it,
or when what failed does not run again, or not soon enough; at most once for one cause.  A group that
cannot be started anywhere stays stopped, and that is said.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Final

from attrs import define, field

from hatwist.cluster.actions import Log, Record
from hatwist.cluster.deadlines import Deadlines
from hatwist.cluster.events import CleanupWanted, DeadlinePassed, ResourceFailed
from hatwist.cluster.facts import HandoverAsked, HoldingsChanged, JobBegun, JobFinished, PeerDied
from hatwist.cluster.jobs import Job, Purpose
from hatwist.cluster.names import Level

if TYPE_CHECKING:
    from hatwist.cluster.complaints import Complaints
    from hatwist.cluster.facts import Outcome
    from hatwist.cluster.ledger import Ledger
    from hatwist.config.model import Monitors, ResourceGroup, Seconds

RETRY: Final = 1.0
"""Seconds until a move that cannot begin now is tried again."""

PATIENCE: Final = 60.0
"""Seconds for which it is tried."""

ANSWER: Final = 5.0
"""Seconds after which a move that was asked for, and does not go on, has come to nothing."""

_Item = ResourceFailed | CleanupWanted | HoldingsChanged | JobFinished | PeerDied | DeadlinePassed


@define
class _Move:
    """A group that is to go to the other node."""

    why: str
    until: Seconds
    asked: Seconds | None = None
    "When it was asked to be handed over."


@define
class Recovery:
    """
    Counts failures of resources, and decides what follows.

    @ivar monitors: what each group is granted.
    @ivar failures: when each group failed, oldest first.
    """

    ledger: Ledger
    complaints: Complaints
    monitors: Monitors
    failures: dict[str, list[Seconds]] = field(factory=dict)
    _repairing: dict[str, Seconds] = field(factory=dict)
    "Keys of groups of which something is being started again, and when it has to run."
    _later: dict[str, ResourceFailed] = field(factory=dict)
    "What failed in a group while it was being taken, or started again: it is told only once."
    _moves: dict[str, _Move] = field(factory=dict)
    _deadlines: Deadlines = field(factory=Deadlines)

    def handle(self, item: _Item, now: Seconds) -> list[Outcome]:
        """Follow failures, repairs, and the end of both."""
        match item:
            case ResourceFailed(key):
                group = next((one for one in self.ledger.groups if one.key == key), None)
                return [] if group is None else self._fail(group, item, now)
            case CleanupWanted(key, requester):
                return self._clean(key, requester, now)
            case JobFinished(job):
                return self._repaired(item, now) if job.purpose is Purpose.RECOVER else []
            case PeerDied():
                return self._try_moves(now)
            case HoldingsChanged():
                return self._look_back(now)
            case DeadlinePassed():
                return [*self._overdue(now), *self._try_moves(now)]

    def deadline(self) -> Seconds:
        """When a move is tried again."""
        return self._deadlines.first()

    def count(self, key: str, now: Seconds) -> int:
        """Return how many failures of a group still count."""
        memory = self.monitors.of(key).failure_timeout
        kept = [at for at in self.failures.get(key, ()) if now - at < memory]
        self.failures[key] = kept
        return len(kept)

    def _clean(self, wanted: str, requester: str, now: Seconds) -> list[Outcome]:
        """Let failures count no more, and what follows from them not happen."""
        records: list[Outcome] = []
        for key in [group.key for group in self.ledger.groups if wanted in ("", group.key)]:
            number = self.count(key, now)
            if self.failures.pop(key, None):
                causes = (f"{requester} asked for it", f"failures forgotten: {number}")
                records.append(Record("cleanup", key, self.ledger.me, causes))
            if key in self._moves:
                records.extend(self._stay(key, "its failures are forgotten"))
        return records

    def _fail(self, group: ResourceGroup, failed: ResourceFailed, now: Seconds) -> list[Outcome]:
        ledger, key = self.ledger, group.key
        cause = f"{failed.resource}: {failed.how}"
        if not failed.proven:
            text = f"the status of {failed.resource} cannot be relied on ({failed.how}); nothing is done"
            return [*self.complaints.note("unreliable status", Level.WARN, text, now)]
        if ledger.leaving:
            return []
        if not ledger.ours & ledger.side(group) or key in self._repairing:
            # It may be about to be ours: what is taken is claimed when all of it runs.
            self._later[key] = failed
            return []
        self.failures.setdefault(key, []).append(now)
        number, threshold = self.count(key, now), self.monitors.of(key).migration_threshold
        said: list[Outcome] = [
            Log(Level.ERROR, f"Resource {failed.resource} of group {key} failed ({number}): {failed.how}"),
            Record("resource failed", key, ledger.me, (cause, f"failure number {number}")),
        ]
        if threshold and number > threshold and ledger.living_peers():
            return [*said, *self._move(key, f"{cause}; it failed {number} times", now)]
        self._repairing[key] = now + self.monitors.of(key).restart_within
        self._wait_for_repairs()
        return [*said, JobBegun(Job(Purpose.RECOVER, (group,), (cause, f"failure number {number}")))]

    def _repaired(self, finished: JobFinished, now: Seconds) -> list[Outcome]:
        """What could not be started again is cleared away and offered by the takeover machine."""
        outcomes: list[Outcome] = []
        for group in finished.job.groups:
            self._repairing.pop(group.key, None)
            failed = self._later.pop(group.key, None)
            if failed is not None and group.key not in finished.failed:
                outcomes.extend(self._fail(group, failed, now))
        self._wait_for_repairs()
        return outcomes

    def _look_back(self, now: Seconds) -> list[Outcome]:
        """What failed while its group was being taken is judged when that is over; what went is forgotten."""
        outcomes: list[Outcome] = []
        for group in self.ledger.groups:
            failed = self._later.get(group.key)
            if failed is None or group.key in self._repairing:
                continue
            if self.ledger.ours & self.ledger.side(group):
                del self._later[group.key]
                outcomes.extend(self._fail(group, failed, now))
            elif self.ledger.stable:
                del self._later[group.key]
        return outcomes

    def _wait_for_repairs(self) -> None:
        self._deadlines.set("repair", min(self._repairing.values(), default=inf))

    def _overdue(self, now: Seconds) -> list[Outcome]:
        """What takes too long to start here may be quicker there; it goes as soon as it can be stopped."""
        if not self._deadlines.expire("repair", now):
            return []
        outcomes: list[Outcome] = []
        for key in [key for key, due in self._repairing.items() if due <= now]:
            self._repairing[key] = inf
            limit = self.monitors.of(key).restart_within
            text = f"group {key} does not run again within {limit:g} s"
            outcomes.append(Log(Level.ERROR, text))
            if self.ledger.living_peers():
                self._moves[key] = _Move(text, inf)
        self._wait_for_repairs()
        return outcomes

    def _move(self, key: str, why: str, now: Seconds) -> list[Outcome]:
        self._moves[key] = _Move(why, now + PATIENCE)
        return self._try_moves(now)

    def _try_moves(self, now: Seconds) -> list[Outcome]:
        """Hand over as soon as nothing else moves."""
        self._deadlines.expire("move", now)
        outcomes: list[Outcome] = []
        for key, move in list(self._moves.items()):
            outcomes.extend(self._try(key, move, now))
        if self._moves:
            self._deadlines.set("move", now + RETRY)
        return outcomes

    def _try(self, key: str, move: _Move, now: Seconds) -> list[Outcome]:
        ledger = self.ledger
        side = ledger.side(self._group(key))
        if not ledger.ours & side:
            del self._moves[key]
            return []
        if not ledger.living_peers() or now >= move.until:
            return self._stay(key, "it cannot go to the other node now")
        if not (ledger.stable and ledger.settled):
            return []
        if move.asked is None:
            move.asked, move.until = now, inf
            return [HandoverAsked(side, move.why)]
        if now - move.asked < ANSWER:
            return []
        return self._stay(key, "the other node did not take it")

    def _stay(self, key: str, why: str) -> list[Outcome]:
        """Start here again what was to go: better here, and shaky, than nowhere."""
        move = self._moves.pop(key)
        self._repairing[key] = inf
        return [JobBegun(Job(Purpose.RECOVER, (self._group(key),), (move.why, why)))]

    def _group(self, key: str) -> ResourceGroup:
        return next(group for group in self.ledger.groups if group.key == key)

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
from hatwist.cluster.facts import HandoverAsked, JobBegun, JobFinished, PeerDied
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

_Item = ResourceFailed | CleanupWanted | JobFinished | PeerDied | DeadlinePassed


@define
class _Move:
    """A group that is to go to the other node."""

    why: str
    until: Seconds


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
    "What failed in a group while something of it was being started again; it is told only once."
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
                self._moves.clear()
                self._deadlines.clear("move")
                return []
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
            self._moves.pop(key, None)
            if self.failures.pop(key, None):
                causes = (f"{requester} asked for it", f"failures forgotten: {number}")
                records.append(Record("cleanup", key, self.ledger.me, causes))
        return records

    def _fail(self, group: ResourceGroup, failed: ResourceFailed, now: Seconds) -> list[Outcome]:
        ledger, key = self.ledger, group.key
        cause = f"{failed.resource}: {failed.how}"
        if not failed.proven:
            text = f"the status of {failed.resource} cannot be relied on ({failed.how}); nothing is done"
            return [*self.complaints.note("unreliable status", Level.WARN, text, now)]
        if not ledger.ours & ledger.side(group) or ledger.leaving:
            return []
        if key in self._repairing:
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
        ledger = self.ledger
        outcomes: list[Outcome] = []
        for key, move in list(self._moves.items()):
            side = next(ledger.side(group) for group in ledger.groups if group.key == key)
            if now >= move.until or not ledger.ours & side or not ledger.living_peers():
                del self._moves[key]
            elif ledger.stable and ledger.settled and not outcomes:
                del self._moves[key]
                outcomes.append(HandoverAsked(side, move.why))
        if self._moves:
            self._deadlines.set("move", now + RETRY)
        return outcomes

# -*- test-case-name: tests.cluster.test_recovery -*-
"""
What becomes of a group of which something has failed.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.actions import Record
from hatwist.cluster.complaints import Complaints
from hatwist.cluster.events import CleanupWanted, DeadlinePassed, ResourceFailed
from hatwist.cluster.facts import HandoverAsked, HoldingsChanged, JobBegun, JobFinished, PeerDied
from hatwist.cluster.jobs import Job, Purpose
from hatwist.cluster.ledger import Ledger, StandbyPhase
from hatwist.cluster.names import Holding, NodeStatus
from hatwist.cluster.recovery import PATIENCE, Recovery
from hatwist.config.model import Monitoring, Monitors
from tests.cluster.builders import ALPHA, BETA, SQL, WEB, logged, settled_ledger

FAILED = ResourceFailed(WEB.key, "httpd", "its status says stopped")


def recovery(ledger: Ledger | None = None, rules: Monitoring | None = None) -> Recovery:
    """Make alpha's; it holds what is at home there."""
    book = ledger or evolve(settled_ledger(), ours=Holding.LOCAL)
    return Recovery(book, Complaints(), Monitors(groups={WEB.key: rules or Monitoring()}))


def jobs(outcomes: Sequence[object]) -> list[Job]:
    """Return the jobs that begin."""
    return [one.job for one in outcomes if isinstance(one, JobBegun)]


def handovers(outcomes: Sequence[object]) -> list[Holding]:
    """Return what is asked to be given up."""
    return [one.which for one in outcomes if isinstance(one, HandoverAsked)]


class RepairTests(SynchronousTestCase):
    """It is started again where it is."""

    def test_started_again(self) -> None:
        """At once, and with the reason."""
        outcomes = recovery().handle(FAILED, 1.0)
        causes = "httpd: its status says stopped", "failure number 1"
        self.assertEqual(jobs(outcomes), [Job(Purpose.RECOVER, (WEB,), causes)])
        self.assertIn(Record("resource failed", WEB.key, ALPHA, causes), outcomes)
        text = f"Resource httpd of group {WEB.key} failed (1): its status says stopped"
        self.assertEqual(logged(outcomes), [text])

    def test_once_at_a_time(self) -> None:
        """What fails while it is being started again is judged when that is done: it is told once."""
        one = recovery()
        (job,) = jobs(one.handle(FAILED, 1.0))
        self.assertEqual(one.handle(FAILED, 2.0), [])
        self.assertEqual(one.handle(JobFinished(evolve(job, purpose=Purpose.TAKE)), 2.5), [])
        (again,) = jobs(one.handle(JobFinished(job), 3.0))
        self.assertEqual(again.causes[-1], "failure number 2")
        self.assertEqual(one.handle(JobFinished(again), 4.0), [])
        self.assertEqual(one.handle(JobFinished(again), 5.0), [])

    def test_repair_failed(self) -> None:
        """Then what was told meanwhile is of no interest: the group is cleared away."""
        one = recovery()
        (job,) = jobs(one.handle(FAILED, 1.0))
        one.handle(FAILED, 2.0)
        self.assertEqual(one.handle(JobFinished(job, (WEB.key,)), 3.0), [])

    def test_not_ours(self) -> None:
        """Where it is not ours, nothing happens."""
        for ledger in (
            evolve(settled_ledger(), ours=Holding.NONE),
            evolve(settled_ledger(), ours=Holding.LOCAL, leaving=True),
        ):
            self.assertEqual(recovery(ledger).handle(FAILED, 1.0), [])
        self.assertEqual(recovery().handle(evolve(FAILED, key="no such group"), 1.0), [])
        self.assertEqual(recovery().handle(evolve(FAILED, key=SQL.key), 1.0), [])

    def test_unreliable(self) -> None:
        """What never proved itself is reported, and not acted on."""
        one = recovery()
        (line,) = logged(one.handle(evolve(FAILED, proven=False), 1.0))
        self.assertIn("the status of httpd cannot be relied on", line)
        self.assertEqual(one.count(WEB.key, 1.0), 0)


class MoveTests(SynchronousTestCase):
    """It is given to the other node."""

    def break_down(self, one: Recovery, times: int, now: float = 0.0) -> list[object]:
        """Let it fail, and be started again each time."""
        outcomes: list[object] = []
        for number in range(times):
            outcomes = [*one.handle(FAILED, now + number)]
            for job in jobs(outcomes):
                one.handle(JobFinished(job), now + number)
        return outcomes

    def test_too_often(self) -> None:
        """More than the threshold in the time for which a failure counts."""
        one = recovery(rules=Monitoring(migration_threshold=2, failure_timeout=100.0))
        self.assertEqual(handovers(self.break_down(one, 2)), [])
        self.assertEqual(handovers(self.break_down(one, 1, 50.0)), [Holding.LOCAL])
        one = recovery(rules=Monitoring(migration_threshold=2, failure_timeout=100.0))
        self.break_down(one, 2)
        self.assertEqual(handovers(self.break_down(one, 1, 150.0)), [])

    def test_cleanup(self) -> None:
        """The operator has looked: failures count no more, and a move that was to follow does not."""
        for key in (WEB.key, ""):
            one = recovery(rules=Monitoring(migration_threshold=2))
            self.break_down(one, 2)
            one.ledger.jobs = 1
            self.break_down(one, 1, 50.0)
            record, *rest = one.handle(CleanupWanted(key), 51.0)
            causes = ("operator asked for it", "failures forgotten: 3")
            self.assertEqual(record, Record("cleanup", WEB.key, ALPHA, causes))
            (repair,) = jobs(rest)
            self.assertIs(repair.purpose, Purpose.RECOVER)
            self.assertEqual(repair.causes[-1], "its failures are forgotten")
            self.assertEqual(one.count(WEB.key, 51.0), 0)
            one.ledger.jobs = 0
            self.assertEqual(one.handle(DeadlinePassed(), 60.0), [])
            self.assertEqual(one.handle(CleanupWanted(key), 61.0), [])

    def test_too_slowly(self) -> None:
        """What does not run again in time goes as soon as nothing moves any more; it is said once."""
        one = recovery(rules=Monitoring(restart_within=20.0))
        (job,) = jobs(one.handle(FAILED, 1.0))
        self.assertEqual(one.deadline(), 21.0)
        self.assertEqual(one.handle(DeadlinePassed(), 20.0), [])
        one.ledger.jobs = 1
        self.assertEqual(
            logged(one.handle(DeadlinePassed(), 21.0)), [f"group {WEB.key} does not run again within 20 s"]
        )
        self.assertEqual(one.handle(DeadlinePassed(), 200.0), [])
        one.ledger.jobs = 0
        self.assertEqual(one.handle(JobFinished(job), 200.5), [])
        self.assertEqual(handovers(one.handle(DeadlinePassed(), 201.0)), [Holding.LOCAL])
        one.ledger.ours = Holding.NONE
        self.assertEqual(one.handle(DeadlinePassed(), 202.0), [])
        self.assertEqual(one.deadline(), inf)

    def test_too_slowly_alone(self) -> None:
        """Without a peer it is said, and waited for."""
        alone = evolve(settled_ledger(), ours=Holding.LOCAL, peers={})
        one = recovery(alone)
        one.handle(FAILED, 1.0)
        self.assertEqual(len(logged(one.handle(DeadlinePassed(), 61.0))), 1)
        self.assertEqual(one.deadline(), inf)

    def test_nobody_to_give_it_to(self) -> None:
        """Without a peer, and without a threshold, it is started again however often."""
        alone = evolve(settled_ledger(), ours=Holding.LOCAL, peers={})
        self.assertEqual(len(jobs(self.break_down(recovery(alone, Monitoring(migration_threshold=1)), 9))), 1)
        self.assertEqual(len(jobs(self.break_down(recovery(rules=Monitoring(migration_threshold=0)), 9))), 1)

    def test_as_soon_as_nothing_else_moves(self) -> None:
        """Not before; nor if somebody else has moved it."""
        for name, value, later in (("takeover_running", False, [Holding.LOCAL]), ("ours", Holding.NONE, [])):
            book = evolve(settled_ledger(), ours=Holding.LOCAL, takeover_running=True)
            one = recovery(book, Monitoring(migration_threshold=1))
            self.assertEqual(handovers(self.break_down(one, 2)), [])
            self.assertEqual(one.deadline(), 2.0)
            setattr(book, name, value)
            self.assertEqual(handovers(one.handle(DeadlinePassed(), 2.0)), later)

    def stays(self, outcomes: Sequence[object]) -> str:
        """Return why it is started again here after all."""
        (job,) = jobs(outcomes)
        self.assertEqual((job.purpose, job.groups), (Purpose.RECOVER, (WEB,)))
        return job.causes[-1]

    def test_it_cannot_go(self) -> None:
        """After a minute in which something moved, or when the peer has died: better here than nowhere."""
        for die in (False, True):
            book = evolve(settled_ledger(), ours=Holding.LOCAL, takeover_running=True)
            one = recovery(book, Monitoring(migration_threshold=1))
            self.break_down(one, 2)
            self.assertEqual(one.handle(DeadlinePassed(), 2.0), [])
            if die:
                book.peers[BETA] = NodeStatus.DEAD
                outcomes = one.handle(PeerDied(BETA, 5.0, True), 2.5)
            else:
                outcomes = one.handle(DeadlinePassed(), 2.0 + PATIENCE)
            self.assertEqual(self.stays(outcomes), "it cannot go to the other node now")
            one.handle(DeadlinePassed(), 200.0)
            self.assertEqual(one.deadline(), inf)

    def test_it_is_not_taken(self) -> None:
        """The peer did not answer, and nothing goes on."""
        one = recovery(rules=Monitoring(migration_threshold=1))
        self.assertEqual(handovers(self.break_down(one, 2)), [Holding.LOCAL])
        one.ledger.standby = StandbyPhase.GIVING
        self.assertEqual(one.handle(DeadlinePassed(), 30.0), [])
        one.ledger.standby = StandbyPhase.NOT
        self.assertEqual(self.stays(one.handle(DeadlinePassed(), 31.0)), "the other node did not take it")
        one = recovery(rules=Monitoring(migration_threshold=1))
        self.break_down(one, 2)
        self.assertEqual(one.handle(DeadlinePassed(), 2.0), [])


class TakingTests(SynchronousTestCase):
    """It fails while its group is being taken, which is claimed when all of it runs."""

    def test_judged_later(self) -> None:
        """When it is ours; forgotten if it went elsewhere."""
        for ours, begun in ((Holding.LOCAL, 1), (Holding.NONE, 0)):
            ledger = evolve(settled_ledger(), ours=Holding.NONE, takeover_running=True)
            one = recovery(ledger)
            self.assertEqual(one.handle(FAILED, 1.0), [])
            self.assertEqual(one.handle(HoldingsChanged(), 2.0), [])
            ledger.ours, ledger.takeover_running = ours, False
            self.assertEqual(len(jobs(one.handle(HoldingsChanged(), 3.0))), begun)
            ledger.ours = Holding.LOCAL
            self.assertEqual(one.handle(HoldingsChanged(), 4.0), [])

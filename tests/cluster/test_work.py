# -*- test-case-name: tests.cluster.test_work -*-
"""
Orders about groups, one after the other, each with a ticket.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.actions import Log, Record, RunGroup
from hatwist.cluster.events import DeadlinePassed, GroupFinished
from hatwist.cluster.facts import GroupProbed, JobBegun, JobFinished, JobsCancelled
from hatwist.cluster.jobs import Job, Purpose
from hatwist.cluster.names import GroupState, Holding, Level, NodeStatus, Outcome, Ticket, Verb
from hatwist.cluster.ownership import Claim, Ground
from hatwist.cluster.work import RETRY_DELAY, TICKET_LIMIT, Condition, Work
from hatwist.config.model import ResourceGroup
from tests.cluster.builders import ALPHA, BETA, GROUPS, SQL, WEB, group, settled_ledger

WHY = ("somebody wants it",)
STARTS = (Purpose.REQUESTED, Purpose.TAKEOVER, Purpose.TAKE)
STOPS = (Purpose.GIVE, Purpose.LEAVE, Purpose.YIELD, Purpose.ANSWER)


def work() -> Work:
    """Make the work of C{alpha}, whose peer is dead."""
    ledger = settled_ledger()
    ledger.peers[BETA] = NodeStatus.DEAD
    return Work(ledger)


def job(purpose: Purpose, *groups: ResourceGroup) -> Job:
    """Make a job about both groups, or these; a dead node is reason enough for its starts."""
    return Job(purpose, groups or GROUPS, WHY, Claim(Ground.DEATH, BETA))


def finished(number: int, outcome: Outcome = Outcome.OK, detail: str = "") -> GroupFinished:
    """Answer an order."""
    return GroupFinished(Ticket(number), outcome, detail)


def order(number: int, group: ResourceGroup, verb: Verb) -> RunGroup:
    """Give an order."""
    return RunGroup(Ticket(number), group, verb)


class OrderTests(SynchronousTestCase):
    """A job asks for its groups one after the other, in file order."""

    def test_starts(self) -> None:
        """The next group is started when the one before was, and each start is recorded with its reasons."""
        for purpose in STARTS:
            one = work()
            begun = one.handle(JobBegun(job(purpose)), 1.0)
            record = Record(purpose.value, WEB.key, ALPHA, ("node beta is dead", *WHY))
            self.assertEqual(begun, [record, order(1, WEB, Verb.START)])
            self.assertEqual((one.running, one.ledger.jobs), (1, 1))
            [_, second] = one.handle(finished(1), 2.0)
            self.assertEqual(second, order(2, SQL, Verb.START))
            self.assertEqual(one.handle(finished(2), 3.0), [JobFinished(job(purpose))])
            self.assertEqual((one.running, one.ledger.jobs), (0, 0))
            self.assertEqual(one.deadline(), inf)
            why = f"{purpose.value}; somebody wants it"
            self.assertEqual(one.condition(SQL), Condition(GroupState.RUNNING, 3.0, why))

    def test_recoveries(self) -> None:
        """Only what runs here by right is started again, and is running or failed after it."""
        for outcome, state in ((Outcome.OK, GroupState.RUNNING), (Outcome.FAILED, GroupState.FAILED)):
            one = work()
            one.ledger.ours = Holding.LOCAL
            one.handle(JobBegun(job(Purpose.REQUESTED, WEB)), 1.0)
            one.handle(finished(1), 2.0)
            [_, recover] = one.handle(JobBegun(job(Purpose.RECOVER, WEB)), 3.0)
            self.assertEqual(recover, order(2, WEB, Verb.RECOVER))
            one.handle(finished(2, outcome), 4.0)
            self.assertEqual(one.condition(WEB).state, state)
        for change in ({"ours": Holding.NONE}, {"leaving": True}):
            one = work()
            one.ledger.ours = Holding.LOCAL
            one.handle(JobBegun(job(Purpose.REQUESTED, WEB)), 1.0)
            one.handle(finished(1), 2.0)
            for name, value in change.items():
                setattr(one.ledger, name, value)
            (refused, _) = one.handle(JobBegun(job(Purpose.RECOVER, WEB)), 3.0)
            assert isinstance(refused, Record)
            self.assertEqual(refused.decision, "recover refused")

    def test_some_at_a_time(self) -> None:
        """As many as are allowed, of all jobs together; a stop does not wait for a start."""
        for parallel, begun in ((1, 1), (2, 2)):
            one = Work(work().ledger, parallel)
            orders = self.orders(one.handle(JobBegun(job(Purpose.TAKEOVER)), 1.0))
            self.assertEqual(orders, [order(1, WEB, Verb.START), order(2, SQL, Verb.START)][:begun])
        one = Work(work().ledger, 1)
        one.handle(JobBegun(job(Purpose.TAKEOVER, WEB)), 1.0)
        self.assertEqual(self.orders(one.handle(JobBegun(job(Purpose.REQUESTED, SQL)), 2.0)), [])
        self.assertEqual(
            self.orders(one.handle(JobBegun(job(Purpose.YIELD, SQL)), 3.0)), [order(2, SQL, Verb.STOP)]
        )
        one.handle(finished(1), 4.0)
        self.assertEqual(self.orders(one.handle(finished(2), 5.0)), [order(3, SQL, Verb.START)])

    def test_one_that_waits(self) -> None:
        """It keeps no other from its turn."""
        one = work()
        one.handle(JobBegun(job(Purpose.GIVE)), 1.0)
        failed = one.handle(finished(1, Outcome.FAILED), 2.0)
        self.assertEqual(self.orders(failed), [order(2, SQL, Verb.STOP)])

    @staticmethod
    def orders(outcomes: Sequence[object]) -> list[RunGroup]:
        """Return what is to be run."""
        return [one for one in outcomes if isinstance(one, RunGroup)]

    def test_recovery_is_refused(self) -> None:
        """While a living peer may run the group, too, or something is let go; it is made good later."""
        for name in ("contested", "unclear", "yielding"):
            one = work()
            one.ledger.ours = Holding.LOCAL
            one.handle(JobBegun(job(Purpose.REQUESTED, WEB)), 1.0)
            one.handle(finished(1), 2.0)
            one.ledger.peers[BETA] = NodeStatus.ACTIVE
            setattr(one.ledger, name, True)
            (refused, _) = one.handle(JobBegun(job(Purpose.RECOVER, WEB)), 3.0)
            assert isinstance(refused, Record)
            self.assertIn("it is not settled yet which node lets go", refused.causes)
            self.assertEqual(one.ledger.refused, {WEB.key})
            self.assertEqual(one.ledger.jobs, 0)

    def test_stops(self) -> None:
        """A stop needs no permission, and is recorded too."""
        for purpose in STOPS:
            one = work()
            one.ledger.leaving = True
            self.assertEqual(
                one.handle(JobBegun(job(purpose, WEB)), 1.0),
                [Record(purpose.value, WEB.key, ALPHA, WHY), order(1, WEB, Verb.STOP)],
            )
            self.assertEqual(one.handle(finished(1), 2.0), [JobFinished(job(purpose, WEB))])

    def test_probes(self) -> None:
        """At boot each group is asked whether it runs; this decides nothing and is not recorded."""
        one = work()
        boot = job(Purpose.BOOT)
        both = [order(1, WEB, Verb.STATUS), order(2, SQL, Verb.STATUS)]
        self.assertEqual(one.handle(JobBegun(boot), 1.0), both)
        self.assertEqual(
            one.handle(finished(1, Outcome.RUNNING), 2.0), [GroupProbed(boot, WEB, running=True)]
        )
        self.assertEqual(
            one.handle(finished(2, Outcome.STOPPED), 3.0),
            [GroupProbed(boot, SQL, running=False), JobFinished(boot)],
        )
        self.assertEqual(one.condition(WEB), Condition(GroupState.RUNNING, 2.0))
        self.assertEqual(one.condition(SQL), Condition())

    def test_announcements(self) -> None:
        """The neighbours are told again without any change of a group's state."""
        one = work()
        again = job(Purpose.ANNOUNCE, WEB)
        self.assertEqual(one.handle(JobBegun(again), 1.0), [order(1, WEB, Verb.ANNOUNCE)])
        self.assertEqual(one.handle(finished(1), 2.0), [JobFinished(again)])
        self.assertEqual(one.condition(WEB), Condition())

    def test_no_groups(self) -> None:
        """A job about nothing is finished at once."""
        one = work()
        nothing = Job(Purpose.GIVE, (), WHY)
        self.assertEqual(one.handle(JobBegun(nothing), 1.0), [JobFinished(nothing)])

    def test_refused(self) -> None:
        """A group that this node may not own is not started, and the refusal is recorded; the next one is."""
        one = work()
        one.ledger.peers[BETA] = NodeStatus.ACTIVE
        one.ledger.theirs = Holding.LOCAL
        takeover = job(Purpose.TAKEOVER)
        [_, run, *_] = one.handle(JobBegun(takeover), 1.0)
        self.assertEqual(run, order(1, WEB, Verb.START))
        self.assertEqual(
            one.handle(finished(1), 2.0),
            [
                Record("takeover refused", SQL.key, ALPHA, ("node beta is back and holds it", *WHY)),
                JobFinished(takeover),
            ],
        )
        self.assertEqual(one.condition(SQL), Condition())

    def test_permission_is_asked_for_at_the_last_moment(self) -> None:
        """What was allowed when the job began may be refused when the group's turn comes."""
        one = work()
        one.handle(JobBegun(job(Purpose.TAKEOVER)), 1.0)
        one.ledger.leaving = True
        [record, _] = one.handle(finished(1), 2.0)
        self.assertEqual(record, Record("takeover refused", SQL.key, ALPHA, ("this node is leaving", *WHY)))

    def test_two_jobs_about_one_group(self) -> None:
        """A second job waits until the first has done with the group; other groups do not wait."""
        one = Work(work().ledger, 2)
        one.handle(JobBegun(job(Purpose.GIVE, WEB)), 1.0)
        self.assertEqual(one.handle(JobBegun(job(Purpose.TAKEOVER, WEB)), 1.0), [])
        self.assertTrue(one.busy(WEB))
        self.assertFalse(one.busy(SQL))
        [_, run] = one.handle(JobBegun(job(Purpose.TAKEOVER, SQL)), 1.0)
        self.assertEqual(run, order(2, SQL, Verb.START))
        [first, _, run] = one.handle(finished(1), 2.0)
        self.assertEqual((first, run), (JobFinished(job(Purpose.GIVE, WEB)), order(3, WEB, Verb.START)))

    def test_unknown_ticket(self) -> None:
        """An answer to no order, or a second one, is passed over."""
        one = work()
        self.assertEqual(one.handle(finished(7), 1.0), [])
        one.handle(JobBegun(job(Purpose.GIVE, WEB)), 1.0)
        one.handle(finished(1), 2.0)
        self.assertEqual(one.handle(finished(1, Outcome.FAILED), 3.0), [])
        self.assertEqual(one.condition(WEB).state, GroupState.STOPPED)


class SweepTests(SynchronousTestCase):
    """What a former life of the daemon left running is stopped."""

    def test_all_at_once(self) -> None:
        """At the start all groups are asked at once, before any other job can touch one."""
        self.assertEqual(
            work().handle(JobBegun(job(Purpose.SWEEP)), 0.0),
            [order(1, WEB, Verb.SEARCH), order(2, SQL, Verb.SEARCH)],
        )

    def test_shared_resources(self) -> None:
        """Of a group that shares a resource with another one only the first is asked: it may run for that."""
        mail = group(BETA, "10.0.0.3", "apache")
        one = work()
        one.ledger.groups = (WEB, SQL, mail)
        self.assertEqual(
            one.handle(JobBegun(job(Purpose.SWEEP, SQL, mail)), 0.0),
            [order(1, SQL, Verb.SEARCH), order(2, mail, Verb.STATUS)],
        )

    def test_nothing_runs(self) -> None:
        """Where nothing runs nothing is done."""
        one = work()
        sweep = job(Purpose.SWEEP)
        one.handle(JobBegun(sweep), 0.0)
        self.assertEqual(
            one.handle(finished(2, Outcome.STOPPED), 1.0), [GroupProbed(sweep, SQL, running=False)]
        )
        self.assertEqual(
            one.handle(finished(1, Outcome.STOPPED), 1.0),
            [GroupProbed(sweep, WEB, running=False), JobFinished(sweep)],
        )

    def test_something_runs(self) -> None:
        """What runs is stopped, with a warning, and only then is the sweep over."""
        one = work()
        sweep = job(Purpose.SWEEP, WEB)
        one.handle(JobBegun(sweep), 0.0)
        self.assertEqual(
            one.handle(finished(1, Outcome.RUNNING), 1.0),
            [
                Log(
                    Level.WARN,
                    "Resource 10.0.0.1 is active, and should not be!  Releasing it.",
                    "ResourceManager(default)",
                ),
                Record("release", WEB.key, ALPHA, ("it ran before this daemon had a right to it",)),
                order(2, WEB, Verb.STOP),
            ],
        )
        self.assertEqual(one.condition(WEB), Condition(GroupState.STOPPING, 1.0, "sweep; somebody wants it"))
        self.assertEqual(one.handle(finished(2), 2.0), [JobFinished(sweep)])
        self.assertEqual(one.condition(WEB).state, GroupState.STOPPED)

    def test_what_cannot_be_stopped_is_asked_again(self) -> None:
        """After a stop that failed the group is asked again whether it runs."""
        one = work()
        one.handle(JobBegun(job(Purpose.SWEEP, WEB)), 0.0)
        one.handle(finished(1, Outcome.RUNNING), 1.0)
        one.handle(finished(2, Outcome.FAILED), 2.0)
        self.assertEqual(one.handle(DeadlinePassed(), 2.0 + RETRY_DELAY), [order(3, WEB, Verb.SEARCH)])


class FailureTests(SynchronousTestCase):
    """A start may fail, a release may not."""

    def test_failed_start(self) -> None:
        """A group whose start failed is recorded with its reason, and the job goes on."""
        one = work()
        takeover = job(Purpose.TAKEOVER)
        one.handle(JobBegun(takeover), 1.0)
        [failed, _, run] = one.handle(finished(1, Outcome.FAILED, "apache: exit 7"), 2.0)
        self.assertEqual(failed, Record("start failed", WEB.key, ALPHA, ("apache: exit 7",)))
        self.assertEqual(run, order(2, SQL, Verb.START))
        self.assertEqual(
            one.condition(WEB),
            Condition(GroupState.FAILED, 2.0, "takeover; somebody wants it; apache: exit 7"),
        )
        self.assertEqual(one.handle(finished(2), 3.0), [JobFinished(takeover, failed=(WEB.key,))])

    def test_failed_without_a_word(self) -> None:
        """Where the program said nothing this is said."""
        one = work()
        one.handle(JobBegun(job(Purpose.TAKEOVER, WEB)), 1.0)
        [failed, _] = one.handle(finished(1, Outcome.FAILED), 2.0)
        self.assertEqual(failed, Record("start failed", WEB.key, ALPHA, ("no reason was given",)))
        one.handle(JobBegun(job(Purpose.CLEAR, WEB)), 3.0)
        [_, failed] = one.handle(finished(2, Outcome.FAILED), 4.0)
        self.assertEqual(failed, Record("stop failed", WEB.key, ALPHA, ("no reason was given",)))

    def test_failed_stop(self) -> None:
        """A group that cannot be stopped is blocked, which is critical, and tried again in ten seconds."""
        one = work()
        give = job(Purpose.GIVE, WEB)
        one.handle(JobBegun(give), 1.0)
        self.assertEqual(
            one.handle(finished(1, Outcome.FAILED, "umount: busy"), 2.0),
            [
                Log(
                    Level.CRIT,
                    "Resource STOP failure: group 10.0.0.1 may still run here, so nobody else may have it."
                    "  Trying again in 10 s.",
                    "ResourceManager(default)",
                ),
                Record("stop failed", WEB.key, ALPHA, ("umount: busy",)),
            ],
        )
        self.assertEqual(one.condition(WEB).state, GroupState.BLOCKED)
        self.assertEqual(one.deadline(), 12.0)
        self.assertEqual(one.handle(DeadlinePassed(), 11.9), [])
        self.assertEqual(
            one.handle(DeadlinePassed(), 12.0),
            [Record("standby", WEB.key, ALPHA, WHY), order(2, WEB, Verb.STOP)],
        )
        self.assertEqual(one.handle(finished(2), 13.0), [JobFinished(give)])

    def test_stop_of_a_failed_group(self) -> None:
        """A group whose start failed stays failed when it is stopped for certain; that is no decision."""
        one = work()
        clear = job(Purpose.CLEAR, WEB)
        self.assertEqual(one.handle(JobBegun(clear), 1.0), [order(1, WEB, Verb.STOP)])
        self.assertEqual(one.handle(finished(1), 2.0), [JobFinished(clear)])
        self.assertEqual(one.condition(WEB).state, GroupState.FAILED)

    def test_blocked_while_it_is_tried_again(self) -> None:
        """A group that could not be stopped is blocked until it is."""
        one = work()
        one.handle(JobBegun(job(Purpose.GIVE, WEB)), 1.0)
        one.handle(finished(1, Outcome.FAILED), 2.0)
        one.handle(DeadlinePassed(), 2.0 + RETRY_DELAY)
        self.assertEqual(one.condition(WEB).state, GroupState.BLOCKED)

    def test_start_of_what_runs(self) -> None:
        """A group that runs goes on running when it is started once more."""
        one = work()
        one.handle(JobBegun(job(Purpose.TAKEOVER, WEB)), 1.0)
        one.handle(finished(1), 2.0)
        one.handle(JobBegun(job(Purpose.REQUESTED, WEB)), 3.0)
        self.assertEqual(one.condition(WEB).state, GroupState.RUNNING)

    def test_no_answer(self) -> None:
        """An order that is not answered within an hour counts as failed; a later answer as none."""
        one = work()
        takeover = job(Purpose.TAKEOVER, WEB)
        one.handle(JobBegun(takeover), 1.0)
        self.assertEqual(one.deadline(), 1.0 + TICKET_LIMIT)
        self.assertEqual(one.handle(DeadlinePassed(), TICKET_LIMIT), [])
        self.assertEqual(
            one.handle(DeadlinePassed(), 1.0 + TICKET_LIMIT),
            [
                Record("start failed", WEB.key, ALPHA, ("no answer within 3600 s",)),
                JobFinished(takeover, failed=(WEB.key,)),
            ],
        )
        self.assertEqual(one.deadline(), inf)
        self.assertEqual(one.handle(finished(1), 4000.0), [])


class CancelTests(SynchronousTestCase):
    """What jobs have not ordered yet, they order no more."""

    def test_rest_is_dropped(self) -> None:
        """A cancelled job is over when the order that is out was answered."""
        one = work()
        give = job(Purpose.GIVE)
        one.handle(JobBegun(give), 1.0)
        self.assertEqual(one.handle(JobsCancelled((Purpose.GIVE, Purpose.TAKE)), 1.5), [])
        self.assertEqual(one.handle(finished(1), 2.0), [JobFinished(give)])

    def test_others_go_on(self) -> None:
        """Jobs of other kinds are not concerned."""
        one = work()
        one.handle(JobBegun(job(Purpose.LEAVE)), 1.0)
        one.handle(JobsCancelled((Purpose.GIVE, Purpose.TAKE)), 1.5)
        [_, run] = one.handle(finished(1), 2.0)
        self.assertEqual(run, order(2, SQL, Verb.STOP))

    def test_waiting_job(self) -> None:
        """A job that has no order out is over at once."""
        one = work()
        one.handle(JobBegun(job(Purpose.LEAVE, WEB)), 1.0)
        one.handle(JobBegun(job(Purpose.GIVE, WEB)), 1.0)
        self.assertEqual(
            one.handle(JobsCancelled((Purpose.GIVE,)), 1.5), [JobFinished(job(Purpose.GIVE, WEB))]
        )

    def test_failed_stop_of_a_cancelled_job(self) -> None:
        """A cancelled job does not try again."""
        one = work()
        give = job(Purpose.GIVE, WEB)
        one.handle(JobBegun(give), 1.0)
        one.handle(JobsCancelled((Purpose.GIVE,)), 1.5)
        self.assertEqual(one.handle(finished(1, Outcome.FAILED), 2.0)[-1], JobFinished(give))
        self.assertEqual(one.handle(DeadlinePassed(), 2.0 + RETRY_DELAY), [])
        self.assertEqual(one.condition(WEB).state, GroupState.BLOCKED)

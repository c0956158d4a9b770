# -*- test-case-name: tests.cluster.test_takeover -*-
"""
What becomes of the groups of a node that died or left (protocol 10.4, 10.7).
"""

from __future__ import annotations

from math import inf

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster import speech
from hatwist.cluster.actions import Log, Record
from hatwist.cluster.events import CleanupWanted, DeadlinePassed
from hatwist.cluster.facts import (
    HandoverAsked,
    HoldingsChanged,
    JobBegun,
    JobFinished,
    JobsCancelled,
    MessageDelivered,
    Outcome,
    PeerDied,
    Send,
)
from hatwist.cluster.jobs import Job, Purpose
from hatwist.cluster.ledger import Ledger, Phase, StandbyPhase
from hatwist.cluster.names import Holding, Level, NodeStatus
from hatwist.cluster.ownership import Claim, Ground
from hatwist.cluster.takeover import FAILED_START_DELAY, OFFER_MEMORY, Takeover
from tests.cluster.builders import ALPHA, BETA, SQL, WEB, group, line, logged, sent, settled_ledger

LOCAL, FOREIGN, ALL, NONE = Holding.LOCAL, Holding.FOREIGN, Holding.ALL, Holding.NONE
DIED = PeerDied(BETA, 10.0, heard=True)
SILENT = "no status from beta for 10.000 s"
LEFT = "node beta left and gave up its resources"
HOOK = Log(Level.INFO, "Running /etc/ha.d//rc.d/status status", "harc(default)")


def ledger(ours: Holding = LOCAL, theirs: Holding = LOCAL, *, nice: bool = True) -> Ledger:
    """Make a ledger."""
    return evolve(settled_ledger(nice=nice), ours=ours, theirs=theirs)


def goodbye(one: Takeover) -> list[Outcome]:
    """Let C{beta} say that it gave up everything."""
    return one.handle(MessageDelivered(BETA, speech.shutdone()), 0.0)


def takeover_job(ground: Ground, cause: str) -> Job:
    """Make the job that takes over from C{beta}."""
    return Job(Purpose.TAKEOVER, (SQL,), (cause,), Claim(ground, BETA), FOREIGN, BETA)


def taken_over(ground: Ground, cause: str) -> list[Outcome]:
    """Make what a takeover always is."""
    return [
        JobsCancelled((Purpose.YIELD,)),
        Log(Level.INFO, "Resources being acquired from beta."),
        Record("takeover of node", BETA, ALPHA, (cause,)),
        HOOK,
        Log(Level.INFO, "Taking over resource group 10.0.0.2", "mach_down(default)"),
        JobBegun(takeover_job(ground, cause)),
        JobBegun(Job(Purpose.BOOT, (WEB,), (cause,), which=LOCAL)),
    ]


def fencing(outcomes: list[Outcome]) -> list[str]:
    """Say how the question of fencing ended."""
    return [line(message) for message in sent(outcomes) if message.get("t") == "stonith"]


def took_over(outcomes: list[Outcome]) -> bool:
    """Say whether a takeover began."""
    return any(isinstance(one, JobBegun) and one.job.purpose is Purpose.TAKEOVER for one in outcomes)


class DeathTests(SynchronousTestCase):
    """The table of a node's death (protocol 10.4)."""

    def test_owner_dies(self) -> None:
        """A dead node's groups are taken over, with the warning that nothing fenced it."""
        one = Takeover(ledger())
        self.assertEqual(
            one.handle(DIED, 0.0),
            [
                Log(Level.WARN, "No STONITH device configured."),
                Log(Level.WARN, "Shared disks are not protected."),
                Send(speech.stonith("beta", "n_stnth")),
                *taken_over(Ground.DEATH, SILENT),
            ],
        )

    def test_claims(self) -> None:
        """Its groups are claimed before they run, and it claims nothing any more."""
        book = evolve(ledger(), their_stable=False)
        Takeover(book).handle(DIED, 0.0)
        self.assertEqual((book.ours, book.theirs), (ALL, NONE))
        self.assertEqual((book.their_stable, book.takeover_running), (True, True))
        self.assertEqual(book.peers[BETA], NodeStatus.DEAD)

    def test_settled_with_the_dead(self) -> None:
        """What was to be settled with it after a partition is settled: everything is taken."""
        for goes in (DIED, MessageDelivered(BETA, speech.shutdone())):
            book = evolve(ledger(ALL, NONE), yielding=True, contested=True, unclear=True)
            self.assertTrue(took_over(Takeover(book).handle(goes, 0.0)))
            self.assertEqual((book.yielding, book.contested, book.unclear), (False, False, False))

    def test_never_heard(self) -> None:
        """A node that was never heard is asked for by fencing too, though it never claimed anything."""
        outcomes = Takeover(ledger(theirs=NONE)).handle(PeerDied(BETA, 30.0, heard=False), 0.0)
        self.assertEqual(fencing(outcomes), ["stonith n_stnth"])
        self.assertIn(Record("takeover of node", BETA, ALPHA, ("no sign of beta for 30.000 s",)), outcomes)

    def test_nice_rows(self) -> None:
        """In nice mode a node that held nothing needs no fencing; what is missing is acquired still."""
        rows = {
            (LOCAL, LOCAL): (["stonith n_stnth"], True),
            (NONE, ALL): (["stonith n_stnth"], True),
            (LOCAL, NONE): (["stonith unneeded"], True),
            (ALL, NONE): (["stonith unneeded"], False),
        }
        found = {}
        for ours, theirs in rows:
            outcomes = Takeover(ledger(ours, theirs)).handle(DIED, 0.0)
            found[ours, theirs] = (fencing(outcomes), took_over(outcomes))
        self.assertEqual(found, rows)

    def test_everything_is_here_already(self) -> None:
        """When we hold everything nothing is done, and nothing is waited for."""
        book = ledger(ALL, NONE)
        self.assertEqual(
            Takeover(book).handle(DIED, 0.0),
            [
                Log(Level.INFO, "Dead node beta gave up resources."),
                Send(speech.stonith("beta", "unneeded")),
                HOOK,
                HoldingsChanged(),
            ],
        )
        self.assertTrue(book.their_stable)

    def test_dies_while_it_stops(self) -> None:
        """One that claims nothing because it is just stopping everything may still have it."""
        book = evolve(ledger(LOCAL, NONE), their_stable=False)
        self.assertEqual(fencing(Takeover(book).handle(DIED, 0.0)), ["stonith n_stnth"])
        joining = evolve(book, their_stable=False, phase=Phase.RECEIVED)
        joining.theirs = NONE
        self.assertEqual(fencing(Takeover(joining).handle(DIED, 0.0)), ["stonith unneeded"])

    def test_legacy_rows(self) -> None:
        """In legacy mode only a node that said goodbye needs no fencing."""
        book = ledger(nice=False)
        self.assertEqual(fencing(Takeover(book).handle(DIED, 0.0)), ["stonith n_stnth"])
        book = evolve(ledger(ALL, nice=False), gone={BETA})
        outcomes = Takeover(book).handle(DIED, 0.0)
        self.assertEqual((fencing(outcomes), took_over(outcomes)), (["stonith unneeded"], False))

    def test_standby_is_cancelled(self) -> None:
        """A running standby operation is over; what its jobs have not ordered is not ordered."""
        book = evolve(ledger(), standby=StandbyPhase.GIVING)
        outcomes = Takeover(book).handle(DIED, 0.0)
        self.assertEqual(
            outcomes[:2],
            [
                Log(Level.INFO, "Cancelling pending standby operation"),
                JobsCancelled((Purpose.GIVE, Purpose.TAKE)),
            ],
        )
        self.assertEqual(book.standby, StandbyPhase.NOT)
        self.assertTrue(took_over(outcomes))

    def test_leaving(self) -> None:
        """A node that leaves takes nothing over."""
        book = evolve(ledger(NONE), leaving=True, phase=Phase.SHUTDOWN)
        self.assertEqual(Takeover(book).handle(DIED, 0.0), [HOOK, HoldingsChanged()])
        self.assertEqual((book.ours, book.peers[BETA]), (NONE, NodeStatus.DEAD))

    def test_home_of_nothing(self) -> None:
        """The takeover from a node that is home to nothing has no groups, and is said to be complete too."""
        book = evolve(ledger(), groups=(WEB,))
        [job] = [
            one.job
            for one in Takeover(book).handle(DIED, 0.0)
            if isinstance(one, JobBegun) and one.job.purpose is Purpose.TAKEOVER
        ]
        self.assertEqual(job.groups, ())


class GoodbyeTests(SynchronousTestCase):
    """A peer has given up everything (protocol 10.7)."""

    RECEIVED = Log(Level.INFO, "Received shutdown notice from 'beta'.")

    def test_taken_over_at_once(self) -> None:
        """It is acted on before the leaving node is dead, without a question of fencing."""
        book = ledger()
        self.assertEqual(goodbye(Takeover(book)), [self.RECEIVED, *taken_over(Ground.GOODBYE, LEFT)])
        self.assertEqual((book.ours, book.theirs, book.gone), (ALL, NONE, {BETA}))

    def test_everything_is_here_already(self) -> None:
        """When we hold everything only its goodbye is noted."""
        book = evolve(ledger(ALL, NONE), their_stable=False)
        self.assertEqual(goodbye(Takeover(book)), [self.RECEIVED, HoldingsChanged()])
        self.assertTrue(book.their_stable)

    def test_legacy(self) -> None:
        """In legacy mode everything is looked at again whatever we hold."""
        book = ledger(ALL, nice=False)
        self.assertTrue(took_over(goodbye(Takeover(book))))
        self.assertEqual(book.gone, {BETA})

    def test_leaving(self) -> None:
        """When both leave, nobody takes anything."""
        book = evolve(ledger(NONE), leaving=True)
        self.assertEqual(
            goodbye(Takeover(book)),
            [
                self.RECEIVED,
                Log(Level.INFO, "Resource takeover cancelled - shutdown in progress."),
                HoldingsChanged(),
            ],
        )
        self.assertEqual((book.ours, book.theirs), (NONE, NONE))

    def test_standby_is_cancelled(self) -> None:
        """A standby operation with a peer that leaves is over."""
        book = evolve(ledger(), standby=StandbyPhase.TAKING)
        outcomes = goodbye(Takeover(book))
        self.assertIn(JobsCancelled((Purpose.GIVE, Purpose.TAKE)), outcomes)
        self.assertEqual(book.standby, StandbyPhase.NOT)

    def test_not_ours(self) -> None:
        """Our own goodbye, and other messages, are not for us."""
        one = Takeover(ledger())
        self.assertEqual(one.handle(MessageDelivered(ALPHA, speech.shutdone(), own=True), 0.0), [])
        self.assertEqual(one.handle(MessageDelivered(BETA, speech.starting()), 0.0), [])


class CompleteTests(SynchronousTestCase):
    """The takeover is done."""

    def test_nice(self) -> None:
        """In nice mode it is told as the script would (C{mach_down})."""
        book = evolve(ledger(), takeover_running=True)
        self.assertEqual(
            Takeover(book).handle(JobFinished(takeover_job(Ground.DEATH, SILENT)), 0.0),
            [
                Log(
                    Level.INFO,
                    "hatwist: nice_failback: foreign resources acquired",
                    "mach_down(default)",
                ),
                Log(Level.INFO, "mach_down takeover complete for node beta.", "mach_down(default)"),
                Send(speech.mach_down()),
            ],
        )
        self.assertTrue(book.takeover_running, "until our own message is heard")

    def test_legacy(self) -> None:
        """In legacy mode it is over at once."""
        book = evolve(ledger(nice=False), takeover_running=True)
        self.assertEqual(
            Takeover(book).handle(JobFinished(takeover_job(Ground.DEATH, SILENT)), 0.0),
            [
                Log(Level.INFO, "mach_down takeover complete for node beta.", "mach_down(default)"),
                HoldingsChanged(),
            ],
        )
        self.assertFalse(book.takeover_running)

    def test_other_jobs(self) -> None:
        """Other jobs complete no takeover."""
        self.assertEqual(
            Takeover(ledger()).handle(JobFinished(Job(Purpose.GIVE, (WEB,), ("operator",))), 0.0), []
        )


class FailedStartTests(SynchronousTestCase):
    """A group that could not be started is offered to the peer, once (protocol 10.9)."""

    CLEAR = Job(Purpose.CLEAR, (WEB,), ("its start failed here",), which=LOCAL)
    START = Job(Purpose.REQUESTED, (WEB,), ("boot",), which=LOCAL)

    def unfit(self, one: Takeover, job: Job, *groups: object, now: float = 0.0) -> list[Outcome]:
        """Let the starts of these groups fail."""
        keys = tuple(each.key for each in job.groups if each in groups)
        return one.handle(JobFinished(job, failed=keys), now)

    def test_stopped_for_certain(self) -> None:
        """First the group is stopped, until it is stopped for certain."""
        one = Takeover(ledger())
        self.assertEqual(self.unfit(one, self.START, WEB), [JobBegun(self.CLEAR)])
        self.assertEqual(one.deadline(), inf)

    def test_offered_after_half_a_minute(self) -> None:
        """Half a minute after it was stopped the peer is offered the set the group belongs to."""
        one = Takeover(ledger())
        self.unfit(one, self.START, WEB)
        self.assertEqual(one.handle(JobFinished(self.CLEAR), 5.0), [])
        self.assertEqual(one.deadline(), 5.0 + FAILED_START_DELAY)
        self.assertEqual(one.handle(DeadlinePassed(), 34.9), [])
        self.assertEqual(one.handle(DeadlinePassed(), 35.0), [HandoverAsked(LOCAL, "its start failed here")])
        self.assertEqual(one.handle(DeadlinePassed(), 100.0), [])

    def test_sets_add_up(self) -> None:
        """Groups of both sets that failed are offered together."""
        one = Takeover(ledger(ALL))
        begun = self.unfit(one, Job(Purpose.TAKE, (WEB, SQL), ("standby",)), WEB, SQL)
        jobs = [each.job for each in begun if isinstance(each, JobBegun)]
        self.assertEqual([(job.groups, job.which) for job in jobs], [((WEB,), LOCAL), ((SQL,), FOREIGN)])
        for job in jobs:
            one.handle(JobFinished(job), 5.0)
        self.assertEqual(one.handle(DeadlinePassed(), 35.0), [HandoverAsked(ALL, "its start failed here")])

    def test_failed_again(self) -> None:
        """One that comes back and fails again is stopped, and not offered a second time."""
        one = Takeover(ledger())
        self.unfit(one, self.START, WEB)
        again = self.unfit(one, self.START, WEB, now=60.0)
        self.assertEqual([type(each) for each in again], [JobBegun, Log])
        self.assertIn("group 10.0.0.1 failed to start here again", logged(again)[0])
        clear = again[0]
        assert isinstance(clear, JobBegun)
        self.assertEqual(clear.job.which, NONE)
        one.handle(JobFinished(clear.job), 61.0)
        self.assertEqual(one.handle(DeadlinePassed(), 100.0), [])

    def test_stops_forgive_nothing(self) -> None:
        """That it could be stopped does not count as success."""
        one = Takeover(ledger())
        self.unfit(one, self.START, WEB)
        for purpose in (Purpose.GIVE, Purpose.BOOT, Purpose.LEAVE):
            one.handle(JobFinished(Job(purpose, (WEB,), ("operator",))), 40.0)
        self.assertEqual(len(self.unfit(one, self.START, WEB, now=60.0)), 2)

    def test_success_forgives(self) -> None:
        """After a start that succeeded it may be offered again."""
        one = Takeover(ledger())
        self.unfit(one, self.START, WEB)
        self.unfit(one, self.START)
        self.assertEqual(self.unfit(one, self.START, WEB, now=60.0), [JobBegun(self.CLEAR)])

    def test_the_operator_forgives(self) -> None:
        """After a cleanup of the group, or of all, it may be offered again."""
        for key, again in ((WEB.key, 1), ("", 1), ("another", 2)):
            one = Takeover(ledger())
            self.unfit(one, self.START, WEB)
            self.assertEqual(one.handle(CleanupWanted(key), 50.0), [])
            self.assertEqual(len(self.unfit(one, self.START, WEB, now=60.0)), again)

    def test_time_forgives(self) -> None:
        """After five minutes it may be offered again."""
        one = Takeover(ledger())
        self.unfit(one, self.START, WEB)
        self.assertEqual(len(self.unfit(one, self.START, WEB, now=OFFER_MEMORY - 0.1)), 2)
        self.assertEqual(self.unfit(one, self.START, WEB, now=OFFER_MEMORY), [JobBegun(self.CLEAR)])
        self.assertEqual(len(self.unfit(one, self.START, WEB, now=2 * OFFER_MEMORY - 0.1)), 2)

    def test_nobody_to_offer_it_to(self) -> None:
        """A node that is alone, or leaving, offers nothing."""
        for book in (evolve(ledger(), peers={BETA: NodeStatus.DEAD}), evolve(ledger(), leaving=True)):
            one = Takeover(book)
            self.unfit(one, self.START, WEB)
            one.handle(JobFinished(self.CLEAR), 5.0)
            self.assertEqual(one.handle(DeadlinePassed(), 35.0), [])
            self.assertEqual(one.deadline(), inf)

    def test_takeover_with_a_failure(self) -> None:
        """A takeover whose start failed is complete all the same; what failed is cleared first."""
        one = Takeover(ledger())
        outcomes = self.unfit(one, takeover_job(Ground.DEATH, SILENT), SQL)
        self.assertEqual([type(each) for each in outcomes], [JobBegun, Log, Log, Send])

    def test_only_what_failed(self) -> None:
        """Of a job only what failed is cleared."""
        mail = group(BETA, "10.0.0.3")
        one = Takeover(evolve(ledger(), groups=(WEB, SQL, mail)))
        begun = self.unfit(one, Job(Purpose.TAKE, (SQL, mail), ("standby",)), mail)
        self.assertEqual([each.job.groups for each in begun if isinstance(each, JobBegun)], [(mail,)])

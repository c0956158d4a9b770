# -*- test-case-name: tests.cluster.test_requests -*-
"""
Get the local groups (protocol 10.6).
"""

from __future__ import annotations

from math import inf

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster import speech
from hatwist.cluster.actions import Log
from hatwist.cluster.events import DeadlinePassed
from hatwist.cluster.facts import (
    GroupProbed,
    HoldingsChanged,
    JobBegun,
    JobFinished,
    MessageDelivered,
    Outcome,
    Send,
)
from hatwist.cluster.jobs import Job, Purpose
from hatwist.cluster.ledger import Ledger
from hatwist.cluster.names import Holding, Level, NodeStatus
from hatwist.cluster.ownership import Claim, Ground
from hatwist.cluster.requests import ANSWER_PERIOD, Requests, acquire_local
from hatwist.config.model import ResourceGroup
from hatwist.wire.message import Message
from tests.cluster.builders import ALPHA, BETA, SQL, WEB, group, logged, settled_ledger

CAUSE = "communication is established"
BOOT = Job(Purpose.BOOT, (WEB,), (CAUSE,), which=Holding.LOCAL)


ANNOUNCED = Log(Level.INFO, "Initial resource acquisition complete (req_our_resources)")


def requests(ledger: Ledger) -> Requests:
    """Make the requests of C{alpha} after it asked for its group, which does not run."""
    one = Requests(ledger)
    ask_for(one, BOOT, WEB)
    return one


def ask_for(one: Requests, boot: Job, *stopped: ResourceGroup) -> list[Outcome]:
    """
    Let the probes of a job find that these groups do not run.

    @return: what comes of it when all were probed.
    """
    for each in boot.groups:
        one.handle(GroupProbed(boot, each, running=each not in stopped), 0.0)
    return one.handle(JobFinished(boot), 0.0)


def answer(
    key: str = WEB.key, *, dest: str = "alpha", ok: str = "OK", weown: str = "no", sender: str = "beta"
) -> MessageDelivered:
    """Make the answer to a request."""
    message = Message.of(t="ip-request-resp", dest=dest, ipaddr=key, weown=weown, ok=ok)
    return MessageDelivered(ALPHA if sender == ALPHA else BETA, message, own=sender == ALPHA)


class AcquireTests(SynchronousTestCase):
    """Claim the local groups, and begin to start them (protocol 10.3)."""

    def test_claimed_and_begun(self) -> None:
        """The local groups are claimed before anything runs."""
        ledger = settled_ledger()
        self.assertEqual(acquire_local(ledger, CAUSE), [JobBegun(BOOT)])
        self.assertEqual(ledger.ours, Holding.LOCAL)

    def test_other_side_holds_them(self) -> None:
        """Groups that a living peer holds are left to it."""
        ledger = settled_ledger()
        ledger.theirs = Holding.FOREIGN
        self.assertEqual(
            acquire_local(ledger, CAUSE),
            [Log(Level.INFO, "Local Resource acquisition completed. (none)")],
        )
        self.assertEqual(ledger.ours, Holding.NONE)

    def test_claims_of_the_dead_do_not_count(self) -> None:
        """What a dead peer claimed holds nobody back."""
        ledger = settled_ledger()
        ledger.theirs = Holding.FOREIGN
        ledger.peers[BETA] = NodeStatus.DEAD
        self.assertEqual(acquire_local(ledger, CAUSE), [JobBegun(BOOT)])

    def test_claimed_already(self) -> None:
        """What is claimed already is not begun again."""
        ledger = settled_ledger()
        ledger.ours = Holding.LOCAL
        self.assertEqual(acquire_local(ledger, CAUSE), [])

    def test_forced(self) -> None:
        """After a death or a goodbye everything is looked at again, whoever claims it."""
        ledger = settled_ledger()
        ledger.theirs = Holding.FOREIGN
        ledger.ours = Holding.LOCAL
        self.assertEqual(acquire_local(ledger, CAUSE, force=True), [JobBegun(BOOT)])

    def test_legacy(self) -> None:
        """With C{auto_failback legacy} nothing holds a node back: it asks for each group."""
        ledger = settled_ledger(nice=False)
        ledger.theirs = Holding.FOREIGN
        ledger.ours = Holding.LOCAL
        self.assertEqual(acquire_local(ledger, CAUSE), [JobBegun(BOOT)])

    def test_nothing_at_home_here(self) -> None:
        """A node that is home to nothing says so; the job is begun all the same."""
        ledger = settled_ledger()
        ledger.groups = (SQL,)
        self.assertEqual(
            acquire_local(ledger, CAUSE),
            [
                Log(Level.INFO, "No local resources [alpha] to acquire."),
                JobBegun(Job(Purpose.BOOT, (), (CAUSE,), which=Holding.LOCAL)),
            ],
        )


class RequestTests(SynchronousTestCase):
    """Ask for what does not run here."""

    COMPLETED = Log(Level.INFO, "Local Resource acquisition completed.")
    HELD = Send(speech.resource(Holding.NONE, True, "req_our_resources()"))

    def test_runs_already(self) -> None:
        """A group that runs is not asked for."""
        outcomes = ask_for(Requests(settled_ledger()), BOOT)
        self.assertEqual(outcomes, [self.COMPLETED, self.HELD, HoldingsChanged()])

    def test_sweep_asks_for_nothing(self) -> None:
        """Only the probes at boot lead to requests."""
        sweep = Job(Purpose.SWEEP, (WEB,), ("the daemon starts",))
        self.assertEqual(ask_for(Requests(settled_ledger()), sweep, WEB), [HoldingsChanged()])

    def test_all_probes_first(self) -> None:
        """Nothing is asked for before all groups were probed."""
        one = Requests(settled_ledger(nice=False))
        self.assertEqual(one.handle(GroupProbed(BOOT, WEB, running=False), 0.0), [])

    def test_nice(self) -> None:
        """In nice mode a message to ourselves stands in for an answer; then we say what we hold."""
        self.assertEqual(
            ask_for(Requests(settled_ledger()), BOOT, WEB),
            [
                self.COMPLETED,
                Send(speech.ip_response("alpha", WEB.key, own=True)),
                self.HELD,
                HoldingsChanged(),
            ],
        )

    def test_legacy(self) -> None:
        """In legacy mode the others are asked."""
        self.assertEqual(
            ask_for(Requests(settled_ledger(nice=False)), BOOT, WEB),
            [self.COMPLETED, ANNOUNCED, Send(speech.ip_request(WEB.key)), HoldingsChanged()],
        )

    def test_said_once(self) -> None:
        """That the first acquisition is over is said once, also by a node that is home to nothing."""
        ledger = settled_ledger(nice=False)
        one = Requests(ledger)
        nothing = Job(Purpose.BOOT, (), (CAUSE,))
        self.assertNotIn(ANNOUNCED, one.handle(JobFinished(nothing), 1.0))
        ledger.ours = Holding.FOREIGN
        self.assertIn(ANNOUNCED, one.handle(JobFinished(nothing), 2.0))
        self.assertNotIn(ANNOUNCED, one.handle(JobFinished(nothing), 3.0))

    def test_legacy_alone(self) -> None:
        """In legacy mode a node that is alone answers itself."""
        ledger = settled_ledger(nice=False)
        ledger.peers[BETA] = NodeStatus.DEAD
        self.assertEqual(
            ask_for(Requests(ledger), BOOT, WEB),
            [
                self.COMPLETED,
                ANNOUNCED,
                Send(speech.ip_response("alpha", WEB.key, own=True)),
                HoldingsChanged(),
            ],
        )

    def test_two_jobs(self) -> None:
        """The end of one job asks for what that job probed, not for what another one did."""
        one = Requests(settled_ledger(nice=False))
        mail = group(ALPHA, "10.0.0.3")
        other = Job(Purpose.BOOT, (mail,), (CAUSE,), which=Holding.LOCAL)
        one.handle(GroupProbed(other, mail, running=False), 0.0)
        self.assertEqual(
            ask_for(one, BOOT, WEB),
            [self.COMPLETED, ANNOUNCED, Send(speech.ip_request(WEB.key)), HoldingsChanged()],
        )

    def test_asked_again(self) -> None:
        """Who gets no answer asks again each ten seconds."""
        one = requests(settled_ledger(nice=False))
        self.assertEqual(one.deadline(), ANSWER_PERIOD)
        self.assertEqual(one.handle(DeadlinePassed(), 9.9), [])
        for number in range(1, 4):
            now = number * ANSWER_PERIOD
            self.assertEqual(one.handle(DeadlinePassed(), now), [Send(speech.ip_request(WEB.key))])
            self.assertEqual(one.deadline(), now + ANSWER_PERIOD)

    def test_asked_again_alone(self) -> None:
        """When the others have died meanwhile, the node answers itself."""
        ledger = settled_ledger(nice=False)
        one = requests(ledger)
        ledger.peers[BETA] = NodeStatus.DEAD
        self.assertEqual(
            one.handle(DeadlinePassed(), ANSWER_PERIOD),
            [Send(speech.ip_response("alpha", WEB.key, own=True))],
        )
        self.assertEqual(one.deadline(), inf)

    def test_answered_or_leaving(self) -> None:
        """What was answered is not asked for again, nor anything by a node that leaves."""
        answered = requests(settled_ledger(nice=False))
        answered.handle(answer(), 1.0)
        leaving = requests(settled_ledger(nice=False))
        leaving.ledger.leaving = True
        for one in (answered, leaving):
            self.assertEqual(one.handle(DeadlinePassed(), ANSWER_PERIOD), [])
            self.assertEqual(one.deadline(), inf)

    def test_only_what_is_missing(self) -> None:
        """Of two groups only the one that was not answered for is asked for again."""
        ledger = settled_ledger(nice=False)
        mail = group(ALPHA, "10.0.0.3")
        one = Requests(ledger)
        boot = Job(Purpose.BOOT, (WEB, mail), (CAUSE,), which=Holding.LOCAL)
        ask_for(one, boot, WEB, mail)
        one.handle(answer(), 1.0)
        self.assertEqual(one.handle(DeadlinePassed(), 10.0), [Send(speech.ip_request(mail.key))])


class ResponseTests(SynchronousTestCase):
    """Start what was answered for."""

    def begun(self, claim: Claim) -> Job:
        """Make the job that starts the group."""
        return Job(Purpose.REQUESTED, (WEB,), (CAUSE,), claim, Holding.LOCAL)

    def test_of_a_peer(self) -> None:
        """A peer's answer starts the group, whether it had it or not (C{weown} is not looked at)."""
        for weown in ("yes", "no"):
            self.assertEqual(
                requests(settled_ledger(nice=False)).handle(answer(weown=weown), 1.0),
                [
                    speech.hook("ip-request-resp"),
                    Log(
                        Level.PLAIN,
                        f"received ip-request-resp 10.0.0.1 OK {weown}",
                        "ip-request-resp(default)",
                    ),
                    JobBegun(self.begun(Claim(Ground.REPLY, BETA))),
                ],
            )

    def test_of_ourselves(self) -> None:
        """Our own stand-in starts the group on the ground that its home is here."""
        outcomes = requests(settled_ledger()).handle(answer(sender=ALPHA, weown="yes"), 1.0)
        self.assertEqual(outcomes[-1], JobBegun(self.begun(Claim(Ground.HOME))))

    def test_first_answer_wins(self) -> None:
        """A second answer starts nothing."""
        one = requests(settled_ledger(nice=False))
        one.handle(answer(), 1.0)
        self.assertEqual(one.handle(answer(), 1.1), [])

    def test_a_script_of_ours_has_asked(self) -> None:
        """An answer that the daemon did not ask for starts what is at home here, and again later."""
        one = requests(settled_ledger())
        one._asked.clear()
        begun = one.handle(answer(), 1.0)[-1]
        assert isinstance(begun, JobBegun)
        self.assertEqual(begun.job.causes, ("a script on alpha asked for it",))
        self.assertEqual(begun.job.claim, Claim(Ground.REPLY, BETA))
        self.assertEqual(one.handle(answer(), 1.1), [])
        one.handle(JobFinished(begun.job), 2.0)
        self.assertEqual(one.handle(answer(), 3.0)[-1], begun)

    def test_not_asked_for(self) -> None:
        """An answer about another group, for another node, or without C{ok} starts nothing."""
        one = requests(settled_ledger(nice=False))
        for useless in (
            answer(SQL.key),
            answer(dest="beta"),
            answer(dest="beta", sender=ALPHA),
            answer(ok="no"),
            MessageDelivered(BETA, Message.of(t="ip-request-resp", dest="alpha", ipaddr=WEB.key)),
        ):
            self.assertEqual(one.handle(useless, 1.0), [])
        self.assertEqual(len(one.handle(answer(), 1.1)), 3)

    def test_text_of_the_peer(self) -> None:
        """What a peer writes into its answer does not reach the log as it is."""
        outcomes = requests(settled_ledger(nice=False)).handle(answer(weown="yes\nCRIT"), 1.0)
        self.assertEqual(logged(outcomes)[1], "received ip-request-resp 10.0.0.1 OK no")


class FinishedTests(SynchronousTestCase):
    """What is said when a job is over."""

    def test_boot(self) -> None:
        """In nice mode the node says what it holds when all requests are made."""
        ledger = settled_ledger()
        ledger.ours = Holding.LOCAL
        self.assertEqual(
            Requests(ledger).handle(JobFinished(BOOT), 1.0),
            [
                Log(Level.INFO, "Local Resource acquisition completed."),
                Send(speech.resource(Holding.LOCAL, True, "req_our_resources()")),
                HoldingsChanged(),
            ],
        )

    def test_letting_go(self) -> None:
        """While groups are let go of after a partition it is not stable."""
        ledger = settled_ledger()
        ledger.yielding = True
        self.assertIn(
            Send(speech.resource(Holding.NONE, False, "req_our_resources()")),
            Requests(ledger).handle(JobFinished(BOOT), 1.0),
        )

    def test_boot_legacy(self) -> None:
        """In legacy mode nothing is said of holdings."""
        self.assertEqual(
            Requests(settled_ledger(nice=False)).handle(JobFinished(BOOT), 1.0),
            [Log(Level.INFO, "Local Resource acquisition completed."), ANNOUNCED, HoldingsChanged()],
        )

    def test_boot_of_nothing(self) -> None:
        """A node that is home to nothing completes nothing."""
        nothing = Job(Purpose.BOOT, (), (CAUSE,))
        self.assertEqual(
            Requests(settled_ledger(nice=False)).handle(JobFinished(nothing), 1.0), [HoldingsChanged()]
        )

    def test_other_jobs(self) -> None:
        """After any other job whoever waits may look again."""
        give = Job(Purpose.GIVE, (WEB,), ("operator",))
        self.assertEqual(Requests(settled_ledger()).handle(JobFinished(give), 1.0), [HoldingsChanged()])

# -*- test-case-name: tests.cluster.test_requests_answers -*-
"""
A node that has come back asks for its groups (protocol 10.6).
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster import speech
from hatwist.cluster.actions import Log
from hatwist.cluster.facts import (
    HoldingsChanged,
    JobBegun,
    JobFinished,
    MessageDelivered,
    PeerDied,
    PeerRestarted,
    Send,
)
from hatwist.cluster.jobs import Job, Purpose
from hatwist.cluster.names import Holding
from hatwist.cluster.requests import Requests
from tests.cluster.builders import ALPHA, BETA, SQL, WEB, group, settled_ledger

MAIL = group(BETA, "10.0.0.3")


class AnswerTests(SynchronousTestCase):
    """A node that has come back asks for its groups (C{auto_failback legacy})."""

    def ask(self, one: Requests, key: str) -> list[object]:
        """Let C{beta} ask."""
        return list(one.handle(MessageDelivered(BETA, speech.ip_request(key)), 0.0))

    def job(self, *groups: object) -> Job:
        """Make the job that answers."""
        return Job(
            Purpose.ANSWER,
            tuple(one for one in (SQL, MAIL) if one in groups),
            ("node beta asks for it",),
            which=Holding.FOREIGN,
            node=BETA,
        )

    def test_stopped_first(self) -> None:
        """The group is stopped, and only then answered for: the other node starts it at any answer."""
        ledger = settled_ledger(nice=False)
        ledger.ours = Holding.ALL
        one = Requests(ledger)
        self.assertEqual(self.ask(one, SQL.key), [speech.hook("ip-request"), JobBegun(self.job(SQL))])
        self.assertEqual(
            one.handle(JobFinished(self.job(SQL)), 1.0),
            [Send(speech.ip_response("beta", SQL.key, own=True)), HoldingsChanged()],
        )
        self.assertEqual(ledger.ours, Holding.LOCAL)

    def test_a_script_of_the_other_node_asks(self) -> None:
        """Where nodes say what they hold, this is said after the last of the groups was answered for."""
        ledger = settled_ledger()
        ledger.ours = Holding.ALL
        one = Requests(ledger)
        self.ask(one, SQL.key)
        self.assertEqual(
            one.handle(JobFinished(self.job(SQL)), 1.0),
            [
                Send(speech.ip_response("beta", SQL.key, own=True)),
                Send(speech.resource(Holding.LOCAL, True)),
                HoldingsChanged(),
            ],
        )

    def test_one_of_two(self) -> None:
        """The claim to the foreign groups ends with the last of them."""
        ledger = settled_ledger(nice=False)
        ledger.groups = (WEB, SQL, MAIL)
        ledger.ours = Holding.ALL
        one = Requests(ledger)
        self.ask(one, SQL.key)
        one.handle(JobFinished(self.job(SQL)), 1.0)
        self.assertEqual(ledger.ours, Holding.ALL)
        self.assertEqual(self.ask(one, MAIL.key)[-1], JobBegun(self.job(MAIL)))
        one.handle(JobFinished(self.job(MAIL)), 2.0)
        self.assertEqual(ledger.ours, Holding.LOCAL)

    def test_asker_is_gone(self) -> None:
        """
        When the asker died, left or started again while its group was stopped, the claim to it stays.

        Nobody is answered; where nodes say what they hold, it is to be started here again.
        """
        goodbye = MessageDelivered(BETA, speech.shutdone())
        for gone in (PeerDied(BETA, 10.0, True), PeerRestarted(BETA, 9), goodbye):
            for nice, refused in ((True, {SQL.key}), (False, set())):
                ledger = settled_ledger(nice=nice)
                ledger.ours = Holding.ALL
                one = Requests(ledger)
                self.ask(one, SQL.key)
                self.assertEqual(one.handle(gone, 0.5), [])
                self.assertEqual(one.handle(JobFinished(self.job(SQL)), 1.0), [HoldingsChanged()])
                self.assertEqual((ledger.ours, ledger.refused), (Holding.ALL, refused))

    def test_taken_over_again(self) -> None:
        """After another takeover all of them have to be given again."""
        ledger = settled_ledger(nice=False)
        ledger.groups = (WEB, SQL, MAIL)
        one = Requests(ledger)
        for given in (SQL, MAIL):
            self.ask(one, given.key)
            one.handle(JobFinished(self.job(given)), 1.0)
        ledger.ours = Holding.ALL
        one.handle(JobFinished(Job(Purpose.TAKEOVER, (SQL, MAIL), ("death",), node=BETA)), 2.0)
        self.ask(one, SQL.key)
        one.handle(JobFinished(self.job(SQL)), 3.0)
        self.assertEqual(ledger.ours, Holding.ALL)

    def test_none_of_its_groups(self) -> None:
        """For a group that is not its own, or that is not in haresources, a node gets no answer."""
        for key in (WEB.key, "10.9.9.9", "", "\n" * 1000):
            [line] = self.ask(Requests(settled_ledger(nice=False)), key)
            assert isinstance(line, Log)
            self.assertTrue(line.text.startswith("node beta asks for '"), line.text)
            self.assertNotIn("\n", line.text)
            self.assertLess(len(line.text), 300)

    def test_own_request(self) -> None:
        """Our own request is not for us; nor are other messages."""
        one = Requests(settled_ledger(nice=False))
        self.assertEqual(one.handle(MessageDelivered(ALPHA, speech.ip_request(SQL.key), own=True), 0.0), [])
        self.assertEqual(one.handle(MessageDelivered(BETA, speech.starting()), 0.0), [])

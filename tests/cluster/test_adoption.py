# -*- test-case-name: tests.cluster.test_adoption -*-
"""
What a former life left running: stopped, or kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster import speech
from hatwist.cluster.adoption import Adoption, Inheritance
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
from hatwist.cluster.ledger import Ledger
from hatwist.cluster.names import Holding, NodeStatus
from hatwist.config.model import LinkName, NodeName
from hatwist.wire.message import Message
from tests.cluster.builders import ALPHA, BETA, ETH0, settled_ledger

MINE, THEIRS = settled_ledger().groups[:2]


def adoption(*keys: str, nice: bool = True, **more: object) -> Adoption:
    """Make alpha's, with what the guardian holds; beta lives."""
    ledger = Ledger(ALPHA, settled_ledger().groups, nice)
    ledger.peers[BETA] = NodeStatus.ACTIVE
    inheritance = evolve(Inheritance(frozenset(keys), until=10.0), **more)  # type: ignore[arg-type]
    return Adoption(ledger, (ALPHA, BETA), inheritance, 1.0)


def jobs(outcomes: Sequence[object]) -> list[tuple[Purpose, tuple[str, ...]]]:
    """Return what is begun."""
    begun = [one.job for one in outcomes if isinstance(one, JobBegun)]
    return [(one.purpose, tuple(group.key for group in one.groups)) for one in begun]


def claim(holding: Holding, kind: str = "full") -> MessageDelivered:
    """Let beta say what it holds."""
    message = Message.of(t="resource", rtype=kind, rsc_hold=holding.word)
    return MessageDelivered(BETA, message)


def swept(one: Adoption, purpose: Purpose = Purpose.SWEEP) -> list[object]:
    """Let a sweep end."""
    return list(one.handle(JobFinished(Job(purpose, (), ())), 2.0))


class SweepTests(SynchronousTestCase):
    """What is stopped."""

    def test_nothing_inherited(self) -> None:
        """Everything that runs is stopped, and that it was is said."""
        one = adoption()
        self.assertEqual(jobs(one.handle(Started(), 0.0)), [(Purpose.SWEEP, (MINE.key, THEIRS.key))])
        self.assertEqual(one.deadline(), inf)
        self.assertEqual(one.handle(CommunicationEstablished(), 1.0), [])
        self.assertEqual(swept(one, Purpose.BOOT), [])
        self.assertEqual(swept(one), [Swept()])

    def test_lapsed(self) -> None:
        """What the guardian was releasing is stopped, whatever it says; nothing is kept beside it."""
        one = adoption(MINE.key, lapsed=frozenset({THEIRS.key}))
        begun = jobs(one.handle(Started(), 0.0))
        self.assertEqual(begun, [(Purpose.SWEEP, (MINE.key,)), (Purpose.RELEASE, (THEIRS.key,))])
        self.assertEqual(swept(one), [])
        self.assertEqual(swept(one, Purpose.RELEASE), [Swept()])

    def test_legacy(self) -> None:
        """A node of the legacy kind keeps nothing: its peer would not say what it has."""
        begun = jobs(adoption(MINE.key, nice=False).handle(Started(), 0.0))
        self.assertEqual(begun, [(Purpose.SWEEP, (MINE.key, THEIRS.key))])


class KeepTests(SynchronousTestCase):
    """What is kept."""

    def begin(self, *keys: str, **more: object) -> Adoption:
        """Start one."""
        one = adoption(*keys, **more)  # type: ignore[arg-type]
        self.assertTrue(one.pending)
        one.handle(Started(), 0.0)
        return one

    def test_the_peer_has_not_taken_it(self) -> None:
        """It is kept, claimed, announced and watched."""
        one = self.begin(MINE.key, THEIRS.key)
        self.assertEqual(one.deadline(), 10.0)
        self.assertEqual(one.handle(CommunicationEstablished(), 1.0), [Send(speech.starting())])
        self.assertEqual(swept(one), [])
        outcomes = one.handle(claim(Holding.NONE), 2.0)
        kept = [one.key for one in outcomes if isinstance(one, Adopted)]
        self.assertEqual(kept, [MINE.key, THEIRS.key])
        self.assertIn(Swept(), outcomes)
        self.assertEqual(
            jobs(outcomes),
            [
                (Purpose.ANNOUNCE, (MINE.key, THEIRS.key)),
                (Purpose.BOOT, (MINE.key,)),
                (Purpose.RECOVER, (MINE.key, THEIRS.key)),
            ],
        )
        self.assertEqual(one.ledger.ours, Holding.ALL)
        self.assertEqual(one.deadline(), inf)
        self.assertEqual(one.handle(claim(Holding.ALL), 3.0), [])

    def test_foreign_alone(self) -> None:
        """Nothing at home is begun because of it."""
        one = self.begin(THEIRS.key)
        outcomes = one.handle(claim(Holding.NONE), 2.0)
        both = [(Purpose.ANNOUNCE, (THEIRS.key,)), (Purpose.RECOVER, (THEIRS.key,))]
        self.assertEqual(jobs(outcomes), both)
        self.assertEqual(one.ledger.ours, Holding.FOREIGN)
        self.assertNotIn(Swept(), outcomes)

    def test_the_peer_has_it(self) -> None:
        """It is released, and only then is anything said."""
        one = self.begin(MINE.key)
        swept(one)
        outcomes = one.handle(claim(Holding.ALL), 2.0)
        self.assertEqual(jobs(outcomes), [(Purpose.RELEASE, (MINE.key,))])
        self.assertFalse(one.pending)
        self.assertEqual(swept(one, Purpose.RELEASE), [Swept()])

    def test_too_late(self) -> None:
        """The old deadline wins."""
        one = self.begin(MINE.key)
        self.assertEqual(one.handle(DeadlinePassed(), 9.9), [])
        self.assertEqual(jobs(one.handle(DeadlinePassed(), 10.0)), [(Purpose.RELEASE, (MINE.key,))])

    def test_what_says_nothing(self) -> None:
        """A partial claim, one of our own, another message, nonsense: none decides anything."""
        one = self.begin(MINE.key)
        own = evolve(claim(Holding.NONE), own=True)
        nonsense = MessageDelivered(BETA, Message.of(t="resource", rtype="full", rsc_hold="some"))
        other = MessageDelivered(BETA, Message.of(t="status"))
        for item in (claim(Holding.ALL, "partial"), own, other, nonsense):
            self.assertEqual(one.handle(item, 1.0), [])
        self.assertTrue(one.pending)

    def test_nobody_to_ask(self) -> None:
        """Where no peer lives nothing is asked."""
        one = self.begin(MINE.key)
        one.ledger.peers[BETA] = NodeStatus.DEAD
        self.assertEqual(one.handle(CommunicationEstablished(), 1.0), [])

    def test_alone_before_and_now(self) -> None:
        """If nobody lived and nobody is heard, it is kept."""
        one = self.begin(MINE.key, solo=True)
        one.handle(PeerHeard(NodeName("gate"), LinkName("gate")), 0.5)
        outcomes = one.handle(DeadlinePassed(), 2.0)
        self.assertEqual([one.key for one in outcomes if isinstance(one, Adopted)], [MINE.key])

    def test_alone_no_more(self) -> None:
        """A peer that is heard has to be asked."""
        one = self.begin(MINE.key, solo=True)
        one.handle(PeerHeard(BETA, ETH0), 0.5)
        self.assertEqual(one.handle(DeadlinePassed(), 2.0), [])
        self.assertTrue(one.pending)

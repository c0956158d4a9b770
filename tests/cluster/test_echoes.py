# -*- test-case-name: tests.cluster.test_echoes -*-
"""
Questions over one medium, and their answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from random import Random

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.actions import Transmit
from hatwist.cluster.echoes import ANSWER, MAX_OPEN, PERIOD, QUESTION, Echoes
from hatwist.cluster.events import DeadlinePassed, Started
from hatwist.cluster.facts import MessageDelivered, PeerAnswered, PeerDied, PeerLate, Send
from hatwist.config.model import LinkName
from hatwist.wire.envelope import open_datagram
from hatwist.wire.message import Message
from tests.cluster.builders import (
    ALPHA,
    BETA,
    CF,
    ETH0,
    ETH1,
    GAMMA,
    KEYS,
    Cluster,
    datagram,
    from_peer,
    logged,
    medium,
    node,
    settled_ledger,
    status,
)

BOTH = evolve(CF, media=(medium(ETH0), medium(ETH1), medium(LinkName("gate"), "ping")))

NODES = Message.of(t="repnodes", dest=ALPHA, nodelist="alpha beta ", delnodelist=" ")


def echoes(*, native: bool = True) -> Echoes:
    """Make alpha's; beta lives."""
    return Echoes(BOTH, evolve(settled_ledger(), native=native), Random(1))


def beat(one: Echoes, now: float = 0.0) -> list[Send]:
    """Let alpha beat; return what is asked."""
    return asked(one.handle(MessageDelivered(ALPHA, status(), own=True), now))


def asked(outcomes: Sequence[object]) -> list[Send]:
    """Return what is sent, which is all."""
    sends = [one for one in outcomes if isinstance(one, Send)]
    assert len(sends) == len(outcomes)
    return sends


def answer(one: Echoes, number: str, now: float, sender: str = "beta") -> list[object]:
    """Let an answer come."""
    peer = {"beta": BETA, "gamma": GAMMA}[sender]
    message = Message.of(t=ANSWER, dest=ALPHA, n=number)
    return [*one.handle(MessageDelivered(peer, message, link=ETH1), now)]


class EchoTests(SynchronousTestCase):
    """One machine."""

    def test_now_and_then(self) -> None:
        """With one beat in ten the peer is asked over each medium that reaches nodes."""
        one = echoes()
        first = beat(one)
        self.assertEqual([send.links for send in first], [(ETH0,), (ETH1,)])
        self.assertEqual({send.message.get("t") for send in first}, {QUESTION})
        self.assertEqual([beat(one) for _ in range(PERIOD - 1)], [[]] * (PERIOD - 1))
        self.assertEqual(len(beat(one)), 2)

    def test_not_beside_heartbeat(self) -> None:
        """A C node is not asked."""
        one = echoes(native=False)
        self.assertEqual(beat(one), [])
        self.assertEqual(one.handle(PeerLate(BETA), 0.0), [])

    def test_a_late_peer(self) -> None:
        """It is asked over everything."""
        self.assertEqual(len(asked(echoes().handle(PeerLate(BETA), 0.0))), 2)

    def test_it_is_answered_over_the_same_medium(self) -> None:
        """And says no more than the number."""
        question = Message.of(t=QUESTION, dest=ALPHA, n="1f")
        one = echoes()
        (send,) = asked(one.handle(MessageDelivered(BETA, question, link=ETH1), 0.0))
        self.assertEqual(send, Send(Message.of(t=ANSWER, dest=BETA, n="1f"), (ETH1,)))
        # What comes again may be a recording.
        self.assertEqual(one.handle(MessageDelivered(BETA, question, link=ETH1), 0.1), [])

    def test_answers(self) -> None:
        """Each counts once, and only from whom was asked."""
        one = echoes()
        _, second = beat(one, 1.0)
        number = second.message.get("n")
        self.assertEqual(answer(one, "0", 1.5), [])
        self.assertEqual(answer(one, number, 1.5, "gamma"), [])
        self.assertEqual(answer(one, number, 1.5), [PeerAnswered(BETA, ETH1, 0.5)])
        self.assertEqual(answer(one, number, 1.6), [])

    def test_the_dead_do_not_answer(self) -> None:
        """What was asked of a peer that died since is no answer."""
        one = echoes()
        (first, _) = beat(one, 1.0)
        one.handle(PeerDied(GAMMA, 5.0, True), 2.0)
        one.handle(PeerDied(BETA, 5.0, True), 2.0)
        self.assertEqual(answer(one, first.message.get("n"), 2.5), [])

    def test_not_without_end(self) -> None:
        """The oldest questions are forgotten, and nothing waits."""
        one = echoes()
        (first, _) = asked(one.handle(PeerLate(BETA), 0.0))
        for _ in range(MAX_OPEN):
            one.handle(PeerLate(BETA), 1.0)
        self.assertEqual(answer(one, first.message.get("n"), 2.0), [])
        self.assertEqual(one.deadline(), inf)


class ClusterTests(SynchronousTestCase):
    """Whole nodes."""

    def test_what_is_shown(self) -> None:
        """Loss, jitter and round trip of a peer over a medium."""
        cluster = Cluster.of()
        cluster.start(ALPHA, BETA)
        cluster.run(60)
        link = cluster.nodes[ALPHA].status().nodes[1].links[0]
        self.assertEqual(link.loss, 0.0)
        self.assertLess(link.jitter or 1, 0.01)
        self.assertAlmostEqual(link.delay or 0, 0.002)

    def test_a_late_peer_is_asked_everywhere(self) -> None:
        """From warntime on, with each beat; its answer counts from when it was asked."""
        one = node()
        one.ledger.native = True
        one.handle(Started(), 0.0)
        one.handle(datagram(from_peer(status("active"), seq=1)), 1.0)
        one.handle(DeadlinePassed(), 1.25)
        one.handle(DeadlinePassed(), 1.5)
        one.handle(datagram(from_peer(NODES, seq=2)), 1.6)
        now = 1.6
        questions: list[Transmit] = []
        while not questions:
            now = one.next_deadline()
            self.assertLess(now, 1.0 + CF.deadtime)
            actions = one.handle(DeadlinePassed(), now)
            questions = [it for it in actions if isinstance(it, Transmit) and len(it.links) == 1]
            if now < 1.0 + CF.warntime:
                questions = []
        self.assertEqual([it.links for it in questions], [(ETH0,), (ETH1,)])
        number = open_datagram(questions[1].data, KEYS).get("n")
        answer = from_peer(Message.of(t=ANSWER, dest=ALPHA, n=number))
        one.handle(datagram(answer, ETH1), now + 0.5)
        dead = now
        while "node beta: is dead" not in logged(one.handle(DeadlinePassed(), dead := one.next_deadline())):
            self.assertLess(dead, now + 2 * CF.deadtime)
        self.assertEqual(dead, now + CF.deadtime)

# -*- test-case-name: tests.cluster.test_replay -*-
"""
Without the key: what was recorded and is sent again has no effect.
"""

from __future__ import annotations

from random import Random

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster import speech
from hatwist.cluster.actions import Log, RunGroup, Stop, Transmit
from hatwist.cluster.events import DatagramReceived, DeadlinePassed, GroupFinished, Started
from hatwist.cluster.lives import Lives
from hatwist.cluster.names import Holding, LinkStatus, Outcome
from hatwist.cluster.node import Node
from hatwist.cluster.twins import Twins
from hatwist.wire.envelope import open_datagram
from hatwist.wire.message import Message
from tests.cluster.builders import (
    ALPHA,
    BETA,
    ETH0,
    KEYS,
    LEGACY,
    SQL,
    UUIDS,
    WEB,
    Cluster,
    config,
    datagram,
    from_peer,
    identity,
    logged,
    node,
    status,
)
from tests.cluster.test_scenarios import at_peace
from tests.fuzz.state import knowledge

FORMER, PRESENT, NEXT = 3, 4, 5
"""Generations of C{beta}."""


def swept(one: Node) -> Node:
    """Start a node on which nothing runs."""
    for action in one.handle(Started(), 0.0):
        if isinstance(action, RunGroup):
            one.handle(GroupFinished(action.ticket, Outcome.STOPPED), 0.0)
    return one


def met() -> Node:
    """Start C{alpha}, and let it hear C{beta}'s present life."""
    one = swept(node())
    one.handle(datagram(from_peer(status("up"), seq=1, hg=PRESENT, uuid=UUIDS[BETA])), 0.1)
    return one


class FormerLifeTests(SynchronousTestCase):
    """What C{beta} said in a life that is over."""

    def replayed(self, message: Message) -> None:
        """Nothing but counters, and a line in the log, comes of a message."""
        one = met()
        before = knowledge(one, Lives)
        actions = one.handle(datagram(message), 0.2)
        self.assertEqual([action for action in actions if not isinstance(action, Log)], [])
        self.assertEqual(knowledge(one, Lives), before)

    def test_resources(self) -> None:
        """Claims, goodbyes and standby requests are void."""
        for message in (
            status("init"),
            speech.shutdone(),
            speech.resource(Holding.ALL, True),
            speech.ask_resources(Holding.ALL, "me"),
            speech.ip_response(ALPHA, WEB.key, own=True),
            speech.stonith(ALPHA, "n_stnth"),
        ):
            self.replayed(from_peer(message, seq=90, hg=FORMER, uuid=UUIDS[BETA]))

    def test_uuid(self) -> None:
        """The uuid that the peer had before is not learned again."""
        self.replayed(from_peer(status(), seq=90, hg=FORMER, uuid=b"x" * 16))

    def test_acknowledgement(self) -> None:
        """What a former life had received is nothing to this one."""
        self.replayed(from_peer(Message.of(t="NS_ackmsg", dest=ALPHA, ackseq="2"), hg=FORMER))

    def test_request(self) -> None:
        """Nothing is sent again for a former life."""
        self.replayed(from_peer(Message.of(t="NS_rexmit", dest=ALPHA, firstseq="1", lastseq="3"), hg=FORMER))

    def test_refusal(self) -> None:
        """What a former life no longer had, this one may have."""
        one = met()
        one.handle(datagram(from_peer(status("up"), seq=4, hg=PRESENT, uuid=UUIDS[BETA])), 0.15)
        before = knowledge(one)
        one.handle(
            datagram(from_peer(Message.of(t="NS_nak_rexmit", dest=ALPHA, firstseq="2"), hg=FORMER)), 0.2
        )
        self.assertEqual(knowledge(one), before)

    def test_two_lives(self) -> None:
        """What a former life had said when we could not hear it does not make the present one a twin."""
        one = met()
        one.handle(datagram(from_peer(status("up"), seq=1, hg=NEXT, ts=2000, uuid=UUIDS[BETA])), 1.0)
        for number in range(100, 120):
            old = from_peer(status(), seq=number, hg=PRESENT, ts=1500, uuid=UUIDS[BETA])
            one.handle(datagram(old), 1.1)
        one.handle(datagram(from_peer(status("up"), seq=2, hg=NEXT, ts=2001, uuid=UUIDS[BETA])), 1.2)
        self.assertEqual(one.reception.generation(BETA), NEXT)
        self.assertEqual(one.reception._tracks[BETA].last, 2)


class DeadTests(SynchronousTestCase):
    """What somebody says who is dead."""

    def test_link(self) -> None:
        """A link is not up because of a message that was recorded when its node lived."""
        one = met()
        now = 0.1
        while now < 60.0:
            now = max(now, one.next_deadline())
            one.handle(DeadlinePassed(), now)
        recorded = datagram(from_peer(Message.of(t="NS_ackmsg", dest=ALPHA, ackseq="2"), hg=PRESENT))
        one.handle(recorded, now)
        self.assertIs(one.status().nodes[1].links[0].status, LinkStatus.DEAD)

    def test_last_status(self) -> None:
        """Nor does anybody return because his last heartbeats are sent again."""
        cluster = at_peace()
        spoken = [
            action.data
            for _, name, action in cluster.done
            if name == BETA and isinstance(action, Transmit) and open_datagram(action.data, KEYS).get("seq")
        ]
        cluster.crash(BETA)
        cluster.run(60.0)
        before = knowledge(cluster.nodes[ALPHA], Lives)
        for data in spoken:
            actions = cluster.feed(ALPHA, DatagramReceived(ETH0, data))
            self.assertEqual([action for action in actions if not isinstance(action, Log)], [])
        self.assertEqual(knowledge(cluster.nodes[ALPHA], Lives), before)


class StartTests(SynchronousTestCase):
    """Who has just started knows nothing of his peers, so any recording may be true."""

    def test_goodbye(self) -> None:
        """A recorded goodbye starts nothing while it is not known whether the peer lives."""
        for cf in (config().cf, LEGACY):
            one = swept(node(cf))
            actions = one.handle(datagram(from_peer(speech.shutdone(), seq=90, hg=FORMER)), 0.3)
            self.assertEqual([action for action in actions if isinstance(action, RunGroup)], [])

    def test_answer(self) -> None:
        """Nor does a recorded answer to a request."""
        one = swept(node())
        answer = speech.ip_response(ALPHA, WEB.key, own=True)
        actions = one.handle(datagram(from_peer(answer, seq=90, hg=FORMER)), 0.3)
        self.assertEqual([action for action in actions if isinstance(action, RunGroup)], [])

    def test_requests(self) -> None:
        """Nothing is stopped or given away either."""
        for message in (
            speech.ask_resources(Holding.ALL, "me"),
            speech.takeover(Holding.ALL),
            speech.stonith(ALPHA, "n_stnth"),
            speech.starting(),
            speech.resource(Holding.ALL, True),
        ):
            one = swept(node())
            actions = one.handle(datagram(from_peer(message, seq=90, hg=FORMER)), 0.3)
            self.assertEqual([action for action in actions if isinstance(action, RunGroup)], [], message)


class MirrorTests(SynchronousTestCase):
    """Our own datagrams, thrown back at us by a switch, a broadcast or an attacker."""

    def mirrored(self, of: float) -> Cluster:
        """Let everything that C{alpha} says come back to it, some seconds later."""
        cluster = Cluster.of()
        cluster.start(ALPHA, BETA)
        told = 0
        while cluster.now < 40.0:
            cluster.run(0.5)
            spoken = [(at, action) for at, name, action in cluster.done if name == ALPHA]
            for at, action in spoken[told:]:
                if isinstance(action, Stop):
                    raise AssertionError(f"{action} at {at}")
                if isinstance(action, Transmit):
                    cluster._later(of, ALPHA, DatagramReceived(ETH0, action.data))
            told = len(spoken)
        return cluster

    def test_echo(self) -> None:
        """They change nothing, from the start on, at once or late."""
        for late in (0.0, 1.5, 10.0):
            cluster = self.mirrored(late)
            self.assertEqual(cluster.running, {ALPHA: {WEB.key}, BETA: {SQL.key}})
            self.assertEqual(cluster.nodes[ALPHA].complaints.counters.get("our name", 0), 0)

    def test_former_self(self) -> None:
        """What we said in a former life is counted, and asked about; nothing else."""
        one = swept(node())
        before = knowledge(one, Random, Twins)
        for message in (status("up"), speech.shutdone(), speech.resource(Holding.ALL, True)):
            old = from_peer(
                message, seq=90, src=ALPHA, hg=identity().generation - 1, ts=900, uuid=UUIDS[ALPHA]
            )
            self.assertEqual(logged(one.handle(datagram(old), 0.3)), [])
        self.assertEqual(knowledge(one, Random, Twins), before)

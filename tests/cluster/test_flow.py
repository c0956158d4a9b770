# -*- test-case-name: tests.cluster.test_flow -*-
"""
Clients wait while a living peer is far behind.
"""

from __future__ import annotations

from math import inf

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.actions import Log, PauseClients
from hatwist.cluster.complaints import Complaints
from hatwist.cluster.facts import (
    FlowControlEnded,
    MessageDelivered,
    NodeRemoved,
    PeerDied,
    PeerRestarted,
    PeerStatusChanged,
)
from hatwist.cluster.flow import Flow
from hatwist.cluster.names import Level, NodeStatus
from hatwist.config.model import NodeName
from hatwist.wire.message import Message
from tests.cluster.builders import ALPHA, BETA, GAMMA, Cluster, logged

PAUSED = [Log(Level.INFO, "all clients are now paused"), PauseClients(True)]
RESUMED = [Log(Level.INFO, "all clients are now resumed"), PauseClients(False)]


def flow(*peers: NodeName) -> Flow:
    """Make alpha's; these peers live."""
    one = Flow(Complaints())
    for peer in peers:
        one.handle(PeerStatusChanged(peer, NodeStatus.ACTIVE), 0.0)
    return one


def send(one: Flow, first: int, last: int) -> list[object]:
    """Let messages of these numbers go out; return what came of it."""
    outcomes: list[object] = []
    for number in range(first, last + 1):
        message = Message.of(t="x", seq=f"{number:x}")
        outcomes.extend(one.handle(MessageDelivered(ALPHA, message, own=True), 0.0))
    return outcomes


def acknowledge(one: Flow, number: int, peer: NodeName = BETA) -> list[object]:
    """Let a peer acknowledge."""
    message = Message.of(t="NS_ackmsg", ackseq=f"{number:x}")
    return [*one.handle(MessageDelivered(peer, message), 0.0)]


class FlowTests(SynchronousTestCase):
    """One machine."""

    def test_who_may_not_hear_us(self) -> None:
        """What a peer has not acknowledged is counted from when it came, and no more when it is dead."""
        one = flow()
        send(one, 1, 100)
        self.assertEqual(one.unheard(BETA), 0)
        one.handle(PeerStatusChanged(BETA, NodeStatus.ACTIVE), 0.0)
        self.assertEqual(one.unheard(BETA), 0)
        send(one, 101, 120)
        self.assertEqual(one.unheard(BETA), 20)
        acknowledge(one, 110)
        self.assertEqual(one.unheard(BETA), 10)
        one.handle(PeerRestarted(BETA, 8), 0.0)
        self.assertEqual(one.unheard(BETA), 0)
        send(one, 121, 125)
        one.handle(PeerDied(BETA, 10.0, True), 0.0)
        self.assertEqual(one.unheard(BETA), 0)
        one.handle(PeerStatusChanged(BETA, NodeStatus.ACTIVE), 0.0)
        send(one, 126, 130)
        one.handle(FlowControlEnded(BETA), 0.0)
        self.assertEqual(one.unheard(BETA), 0)

    def test_a_peer_that_is_far_behind(self) -> None:
        """From the 251st unacknowledged message on clients wait, until it has caught up."""
        one = flow(BETA)
        self.assertEqual(send(one, 1, 250), [])
        self.assertEqual(send(one, 251, 251), PAUSED)
        self.assertEqual(send(one, 252, 260), [])
        self.assertEqual(acknowledge(one, 9), [])
        self.assertEqual(acknowledge(one, 10), RESUMED)

    def test_the_slowest_peer_decides(self) -> None:
        """One that has everything does not speak for the others."""
        one = flow(BETA, GAMMA)
        send(one, 1, 251)
        self.assertEqual(acknowledge(one, 251), [])
        self.assertEqual(acknowledge(one, 251, GAMMA), RESUMED)

    def test_nobody_is_behind_alone(self) -> None:
        """Without a peer nothing is waited for, and neither is what one missed that comes later."""
        one = flow()
        self.assertEqual(send(one, 1, 1000), [])
        one.handle(PeerStatusChanged(BETA, NodeStatus.UP), 0.0)
        self.assertEqual(send(one, 1001, 1250), [])
        self.assertEqual(send(one, 1251, 1251), PAUSED)

    def test_the_dead_and_the_removed_are_not_waited_for(self) -> None:
        """Nor one that begins a new life, for what its former one missed."""
        for end in (PeerDied(BETA, 10.0, True), NodeRemoved(BETA)):
            one = flow(BETA)
            send(one, 1, 251)
            self.assertEqual(one.handle(end, 0.0), RESUMED)
        one = flow(BETA)
        send(one, 1, 200)
        acknowledge(one, 190)
        one.handle(PeerRestarted(BETA, 4), 0.0)
        self.assertEqual(send(one, 201, 440), [])
        # One that is heard for the first time has no former life that we know of.
        self.assertEqual(one.handle(PeerRestarted(GAMMA, 4), 0.0), [])
        self.assertEqual(one.unheard(GAMMA), 0)

    def test_a_history_that_fills(self) -> None:
        """It is a warning, then an error; each once a minute."""
        one = flow(BETA)
        send(one, 1, 375)
        (filling,) = send(one, 376, 460)
        text = "Message hist queue is filling up (376 messages in queue)"
        self.assertEqual(filling, Log(Level.WARN, text))
        message = Message.of(t="x", seq=f"{461:x}")
        (full,) = one.handle(MessageDelivered(ALPHA, message, own=True), 61.0)
        assert isinstance(full, Log)
        self.assertEqual(full.level, Level.ERROR)

    def test_a_peer_that_does_not_know_it(self) -> None:
        """Its silence is no sign of anything."""
        one = flow(BETA)
        send(one, 1, 251)
        self.assertEqual(one.handle(FlowControlEnded(BETA), 0.0), RESUMED)
        self.assertEqual(send(one, 252, 1000), [])

    def test_what_makes_no_sense(self) -> None:
        """Acknowledged before it was sent, backwards, by a stranger, not a number: without effect."""
        one = flow(BETA)
        send(one, 1, 260)
        acknowledge(one, 20)
        self.assertEqual([*acknowledge(one, 9999), *acknowledge(one, 1), *acknowledge(one, 260, GAMMA)], [])
        strange = Message.of(t="NS_ackmsg", ackseq="x")
        self.assertEqual(one.handle(MessageDelivered(BETA, strange), 0.0), [])
        self.assertEqual(one.handle(MessageDelivered(BETA, Message.of(t="x")), 0.0), [])
        self.assertEqual(one.deadline(), inf)


class ClusterTests(SynchronousTestCase):
    """Whole nodes."""

    def test_nodes_never_wait_for_each_other_in_peace(self) -> None:
        """Twenty minutes of heartbeats are acknowledged as they go."""
        cluster = Cluster.of()
        cluster.start(ALPHA, BETA)
        cluster.run(1200)
        self.assertFalse([one for _, _, one in cluster.done if isinstance(one, PauseClients)])
        self.assertNotIn("Message hist", " ".join(logged(one for _, _, one in cluster.done)))

# -*- test-case-name: tests.cluster.test_nonsense -*-
"""
With the key: a peer with a bug does no harm beyond itself.

L{tests.fuzz} plays what nobody thought of; here is what somebody did.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster import speech
from hatwist.cluster.actions import Action
from hatwist.cluster.events import DatagramReceived, DeadlinePassed
from hatwist.cluster.ledger import StandbyPhase
from hatwist.cluster.names import Holding, NodeStatus
from hatwist.cluster.node import Node
from hatwist.wire.envelope import Sealing, seal
from hatwist.wire.message import Message
from tests.cluster.builders import (
    ALPHA,
    BETA,
    ETH0,
    KEYS,
    LEGACY,
    SQL,
    UUIDS,
    datagram,
    from_peer,
    logged,
    node,
    status,
)
from tests.cluster.test_replay import met, swept
from tests.cluster.test_scenarios import at_peace

PLAIN = Sealing(inner_auth=False)


def passed(one: Node, now: float, until: float) -> float:
    """Let time pass, and nothing else."""
    while one.next_deadline() <= until:
        now = max(now, one.next_deadline())
        one.handle(DeadlinePassed(), now)
    return until


class Peer:
    """C{beta}, who says one thing after the other."""

    def __init__(self, one: Node, hg: int = 4) -> None:
        self.node = one
        self.number = 1
        self.hg = hg

    def says(self, message: Message, now: float) -> list[Action]:
        """Let C{alpha} hear it."""
        self.number += 1
        made = from_peer(message, seq=self.number, hg=self.hg, uuid=UUIDS[BETA])
        return self.node.handle(DatagramReceived(ETH0, seal(made, KEYS, PLAIN)), now)


class CrowdTests(SynchronousTestCase):
    """A great many of something."""

    def test_names(self) -> None:
        """A list of a great many nodes makes no more than a few lines."""
        for count in (9_000, 11_000):
            names = " ".join(f"{number:x}" for number in range(count))
            for kind in ("addnode", "delnode", "repnodes"):
                actions = Peer(met()).says(Message.of(t=kind, nodelist=names), 0.2)
                self.assertLess(len(logged(actions)), 10)

    def test_requests(self) -> None:
        """Asking again and again for a group that is being stopped makes it stop once, or twice."""
        peer = Peer(met())
        for _ in range(1000):
            peer.says(speech.ip_request(SQL.key), 0.2)
        self.assertLess(peer.node.ledger.jobs, 5)

    def test_goodbyes(self) -> None:
        """Nor does saying goodbye again and again, where a legacy node hears it."""
        peer = Peer(swept(node(LEGACY)))
        for _ in range(1000):
            peer.says(speech.shutdone(), 0.2)
        self.assertLess(peer.node.ledger.jobs, 5)

    def test_resends(self) -> None:
        """One request makes us send fifty messages at most, however large its range."""
        peer = Peer(met())
        for first, last in (("0", "9999999999999999"), ("1", "1000000"), ("9999999999999999", "0")):
            request = from_peer(Message.of(t="NS_rexmit", dest=ALPHA, firstseq=first, lastseq=last), hg=4)
            self.assertLessEqual(len(peer.node.handle(datagram(request), 0.2)), 2 * 50)

    def test_uuids(self) -> None:
        """A peer that changes its uuid with every message is complained of once a minute."""
        one = met()
        lines: list[str] = []
        for number in range(2, 100):
            beat = from_peer(status("up"), seq=number, hg=4, uuid=bytes([number]) * 16)
            lines += logged(one.handle(datagram(beat), 0.2))
        self.assertLess(len([line for line in lines if "uuid" in line]), 3)

    def test_long_name(self) -> None:
        """A name of sixty thousand characters is not repeated."""
        actions = met().handle(datagram(from_peer(status(), seq=1, src="x" * 60_000)), 0.2)
        self.assertLess(max(map(len, logged(actions))), 1000)


class DeadTests(SynchronousTestCase):
    """What a peer says that counts as dead."""

    def buried(self) -> tuple[Peer, float]:
        """Let C{beta} die."""
        cluster = at_peace()
        cluster.crash(BETA)
        cluster.run(60.0)
        peer = Peer(cluster.nodes[ALPHA], hg=7)
        peer.number = 500
        return peer, cluster.now

    def test_paused_for_nobody(self) -> None:
        """Clients do not wait for acknowledgements of somebody who is dead."""
        peer, now = self.buried()
        peer.hg += 1
        peer.says(Message.of(t="ipfail"), now)
        passed(peer.node, now, now + 400.0)
        self.assertIs(peer.node.status().nodes[1].status, NodeStatus.DEAD)
        self.assertFalse(peer.node.flow.paused)

    def test_standby(self) -> None:
        """Nothing is begun that only the dead could end."""
        peer, now = self.buried()
        peer.says(speech.ask_resources(Holding.ALL, "me"), now)
        self.assertIs(peer.node.ledger.standby, StandbyPhase.NOT)


class PatienceTests(SynchronousTestCase):
    """How long a peer wants to be waited for."""

    def test_too_short(self) -> None:
        """A peer that asks for a millisecond is not taken for dead while it beats."""
        peer = Peer(met())
        now = 0.2
        for _ in range(10):
            peer.says(status(dt="1"), now)
            passed(peer.node, now, now + 1.0)
            now += 1.0
        self.assertIsNot(peer.node.status().nodes[1].status, NodeStatus.DEAD)

    def test_too_long(self) -> None:
        """One that asks for ages is given an hour."""
        peer = Peer(met())
        peer.says(status(dt="f" * 16), 0.2)
        self.assertLessEqual(peer.node.patience.deadtime(BETA), 3600.0)

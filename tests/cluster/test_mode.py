# -*- test-case-name: tests.cluster.test_mode -*-
"""
What every node speaks, and what follows from it.
"""

from __future__ import annotations

from math import inf
from random import Random

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.actions import Log, Persist, Record
from hatwist.cluster.complaints import Complaints
from hatwist.cluster.facts import HoldingsChanged, MessageDelivered, NodeRemoved, PeerStatusChanged
from hatwist.cluster.ledger import StandbyPhase
from hatwist.cluster.mode import MEMORY, VOIDED, Mode, remembered
from hatwist.cluster.names import Level, NodeStatus
from hatwist.cluster.node import Node
from hatwist.cluster.roster import Roster
from hatwist.config.model import Settings
from hatwist.wire.message import Message
from tests.cluster.builders import (
    ALPHA,
    BETA,
    CF,
    Cluster,
    config,
    identity,
    logged,
    settled_ledger,
    status,
)

NATIVE = "native: every node speaks hatwist's protocol, version 1"


def mode(memory: str = "", *, preset: bool = False, version: int = 1) -> Mode:
    """Make alpha's; beta lives and nothing moves."""
    ledger = settled_ledger()
    roster = Roster(ALPHA, CF.nodes, ledger, Complaints())
    return Mode.of(roster, ledger, Complaints(), (version, preset), {MEMORY: memory})


def stating(version: str) -> MessageDelivered:
    """Let beta beat; an empty version states nothing, as heartbeat does."""
    message = status()
    return MessageDelivered(BETA, message.with_field("hatwist", version) if version else message)


class ModeTests(SynchronousTestCase):
    """One machine."""

    def test_until_a_peer_was_heard_it_counts_as_c(self) -> None:
        """Unless hatwist.toml says otherwise."""
        self.assertEqual(mode().describe(), "compatibility: node beta was never heard")
        self.assertFalse(mode().ledger.native)
        self.assertEqual(mode(preset=True).describe(), NATIVE)
        self.assertTrue(mode(preset=True).ledger.native)

    def test_native_when_every_node_says_so(self) -> None:
        """It is kept, logged, and recorded; and said once."""
        one = mode()
        self.assertEqual(
            one.handle(stating("1"), 0.0),
            [
                Log(Level.INFO, "node beta speaks hatwist's protocol, version 1"),
                Persist("peers", "beta 1\n"),
                Log(Level.INFO, f"mode: {NATIVE}"),
                Record("mode", "native", ALPHA, (NATIVE.partition(": ")[2],)),
            ],
        )
        self.assertEqual(one.handle(stating("1"), 1.0), [])
        self.assertEqual((one.describe(), one.ledger.native, one.voided), (NATIVE, True, ()))

    def test_a_node_counts_as_what_it_last_spoke(self) -> None:
        """After a restart, before it is heard; and with the lowest version that is stated."""
        self.assertEqual(mode("beta 1\n").describe(), NATIVE)
        self.assertEqual(mode("beta 2\n").describe(), NATIVE)
        old = mode("beta 0\n", preset=True)
        self.assertEqual(old.describe(), "compatibility: node beta speaks heartbeat's protocol only")
        self.assertEqual(old.voided, VOIDED)
        self.assertEqual(old.ledger.c_nodes, {BETA})

    def test_a_c_node_ends_it(self) -> None:
        """A status that states nothing is heartbeat's."""
        one = mode("beta 1\n")
        said = logged(one.handle(stating(""), 0.0))
        self.assertEqual(
            said,
            [
                "node beta speaks heartbeat's protocol only",
                "mode: compatibility: node beta speaks heartbeat's protocol only",
            ],
        )
        self.assertFalse(one.ledger.native)

    def test_not_while_anything_moves(self) -> None:
        """It is said what will come, and comes when nothing moves."""
        one = mode("beta 1\n")
        one.ledger.standby = StandbyPhase.GIVING
        one.handle(stating(""), 0.0)
        self.assertEqual(
            one.describe(),
            f"{NATIVE.replace(' 1', ' 0')}; compatibility as soon as nothing moves:"
            " node beta speaks heartbeat's protocol only",
        )
        one.ledger.standby = StandbyPhase.NOT
        one.ledger.jobs = 1
        self.assertEqual(one.handle(HoldingsChanged(), 0.0), [])
        one.ledger.jobs = 0
        self.assertNotEqual(one.handle(HoldingsChanged(), 0.0), [])
        self.assertFalse(one.ledger.native)

    def test_not_while_a_node_is_dead(self) -> None:
        """Nobody can tell a split from a death."""
        one = mode()
        one.ledger.peers[BETA] = NodeStatus.DEAD
        one.handle(stating("1"), 0.0)
        self.assertEqual(one.describe(), "compatibility: native as soon as nothing moves and no node is dead")
        one.ledger.peers[BETA] = NodeStatus.ACTIVE
        one.handle(PeerStatusChanged(BETA, NodeStatus.ACTIVE), 0.0)
        self.assertTrue(one.ledger.native)

    def test_a_removed_node_does_not_count(self) -> None:
        """What it spoke is forgotten."""
        one = mode("beta 0\n")
        one.roster.removed.add(BETA)
        self.assertEqual(one.handle(NodeRemoved(BETA), 0.0)[0], Persist("peers", ""))
        self.assertTrue(one.ledger.native)

    def test_told_to_speak_the_old_protocol(self) -> None:
        """Then it stays."""
        one = mode("beta 1\n", version=0)
        self.assertEqual(
            one.describe(), "compatibility: this node is told to speak heartbeat's protocol only"
        )

    def test_what_is_not_for_it(self) -> None:
        """Own messages, other types, and a version that is no number."""
        one = mode()
        self.assertEqual(one.handle(MessageDelivered(ALPHA, status(), own=True), 0.0), [])
        self.assertEqual(one.handle(MessageDelivered(BETA, Message.of(t="starting")), 0.0), [])
        self.assertIn("'hatwist'", logged(one.handle(stating("x"), 0.0))[0])
        self.assertEqual(one.spoken, {})
        self.assertEqual(one.deadline(), inf)

    def test_a_damaged_memory(self) -> None:
        """Lines that make no sense are left out."""
        text = "beta 1\nx\ngamma one\na b c\ndelta 12345\nepsilon ²\nzeta 0\n"
        self.assertEqual(remembered(text), {"beta": 1, "zeta": 0})


class ClusterTests(SynchronousTestCase):
    """Whole nodes."""

    def test_two_of_our_kind(self) -> None:
        """They find out at the first heartbeats, and nothing moves because of it."""
        cluster = Cluster.of()
        cluster.start(ALPHA, BETA)
        cluster.run(15)
        self.assertEqual([one.status().mode for one in cluster.nodes.values()], [NATIVE, NATIVE])
        self.assertEqual(cluster.running, {ALPHA: {"10.0.0.1"}, BETA: {"10.0.0.2"}})

    def test_a_node_changes_its_kind(self) -> None:
        """beta comes back as a C node, and then as one of ours: each change is shown, nothing moves."""
        cluster = Cluster.of()
        cluster.start(ALPHA, BETA)
        cluster.run(15)
        for generation, version in ((8, 0), (9, 1)):
            cluster.crash(BETA)
            settings = Settings(version=version)
            cluster.nodes[BETA] = Node(
                evolve(config(), settings=settings), identity(BETA, generation), Random(1), cluster.now
            )
            cluster.start(BETA)
            cluster.run(25)
            self.assertEqual(cluster.nodes[ALPHA].status().mode.startswith("native"), bool(version))
            self.assertEqual(bool(cluster.nodes[ALPHA].status().voided), not version)
            self.assertEqual(cluster.running, {ALPHA: {"10.0.0.1"}, BETA: {"10.0.0.2"}})

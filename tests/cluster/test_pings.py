# -*- test-case-name: tests.cluster.test_pings -*-
"""
Ping nodes: asked with each status, heard when they return it, dead when they do not.
"""

from __future__ import annotations

from math import inf

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.actions import Deliver, Probe
from hatwist.cluster.complaints import Complaints
from hatwist.cluster.events import DatagramReceived, DeadlinePassed, KeysChanged, Started
from hatwist.cluster.facts import EchoHeard, MessageDelivered, PeerHeard, PingChanged
from hatwist.cluster.names import Delivery, LinkStatus, NodeStatus
from hatwist.cluster.patience import Patience
from hatwist.cluster.pings import Pings
from hatwist.config.model import LinkName, NodeName
from hatwist.wire.auth import Key, Keyring
from hatwist.wire.envelope import open_datagram
from hatwist.wire.message import Message
from tests.cluster.builders import (
    ALPHA,
    BETA,
    CF,
    KEYS,
    config,
    datagram,
    from_peer,
    identity,
    logged,
    medium,
    node,
    status,
    transmitted,
)

GATE, GROUP = LinkName("192.0.2.1"), LinkName("routers")
PINGS = evolve(CF, media=(*CF.media, medium(GATE, "ping"), medium(GROUP, "ping_group")), deadping=3.0)
HOOK = "Running /etc/ha.d//rc.d/status status"


def pings() -> Pings:
    """Make alpha's, started at 0; communication is established."""
    patience = Patience(PINGS)
    patience.established()
    one = Pings(config(PINGS), identity(), patience, Complaints())
    one.handle(Started(), 0.0)
    return one


def say(one: Pings, now: float, ts: str = "3e9") -> list[Probe]:
    """Let a status of ours go out; return what is asked."""
    outcomes = one.handle(MessageDelivered(ALPHA, status().with_field("ts", ts), own=True), now)
    probes = [probe for probe in outcomes if isinstance(probe, Probe)]
    assert len(probes) == len(outcomes)
    return probes


def answer(one: Pings, probe: Probe, now: float) -> list[object]:
    """Let a question come back as it is."""
    return [*one.handle(EchoHeard(probe.link, open_datagram(probe.data, KEYS)), now)]


def visible(one: Pings) -> int:
    """Say how many answer."""
    return sum(node.status is NodeStatus.PING for node in one.nodes.values())


class AskTests(SynchronousTestCase):
    """What is asked, and what of it is an answer."""

    def test_with_each_status(self) -> None:
        """Every ping node gets a message that it is to return; nothing is asked because of a peer."""
        one = pings()
        first, second = say(one, 1.0)
        self.assertEqual((first.link, second.link), (GATE, GROUP))
        said = Message.of(t="NS_st", st="ping", info="ping_group", src=GROUP, ts="3e9")
        self.assertEqual(open_datagram(second.data, KEYS).without("auth"), said)
        self.assertEqual(one.handle(MessageDelivered(BETA, status()), 1.0), [])

    def test_with_other_keys(self) -> None:
        """Keys that are changed sign what is asked next."""
        one = pings()
        keys = Keyring(2, (Key(2, "md5", b"new"),))
        one.handle(KeysChanged(keys), 0.5)
        self.assertEqual(open_datagram(say(one, 1.0)[0].data, keys).get("st"), "ping")

    def test_it_answers(self) -> None:
        """The first answer is news, further ones are not; how long it took is known."""
        one = pings()
        self.assertEqual(visible(one), 0)
        (probe, _) = say(one, 1.0)
        outcomes = answer(one, probe, 1.25)
        self.assertEqual(logged(outcomes), [f"Status update for node {GATE}: status ping", HOOK])
        self.assertEqual(outcomes[0], PeerHeard(NodeName(GATE), GATE))
        self.assertEqual(outcomes[-1], PingChanged(NodeName(GATE), alive=True))
        self.assertEqual((visible(one), one.nodes[GATE].measured(1.5).delay), (1, 0.25))
        (probe, _) = say(one, 2.0, "3ea")
        heard, told = answer(one, probe, 2.5)
        assert isinstance(told, Deliver)
        self.assertEqual((heard, told.delivery), (PeerHeard(NodeName(GATE), GATE), Delivery.UNCHANGED))
        self.assertEqual(one.nodes[GATE].measured(2.5), (0.0, None, 0.375))

    def test_what_is_no_answer(self) -> None:
        """A copy, a recording, another node's, another message: counted, and nothing else."""
        one = pings()
        probe, other = say(one, 1.0)
        answer(one, probe, 1.1)
        for strange in (
            open_datagram(probe.data, KEYS),
            open_datagram(probe.data, KEYS).with_field("ts", "3e8"),
            open_datagram(other.data, KEYS),
            from_peer(status()),
        ):
            self.assertEqual(one.handle(EchoHeard(GATE, strange), 1.2), [])
        self.assertEqual(one.complaints.counters, {"strange echo": 4})

    def test_an_answer_that_was_held_back(self) -> None:
        """After more than deadping it shows nobody alive."""
        one = pings()
        probe, _ = say(one, 1.0)
        answer(one, probe, 4.5)
        self.assertEqual(one.complaints.counters, {"late echo": 1})
        self.assertIsNone(one.nodes[GATE].heard)


class DeathTests(SynchronousTestCase):
    """Silence."""

    def test_it_dies(self) -> None:
        """After deadping, once; clients and scripts are told; and it may come back."""
        one = pings()
        (probe, _) = say(one, 1.0)
        answer(one, probe, 1.5)
        self.assertEqual(one.deadline(), 3.0)
        outcomes = one.handle(DeadlinePassed(), 3.0)
        self.assertEqual(logged(outcomes), [f"node {GROUP}: is dead", HOOK])
        self.assertEqual(one.deadline(), 4.5)
        outcomes = one.handle(DeadlinePassed(), 4.5)
        self.assertEqual(logged(outcomes), [f"node {GATE}: is dead", HOOK])
        (told,) = [it for it in outcomes if isinstance(it, Deliver)]
        said = Message.of(t="status", seq="1", ts="3ec", src=GATE, st="dead", info="ping")
        self.assertEqual(told, Deliver(said, Delivery.NEWS, own=True))
        self.assertEqual(outcomes[-1], PingChanged(NodeName(GATE), alive=False))
        self.assertEqual(one.handle(DeadlinePassed(), 9.0), [])
        self.assertEqual(one.deadline(), inf)
        (probe, _) = say(one, 10.0, "400")
        self.assertIn(PingChanged(NodeName(GATE), alive=True), answer(one, probe, 10.1))

    def test_none(self) -> None:
        """Without ping nodes nothing waits."""
        one = Pings(config(), identity(), Patience(CF), Complaints())
        self.assertEqual(one.deadline(), inf)


class NodeTests(SynchronousTestCase):
    """A whole node."""

    def test_it_waits_for_ping_nodes(self) -> None:
        """Communication is established when every ping node was heard, or is dead after initdead."""
        one = node(PINGS)
        one.handle(Started(), 0.0)
        probes = [it for it in one.handle(DeadlinePassed(), 1.25) if isinstance(it, Probe)]
        self.assertEqual(len(probes), 6)  # three statuses, two ping nodes
        one.handle(datagram(from_peer(status("up"), seq=1)), 1.3)
        one.handle(DeadlinePassed(), 1.5)
        gate = [probe for probe in probes if probe.link == GATE]
        one.handle(DatagramReceived(GATE, gate[0].data, GATE), 1.6)
        self.assertEqual(one.status().status, NodeStatus.UP)
        actions = one.handle(
            DatagramReceived(GROUP, next(p for p in probes if p.link == GROUP).data, "192.0.2.7"), 1.7
        )
        self.assertEqual([said.get("t") for said in transmitted(actions)], ["reqnodes"])
        views = {view.name: view for view in one.status().nodes}
        self.assertEqual(views[NodeName(GATE)].status, NodeStatus.PING)
        self.assertEqual(views[NodeName(GATE)].links[0].status, LinkStatus.UP)
        self.assertEqual(views[NodeName(GATE)].deadtime, 3.0)

    def test_the_start_ends_with_its_death(self) -> None:
        """What is due since then happens at once: nobody is woken twice for one moment."""
        one = node(evolve(PINGS, initdead=20.0, deadtime=5.0))
        one.handle(Started(), 0.0)
        one.handle(datagram(from_peer(status("up"), seq=1)), 1.0)
        said: list[object] = []
        while one.next_deadline() <= 20.0:
            now = one.next_deadline()
            said += one.handle(DeadlinePassed(), now)
            self.assertGreater(one.next_deadline(), now)
        self.assertIn(f"Link {BETA}:eth0 dead.", logged(said))

    def test_nothing_else_comes_over_its_link(self) -> None:
        """A peer's status there shows nobody alive."""
        one = node(PINGS)
        one.handle(Started(), 0.0)
        one.handle(datagram(from_peer(status("up"), seq=1), GATE), 1.0)
        self.assertIsNone(one.status().nodes[1].heard)
        self.assertEqual(one.complaints.counters, {"strange echo": 1})

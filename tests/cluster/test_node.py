# -*- test-case-name: tests.cluster.test_node -*-
"""
One node as its driver sees it.
"""

from __future__ import annotations

from math import inf
from random import Random
from typing import get_args

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster import events, facts, speech
from hatwist.cluster.actions import Deliver, Log, Record, RunGroup, Transmit
from hatwist.cluster.events import DatagramReceived, DeadlinePassed, GroupFinished, LoadSampled, Started
from hatwist.cluster.names import Holding, NodeStatus, Outcome, Ticket, Verb
from hatwist.cluster.routes import ROUTES
from hatwist.wire.envelope import Sealing, seal
from hatwist.wire.message import Message
from tests.cluster.builders import (
    ALPHA,
    BETA,
    CF,
    ETH0,
    KEYS,
    SQL,
    THREE,
    WEB,
    datagram,
    from_peer,
    group,
    logged,
    node,
    status,
    transmitted,
)


class RouteTests(SynchronousTestCase):
    """Who hears what."""

    def test_total(self) -> None:
        """Every event and every fact is heard by somebody, and nothing else is."""
        unrouted = {facts.MessageArrived}  # for those who watch
        self.assertEqual(set(ROUTES) | unrouted, {*get_args(events.Event), *get_args(facts.Fact)})
        self.assertNotIn((), ROUTES.values())

    def test_machines_exist(self) -> None:
        """Every machine that is named is part of a node."""
        one = node()
        for names in ROUTES.values():
            for name in names:
                self.assertTrue(callable(getattr(one, name).handle), name)


class ContractTests(SynchronousTestCase):
    """What the driver may rely on."""

    def test_start(self) -> None:
        """At the start leftovers are looked for; after it has listened it says three heartbeats."""
        one = node()
        actions = one.handle(Started(), 0.0)
        self.assertEqual(transmitted(actions), [])
        self.assertEqual(
            [action for action in actions if isinstance(action, RunGroup)],
            [RunGroup(Ticket(1), WEB, Verb.SEARCH), RunGroup(Ticket(2), SQL, Verb.SEARCH)],
        )
        self.assertEqual(transmitted(one.handle(DeadlinePassed(), 1.0)), [])
        self.assertEqual(
            [(said.get("st"), said.get("seq")) for said in transmitted(one.handle(DeadlinePassed(), 1.25))],
            [("init", "1"), ("up", "2"), ("up", "3")],
        )

    def test_time_does_not_go_back(self) -> None:
        """A clock that goes back is a fault of ours."""
        one = node()
        one.handle(Started(), 5.0)
        with self.assertRaises(AssertionError):
            one.handle(DeadlinePassed(), 4.9)

    def test_next_deadline(self) -> None:
        """Once started the next deadline is finite, and later than now once it was handled."""
        one = node()
        self.assertEqual(one.next_deadline(), inf)
        one.handle(Started(), 0.0)
        now = 0.0
        for _ in range(200):
            self.assertGreater(one.next_deadline(), now)
            now = one.next_deadline()
            one.handle(DeadlinePassed(), now)

    def test_next_deadline_of_three(self) -> None:
        """It is later than now too when the end of the start makes a silent peer dead."""
        one = node(THREE)
        one.handle(Started(), 0.0)
        one.handle(datagram(from_peer(status(), seq=1)), 1.0)
        now = 1.0
        while now < 60.0:
            now = one.next_deadline()
            one.handle(DeadlinePassed(), now)
            self.assertGreater(one.next_deadline(), now)

    def test_actions_are_in_order(self) -> None:
        """What a message causes leaves after it, and what that causes before anything else."""
        one = node()
        one.handle(Started(), 0.0)
        for ticket in (1, 2):
            one.handle(GroupFinished(Ticket(ticket), Outcome.STOPPED), 0.0)
        one.handle(datagram(from_peer(status("up"), seq=1)), 0.1)
        repnodes = Message.of(dest="alpha", t="repnodes", nodelist="alpha beta ", delnodelist=" ")
        one.handle(DeadlinePassed(), 1.25)
        one.handle(DeadlinePassed(), 1.5)
        actions = one.handle(datagram(from_peer(repnodes, seq=2)), 1.6)
        self.assertEqual(
            [(one.get("t"), one.get("st")) for one in transmitted(actions) if one.get("seq")],
            [("status", "active"), ("starting", "")],
        )
        self.assertEqual(logged(actions)[-1], "Local status now set to: 'active'")

    def test_load(self) -> None:
        """The load that the host was last seen with goes out with each sequenced message."""
        one = node()
        self.assertEqual(one.handle(LoadSampled("0.24 0.33 0.18 2/102 27"), 0.0), [])
        one.handle(Started(), 0.0)
        self.assertEqual(
            {message.get("ld") for message in transmitted(one.handle(DeadlinePassed(), 1.25))},
            {"0.24 0.33 0.18 2/102 27"},
        )

    def test_late_wake_up(self) -> None:
        """Who was asleep himself declares nobody dead before he has listened for a moment."""
        one = node()
        one.handle(Started(), 0.0)
        one.handle(datagram(from_peer(status(), seq=1)), 0.1)
        for now in (1.25, 1.5):
            one.handle(DeadlinePassed(), now)
        self.assertNotIn("node beta: is dead", logged(one.handle(DeadlinePassed(), 60.0)))
        self.assertEqual(one.next_deadline(), 61.0)
        self.assertIn("node beta: is dead", logged(one.handle(DeadlinePassed(), 61.0)))

    def test_always_late(self) -> None:
        """A host that always wakes up late sees a death all the same."""
        one = node()
        one.handle(Started(), 0.0)
        one.handle(datagram(from_peer(status(), seq=1)), 0.1)
        now, dead = 0.1, []
        while now < 60.0:
            now = max(now, one.next_deadline()) + 0.2
            dead += [now for text in logged(one.handle(DeadlinePassed(), now)) if "is dead" in text]
        self.assertEqual(len(dead), 1)
        self.assertLess(dead[0], 0.1 + 10.0 + CF.keepalive + 1.0)

    def test_reasons(self) -> None:
        """The newest decision about a group and its causes can be asked for."""
        one = node()
        self.assertEqual(one.reason(WEB.key), "")
        one.handle(Started(), 0.0)
        actions = one.handle(GroupFinished(Ticket(1), Outcome.RUNNING), 0.5)
        self.assertEqual([action.decision for action in actions if isinstance(action, Record)], ["release"])
        self.assertEqual(one.reason(WEB.key), "release by alpha; it ran before this daemon had a right to it")

    def test_endless_talk(self) -> None:
        """An event that causes more than ten thousand items is a fault of ours."""
        crowd = tuple(group(BETA, f"service::{number}") for number in range(10_001))
        one = node(groups=crowd)
        one.handle(datagram(from_peer(status(), seq=1)), 0.0)
        with self.assertRaises(AssertionError):
            one.handle(DeadlinePassed(), 30.0)


class CheckTests(SynchronousTestCase):
    """The core's own invariants, for the driver to look at after a fault."""

    def test_sound(self) -> None:
        """A node that runs is sound."""
        one = node()
        one.handle(Started(), 0.0)
        self.assertEqual(one.check(), ())

    def test_not_begun(self) -> None:
        """Before the start there is no deadline."""
        self.assertEqual(node().check(), ("there is no next deadline",))

    def test_jobs(self) -> None:
        """The ledger knows how many jobs run."""
        one = node()
        one.handle(Started(), 0.0)
        one.ledger.jobs = 3
        self.assertEqual(one.check(), ("3 jobs are booked, 1 are running",))

    def test_leaving(self) -> None:
        """Who leaves claims nothing."""
        one = node()
        one.handle(Started(), 0.0)
        one.ledger.leaving = True
        one.ledger.ours = Holding.ALL
        self.assertEqual(one.check(), ("it is leaving and claims all",))


class HostileTests(SynchronousTestCase):
    """Authentic nonsense that once raised, or might."""

    def feed(self, message: Message) -> list[str]:
        """Let something strange come, and say what is logged."""
        one = node()
        one.handle(Started(), 0.0)
        one.handle(datagram(from_peer(status(), seq=1)), 0.1)
        data = seal(from_peer(message, seq=2), KEYS, Sealing(inner_auth=False))
        actions = one.handle(DatagramReceived(ETH0, data), 0.2)
        self.assertEqual(one.check(), ())
        return logged(actions)

    def test_newline_of_the_classic_form(self) -> None:
        """A byte that the classic form cannot say is answered to nobody."""
        self.assertIn("node beta asks for '\\x13'", self.feed(speech.ip_request("\x13"))[0])

    def test_too_long_to_answer(self) -> None:
        """Nor is a key that fills a whole datagram."""
        raw = Random(1).randbytes(70_000).translate(None, b"\0\x13")[:65_000]
        lines = self.feed(speech.ip_request(raw.decode("utf-8", "surrogateescape")))
        self.assertLess(max(len(text) for text in lines), 500)

    def test_same_event_twice(self) -> None:
        """A datagram that comes twice at once is acted on once."""
        one = node()
        one.handle(Started(), 0.0)
        heartbeat = datagram(from_peer(status("up"), seq=1))
        self.assertNotEqual(one.handle(heartbeat, 0.1), [])
        self.assertEqual(one.handle(heartbeat, 0.1), [])
        self.assertEqual(one.status().nodes[1].status, NodeStatus.UP)

    def test_second_medium(self) -> None:
        """Over the second medium the same message brings only that link up."""
        one = node()
        one.handle(Started(), 0.0)
        heartbeat = datagram(from_peer(status("up"), seq=1))
        one.handle(heartbeat, 0.1)
        other = evolve(heartbeat, link=CF.media[1].link)
        self.assertEqual(logged(one.handle(other, 0.1)), ["Link beta:eth1 up."])

    def test_every_action_is_known(self) -> None:
        """A node asks for nothing that a driver does not know."""
        one = node()
        kinds = {type(action) for action in one.handle(Started(), 0.0)}
        kinds.update(type(action) for action in one.handle(DeadlinePassed(), 1.25))
        self.assertEqual(kinds, {Transmit, RunGroup, Log, Deliver})
        self.assertEqual(one.identity.name, ALPHA)

# -*- test-case-name: tests.cluster.test_ipfail -*-
"""
Groups go to the node that sees more ping nodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.complaints import Complaints
from hatwist.cluster.events import DeadlinePassed
from hatwist.cluster.facts import (
    CommunicationEstablished,
    HandoverAsked,
    HoldingsChanged,
    MessageDelivered,
    PeerDied,
    PingChanged,
    ProgramJoined,
    ProgramSpoke,
)
from hatwist.cluster.ipfail import Ipfail
from hatwist.cluster.ledger import Ledger
from hatwist.cluster.names import Holding
from hatwist.config.model import AutoFailback, HaCf, NodeName, Seconds
from hatwist.wire.message import Message
from tests.cluster.builders import ALPHA, BETA, CF, logged, settled_ledger

GATE, ROUTER = NodeName("gate"), NodeName("router")
IPFAIL = evolve(CF, ipfail=0.0, deadping=4.0, auto_failback=AutoFailback.ON)


def ipfail(cf: HaCf = IPFAIL, ledger: Ledger | None = None) -> Ipfail:
    """Make alpha's; it holds what is at home there, sees both ping nodes, and has begun."""
    one = Ipfail(cf, ledger or evolve(settled_ledger(), ours=Holding.LOCAL), Complaints())
    for node in (GATE, ROUTER):
        one.handle(PingChanged(node, alive=True), 0.0)
    one.handle(CommunicationEstablished(), 0.0)
    return one


def hear(one: Ipfail, kind: str, now: Seconds, **fields: str) -> list[object]:
    """Let the peer's ipfail say something."""
    message = Message.of(t=kind, dest=ALPHA, from_id="ipfail", to_id="ipfail", **fields)
    return [*one.handle(MessageDelivered(BETA, message), now)]


def said(outcomes: Sequence[object]) -> list[Message]:
    """Return what is said to the peer's."""
    spoken = [one for one in outcomes if isinstance(one, ProgramSpoke)]
    assert {one.name for one in spoken} <= {"ipfail"}
    return [one.message for one in spoken]


def handovers(outcomes: Sequence[object]) -> list[Holding]:
    """Return what is asked to be given up."""
    return [one.which for one in outcomes if isinstance(one, HandoverAsked)]


def count(number: int) -> Message:
    """Write the message that says how many are seen."""
    return Message.of(t="num_ping_nodes", dest=BETA, num_ping=str(number))


class BeginTests(SynchronousTestCase):
    """Whether it does anything."""

    def test_it_joins(self) -> None:
        """Its counterpart hears of it as of heartbeat's own, and is told the count when it joins."""
        one = Ipfail(IPFAIL, settled_ledger(), Complaints())
        joined = one.handle(CommunicationEstablished(), 0.0)
        self.assertEqual(joined[0], ProgramJoined("ipfail"))
        self.assertEqual(said(joined), [count(0)])
        self.assertEqual(said(hear(ipfail(), "hbapi-clstat", 1.0, st="join")), [count(2)])
        self.assertEqual(hear(ipfail(), "hbapi-clstat", 1.0, st="leave"), [])

    def test_nobody_asked_for_it(self) -> None:
        """Without its line in ha.cf nothing happens."""
        one = ipfail(evolve(IPFAIL, ipfail=None))
        self.assertEqual(hear(one, "you_are_dead", 1.0), [])
        self.assertEqual(one.deadline(), inf)

    def test_it_cannot(self) -> None:
        """With legacy, and without groups, it says so and keeps still."""
        for ledger, words in (
            (settled_ledger(nice=False), "auto_failback set to incompatible legacy option."),
            (evolve(settled_ledger(), groups=()), "No managed resources"),
        ):
            one = Ipfail(IPFAIL, ledger, Complaints())
            self.assertEqual(logged(one.handle(CommunicationEstablished(), 0.0)), [words])
            one.handle(PingChanged(GATE, alive=False), 1.0)
            one.handle(DeadlinePassed(), 1.0)
            self.assertEqual(hear(one, "you_are_dead", 1.0), [])


class CountTests(SynchronousTestCase):
    """What counts, and when."""

    def test_one_dies(self) -> None:
        """The peer is told at once."""
        outcomes = [*ipfail().handle(PingChanged(GATE, alive=False), 9.0)]
        self.assertEqual(said(outcomes), [count(1)])
        self.assertEqual(
            logged(outcomes),
            [
                "Status update: Node gate now has status dead",
                "Asking other side for ping node count (1 here).",
            ],
        )

    def test_damping(self) -> None:
        """With it one that is gone for less does not count."""
        one = ipfail(evolve(IPFAIL, ipfail=5.0))
        self.assertEqual(said([*one.handle(PingChanged(GATE, alive=False), 10.0)]), [])
        self.assertEqual(one.deadline(), 15.0)
        self.assertEqual(said([*one.handle(PingChanged(GATE, alive=True), 12.0)]), [])
        self.assertEqual(one.handle(DeadlinePassed(), 15.0), [])
        self.assertEqual(one.handle(DeadlinePassed(), 20.0), [])
        one.handle(PingChanged(GATE, alive=False), 21.0)
        self.assertEqual(said([*one.handle(DeadlinePassed(), 26.0)]), [count(1)])

    def test_it_comes_back(self) -> None:
        """It counts when it has answered for two deadpings."""
        one = ipfail()
        one.handle(PingChanged(GATE, alive=False), 9.0)
        self.assertEqual(said([*one.handle(PingChanged(GATE, alive=True), 10.0)]), [])
        self.assertEqual(one.deadline(), 18.0)
        self.assertEqual(said([*one.handle(DeadlinePassed(), 18.0)]), [count(2)])


class CompareTests(SynchronousTestCase):
    """What follows from two counts."""

    def test_we_see_more(self) -> None:
        """The peer is told to give up; nothing happens here."""
        one = ipfail()
        outcomes = hear(one, "num_ping_nodes", 1.0, num_ping="1")
        self.assertEqual(said(outcomes), [Message.of(t="you_are_dead", dest=BETA)])
        self.assertEqual(one.deadline(), inf)

    def test_we_see_less(self) -> None:
        """Everything is given up, a little later."""
        one = ipfail()
        hear(one, "num_ping_nodes", 1.0, num_ping="3")
        self.assertEqual(one.deadline(), 2.5)
        self.assertEqual(handovers([*one.handle(DeadlinePassed(), 2.5)]), [Holding.ALL])

    def test_we_are_told(self) -> None:
        """What the peer has found is as good; heartbeat's is told once more before."""
        one = ipfail(ledger=evolve(settled_ledger(), ours=Holding.LOCAL, c_nodes=frozenset({BETA})))
        one.handle(PingChanged(GATE, alive=False), 1.0)
        hear(one, "you_are_dead", 1.4)
        self.assertEqual(one.deadline(), 2.5)
        self.assertEqual(said(one.handle(DeadlinePassed(), 2.5)), [count(1)])
        self.assertEqual(hear(one, "you_are_dead", 2.9), [])
        hear(one, "num_ping_nodes", 2.9, num_ping="2")
        self.assertEqual(one.deadline(), 4.75)
        (asked,) = [it for it in one.handle(DeadlinePassed(), 4.75) if isinstance(it, HandoverAsked)]
        self.assertEqual(asked.why, "node beta sees more ping nodes than the 1 that are seen here")

    def test_what_answers_again(self) -> None:
        """It speaks against giving up; if it is gone once more the peer is told, and asked."""
        one = ipfail()
        one.handle(PingChanged(GATE, alive=False), 1.0)
        one.handle(PingChanged(GATE, alive=True), 2.0)
        self.assertEqual(hear(one, "num_ping_nodes", 3.0, num_ping="2"), [])
        self.assertEqual(hear(one, "you_are_dead", 3.0), [])
        self.assertEqual(said(one.handle(PingChanged(GATE, alive=False), 4.0)), [count(1)])
        self.assertEqual(said(one.handle(PingChanged(ROUTER, alive=False), 5.0)), [count(0)])

    def test_it_answers_just_in_time(self) -> None:
        """Then nothing is given up."""
        one = ipfail()
        one.handle(PingChanged(GATE, alive=False), 1.0)
        hear(one, "you_are_dead", 1.0)
        one.handle(PingChanged(GATE, alive=True), 2.0)
        self.assertIn("what was gone answers again", logged(one.handle(DeadlinePassed(), 2.5))[0])

    def test_what_comes_is_given_up_too(self) -> None:
        """As long as the peer sees more, whatever we get goes; nobody asks again and again."""
        ledger = evolve(settled_ledger(), ours=Holding.NONE)
        one = ipfail(ledger=ledger)
        hear(one, "you_are_dead", 1.0)
        self.assertEqual(one.deadline(), inf)
        ledger.ours = Holding.LOCAL
        one.handle(HoldingsChanged(), 5.0)
        self.assertEqual(one.deadline(), 6.5)
        self.assertEqual(handovers(one.handle(DeadlinePassed(), 6.5)), [Holding.ALL])
        one.handle(PingChanged(GATE, alive=False), 7.0)
        ledger.ours = Holding.NONE
        one.handle(HoldingsChanged(), 7.5)
        ledger.ours = Holding.LOCAL
        one.handle(HoldingsChanged(), 8.0)
        self.assertEqual(one.deadline(), inf)

    def test_who_is_blind(self) -> None:
        """Nothing is given back to a peer that sees less; when it sees as many, what is at home there."""
        ledger = evolve(settled_ledger(), ours=Holding.ALL)
        one = ipfail(ledger=ledger)
        hear(one, "num_ping_nodes", 1.0, num_ping="1")
        self.assertEqual(ledger.blind, {BETA})
        one.handle(PingChanged(GATE, alive=False), 2.0)
        self.assertEqual(ledger.blind, set())
        one.handle(PingChanged(GATE, alive=True), 3.0)
        one.handle(DeadlinePassed(), 11.0)
        self.assertEqual(ledger.blind, {BETA})
        hear(one, "abort_giveup", 12.0)
        self.assertEqual((ledger.blind, one.deadline()), (set(), 13.5))
        hear(one, "num_ping_nodes", 12.5, num_ping="0")
        one.handle(PeerDied(BETA, 5.0, True), 13.0)
        self.assertEqual(ledger.blind, set())

    def test_nothing_to_give_up(self) -> None:
        """Who holds nothing gives up nothing."""
        one = ipfail(ledger=evolve(settled_ledger(), ours=Holding.NONE))
        hear(one, "you_are_dead", 1.0)
        self.assertEqual(one.deadline(), inf)

    def test_balanced(self) -> None:
        """The peer may stop giving up; foreign groups go home if auto_failback says so."""
        for failback, holding, given in (
            (AutoFailback.ON, Holding.ALL, [Holding.FOREIGN]),
            (AutoFailback.OFF, Holding.ALL, []),
            (AutoFailback.ON, Holding.LOCAL, []),
        ):
            one = ipfail(evolve(IPFAIL, auto_failback=failback), evolve(settled_ledger(), ours=holding))
            outcomes = hear(one, "num_ping_nodes", 1.0, num_ping="2")
            self.assertEqual(said(outcomes), [Message.of(t="abort_giveup", dest=BETA)])
            self.assertEqual(handovers([*one.handle(DeadlinePassed(), 2.5)]), given)

    def test_both_lose_it(self) -> None:
        """Nothing is given up if the peer turns out to see as few."""
        one = ipfail()
        hear(one, "you_are_dead", 1.0)
        outcomes = hear(one, "num_ping_nodes", 1.5, num_ping="2")
        self.assertIn("Aborted delayed giveup", logged(outcomes)[-1])
        self.assertEqual(one.handle(DeadlinePassed(), 2.5), [])
        hear(one, "you_are_dead", 3.0)
        hear(one, "abort_giveup", 3.5)
        self.assertEqual(one.handle(DeadlinePassed(), 9.0), [])
        self.assertEqual(hear(one, "abort_giveup", 9.5), [])

    def test_going_home(self) -> None:
        """That the peer says so, too, is no reason to keep what goes home; and nobody waits for heartbeat."""
        for c_nodes in (frozenset[NodeName](), frozenset({BETA})):
            cf = evolve(IPFAIL, auto_failback=AutoFailback.ON)
            one = ipfail(cf, evolve(settled_ledger(), ours=Holding.ALL, c_nodes=c_nodes))
            hear(one, "num_ping_nodes", 1.0, num_ping="2")
            self.assertEqual(hear(one, "abort_giveup", 1.5), [])
            self.assertEqual(handovers([*one.handle(DeadlinePassed(), 2.5)]), [Holding.FOREIGN])

    def test_heartbeat_looks_too_early(self) -> None:
        """What heartbeat's ipfail has counted is asked for once more after deadping."""
        one = ipfail(ledger=evolve(settled_ledger(), ours=Holding.LOCAL, c_nodes=frozenset({BETA})))
        hear(one, "num_ping_nodes", 1.0, num_ping="2")
        self.assertEqual(one.deadline(), 5.0)
        self.assertEqual(said([*one.handle(DeadlinePassed(), 5.0)]), [count(2)])

    def test_not_a_number(self) -> None:
        """It is malformed, and so is a missing one."""
        self.assertIn("no field 'num_ping'", logged(hear(ipfail(), "num_ping_nodes", 1.0))[0])
        outcomes = hear(ipfail(), "num_ping_nodes", 1.0, num_ping="x")
        self.assertEqual(logged(outcomes), ["Bad message from beta: field 'num_ping' is not a number: 'x'"])

    def test_others_messages(self) -> None:
        """What is not for it, and its own, changes nothing."""
        one = ipfail()
        self.assertEqual(hear(one, "starting", 1.0), [])
        self.assertEqual(one.handle(MessageDelivered(ALPHA, count(9), own=True), 1.0), [])

    def test_what_the_peer_has_said_before(self) -> None:
        """We need not wait to hear it again; it may take it back."""
        one = ipfail()
        hear(one, "num_ping_nodes", 1.0, num_ping="2")
        lost = one.handle(PingChanged(GATE, alive=False), 5.0)
        self.assertEqual(said(lost), [count(1)])
        self.assertEqual(one.deadline(), 6.5)
        self.assertIn("Aborted", logged(hear(one, "num_ping_nodes", 5.5, num_ping="1"))[-1])


class GiveUpTests(SynchronousTestCase):
    """When it is done."""

    def test_not_while_anything_moves(self) -> None:
        """It waits keepalive by keepalive."""
        ledger = evolve(settled_ledger(), ours=Holding.LOCAL)
        one = ipfail(ledger=ledger)
        hear(one, "you_are_dead", 1.0)
        ledger.takeover_running = True
        self.assertEqual(one.handle(DeadlinePassed(), 2.5), [])
        ledger.takeover_running = False
        self.assertEqual(handovers([*one.handle(DeadlinePassed(), 3.5)]), [Holding.ALL])

    def test_it_came_to_nothing(self) -> None:
        """Then it is asked for again; not when it is done, and not when the peer is dead."""
        ledger = evolve(settled_ledger(), ours=Holding.LOCAL)
        one = ipfail(ledger=ledger)
        hear(one, "you_are_dead", 1.0)
        one.handle(DeadlinePassed(), 2.5)
        self.assertEqual(handovers([*one.handle(DeadlinePassed(), 17.5)]), [Holding.ALL])
        self.assertEqual(one.handle(HoldingsChanged(), 18.0), [])
        self.assertEqual(one.deadline(), 32.5)
        ledger.ours = Holding.NONE
        self.assertEqual(one.handle(HoldingsChanged(), 18.0), [])
        self.assertEqual(one.deadline(), inf)
        ledger.ours = Holding.LOCAL
        one.handle(HoldingsChanged(), 20.0)
        self.assertIn("the other node is dead", logged(one.handle(PeerDied(BETA, 5.0, True), 20.5))[0])
        self.assertEqual(one.deadline(), inf)

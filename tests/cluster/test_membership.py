# -*- test-case-name: tests.cluster.test_membership -*-
"""
Who is a member, in which state (protocol 6.2, 9).
"""

from __future__ import annotations

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.actions import Log
from hatwist.cluster.complaints import Complaints
from hatwist.cluster.events import DeadlinePassed, Started
from hatwist.cluster.facts import (
    CommunicationEstablished,
    FlowControlEnded,
    MessageDelivered,
    Outcome,
    PeerDied,
    PeerRestarted,
)
from hatwist.cluster.membership import Membership
from hatwist.cluster.names import Level, NodeStatus
from hatwist.cluster.patience import Patience
from hatwist.config.model import HaCf, NodeName, Settings
from hatwist.wire.message import Message
from tests.cluster.builders import (
    ALPHA,
    BETA,
    CF,
    GAMMA,
    THREE,
    config,
    from_peer,
    logged,
    sent,
    status,
)

REPNODES = Message.of(dest="alpha", t="repnodes", nodelist="alpha beta ", delnodelist=" ")
ACTIVATED = [
    Log(Level.INFO, "Comm_now_up(): updating status to active"),
    Log(Level.INFO, "Local status now set to: 'active'"),
]


def membership(cf: HaCf = CF) -> Membership:
    """Make the membership of C{alpha}."""
    return Membership(config(cf), ALPHA, Patience(cf), Complaints())


def hear(
    one: Membership,
    message: Message,
    now: float,
    *,
    peer: NodeName = BETA,
    seq: int = 0,
    returned: bool = False,
) -> list[Outcome]:
    """Let a message of a peer be delivered; its number is the time in tenths unless it is given."""
    number = seq or round(now * 10) + 1
    return one.handle(
        MessageDelivered(peer, from_peer(message, src=peer, seq=number), returned=returned), now
    )


def beats(outcomes: list[Outcome]) -> list[str]:
    """Pick our own heartbeats."""
    return [f"{one.get('st')} {one.get('dt')}" for one in sent(outcomes) if one.get("t") == "status"]


def active(cf: HaCf = CF) -> Membership:
    """Make the membership of C{alpha} as it is 6 s after a start, with active peers last heard at 6 s."""
    one = membership(cf)
    one.handle(Started(), 0.0)
    peers = cf.nodes[1:]
    for peer in peers:
        hear(one, status(), 0.1, peer=peer)
    hear(one, REPNODES, 0.2)
    one.handle(DeadlinePassed(), 5.0)
    for peer in peers:
        hear(one, status(), 6.0, peer=peer)
    one.handle(DeadlinePassed(), 6.0)
    return one


class BeatTests(SynchronousTestCase):
    """This node's own heartbeat (protocol 9.2, 9.4, 9.5)."""

    def test_first_words(self) -> None:
        """A node says init once and up twice in its first moment, and asks for two seconds more patience."""
        outcomes = membership().handle(Started(), 0.0)
        self.assertEqual(beats(outcomes), ["init 2ee0", "up 2ee0", "up 2ee0"])
        self.assertEqual(logged(outcomes), ["Local status now set to: 'up'"])

    def test_form(self) -> None:
        """A heartbeat has the status, the deadtime in hexadecimal milliseconds, and what we speak."""
        first = sent(membership().handle(Started(), 0.0))[0]
        self.assertEqual(
            first, Message.of(t="status", st="init", dt="2ee0", protocol="1", hatwist="1", hatwist_heard="-")
        )

    def test_a_peer_that_is_new_hears_us_at_once(self) -> None:
        """One heartbeat is for it: at its first, at its first of a new life, and at no other."""
        one = membership()
        self.assertEqual(types(hear(one, status("up"), 0.0)), [])
        one = membership()
        one.handle(Started(), 0.0)
        self.assertEqual(types(hear(one, status("init"), 0.1))[:1], ["status"])
        self.assertEqual(types(hear(one, status("up"), 0.2)), [])
        one.handle(PeerRestarted(BETA, 4), 0.3)
        self.assertEqual(types(hear(one, status("init"), 0.3)), ["status"])
        self.assertEqual(types(hear(one, status("up"), 0.4)), [])

    def test_form_of_a_node_that_speaks_heartbeats_protocol_only(self) -> None:
        """It states nothing of ours."""
        one = membership()
        one.config = evolve(one.config, settings=Settings(version=0))
        self.assertEqual(
            sent(one.handle(Started(), 0.0))[0], Message.of(t="status", st="init", dt="2ee0", protocol="1")
        )

    def test_a_peer_without_flow_control(self) -> None:
        """From then on we say nothing of it either, and do not ask for the list of nodes."""
        one = membership()
        one.handle(Started(), 0.0)
        heard = one.handle(MessageDelivered(BETA, from_peer(status("up").without("protocol"), seq=1)), 0.5)
        self.assertIn(FlowControlEnded(BETA), heard)
        one.handle(FlowControlEnded(BETA), 0.5)
        acted = one.handle(DeadlinePassed(), 1.0)
        self.assertEqual([message.get("t") for message in sent(acted)], ["status"])
        self.assertFalse(any(message.has("protocol") for message in sent(acted)))
        again = one.handle(MessageDelivered(BETA, from_peer(status("up").without("protocol"), seq=2)), 1.5)
        self.assertNotIn(FlowControlEnded(BETA), again)

    def test_each_keepalive(self) -> None:
        """A node beats each keepalive, and not in between."""
        one = membership()
        one.handle(Started(), 0.0)
        self.assertEqual(one.deadline(), 1.0)
        self.assertEqual(beats(one.handle(DeadlinePassed(), 0.9)), [])
        self.assertEqual(beats(one.handle(DeadlinePassed(), 1.0)), ["up 2ee0"])
        self.assertEqual(one.deadline(), 2.0)

    def test_patience_is_asked_for_at_the_start_only(self) -> None:
        """After five seconds there is one more heartbeat, with the configured deadtime."""
        one = membership(evolve(CF, keepalive=2.0))
        one.handle(Started(), 0.0)
        one.handle(DeadlinePassed(), 2.0)
        one.handle(DeadlinePassed(), 4.0)
        self.assertEqual(one.deadline(), 5.0)
        self.assertEqual(beats(one.handle(DeadlinePassed(), 5.0)), ["up 2710"])
        self.assertEqual(one.deadline(), 7.0)

    def test_own_lateness(self) -> None:
        """Who was not run for more than warntime says so of itself, once."""
        one = active()
        self.assertEqual(logged(one.handle(DeadlinePassed(), 11.0)), [])
        self.assertEqual(
            logged(one.handle(DeadlinePassed(), 16.5))[-1:],
            ["Late heartbeat: Node alpha: interval 5500 ms"],
        )
        self.assertEqual(logged(one.handle(DeadlinePassed(), 17.5)), [])

    def test_not_begun(self) -> None:
        """Before the start nothing is late."""
        self.assertEqual(membership().handle(DeadlinePassed(), 100.0), [])

    def test_own_messages(self) -> None:
        """Our own heartbeat tells us nothing."""
        own = MessageDelivered(ALPHA, from_peer(status(), src=ALPHA, seq=1), own=True)
        self.assertEqual(membership().handle(own, 0.0), [])


def types(outcomes: list[Outcome]) -> list[str]:
    """Say what kinds of messages go out."""
    return [message.get("t") for message in sent(outcomes)]


class EstablishTests(SynchronousTestCase):
    """From init to active (protocol 9.2, 9.3)."""

    def test_everybody_is_heard(self) -> None:
        """As soon as every configured node was heard, the first of them is asked for its node list."""
        one = membership(THREE)
        one.handle(Started(), 0.0)
        self.assertEqual(types(hear(one, status("up"), 0.1, peer=GAMMA)), ["status"])
        outcomes = hear(one, status("up"), 0.2, peer=BETA)
        self.assertEqual(types(outcomes), ["status", "reqnodes"])
        self.assertEqual(sent(outcomes)[-1], Message.of(t="reqnodes", dest="beta"))
        self.assertEqual(one.status, NodeStatus.UP)

    def test_asked_each_second(self) -> None:
        """The request is repeated each second, and not more often, until it is answered."""
        one = membership()
        one.handle(Started(), 0.0)
        hear(one, status("up"), 0.1)
        self.assertEqual(sent(hear(one, status("up"), 0.6)), [])
        self.assertEqual(sent(one.handle(DeadlinePassed(), 1.1))[-1], Message.of(t="reqnodes", dest="beta"))
        self.assertEqual(one.deadline(), 2.1)

    def test_answered(self) -> None:
        """With the answer a node is active, says so at once, and resources may move."""
        one = membership()
        one.handle(Started(), 0.0)
        hear(one, status("up"), 0.1)
        outcomes = hear(one, REPNODES, 0.2)
        self.assertEqual(outcomes[:2], ACTIVATED)
        self.assertEqual(beats(outcomes), ["active 2ee0"])
        self.assertEqual(outcomes[-1], CommunicationEstablished())
        self.assertEqual((one.status, one.deadline()), (NodeStatus.ACTIVE, 1.2))
        for second in range(1, 40):
            one.handle(DeadlinePassed(), second + 0.2)
            hear(one, status(), second + 0.2)
            self.assertEqual(one.deadline(), min(second + 1.2, 5.0) if second < 5 else second + 1.2)

    def test_active_once(self) -> None:
        """A further answer, or one before every node was heard, establishes nothing."""
        one = membership()
        self.assertEqual(hear(one, REPNODES, 0.0), [])
        one.handle(Started(), 0.0)
        self.assertEqual(hear(one, REPNODES, 0.1), [])
        hear(one, status("up"), 0.1)
        hear(one, REPNODES, 0.2)
        self.assertEqual(hear(one, REPNODES, 0.3), [])

    def test_silent_peer(self) -> None:
        """A peer that is not heard for initdead is dead; a node that is alone asks nobody."""
        one = membership()
        one.handle(Started(), 0.0)
        self.assertEqual(logged(one.handle(DeadlinePassed(), 29.9)), [])
        outcomes = one.handle(DeadlinePassed(), 30.0)
        self.assertEqual(outcomes[0], Log(Level.WARN, "node beta: is dead"))
        self.assertEqual(outcomes[1], PeerDied(BETA, 30.0, heard=False))
        self.assertEqual(outcomes[-1], CommunicationEstablished())
        self.assertEqual(beats(outcomes)[-1], "active 2710")

    def test_one_silent_peer_of_two(self) -> None:
        """After initdead the peer that was heard is asked."""
        one = membership(THREE)
        one.handle(Started(), 0.0)
        hear(one, status("up"), 29.0, peer=GAMMA)
        outcomes = one.handle(DeadlinePassed(), 30.0)
        self.assertIn(PeerDied(BETA, 30.0, heard=False), outcomes)
        self.assertEqual(sent(outcomes)[-1], Message.of(t="reqnodes", dest="gamma"))

    def test_peer_falls_silent_while_others_are_waited_for(self) -> None:
        """When the waiting for the last peer ends, one that fell silent meanwhile is dead as well."""
        one = membership(THREE)
        one.handle(Started(), 0.0)
        hear(one, status("up"), 1.0, peer=BETA)
        outcomes = one.handle(DeadlinePassed(), 30.0)
        self.assertEqual(
            [died for died in outcomes if isinstance(died, PeerDied)],
            [PeerDied(GAMMA, 30.0, heard=False), PeerDied(BETA, 29.0, heard=True)],
        )
        self.assertEqual(outcomes[-1], CommunicationEstablished())
        self.assertGreater(one.deadline(), 30.0)

    def test_next_peer_is_asked_when_the_first_dies(self) -> None:
        """The request goes to the next peer when the one that was asked has died."""
        one = membership(THREE)
        one.handle(Started(), 0.0)
        hear(one, status("up"), 0.1, peer=BETA)
        self.assertEqual(sent(hear(one, status("up"), 0.2, peer=GAMMA))[-1].get("dest"), "beta")
        hear(one, status("up"), 9.0, peer=GAMMA)
        outcomes = one.handle(DeadlinePassed(), 13.0)
        self.assertIn(PeerDied(BETA, 12.9, heard=True), outcomes)
        self.assertEqual(sent(outcomes)[-1], Message.of(t="reqnodes", dest="gamma"))

    def test_peer_that_never_answers(self) -> None:
        """A peer that lives and never answers is waited for as long as initdead, not for ever."""
        one = membership()
        one.handle(Started(), 0.0)
        for second in range(30):
            hear(one, status("up"), second + 0.1)
            self.assertEqual(one.status, NodeStatus.UP)
        outcomes = hear(one, status("up"), 30.1)
        self.assertEqual(
            logged(outcomes)[0],
            "node beta lives but does not answer reqnodes; going on without its node list",
        )
        self.assertEqual(outcomes[-1], CommunicationEstablished())

    def test_asked_by_a_peer(self) -> None:
        """Whoever asks gets the whole list, even while this node is starting; C{dest} comes first."""
        for one in (membership(), active()):
            self.assertEqual(
                sent(hear(one, Message.of(t="reqnodes", dest="alpha"), 7.0)),
                [Message.of(dest="beta", t="repnodes", nodelist="alpha beta ", delnodelist=" ")],
            )

    def test_another_list(self) -> None:
        """A peer with another list gets a warning of bounded length; nobody is added or removed."""
        one = membership()
        one.handle(Started(), 0.0)
        hear(one, status("up"), 0.1)
        longer = REPNODES.with_field("nodelist", "beta alpha " + "x" * 5000)
        [line, *_] = logged(hear(one, longer, 0.2))
        self.assertTrue(line.startswith("node beta has another node list ('beta alpha xxx"))
        self.assertTrue(line.endswith("xxx') than we ('alpha beta')"))
        self.assertLess(len(line), 300)
        self.assertEqual((one.status, list(one.peers)), (NodeStatus.ACTIVE, [BETA]))

    def test_order_of_the_list(self) -> None:
        """The same names in another order are the same list."""
        one = active()
        self.assertEqual(hear(one, REPNODES.with_field("nodelist", "beta alpha"), 7.0), [])

# -*- test-case-name: tests.cluster.test_clients -*-
"""
What programs of a host may say to the cluster, and what they are told.
"""

from __future__ import annotations

from math import inf

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.actions import Deliver
from hatwist.cluster.clients import DAEMONS_OWN, Clients
from hatwist.cluster.complaints import Complaints
from hatwist.cluster.events import ClientAsked, ClientJoined, ClientLeft, ClientSpoke, MessageWanted
from hatwist.cluster.facts import LinkChanged, MessageDelivered, PeerDied
from hatwist.cluster.names import Delivery, LinkStatus
from hatwist.cluster.roster import Roster
from hatwist.wire.message import Message
from tests.cluster.builders import ALPHA, BETA, CF, ETH0, identity, logged, sent, settled_ledger, status


def clients() -> Clients:
    """Make those of alpha, nobody signed on."""
    roster = Roster(ALPHA, CF.nodes, settled_ledger(), Complaints())
    return Clients(identity(), roster)


class SayTests(SynchronousTestCase):
    """What goes out."""

    def test_a_node_that_we_refuse_is_not_sent_on(self) -> None:
        """A peer that runs heartbeat would take it in; a known one may come back."""
        one = clients()
        refused = one.handle(MessageWanted(Message.of(t="addnode", nodelist="beta gamma"), "FIFO"), 0.0)
        self.assertEqual(sent(refused), [])
        self.assertIn("addnode from FIFO: node [gamma] is not in our ha.cf", logged(refused)[0])
        known = Message.of(t="addnode", nodelist="beta")
        self.assertEqual(sent(one.handle(MessageWanted(known, "FIFO"), 0.0)), [known])

    def test_a_script_speaks_through_the_fifo(self) -> None:
        """What root writes into the FIFO goes out as it is."""
        message = Message.of(t="hb_takeover", rsc_hold="all")
        self.assertEqual(sent(clients().handle(MessageWanted(message), 0.0)), [message])

    def test_nobody_speaks_for_the_daemon(self) -> None:
        """Messages that say how it is with this node are the daemon's own."""
        for kind in [*sorted(DAEMONS_OWN), "NS_ackmsg", "hbapi-clstat"]:
            refused = clients().handle(MessageWanted(Message.of(t=kind)), 0.0)
            text = f"fifo: a message of type {kind!r} is for the daemon itself to send"
            self.assertEqual((sent(refused), logged(refused)), ([], [text]))

    def test_signing_on_and_off_is_told_to_the_cluster(self) -> None:
        """The fields are heartbeat's, in its order; each sign-on has a number of its own."""
        one = clients()
        one.handle(ClientJoined("ipfail"), 0.0)
        one.handle(ClientLeft("ipfail", "EOF"), 0.0)
        joined = Message.of(
            t="hbapi-clstat",
            st="join",
            from_id="ipfail",
            to_id="ipfail",
            src="alpha",
            info="signon",
            client_gen="2",
        )
        self.assertEqual(sent(one.handle(ClientJoined("ipfail"), 0.0)), [joined])
        left = joined.with_field("st", "leave").with_field("info", "died")
        self.assertEqual(sent(one.handle(ClientLeft("ipfail", "died"), 0.0)), [left])
        self.assertEqual(one.handle(ClientLeft("ipfail", "died"), 0.0), [])

    def test_a_client_speaks_to_its_own_kind(self) -> None:
        """Whatever it claims, its message is from it and to clients of its name."""
        one = clients()
        one.handle(ClientJoined("ipfail"), 0.0)
        message = Message.of(t="num_ping_nodes", src="alpha", to_id="dopd", num_ping="1")
        out = Message.of(
            t="num_ping_nodes", src="alpha", to_id="ipfail", num_ping="1", from_id="ipfail", client_gen="1"
        )
        self.assertEqual(sent(one.handle(ClientSpoke("ipfail", message), 0.0)), [out])

    def test_a_client_may_not_speak_for_the_daemon(self) -> None:
        """Nor may one that has not signed on say anything."""
        one = clients()
        one.handle(ClientJoined("ipfail"), 0.0)
        text = "client ipfail may not send a message of type 'shutdone'"
        self.assertEqual(logged(one.handle(ClientSpoke("ipfail", Message.of(t="shutdone")), 0.0)), [text])
        text = "client dopd may not send a message of type 'x'"
        self.assertEqual(logged(one.handle(ClientSpoke("dopd", Message.of(t="x")), 0.0)), [text])

    def test_a_peer_asks_whether_a_client_is_here(self) -> None:
        """It is told so, and the answer is for whoever asked."""
        one = clients()
        one.handle(ClientJoined("ipfail"), 0.0)
        for client, word in (("ipfail", "online"), ("dopd", "offline")):
            question = Message.of(t="query-cstatus", dest="alpha", cn=client, from_id="4711")
            answer = Message.of(
                t="respond-cstatus", dest="beta", result="OK", cn=client, to_id="4711", cs=word
            )
            self.assertEqual(sent(one.handle(MessageDelivered(BETA, question), 0.0)), [answer])
        self.assertEqual(sent(one.handle(MessageDelivered(ALPHA, question, own=True), 0.0)), [])

    def test_a_client_asks_about_another_node(self) -> None:
        """The question goes out; the answer will come as news for whoever asked."""
        question = Message.of(t="query-cstatus", dest="beta", cn="ipfail", from_id="4711")
        self.assertEqual(sent(clients().handle(ClientAsked(BETA, "ipfail", "4711"), 0.0)), [question])

    def test_nothing_waits(self) -> None:
        """There is no deadline here."""
        self.assertEqual(clients().deadline(), inf)


class HearTests(SynchronousTestCase):
    """What comes in."""

    def test_news_and_what_is_none(self) -> None:
        """A status is news when it says something new; talk between daemons is never news."""
        one = clients()
        up, active = status("up"), status("active")
        for message, delivery in (
            (up, Delivery.NEWS),
            (up, Delivery.UNCHANGED),
            (active, Delivery.NEWS),
            (Message.of(t="resource"), Delivery.NEWS),
            (Message.of(t="of our own making"), Delivery.NEWS),
            (Message.of(t="NS_ackmsg"), Delivery.PROTOCOL),
            (Message.of(t="reqnodes"), Delivery.PROTOCOL),
        ):
            told = one.handle(MessageDelivered(BETA, message), 0.0)
            self.assertEqual(told, [Deliver(message, delivery)])

    def test_our_own_status_is_no_news(self) -> None:
        """Clients ask for it; heartbeat does not tell them either."""
        told = clients().handle(MessageDelivered(ALPHA, status("active"), own=True), 0.0)
        self.assertEqual(told, [Deliver(status("active"), Delivery.UNCHANGED, own=True)])

    def test_a_death_and_a_link(self) -> None:
        """Both are told in heartbeat's own words, which never go over the wire."""
        one = clients()
        one.handle(MessageDelivered(BETA, status("active")), 0.0)
        death = Message.of(t="status", seq="1", ts="3f2", src="beta", st="dead")
        self.assertEqual(
            one.handle(PeerDied(BETA, 10.0, True), 10.0), [Deliver(death, Delivery.NEWS, own=True)]
        )
        back = one.handle(MessageDelivered(BETA, status("active")), 11.0)
        self.assertEqual(back, [Deliver(status("active"), Delivery.NEWS)])
        link = Message.of(t="ifstat", node="beta", ifname="eth0", st="dead")
        self.assertEqual(
            one.handle(LinkChanged(BETA, ETH0, LinkStatus.DEAD), 12.0),
            [Deliver(link, Delivery.NEWS, own=True)],
        )

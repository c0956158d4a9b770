# -*- test-case-name: tests.cluster.test_reception_holes -*-
"""
What is missing is asked for again, what came is acknowledged (protocol 8.4, 8.6).
"""

from __future__ import annotations

from itertools import pairwise
from math import inf
from random import Random

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.actions import Log
from hatwist.cluster.complaints import Complaints
from hatwist.cluster.events import DeadlinePassed
from hatwist.cluster.facts import (
    MessageDelivered,
    PeerDied,
    PeerHeard,
    PeerStatusChanged,
    Send,
)
from hatwist.cluster.names import Level, NodeStatus
from hatwist.cluster.reception import Reception
from hatwist.wire.message import Message
from tests.cluster.builders import (
    BETA,
    CF,
    THREE,
    config,
    from_peer,
    identity,
    logged,
    sent,
    status,
)
from tests.cluster.test_reception import arrived, heartbeat, up_to


class HoleTests(SynchronousTestCase):
    """What is missing is asked for again (protocol 8.4)."""

    def requests(self, one: Reception, now: float) -> list[str]:
        """Let a deadline pass, and return what is asked for."""
        return [
            f"{message.get('dest')} {message.get('firstseq')}-{message.get('lastseq')}"
            for message in sent(one.handle(DeadlinePassed(), now))
        ]

    def test_gap_is_reported(self) -> None:
        """A gap is a warning that names the numbers around it; nothing is asked for at once."""
        one = up_to(7)
        outcomes = one.handle(heartbeat(11), 5.0)
        self.assertEqual(logged(outcomes), ["3 lost packet(s) for [beta] [7:11]"])
        self.assertEqual(sent(outcomes), [])

    def test_first_request(self) -> None:
        """The first request comes 50 to 250 ms after the gap was seen."""
        for seed in range(20):
            one = Reception(config(), identity(), Random(seed), Complaints())
            one.handle(heartbeat(7), 5.0)
            one.handle(PeerStatusChanged(BETA, NodeStatus.ACTIVE), 5.0)
            one.handle(heartbeat(9), 5.0)
            self.assertGreaterEqual(one.deadline(), 5.05)
            self.assertLessEqual(one.deadline(), 5.25)

    def test_short_delays(self) -> None:
        """With a C{max_rexmit_delay} below 100 ms the first request may come at once."""
        delays = []
        for seed in range(50):
            one = Reception(config(evolve(CF, max_rexmit_delay=0.08)), identity(), Random(seed), Complaints())
            one.handle(heartbeat(7), 5.0)
            one.handle(PeerStatusChanged(BETA, NodeStatus.UP), 5.0)
            one.handle(heartbeat(9), 5.0)
            delays.append(one.deadline() - 5.0)
        self.assertLess(min(delays), 0.05)
        self.assertLessEqual(max(delays), 0.08)

    def test_hundred_milliseconds(self) -> None:
        """With 100 ms the first request waits for 50."""
        for seed in range(50):
            cf = evolve(CF, max_rexmit_delay=0.1)
            one = Reception(config(cf), identity(), Random(seed), Complaints())
            one.handle(heartbeat(7), 0.0)
            one.handle(PeerStatusChanged(BETA, NodeStatus.UP), 0.0)
            one.handle(heartbeat(9), 0.0)
            self.assertGreaterEqual(one.deadline(), 0.05)

    def test_again_and_again(self) -> None:
        """The request is repeated each C{max_rexmit_delay} until the message comes."""
        one = up_to(7)
        one.handle(heartbeat(9), 5.0)
        self.assertEqual(self.requests(one, 5.25), ["beta 8-8"])
        self.assertEqual(self.requests(one, 5.4), [])
        self.assertEqual(one.deadline(), 5.5)
        self.assertEqual(self.requests(one, 5.5), ["beta 8-8"])
        one.handle(heartbeat(8), 5.6)
        self.assertEqual(self.requests(one, 6.0), [])
        self.assertEqual(one.deadline(), inf)

    def test_another_gap(self) -> None:
        """A second gap does not put off the request for the first."""
        one = up_to(7)
        one.handle(heartbeat(9), 5.0)
        first = one.deadline()
        one.handle(heartbeat(11), 5.04)
        self.assertEqual(one.deadline(), first)

    def test_numbers_are_decimal(self) -> None:
        """The numbers of a request are decimal, unlike everywhere else."""
        one = up_to(9)
        one.handle(heartbeat(12), 5.0)
        [request] = sent(one.handle(DeadlinePassed(), 6.0))
        self.assertEqual(request, Message.of(t="NS_rexmit", dest="beta", firstseq="10", lastseq="11"))

    def test_ranges(self) -> None:
        """Neighbours are asked for together, at most fifty at a time."""
        one = up_to(7)
        one.handle(heartbeat(110), 5.0)
        one.handle(heartbeat(20), 5.0)
        self.assertEqual(self.requests(one, 6.0), ["beta 8-19", "beta 21-70", "beta 71-109"])

    def test_filled(self) -> None:
        """It is said when nothing is missing any more; what was missing is acted on."""
        one = up_to(7)
        one.handle(heartbeat(9), 5.0)
        outcomes = one.handle(heartbeat(8), 5.1)
        self.assertEqual(logged(outcomes), ["No pkts missing from beta!"])
        self.assertEqual(outcomes[-1], MessageDelivered(BETA, from_peer(status(), seq=8)))

    def test_too_wide(self) -> None:
        """After a gap of more than 250 nothing is asked for."""
        one = up_to(7)
        outcomes = one.handle(heartbeat(300), 5.0)
        self.assertEqual(
            logged(outcomes), ["292 lost packet(s) for [beta] [7:300]", "lost a lot of packets!"]
        )
        self.assertEqual(self.requests(one, 6.0), [])

    def test_refused(self) -> None:
        """What the sender no longer has is lost for good: an error in the log, and not asked for again."""
        one = up_to(7)
        one.handle(heartbeat(17), 5.0)
        nak = from_peer(Message.of(t="NS_nak_rexmit", firstseq="a", dest="gamma", info="seqno too low"))
        self.assertEqual(
            one.handle(arrived(nak), 5.1),
            [Log(Level.ERROR, "Irretrievably lost packet: node beta seq 10")],
        )
        self.assertEqual(self.requests(one, 6.0), ["beta 8-9", "beta 11-16"])

    def test_refused_without_need(self) -> None:
        """A refusal of something that was not missed is nothing."""
        one = up_to(7)
        nak = from_peer(Message.of(t="NS_nak_rexmit", firstseq="5"))
        self.assertEqual(one.handle(arrived(nak), 5.1), [])

    def test_malformed_refusal(self) -> None:
        """A refusal without a number, or with a word, refuses nothing."""
        one = up_to(7)
        one.handle(heartbeat(9), 5.0)
        one.handle(arrived(from_peer(Message.of(t="NS_nak_rexmit", firstseq="eight"))), 5.1)
        self.assertEqual(one.complaints.counters, {"malformed": 1})
        one.handle(arrived(from_peer(Message.of(t="NS_nak_rexmit"))), 5.1)
        self.assertEqual(self.requests(one, 6.0), ["beta 8-8"])

    def test_only_of_the_living(self) -> None:
        """A peer that is starting, or dead, is asked for nothing."""
        one = up_to(7)
        one.handle(heartbeat(9), 5.0)
        one.handle(PeerStatusChanged(BETA, NodeStatus.INIT), 5.0)
        self.assertEqual(self.requests(one, 6.0), [])
        self.assertEqual(one.deadline(), inf)
        one.handle(PeerStatusChanged(BETA, NodeStatus.UP), 7.0)
        self.assertEqual(self.requests(one, 7.0), ["beta 8-8"])
        one.handle(PeerDied(BETA, 10.0, True), 8.0)
        self.assertEqual(self.requests(one, 9.0), [])
        self.assertEqual(one.deadline(), inf)
        one.handle(PeerStatusChanged(BETA, NodeStatus.UP), 10.0)
        self.assertEqual(self.requests(one, 10.0), [], "what was missing of the dead is forgotten")

    def test_nothing_more_of_the_dead(self) -> None:
        """What is missing among the messages of a dead peer is not asked for."""
        one = up_to(7)
        one.handle(PeerDied(BETA, 10.0, True), 8.0)
        for number in (20, 22):
            one.handle(arrived(from_peer(Message.of(t="x"), seq=number)), 9.0)
        self.assertEqual(one.deadline(), inf)

    def test_each_peer_for_itself(self) -> None:
        """What is missing of one peer does not concern another."""
        one = up_to(7, THREE)
        one.handle(heartbeat(9), 5.0)
        self.assertEqual(self.requests(one, 6.0), ["beta 8-8"])


class AcknowledgementTests(SynchronousTestCase):
    """One in ten messages is acknowledged (protocol 8.6)."""

    def acknowledgements(self, one: Reception, numbers: range) -> list[Message]:
        """Let heartbeats come in order."""
        return [message for number in numbers for message in sent(one.handle(heartbeat(number), 0.0))]

    def test_every_tenth(self) -> None:
        """Of fifty messages in order five are acknowledged, each ten after the one before."""
        acks = self.acknowledgements(up_to(1), range(2, 52))
        numbers = [message.hexadecimal("ackseq") or 0 for message in acks]
        self.assertEqual([b - a for a, b in pairwise(numbers)], [10] * 4)
        self.assertEqual(acks[0], Message.of(t="NS_ackmsg", dest="beta", ackseq=f"{numbers[0]:x}"))

    def test_peers_choose_different_digits(self) -> None:
        """Which messages are acknowledged is left to chance, so that peers do not all do it at once."""
        first = set()
        for seed in range(30):
            one = Reception(config(), identity(), Random(seed), Complaints())
            one.handle(heartbeat(1), 0.0)
            first.add(self.acknowledgements(one, range(2, 12))[0].get("ackseq"))
        self.assertGreater(len(first), 5)

    def test_sent_before_the_message_is_acted_on(self) -> None:
        """The acknowledgement leaves before anything the message causes."""
        one = up_to(1)
        for number in range(2, 12):
            outcomes = one.handle(heartbeat(number), 0.0)
            if sent(outcomes):
                self.assertEqual([type(x) for x in outcomes], [Send, PeerHeard, MessageDelivered])

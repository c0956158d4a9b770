# -*- test-case-name: tests.cluster.test_twins -*-
"""
Two machines with one name, or one uuid: the newcomer is refused, nothing moves,
and both say why.
"""

from __future__ import annotations

from math import inf
from random import Random

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.actions import Log, Stop
from hatwist.cluster.complaints import Complaints
from hatwist.cluster.events import DeadlinePassed, Started
from hatwist.cluster.facts import (
    CommunicationEstablished,
    Listening,
    MessageDelivered,
    PeerHeard,
    Refused,
    SelfHeard,
    TwinSuspected,
)
from hatwist.cluster.membership import Membership
from hatwist.cluster.node import Node
from hatwist.cluster.patience import Patience
from hatwist.cluster.twins import Twins
from hatwist.config.model import NodeName
from hatwist.wire.message import Message
from tests.cluster.builders import (
    ALPHA,
    BETA,
    ETH0,
    UUIDS,
    Cluster,
    config,
    from_peer,
    identity,
    logged,
    sent,
    status,
)

CLONE = NodeName("clone")
"""The second machine that calls itself beta; only the tests call it so."""


def twins(*, established: bool = False, sent: int = 5) -> Twins:
    """Make alpha's: generation 7, started at 1000."""
    one = Twins(identity(), Complaints(), Random(1), 1000)
    for number, ts in ((sent - 3, 1000), (sent, 1001)):
        message = Message.of(t="x", seq=f"{number:x}", ts=f"{ts:x}")
        one.handle(MessageDelivered(ALPHA, message, own=True), 0.0)
    one.handle(MessageDelivered(BETA, Message.of(t="x", seq="99"), own=False), 0.0)
    if established:
        one.handle(CommunicationEstablished(), 0.0)
    return one


def heard(
    message: Message,
    *,
    src: str = "alpha",
    seq: int = 3,
    hg: int = 7,
    ts: int = 1001,
    uuid: bytes = b"a" * 16,
) -> SelfHeard:
    """Let a message come that bears alpha's name or uuid."""
    return SelfHeard(ETH0, from_peer(message, seq=seq, src=src, hg=hg, ts=ts, uuid=uuid), "eth0 192.0.2.2")


class OwnTests(SynchronousTestCase):
    """What is our own, and what is not."""

    def test_our_own_comes_back(self) -> None:
        """It shows our link up."""
        self.assertEqual(twins().handle(heard(status()), 0.0), [PeerHeard(ALPHA, ETH0)])

    def test_only_a_status_proves_anything(self) -> None:
        """Acknowledgements have no number; whose they are cannot be said."""
        ack = Message.of(t="NS_ackmsg", dest="beta", ackseq="1")
        self.assertEqual(twins().handle(heard(ack, seq=0, ts=1005), 0.0), [PeerHeard(ALPHA, ETH0)])
        for other in (heard(ack, hg=8), heard(ack, uuid=b"z" * 16), heard(Message.of(t="resource"), hg=8)):
            self.assertEqual(twins().handle(other, 0.0), [])

    def test_old_records(self) -> None:
        """They are counted and asked about, for a machine whose clock is late may say the same."""
        for generation, ts in ((99, 900), (6, 1)):
            one = twins()
            (word,) = sent(one.handle(heard(status(), hg=generation, ts=ts), 0.5))
            self.assertEqual(word.get("t"), "NS_twin")
            self.assertEqual(one.complaints.counters, {"own former life": 1})
            self.assertEqual(twins(established=True).handle(heard(status(), hg=6, ts=ts), 0.5), [])

    def test_a_life_that_goes_on(self) -> None:
        """What was sent after our start is no recording of a former life of ours: it is another machine's."""
        self.assertEqual(len(twins().handle(heard(status("active"), hg=6, ts=1001), 0.2)), 5)

    def test_not_a_number(self) -> None:
        """It is malformed."""
        strange = heard(status()).message.with_field("hg", "x")
        said = twins().handle(SelfHeard(ETH0, strange, "eth0"), 0.0)
        self.assertEqual(logged(said), ["Bad message on eth0: field 'hg' is not a number: 'x'"])

    def test_nothing_waits(self) -> None:
        """There is no deadline here."""
        self.assertEqual(twins().deadline(), inf)


class RefusalTests(SynchronousTestCase):
    """Who has to go."""

    def goes(self, event: SelfHeard, *, established: bool = False) -> bool:
        """Say whether alpha refuses to start because of a message."""
        outcomes = twins(established=established).handle(event, 0.5)
        self.assertEqual(len(logged(outcomes)), 1)
        return any(isinstance(one, Refused) for one in outcomes)

    def test_who_came_later_goes(self) -> None:
        """To a node that takes part in its cluster already a starting one gives way."""
        for first in (
            heard(status("active"), hg=8),
            heard(status("active"), hg=6),
            heard(status("active"), seq=50),
            heard(status("active"), seq=1, ts=1005),
            heard(status("active"), uuid=b"z" * 16),
            heard(status("active"), src="beta", hg=2),
        ):
            self.assertTrue(self.goes(first))
            self.assertFalse(self.goes(first, established=True))

    def test_of_two_that_start_one_stays(self) -> None:
        """The lower generation, then the lower uuid or name; twins in everything both go."""
        for other, we_go in (
            (heard(status("up"), hg=8), False),
            (heard(status("init"), hg=6), True),
            (heard(status("up"), uuid=b"z" * 16), False),
            (heard(status("up"), uuid=b"A" * 16), True),
            (heard(status("up"), src="beta"), False),
            (heard(status("up"), seq=50), True),
        ):
            self.assertEqual(self.goes(other), we_go, other)

    def test_it_is_said_once(self) -> None:
        """A node that has refused refuses no second time; and who stays says so once a minute."""
        one = twins()
        self.assertEqual(len(one.handle(heard(status(), hg=8), 0.0)), 5)
        self.assertEqual(one.handle(heard(status(), hg=8), 0.1), [])
        (said,) = one.handle(heard(status(), hg=8), 61.0)
        assert isinstance(said, Log)
        self.assertIn("its messages are ignored", said.text)

    def test_the_first_is_told(self) -> None:
        """It is the only word of the newcomer, to the other alone; and the other says so in its log."""
        outcomes = twins().handle(heard(status(), hg=8), 0.0)
        (word,) = sent(outcomes)
        self.assertEqual(word, Message.of(t="NS_twin", dest="alpha"))
        told = twins(established=True).handle(heard(word, hg=8), 0.0)
        self.assertIn("it came later and does not start", logged(told)[0])

    def test_its_own_word_comes_back(self) -> None:
        """Over a broadcast it hears itself, and is not told anything."""
        one = twins()
        (word,) = sent(one.handle(heard(status(), hg=8), 0.0))
        self.assertEqual(one.handle(heard(word), 0.0), [])

    def test_who_said_nothing_yet_goes(self) -> None:
        """Even to one that only starts, with a higher generation: that one has begun to speak."""
        one = Twins(identity(), Complaints(), Random(1), 1000)
        self.assertTrue(any(isinstance(it, Refused) for it in one.handle(heard(status("up"), hg=8), 0.5)))

    def test_words(self) -> None:
        """Who looks at the log knows which machine and why."""
        for event, words in (
            (
                heard(status(), uuid=b"z" * 16),
                "another machine uses our name alpha (on eth0 192.0.2.2);"
                " this node came later and does not start",
            ),
            (
                heard(status(), hg=8),
                "another machine uses our name alpha and our uuid:"
                " it is a copy of this one, or this one of it (on eth0 192.0.2.2);"
                " this node came later and does not start",
            ),
            (
                heard(status(), src="beta"),
                "node beta uses the uuid of this node (on eth0 192.0.2.2): one is a copy of the other;"
                " this node came later and does not start",
            ),
        ):
            self.assertEqual(logged(twins().handle(event, 0.0)), [words])


class QuestionTests(SynchronousTestCase):
    """What may be a recording of our own former life, and may be a twin's, is asked."""

    def ask(self, one: Twins, now: float = 0.1, ts: int = 999) -> list[object]:
        """Let alpha hear a status of a lower generation of its own."""
        return list(one.handle(heard(status("active"), hg=6, ts=ts), now))

    def test_a_recording(self) -> None:
        """It may be of the last second, or, after a step of the clock, ahead of us: nobody answers."""
        for ts in (999, 941, 1000, 9999):
            one = twins()
            (word,) = sent(self.ask(one, ts=ts))
            self.assertEqual((word.get("t"), word.get("dest")), ("NS_twin", "alpha"))
            self.assertEqual(one.handle(heard(word), 0.2), [])
            self.assertEqual(one.complaints.counters, {"own former life": 1})

    def test_not_for_each(self) -> None:
        """However many come, it asks a few times a second, and always the same."""
        one = twins()
        (first,) = sent(self.ask(one))
        self.assertEqual(self.ask(one, 0.2), [])
        self.assertEqual(sent(self.ask(one, 0.4)), [first])

    def test_silence(self) -> None:
        """Who has said nothing yet is silent again after it."""
        one = Twins(identity(), Complaints(), Random(1), 1000)
        asked = self.ask(one)
        self.assertEqual((asked[0], asked[2:]), (Listening(False), [Listening(True)]))

    def test_the_second_of_our_start(self) -> None:
        """Of a status of that second nobody can tell; so the next is waited for."""
        self.assertIn(TwinSuspected(), self.ask(twins(), ts=1000))
        self.assertNotIn(TwinSuspected(), self.ask(twins()))
        one = Membership(config(), ALPHA, Patience(config().cf), Complaints(), 2.5, 0.5)
        one.handle(TwinSuspected(), 4.0)
        one.handle(Started(), 5.0)
        one.handle(DeadlinePassed(), 7.0)
        one.handle(TwinSuspected(), 7.1)
        self.assertEqual((one.handle(DeadlinePassed(), 8.0), one.deadline()), ([], 8.5))

    def test_an_answer(self) -> None:
        """Who lives answers who asks; who asked gives way."""
        one = twins()
        (question,) = sent(self.ask(one))
        (answer,) = sent(twins(established=True).handle(heard(question, hg=8), 0.0))
        said = one.handle(heard(answer, hg=6), 0.2)
        self.assertTrue(any(isinstance(it, Refused) for it in said))

    def test_no_answer(self) -> None:
        """A recorded answer is none, nor one that comes when we take part; who is silent gives none."""
        one = twins()
        (question,) = sent(self.ask(one))
        answer = Message.of(t="NS_twin", dest="alpha", re="1234")
        self.assertEqual(one.handle(heard(answer, hg=6), 0.2), [])
        one.handle(CommunicationEstablished(), 0.3)
        answer = Message.of(t="NS_twin", dest="alpha", re=question.get("n"))
        self.assertEqual(one.handle(heard(answer, hg=6), 0.4), [])
        silent = Twins(identity(), Complaints(), Random(1), 1000)
        self.assertEqual(silent.handle(heard(question, hg=8), 0.2), [])


class ClusterTests(SynchronousTestCase):
    """Whole nodes: alpha, beta, and a second machine that is a copy of beta."""

    def setUp(self) -> None:
        self.cluster = Cluster.of()
        self.cluster.running[CLONE] = set()

    def add(self, generation: int, uuid: bytes = UUIDS[BETA], name: NodeName = BETA) -> None:
        """Switch the second machine on."""
        who = evolve(identity(BETA, generation), uuid=uuid, name=name)
        self.cluster.nodes[CLONE] = Node(config(), who, Random(5), self.cluster.now)
        self.cluster.start(CLONE)

    def said(self, name: NodeName) -> str:
        """Return what one node logged."""
        return "\n".join(logged(action for _, who, action in self.cluster.done if who == name))

    def assert_nothing_moved(self) -> None:
        """Each group runs where it ran, and was never anywhere else."""
        self.assertEqual(self.cluster.running, {ALPHA: {"10.0.0.1"}, BETA: {"10.0.0.2"}, CLONE: set()})
        self.assertEqual(self.cluster.most, 1)

    def test_a_newcomer(self) -> None:
        """Whatever its generation and uuid, it says that it does not start, and is gone."""
        for generation, uuid in ((8, UUIDS[BETA]), (6, UUIDS[BETA]), (7, UUIDS[BETA]), (99, b"z" * 16)):
            self.setUp()
            self.cluster.start(ALPHA, BETA)
            self.cluster.run(30)
            self.assert_nothing_moved()
            self.add(generation, uuid)
            self.cluster.run(10)
            self.assertNotIn(CLONE, self.cluster.up)
            self.assertIn("this node came later and does not start", self.said(CLONE))
            self.assertIn("another machine uses our name beta", self.said(BETA))
            (stop,) = [action for _, who, action in self.cluster.done if isinstance(action, Stop)]
            self.assertTrue(stop.refused)
            self.assert_nothing_moved()
            self.cluster.run(30)
            self.assert_nothing_moved()

    def test_a_newcomer_that_does_not_give_way(self) -> None:
        """A C node would not: the others go on to believe the first."""
        self.cluster.start(ALPHA, BETA)
        self.cluster.run(30)
        self.add(8)
        self.cluster.nodes[CLONE].twins.handle(CommunicationEstablished(), self.cluster.now)
        self.cluster.run(30)
        self.assertIn("two machines use the name beta", self.said(ALPHA))
        self.assertEqual(self.cluster.running[ALPHA], {"10.0.0.1"})
        self.assertEqual(self.cluster.nodes[ALPHA].reception.generation(BETA), 7)
        self.assertEqual(self.cluster.nodes[ALPHA].status().nodes[1].status.value, "active")

    def test_two_that_start_at_once(self) -> None:
        """One of them stays, and takes part."""
        self.add(8)
        self.cluster.start(ALPHA, BETA)
        self.cluster.run(30)
        self.assertNotIn(CLONE, self.cluster.up)
        self.assert_nothing_moved()

    def test_a_restart_is_no_twin(self) -> None:
        """A node that was killed and starts again at once is not taken for its own copy."""
        self.cluster.start(ALPHA, BETA)
        self.cluster.run(30)
        del self.cluster.running[CLONE]
        self.cluster.crash(BETA)
        self.cluster.reboot(BETA)
        self.cluster.run(30)
        self.assertEqual(self.cluster.running, {ALPHA: {"10.0.0.1"}, BETA: {"10.0.0.2"}})

    def test_another_node_with_our_uuid(self) -> None:
        """alpha starts with beta's uuid, as the copy of beta's disk that it is: it does not start."""
        who = evolve(identity(ALPHA, 9), uuid=UUIDS[BETA])
        self.cluster.start(BETA)
        self.cluster.run(60)
        self.cluster.nodes[ALPHA] = Node(config(), who, Random(1), self.cluster.now)
        self.cluster.start(ALPHA)
        self.cluster.run(10)
        self.assertNotIn(ALPHA, self.cluster.up)
        self.assertIn("node alpha uses the uuid of this node", self.said(BETA))
        self.assertIn("node beta uses the uuid of this node", self.said(ALPHA))
        self.assertEqual(self.cluster.running[BETA], {"10.0.0.1", "10.0.0.2"})

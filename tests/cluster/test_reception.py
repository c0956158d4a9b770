# -*- test-case-name: tests.cluster.test_reception -*-
"""
From bytes on a link to messages that are to be acted on (protocol 5, 8).
"""

from __future__ import annotations

from random import Random

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.actions import Log
from hatwist.cluster.complaints import Complaints
from hatwist.cluster.events import DatagramReceived, KeysChanged
from hatwist.cluster.facts import (
    MessageArrived,
    MessageDelivered,
    PeerDied,
    PeerHeard,
    PeerRestarted,
    PeerStatusChanged,
    SelfHeard,
    Send,
    UuidLearned,
)
from hatwist.cluster.names import Level, NodeStatus
from hatwist.cluster.reception import Reception
from hatwist.config.model import HaCf, LinkName
from hatwist.wire.auth import Key, Keyring
from hatwist.wire.message import Field, FieldType, Message
from tests.cluster.builders import (
    ALPHA,
    BETA,
    CF,
    ETH0,
    ETH1,
    UUIDS,
    config,
    datagram,
    from_peer,
    identity,
    logged,
    sent,
    status,
)


def reception(cf: HaCf = CF) -> Reception:
    """Make the reception of C{alpha}."""
    return Reception(config(cf), identity(), Random(1), Complaints())


def arrived(message: Message) -> MessageArrived:
    """Let an authentic message of C{beta} have come."""
    return MessageArrived(ETH0, BETA, message)


def heartbeat(number: int, generation: int = 3) -> MessageArrived:
    """Make a heartbeat of C{beta}."""
    return arrived(from_peer(status(), seq=number, hg=generation))


def up_to(number: int, cf: HaCf = CF) -> Reception:
    """Make the reception of C{alpha} after it heard that C{beta} is active, and this number."""
    one = reception(cf)
    one.handle(heartbeat(number), 0.0)
    one.handle(PeerStatusChanged(BETA, NodeStatus.ACTIVE), 0.0)
    return one


class OpenTests(SynchronousTestCase):
    """What is not acceptable is counted, logged at a bounded rate, and changes nothing."""

    def test_authentic(self) -> None:
        """A signed message of a configured node goes on."""
        message = from_peer(status(), seq=1)
        one = reception()
        shown: list[MessageArrived] = []
        one.watch = shown.append
        outcomes = one.handle(datagram(message, ETH1), 0.0)
        self.assertEqual(outcomes[-2], PeerHeard(BETA, ETH1))
        (arrived,) = shown
        self.assertEqual((arrived.link, arrived.sender), (ETH1, BETA))
        self.assertEqual(arrived.message.without("auth"), message)

    def test_wrong_signature(self) -> None:
        """A message signed with another key is refused, and the log says who it claims to be from."""
        one = reception()
        forged = datagram(from_peer(status(), seq=1), keys=Keyring(1, (Key(1, "sha1", b"other"),)))
        self.assertEqual(
            one.handle(forged, 0.0),
            [
                Log(
                    Level.WARN,
                    "string2msg_ll: node [beta] failed authentication"
                    " (on eth0 192.0.2.2: the signature by method 1 is wrong)",
                )
            ],
        )
        self.assertEqual(one.handle(forged, 1.0), [])
        self.assertEqual(one.complaints.counters, {"not authentic": 2})

    def test_unsigned(self) -> None:
        """A message without a signature is refused; nobody is named where nobody is claimed."""
        one = reception()
        unsigned = DatagramReceived(ETH0, b"###\n%%%\n")
        [line] = logged(one.handle(unsigned, 0.0))
        self.assertIn("node [?] failed authentication (on eth0: ", line)

    def test_garbage(self) -> None:
        """Bytes that are no message are a malformed one."""
        one = reception()
        self.assertEqual(
            one.handle(DatagramReceived(ETH0, b"hello"), 0.0),
            [Log(Level.WARN, "Bad message on eth0: no start mark")],
        )
        self.assertEqual(one.complaints.counters, {"malformed": 1})

    def test_log_badpack_off(self) -> None:
        """With C{log_badpack off} bad packets are counted only."""
        one = reception(evolve(CF, log_badpack=False))
        forged = datagram(from_peer(status(), seq=1), keys=Keyring(1, (Key(1, "sha1", b"other"),)))
        self.assertEqual(one.handle(forged, 0.0), [])
        self.assertEqual(one.handle(DatagramReceived(ETH0, b"hello"), 0.0), [])
        self.assertEqual(one.complaints.counters, {"malformed": 1, "not authentic": 1})

    def test_indispensable_fields(self) -> None:
        """A message without type, sender or time, or with time zero, is malformed."""
        message = from_peer(status(), seq=1)
        bad = {
            "no field 't'": message.without("t"),
            "no field 'src'": message.without("src"),
            "no field 'ts'": message.without("ts"),
            "the time stamp is zero": message.with_field("ts", "0"),
            "field 'ts' is not a number: 'now'": message.with_field("ts", "now"),
        }
        said = {why: logged(reception().handle(datagram(one), 0.0)) for why, one in bad.items()}
        self.assertEqual(said, {why: [f"Bad message on eth0 192.0.2.2: {why}"] for why in bad})

    def test_unknown_node(self) -> None:
        """A node that is not in ha.cf is reported and ignored; case matters."""
        one = reception()
        for name in ("delta", "Beta"):
            outcomes = one.handle(datagram(from_peer(status(), src=name)), 0.0)
            self.assertEqual([type(it) for it in outcomes if not isinstance(it, Log)], [])
        self.assertEqual(one.complaints.counters, {"unknown node": 2})

    def test_noise_on_a_line(self) -> None:
        """What a serial line has damaged is counted for itself."""
        one = reception()
        forged = datagram(from_peer(status(), seq=1), keys=Keyring(1, (Key(1, "sha1", b"other"),)))
        one.handle(evolve(forged, link=LinkName("/dev/ttyS0")), 0.0)
        self.assertEqual(one.complaints.counters, {"not authentic on a line": 1})

    def test_what_bears_our_name_or_our_uuid(self) -> None:
        """It is looked at apart, and is never acted on."""
        for message in (
            from_peer(status(), seq=1, src=ALPHA, uuid=UUIDS[ALPHA]),
            from_peer(status(), seq=1, src=ALPHA, uuid=UUIDS[BETA]),
            from_peer(status(), seq=1, src=ALPHA),
            from_peer(status(), seq=1, src=BETA, uuid=UUIDS[ALPHA]),
        ):
            (heard,) = reception().handle(datagram(message), 0.0)
            assert isinstance(heard, SelfHeard)
            self.assertEqual((heard.link, heard.where), (ETH0, "eth0 192.0.2.2"))


class DeliveryTests(SynchronousTestCase):
    """What is acted on, and what only shows a link up."""

    def test_delivered(self) -> None:
        """A message in order shows its sender on the link and is acted on."""
        one = up_to(7)
        message = from_peer(status(), seq=8)
        self.assertEqual(
            one.handle(arrived(message), 0.0), [PeerHeard(BETA, ETH0), MessageDelivered(BETA, message)]
        )

    def test_copy(self) -> None:
        """The same message over a second medium shows that link up and is not acted on again."""
        one = up_to(7)
        message = from_peer(status(), seq=7)
        self.assertEqual(one.handle(MessageArrived(ETH1, BETA, message), 0.0), [PeerHeard(BETA, ETH1)])
        self.assertEqual(one.complaints.counters, {"copy": 1})

    def test_old_copy(self) -> None:
        """A copy of an older message shows nothing."""
        one = up_to(7)
        self.assertEqual(one.handle(heartbeat(5), 0.0), [])
        self.assertEqual(one.complaints.counters, {"old copy": 1})

    def test_replay(self) -> None:
        """A message of a generation that is over is an error in the log, once a minute."""
        one = up_to(7)
        self.assertEqual(
            one.handle(heartbeat(8, generation=2), 0.0),
            [
                Log(
                    Level.ERROR,
                    "should_drop_message: attempted replay attack [beta]? [gen = 2, curgen = 3]",
                )
            ],
        )
        self.assertEqual(one.handle(heartbeat(9, generation=2), 1.0), [])
        self.assertEqual(one.complaints.counters, {"replay": 2})
        self.assertEqual(one.generation(BETA), 3)

    def test_missing_generation_is_the_lowest(self) -> None:
        """A message without a generation is a replay once a generation is known."""
        one = up_to(7)
        one.handle(arrived(from_peer(status(), seq=8).without("hg")), 0.0)
        self.assertEqual(one.complaints.counters, {"replay": 1})

    def test_bad_numbers(self) -> None:
        """A sequenced message without a number, with number zero or with words for numbers is malformed."""
        message = from_peer(status(), seq=8)
        for bad in (
            message.without("seq"),
            message.with_field("seq", "0"),
            message.with_field("seq", "-1"),
            message.with_field("hg", "x"),
        ):
            one = up_to(7)
            self.assertEqual(sent(one.handle(arrived(bad), 0.0)), [])
            self.assertEqual(one.complaints.counters, {"malformed": 1})
            self.assertEqual(
                one.handle(heartbeat(8), 0.0)[-1], MessageDelivered(BETA, from_peer(status(), seq=8))
            )

    def test_restart(self) -> None:
        """A higher generation is a restart."""
        one = up_to(7)
        self.assertEqual(
            one.handle(heartbeat(1, generation=4), 0.0),
            [
                Log(Level.INFO, "Heartbeat restart on node beta"),
                PeerRestarted(BETA, 4),
                PeerHeard(BETA, ETH0),
                MessageDelivered(BETA, from_peer(status(), seq=1, hg=4)),
            ],
        )
        self.assertEqual(one.generation(BETA), 4)

    def test_return(self) -> None:
        """A status of a dead peer with its old generation says that it has returned."""
        one = up_to(7)
        one.handle(PeerDied(BETA, 10.0, True), 10.0)
        self.assertEqual(
            one.handle(heartbeat(30), 11.0)[-1],
            MessageDelivered(BETA, from_peer(status(), seq=30), returned=True),
        )

    def test_returned_peer_lives(self) -> None:
        """After its status was believed a returned peer is like any other."""
        one = up_to(7)
        one.handle(PeerDied(BETA, 10.0, True), 10.0)
        one.handle(heartbeat(30), 11.0)
        one.handle(PeerStatusChanged(BETA, NodeStatus.ACTIVE), 11.0)
        self.assertEqual(
            one.handle(heartbeat(31), 12.0)[-1], MessageDelivered(BETA, from_peer(status(), seq=31))
        )


class AddressTests(SynchronousTestCase):
    """Is it for us?"""

    def deliver(self, message: Message) -> bool:
        """Say whether a message is acted on, and check that it counts in any case."""
        one = up_to(7)
        outcomes = one.handle(arrived(message), 0.0)
        self.assertEqual(
            one.handle(arrived(from_peer(status(), seq=8)), 0.0), [PeerHeard(BETA, ETH0)], "its number counts"
        )
        return any(isinstance(outcome, MessageDelivered) for outcome in outcomes)

    def addressed(self, dest: str | None, uuid: bytes | None) -> Message:
        """Make a message to somebody."""
        message = from_peer(Message.of(t="ip-request-resp"), seq=8)
        if dest is not None:
            message = message.with_field("dest", dest)
        return message if uuid is None else message.plus([Field("destuuid", uuid, FieldType.BINARY)])

    def test_sequenced(self) -> None:
        """A uuid alone decides; without one, or with zeros, the name; without both it is for everybody."""
        nobody = bytes(16)
        rows = {
            (None, None): True,
            ("alpha", None): True,
            ("beta", None): False,
            ("Alpha", None): False,
            ("alpha", nobody): True,
            ("beta", nobody): False,
            ("alpha", UUIDS[ALPHA]): True,
            ("beta", UUIDS[ALPHA]): True,
            ("alpha", UUIDS[BETA]): False,
            (None, UUIDS[BETA]): False,
        }
        self.assertEqual({row: self.deliver(self.addressed(*row)) for row in rows}, rows)

    def test_unsequenced(self) -> None:
        """For a message without a number only the name counts."""
        one = up_to(7)
        message = from_peer(Message.of(t="NS_ackmsg", ackseq="5", dest="alpha"))
        # It may be a recording, so it shows no link up.
        self.assertEqual(one.handle(arrived(message), 0.0), [MessageDelivered(BETA, message)])
        self.assertEqual(one.handle(arrived(message.with_field("dest", "gamma")), 0.0), [])
        stale = message.plus([Field("destuuid", UUIDS[BETA], FieldType.BINARY)])
        self.assertEqual(one.handle(arrived(stale), 0.0)[-1], MessageDelivered(BETA, stale))

    def test_unsequenced_of_a_former_life(self) -> None:
        """A message without a number is a recording if its generation is over."""
        one = up_to(7)
        message = from_peer(Message.of(t="NS_ackmsg", ackseq="5", dest="alpha"), hg=1)
        self.assertEqual(one.handle(arrived(message), 0.0), [])
        self.assertEqual(one.complaints.counters, {"replay": 1})

    def test_unsequenced_of_the_dead(self) -> None:
        """It is delivered, too."""
        one = up_to(7)
        one.handle(PeerDied(BETA, 10.0, True), 0.0)
        message = from_peer(Message.of(t="NS_ackmsg", ackseq="5", dest="alpha"))
        self.assertEqual(one.handle(arrived(message), 0.0), [MessageDelivered(BETA, message)])

    def test_new_keys(self) -> None:
        """From then on only what is signed with them is believed."""
        one = up_to(7)
        keys = Keyring(2, (Key(2, "md5", b"new"),))
        one.handle(KeysChanged(keys), 0.0)
        self.assertIn("failed auth", logged(one.handle(datagram(from_peer(status(), seq=8)), 0.0))[0])
        believed = one.handle(datagram(from_peer(status(), seq=8), keys=keys), 0.0)
        self.assertIn(PeerHeard(BETA, ETH0), believed)


class UuidTests(SynchronousTestCase):
    """Uuids of peers are learned from their messages."""

    def learned(self, one: Reception, uuid: bytes | None, number: int) -> list[object]:
        """Let a heartbeat come with a uuid."""
        message = from_peer(status(), seq=number, uuid=uuid)
        return [
            outcome
            for outcome in one.handle(arrived(message), 0.0)
            if not isinstance(outcome, PeerHeard | MessageDelivered | Send)
        ]

    def test_learned_once(self) -> None:
        """A uuid is learned from the first message that has one, and silently."""
        one = reception()
        self.assertEqual(self.learned(one, None, 1), [])
        self.assertEqual(self.learned(one, UUIDS[BETA], 2), [UuidLearned(BETA, UUIDS[BETA])])
        self.assertEqual(self.learned(one, UUIDS[BETA], 3), [])
        self.assertEqual(self.learned(one, None, 4), [])

    def test_changed(self) -> None:
        """Another uuid under the same name is believed, with a warning."""
        one = reception()
        self.learned(one, UUIDS[BETA], 1)
        self.assertEqual(
            self.learned(one, b"d" * 16, 2),
            [UuidLearned(BETA, b"d" * 16), Log(Level.WARN, f"nodename beta uuid changed to {'64' * 16}")],
        )

    def test_of_another_length(self) -> None:
        """What is not sixteen bytes is no uuid."""
        self.assertEqual(self.learned(reception(), b"short", 1), [])

    def test_not_from_a_malformed_message(self) -> None:
        """A message that is refused teaches nothing."""
        one = reception()
        bad = from_peer(status(), uuid=UUIDS[BETA])
        self.assertEqual(logged(one.handle(arrived(bad), 0.0)), ["Bad message from beta: no sequence number"])
        self.assertEqual(self.learned(one, UUIDS[BETA], 1), [UuidLearned(BETA, UUIDS[BETA])])

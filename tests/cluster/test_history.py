# -*- test-case-name: tests.cluster.test_history -*-
"""
What is sent, how it is numbered, and what is sent again
(protocol 5, 8.1, 8.5, 8.6).
"""

from __future__ import annotations

from math import inf

from attrs import evolve
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.actions import Log, Transmit
from hatwist.cluster.complaints import Complaints
from hatwist.cluster.events import KeysChanged, LoadSampled
from hatwist.cluster.facts import (
    ClaimOvertaken,
    MessageDelivered,
    PeerDied,
    PeerRestarted,
    PeerStatusChanged,
    Refused,
    Send,
    UuidLearned,
)
from hatwist.cluster.history import MAX_ANSWERS, MAX_HISTORY, History
from hatwist.cluster.names import Level, NodeStatus
from hatwist.config.model import HaCf, LinkName, MessageFormat, NodeName
from hatwist.wire.auth import Key, Keyring
from hatwist.wire.compress import PAYLOAD
from hatwist.wire.envelope import open_datagram, read_unverified
from hatwist.wire.message import Field, FieldType, Message
from tests.cluster.builders import (
    ALPHA,
    BETA,
    CF,
    GAMMA,
    KEYS,
    UUIDS,
    config,
    from_peer,
    identity,
    logged,
    medium,
    sent,
    transmitted,
)

HELLO = Message.of(t="hello")
TTY = LinkName("/dev/ttyS0")
LINE = evolve(medium(TTY, "serial"), baud=9600)
SERIAL = evolve(CF, media=(*CF.media, LINE))


def history(cf: HaCf = CF, *peers: NodeName) -> History:
    """Make the history of C{alpha}; these peers live."""
    one = History(config(cf), identity(), Complaints())
    for peer in peers:
        one.handle(PeerStatusChanged(peer, NodeStatus.ACTIVE), 0.0)
    return one


def fill(one: History, count: int, now: float = 0.0) -> None:
    """Send messages."""
    for _ in range(count):
        one.handle(Send(HELLO), now)


def acknowledge(one: History, number: int, now: float, peer: NodeName = BETA) -> None:
    """Let a peer acknowledge."""
    message = from_peer(Message.of(t="NS_ackmsg", dest="alpha", ackseq=f"{number:x}"), src=peer)
    one.handle(MessageDelivered(peer, message), now)


def ask(one: History, first: int, last: int, now: float, peer: NodeName = BETA) -> list[str]:
    """
    Let a peer ask for messages again.

    @return: the numbers that are sent again, and C{-} before those refused.
    """
    message = from_peer(
        Message.of(t="NS_rexmit", dest="alpha", firstseq=str(first), lastseq=str(last)), src=peer
    )
    answer = []
    for outcome in one.handle(MessageDelivered(peer, message), now):
        if isinstance(outcome, Transmit):
            [again] = transmitted([outcome])
            answer.append(str(again.hexadecimal("seq")))
        if isinstance(outcome, Send):
            answer.append(f"-{outcome.message.hexadecimal('firstseq')}")
    return answer


class SendTests(SynchronousTestCase):
    """Standard fields (protocol 5)."""

    def names(self, message: Message) -> list[str]:
        """Return the names of the fields, in order."""
        return [one.name for one in message.fields]

    def test_sequenced(self) -> None:
        """The standard fields follow the message's own, in heartbeat's order, the signature last."""
        one = history()
        one.handle(LoadSampled("0.24 0.33 0.18 2/102 27"), 0.0)
        [message] = transmitted(one.handle(Send(Message.of(t="resource", rsc_hold="all")), 26.7))
        self.assertEqual(
            self.names(message),
            ["t", "rsc_hold", "src", "srcuuid", "seq", "hg", "ts", "ld", "ttl", "auth"],
        )
        self.assertEqual(message.binary("srcuuid"), UUIDS[ALPHA])
        values = {name: message.get(name) for name in ("src", "seq", "hg", "ts", "ld", "ttl")}
        self.assertEqual(
            values,
            {
                "src": "alpha",
                "seq": "1",
                "hg": "7",
                "ts": f"{1026:x}",
                "ld": "0.24 0.33 0.18 2/102 27",
                "ttl": "3",
            },
        )

    def test_unsequenced(self) -> None:
        """An C{NS_} message has neither number nor load, and consumes no number."""
        one = history()
        [message] = transmitted(one.handle(Send(Message.of(t="NS_ackmsg", ackseq="2")), 0.0))
        self.assertEqual(self.names(message), ["t", "ackseq", "src", "srcuuid", "hg", "ts", "ttl", "auth"])
        [message] = transmitted(one.handle(Send(HELLO), 0.0))
        self.assertEqual((message.get("seq"), message.get("ld")), ("1", "n/a"))
        self.assertEqual(one.length, 1)

    def test_numbers_are_hexadecimal(self) -> None:
        """Numbers begin with 1, grow by 1, and are written in hexadecimal."""
        one = history()
        numbers = [transmitted(one.handle(Send(HELLO), 0.0))[0].get("seq") for _ in range(17)]
        self.assertEqual([numbers[0], numbers[9], numbers[16]], ["1", "a", "11"])

    def test_own_message_is_heard_here(self) -> None:
        """What is sent with a number is delivered to this node as well, after it left."""
        outcomes = history().handle(Send(HELLO), 0.0)
        self.assertEqual([type(one) for one in outcomes], [Transmit, MessageDelivered])
        delivered = outcomes[1]
        assert isinstance(delivered, MessageDelivered)
        self.assertEqual((delivered.sender, delivered.own, delivered.message.get("seq")), (ALPHA, True, "1"))

    def test_own_messages_cause_nothing_here(self) -> None:
        """The history does not answer its own node."""
        own = MessageDelivered(ALPHA, Message.of(t="NS_rexmit", firstseq="1"), own=True)
        one = history()
        fill(one, 3)
        self.assertEqual(one.handle(own, 0.0), [])

    def test_time_is_never_zero(self) -> None:
        """The time stamp is not zero, whatever the clock says."""
        one = History(config(), evolve(identity(), epoch=0.0), Complaints())
        self.assertEqual(transmitted(one.handle(Send(HELLO), 0.0))[0].get("ts"), "1")

    def test_ttl_counts_ping_nodes(self) -> None:
        """The field C{ttl} is hopfudge and the number of nodes, ping nodes too, in decimal."""
        cf = evolve(CF, hopfudge=8, media=(*CF.media, medium(LinkName("192.0.2.1"), "ping")))
        self.assertEqual(transmitted(history(cf).handle(Send(HELLO), 0.0))[0].get("ttl"), "11")

    def test_addressed(self) -> None:
        """An addressed message names the uuid of its addressee: its own, a peer's, or zeros if unknown."""
        one = history()
        one.handle(UuidLearned(BETA, UUIDS[BETA]), 0.0)
        found = {
            dest: transmitted(one.handle(Send(Message.of(t="x", dest=dest)), 0.0))[0].binary("destuuid")
            for dest in (ALPHA, BETA, GAMMA)
        }
        self.assertEqual(found, {ALPHA: UUIDS[ALPHA], BETA: UUIDS[BETA], GAMMA: bytes(16)})
        [message] = transmitted(one.handle(Send(Message.of(t="x", dest="beta")), 0.0))
        self.assertEqual(self.names(message)[:4], ["t", "dest", "destuuid", "src"])

    def test_not_addressed(self) -> None:
        """A message to everybody has no uuid of an addressee."""
        self.assertFalse(transmitted(history().handle(Send(HELLO), 0.0))[0].has("destuuid"))

    def test_msgfmt_netstring(self) -> None:
        """With C{msgfmt netstring} there is no inner signature."""
        one = history(evolve(CF, msgfmt=MessageFormat.NETSTRING))
        self.assertFalse(transmitted(one.handle(Send(HELLO), 0.0))[0].has("auth"))

    def test_compression(self) -> None:
        """Only with C{traditional_compression} a message above the threshold is compressed as a whole."""
        long = Send(Message.of(t="xbig", text="x" * 3000))
        packed = {}
        for traditional in (False, True):
            cf = evolve(CF, traditional_compression=traditional)
            action = history(cf).handle(long, 0.0)[0]
            assert isinstance(action, Transmit)
            packed[traditional] = PAYLOAD.encode() in action.data
            self.assertEqual(read_unverified(action.data).get("text"), "x" * 3000)
        self.assertEqual(packed, {False: False, True: True})

    def test_what_cannot_be_written(self) -> None:
        """A message that cannot be written is not sent, is complained about, and consumes no number."""
        one = history()
        bad = Send(Message([Field("t", "x"), Field("name", "\x13")]))
        outcomes = one.handle(bad, 0.0)
        self.assertEqual([type(outcome) for outcome in outcomes], [Log])
        self.assertEqual(one.complaints.counters, {"malformed": 1})
        self.assertEqual(transmitted(one.handle(Send(HELLO), 0.0))[0].get("seq"), "1")

    def test_nothing_waits(self) -> None:
        """The history asks for no wake-up."""
        self.assertEqual(history().deadline(), inf)


class AcknowledgementTests(SynchronousTestCase):
    """What peers have received need not be kept (protocol 8.6)."""

    def test_freed(self) -> None:
        """Messages that every living peer has acknowledged are forgotten after 2.5 s."""
        one = history(CF, BETA)
        fill(one, 10, 0.0)
        fill(one, 10, 1.0)
        acknowledge(one, 12, 2.6)
        self.assertEqual(one.length, 10)
        acknowledge(one, 13, 3.5)
        self.assertEqual(one.length, 7)

    def test_slowest_peer_decides(self) -> None:
        """What one living peer has not acknowledged is kept."""
        one = history(CF, BETA, GAMMA)
        fill(one, 10)
        acknowledge(one, 8, 5.0, BETA)
        self.assertEqual(one.length, 10)
        acknowledge(one, 3, 5.0, GAMMA)
        self.assertEqual(one.length, 7)

    def test_dead_peers_do_not_count(self) -> None:
        """A dead peer's acknowledgements are not waited for."""
        one = history(CF, BETA, GAMMA)
        fill(one, 10)
        one.handle(PeerDied(GAMMA, 10.0, True), 4.0)
        acknowledge(one, 8, 5.0, BETA)
        self.assertEqual(one.length, 2)

    def test_restarted_peer_begins_anew(self) -> None:
        """A peer that restarted has acknowledged nothing yet; another word of its status changes nothing."""
        one = history(CF, BETA)
        fill(one, 20)
        acknowledge(one, 8, 5.0)
        one.handle(PeerStatusChanged(BETA, NodeStatus.ACTIVE), 5.0)
        self.assertEqual(ask(one, 8, 9, 5.0), ["9"])
        one.handle(PeerRestarted(BETA, 4), 6.0)
        self.assertEqual(ask(one, 8, 9, 6.0), ["-8", "9"])
        # Of one that was never heard there is nothing to begin anew.
        self.assertEqual(one.handle(PeerRestarted(GAMMA, 4), 6.0), [])
        acknowledge(one, 20, 6.0)
        self.assertEqual(one.length, 0)

    def test_strange_acknowledgements(self) -> None:
        """
        More than was sent, less than before, or of a peer that is not known to live: counted only.

        The same again is not strange: it comes over each medium.
        """
        one = history(CF, BETA)
        fill(one, 10)
        acknowledge(one, 11, 5.0)
        acknowledge(one, 8, 5.0)
        acknowledge(one, 8, 5.0)
        acknowledge(one, 3, 5.0)
        acknowledge(one, 9, 5.0, GAMMA)
        self.assertEqual(one.complaints.counters, {"strange acknowledgement": 3})
        self.assertEqual(one.length, 2)

    def test_malformed(self) -> None:
        """An acknowledgement of a word is malformed, one of nothing is strange."""
        one = history(CF, BETA)
        fill(one, 10)
        bad = from_peer(Message.of(t="NS_ackmsg", dest="alpha", ackseq="many"))
        self.assertEqual(
            one.handle(MessageDelivered(BETA, bad), 1.0),
            [Log(Level.WARN, "Bad message from beta: field 'ackseq' is not a number: 'many'")],
        )
        one.handle(MessageDelivered(BETA, bad.without("ackseq")), 1.0)
        self.assertEqual(one.complaints.counters, {"malformed": 1, "strange acknowledgement": 1})


class ResendTests(SynchronousTestCase):
    """What peers ask for again (protocol 8.5)."""

    def test_same_bytes(self) -> None:
        """A message is sent again to the byte, however old it is."""
        one = history()
        first = one.handle(Send(HELLO), 0.0)[0]
        fill(one, 3)
        request = from_peer(Message.of(t="NS_rexmit", dest="alpha", firstseq="1", lastseq="1"))
        self.assertEqual(
            one.handle(MessageDelivered(BETA, request), 100.0),
            [Log(Level.DEBUG, "Retransmitting pkt 1"), first],
        )

    def test_a_claim_that_comes_late(self) -> None:
        """Sending an old claim again is told of, the newest not: heartbeat believes whichever comes last."""
        one = history(CF, BETA)
        for word in ("none", "local"):
            one.handle(Send(Message.of(t="resource", rsc_hold=word)), 0.0)
        for number, overtaken in (("1", True), ("2", False)):
            request = from_peer(Message.of(t="NS_rexmit", dest="alpha", firstseq=number, lastseq=number))
            outcomes = one.handle(MessageDelivered(BETA, request), 1.0)
            self.assertEqual(ClaimOvertaken() in outcomes, overtaken)

    def test_a_silent_node(self) -> None:
        """Who was refused says nothing more."""
        one = history()
        one.handle(Refused("another machine uses our name"), 0.0)
        self.assertEqual(one.handle(Send(HELLO), 0.0), [])

    def test_new_keys(self) -> None:
        """What was sent before is sent again with a signature that the others know now."""
        one = history(CF, BETA)
        one.handle(Send(HELLO), 0.0)
        keys = Keyring(2, (Key(2, "md5", b"new"),))
        one.handle(KeysChanged(keys), 0.5)
        request = from_peer(Message.of(t="NS_rexmit", dest="alpha", firstseq="1", lastseq="1"))
        (again,) = [
            one for one in one.handle(MessageDelivered(BETA, request), 1.0) if isinstance(one, Transmit)
        ]
        self.assertEqual(open_datagram(again.data, keys).get("t"), "hello")

    def test_serial_lines(self) -> None:
        """Where there is a serial line each message has a second form, also when it is sent again."""
        one = history(SERIAL, BETA)
        (first,) = [it for it in one.handle(Send(HELLO, (TTY,)), 0.0) if isinstance(it, Transmit)]
        self.assertEqual(first.links, (TTY,))
        self.assertTrue(first.line.startswith(b">>>\n"))
        self.assertEqual(open_datagram(first.line, KEYS).get("seq"), "1")
        request = from_peer(Message.of(t="NS_rexmit", dest="alpha", firstseq="1", lastseq="1"))
        keys = Keyring(2, (Key(2, "md5", b"new"),))
        one.handle(KeysChanged(keys), 0.5)
        (again,) = [it for it in one.handle(MessageDelivered(BETA, request), 1.0) if isinstance(it, Transmit)]
        self.assertEqual(open_datagram(again.line, keys).get("seq"), "1")

    def test_not_for_serial_lines(self) -> None:
        """What the form does not allow goes over the other media, and is signed again all the same."""
        one = history(SERIAL, BETA)
        odd = Message([Field("t", "odd"), Field("x", Message.of(a="b"), FieldType.UNCOMPRESSED)])
        (said,) = [it for it in one.handle(Send(odd), 0.0) if isinstance(it, Transmit)]
        self.assertEqual(said.line, b"")
        self.assertEqual(one.complaints.counters, {"not for serial lines": 1})
        self.assertEqual(one.handle(KeysChanged(KEYS), 0.5), [])

    def test_too_long_for_serial_lines(self) -> None:
        """What would hold the line for a quarter of the deadtime goes over the others, if there are any."""
        long = Message.of(t="long", text="x" * 3000)
        for cf, said in ((SERIAL, False), (evolve(SERIAL, media=(LINE,)), True)):
            (one,) = [it for it in history(cf).handle(Send(long), 0.0) if isinstance(it, Transmit)]
            self.assertEqual(bool(one.line), said)

    def test_range(self) -> None:
        """A request may name a range; without an end it means one message."""
        one = history()
        fill(one, 20)
        self.assertEqual(ask(one, 9, 11, 1.0), ["9", "10", "11"])
        alone = from_peer(Message.of(t="NS_rexmit", dest="alpha", firstseq="12"))
        again = one.handle(MessageDelivered(BETA, alone), 1.0)
        self.assertEqual([message.get("seq") for message in transmitted(again)], ["c"])

    def test_not_too_often(self) -> None:
        """One message is sent again at most once in 240 ms, whoever asks."""
        one = history()
        fill(one, 20)
        self.assertEqual(ask(one, 9, 9, 1.0), ["9"])
        self.assertEqual(ask(one, 9, 10, 1.2, GAMMA), ["10"])
        self.assertEqual(ask(one, 9, 9, 1.24), ["9"])

    def test_fifty_a_time(self) -> None:
        """One request is answered with at most fifty messages."""
        one = history()
        fill(one, 100)
        self.assertEqual(ask(one, 1, 100, 1.0), [str(number) for number in range(1, MAX_ANSWERS + 1)])

    def test_never_sent(self) -> None:
        """What was never sent is not answered."""
        one = history()
        fill(one, 3)
        self.assertEqual(ask(one, 3, 9, 1.0), ["3"])
        self.assertEqual(ask(one, 10**15, 10**15 + 5, 2.0), [])
        self.assertEqual(one.complaints.counters, {"rexmit of the future": 1})

    def test_already_acknowledged(self) -> None:
        """What a peer has acknowledged is not sent to it again."""
        one = history(CF, BETA)
        fill(one, 20)
        acknowledge(one, 12, 1.0)
        self.assertEqual(ask(one, 11, 13, 2.0), ["13"])

    def test_no_longer_kept(self) -> None:
        """Of more than five hundred messages the oldest are refused, with number and reason."""
        one = history()
        fill(one, MAX_HISTORY + 2)
        self.assertEqual(one.length, MAX_HISTORY)
        request = from_peer(Message.of(t="NS_rexmit", dest="alpha", firstseq="2", lastseq="2"))
        outcomes = one.handle(MessageDelivered(BETA, request), 1.0)
        self.assertEqual(
            sent(outcomes),
            [Message.of(t="NS_nak_rexmit", firstseq="2", dest="beta", info="seqno too low")],
        )
        self.assertEqual(logged(outcomes), ["Cannot rexmit pkt 2 for beta: seqno too low"])

    def test_refused_and_sent(self) -> None:
        """Of a range that begins too early the rest is sent all the same."""
        one = history()
        fill(one, MAX_HISTORY + 2)
        self.assertEqual(ask(one, 1, 4, 1.0), ["-1", "-2", "3", "4"])

    def test_fifty_refusals_a_time(self) -> None:
        """Refusals count towards the fifty."""
        one = history()
        fill(one, MAX_HISTORY + 200)
        self.assertEqual(ask(one, 1, 400, 1.0), [f"-{number}" for number in range(1, MAX_ANSWERS + 1)])

    def test_everything_acknowledged(self) -> None:
        """When nothing is kept, a peer that restarted is refused."""
        one = history(CF, BETA)
        fill(one, 2)
        acknowledge(one, 2, 5.0)
        self.assertEqual(one.length, 0)
        one.handle(PeerRestarted(BETA, 4), 6.0)
        self.assertEqual(ask(one, 1, 2, 6.0), ["-1", "-2"])

    def test_malformed(self) -> None:
        """Numbers of a request are decimal; one with other numbers is refused with a warning."""
        one = history()
        fill(one, 20)
        bad = from_peer(Message.of(t="NS_rexmit", dest="alpha", firstseq="a", lastseq="b"))
        self.assertEqual(
            logged(one.handle(MessageDelivered(BETA, bad), 1.0)),
            ["Bad message from beta: field 'firstseq' is not a number: 'a'"],
        )
        nothing = from_peer(Message.of(t="NS_rexmit", dest="alpha"))
        self.assertEqual(one.handle(MessageDelivered(BETA, nothing), 1.0), [])

    def test_other_messages(self) -> None:
        """Other messages of peers are not for the history."""
        self.assertEqual(history().handle(MessageDelivered(BETA, from_peer(HELLO, seq=1)), 0.0), [])


class FieldTests(SynchronousTestCase):
    """Types on the wire."""

    def test_uuids_are_binary(self) -> None:
        """Uuids are of the binary type, everything else is text."""
        [message] = transmitted(history().handle(Send(Message.of(t="x", dest="beta")), 0.0))
        binary = [one.name for one in message.fields if one.type is FieldType.BINARY]
        self.assertEqual(binary, ["destuuid", "srcuuid"])
        self.assertEqual({one.type for one in message.fields}, {FieldType.BINARY, FieldType.STRING})

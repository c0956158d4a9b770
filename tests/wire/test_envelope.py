# -*- test-case-name: tests.wire.test_envelope -*-
"""
Datagrams: the worked examples of the protocol document (section 16), and what
must not be accepted.
"""

from __future__ import annotations

from hashlib import sha1

from twisted.trial.unittest import SynchronousTestCase

from hatwist.errors import AuthenticationError, MalformedError
from hatwist.wire import netstring
from hatwist.wire.auth import Key, Keyring
from hatwist.wire.compress import ALGORITHM, PAYLOAD, compress_whole, encode_plain, expand_field
from hatwist.wire.envelope import (
    Sealing,
    open_datagram,
    read_unverified,
    seal,
    seal_classic,
    sign_again,
    sign_line_again,
)
from hatwist.wire.limits import MAX_DATAGRAM, MAX_TRAILER
from hatwist.wire.message import Field, FieldType, Message

CRC = Keyring(1, (Key(1, "crc"),))
MD5 = Keyring(1, (Key(1, "md5", b"Hello!"),))
SHA1 = Keyring(1, (Key(1, "sha1", b"HI!"),))

ALPHA = Field("srcuuid", bytes.fromhex("00112233445566778899aabbccddeeff"), FieldType.BINARY)
BETA = Field("destuuid", bytes.fromhex("0f1e2d3c4b5a69788796a5b4c3d2e1f0"), FieldType.BINARY)
ALPHA_RAW = b'\x00\x11"3DUfw\x88\x99\xaa\xbb\xcc\xdd\xee\xff'
BETA_RAW = b"\x0f\x1e-<KZix\x87\x96\xa5\xb4\xc3\xd2\xe1\xf0"
LOAD = "0.10 0.20 0.30 1/100 4242"


def message(*parts: Field | dict[str, str]) -> Message:
    """Make a message of fields and of dictionaries of strings."""
    made = Message()
    for part in parts:
        made = made.plus([part] if isinstance(part, Field) else Message.of(**part).fields)
    return made


STATUS = message(
    {"t": "status", "st": "active", "dt": "7530", "protocol": "1", "src": "alpha"},
    ALPHA,
    {"seq": "1f", "hg": "65f00000", "ts": "65f00001", "ld": LOAD, "ttl": "3"},
)
STATUS_BYTES = (
    b"###\n11:(0)t=status,12:(0)st=active,10:(0)dt=7530,13:(0)protocol=1,12:(0)src=alpha,"
    b"27:(1)srcuuid=" + ALPHA_RAW + b",9:(0)seq=1f,14:(0)hg=65f00000,14:(0)ts=65f00001,"
    b"31:(0)ld=0.10 0.20 0.30 1/100 4242,8:(0)ttl=3,18:(0)auth=1 ae238730,%%%\n10:1 e5ae0e9d,"
)
STATUS_LINES = (
    b">>>\nt=status\nst=active\ndt=7530\nprotocol=1\nsrc=alpha\n(1)srcuuid=ABEiM0RVZneImaq7zN3u/w==\n"
    b"seq=1f\nhg=65f00000\nts=65f00001\nld=0.10 0.20 0.30 1/100 4242\nttl=3\nauth=1 ae238730\n<<<\n"
)


class WorkedExampleTests(SynchronousTestCase):
    """The examples of section 16, which heartbeat's own library accepts."""

    def both(self, plain: Message, keys: Keyring, data: bytes) -> None:
        """Expect that the one is sealed to the other, and opened again."""
        self.assertEqual(seal(plain, keys), data)
        self.assertEqual(open_datagram(data, keys).without("auth"), plain)

    def test_first_packet_of_a_node(self) -> None:
        """16.1: captured from a real heartbeat."""
        uuid = Field("srcuuid", b'\x9bi\x94M\x83\x00F#\x90]"U\x91\xee\xdf\x80', FieldType.BINARY)
        plain = message(
            {"t": "status", "st": "init", "dt": "1388", "protocol": "1", "src": "node01"},
            uuid,
            {"seq": "1", "hg": "6b032105", "ts": "6b032104", "ld": "0.24 0.33 0.18 2/102 27", "ttl": "3"},
        )
        data = seal(plain, CRC)
        self.assertEqual(len(data), 243)
        self.assertTrue(data.endswith(b"18:(0)auth=1 ac7f890e,%%%\n10:1 994bd5a5,"))

    def test_status_by_crc(self) -> None:
        """16.2 (a): a status message."""
        self.both(STATUS, CRC, STATUS_BYTES)

    def test_status_by_md5(self) -> None:
        """16.2 (b): the same under md5."""
        data = seal(STATUS, MD5)
        self.assertEqual(len(data), 295)
        self.assertIn(b"42:(0)auth=1 99b741823625f4c166ec4d18c5280f88,", data)
        self.assertTrue(data.endswith(b"34:1 fc544d1ddb3fbaadea53a996e2c2ce56,"))

    def test_status_by_sha1(self) -> None:
        """16.2 (c): the same under sha1."""
        data = seal(STATUS, SHA1)
        self.assertEqual(len(data), 311)
        self.assertIn(b"50:(0)auth=1 bfb63792b446733a399a562371edffc57439cbe4,", data)
        self.assertTrue(data.endswith(b"42:1 e5a8ad318b4d9e7ddb09179bc70aebda90fa8425,"))

    def test_acknowledgement(self) -> None:
        """16.2 (d): an acknowledgement."""
        plain = message(
            {"t": "NS_ackmsg", "dest": "beta", "ackseq": "14"},
            BETA,
            {"src": "alpha"},
            ALPHA,
            {"hg": "65f00000", "ts": "65f00001", "ttl": "3"},
        )
        data = (
            b"###\n14:(0)t=NS_ackmsg,12:(0)dest=beta,12:(0)ackseq=14,28:(1)destuuid=" + BETA_RAW + b","
            b"12:(0)src=alpha,27:(1)srcuuid="
            + ALPHA_RAW
            + b",14:(0)hg=65f00000,14:(0)ts=65f00001,8:(0)ttl=3,"
            b"50:(0)auth=1 3f0e3a8be1699bd68cce906ed6fbcb10d1ac6740,%%%\n"
            b"42:1 a9a8b726a730ed5e72fdc5aff4c34faa6ecfacc6,"
        )
        self.both(plain, SHA1, data)

    def test_request_to_send_again(self) -> None:
        """16.2 (e): a retransmission request, its numbers decimal."""
        plain = message(
            {"t": "NS_rexmit", "dest": "beta", "firstseq": "31", "lastseq": "31"},
            BETA,
            {"src": "alpha"},
            ALPHA,
            {"hg": "65f00000", "ts": "65f00001", "ttl": "3"},
        )
        data = seal(plain, CRC)
        self.assertEqual(len(data), 239)
        self.assertTrue(data.endswith(b"18:(0)auth=1 45b3f717,%%%\n10:1 d4281840,"))

    def test_node_list(self) -> None:
        """16.2 (f): a list of nodes, with its blanks."""
        plain = message(
            {"dest": "beta", "t": "repnodes", "nodelist": "alpha beta ", "delnodelist": " "},
            BETA,
            {"src": "alpha"},
            ALPHA,
            {"seq": "6", "hg": "65f00000", "ts": "65f00001", "ld": LOAD, "ttl": "3"},
        )
        data = seal(plain, CRC)
        self.assertEqual(len(data), 296)
        self.assertTrue(data.endswith(b"18:(0)auth=1 cc03f21b,%%%\n10:1 3f7c830c,"))

    def test_serial(self) -> None:
        """16.2 (g): the status message on a serial line."""
        self.assertEqual(seal_classic(STATUS, CRC), STATUS_LINES)
        self.assertEqual(open_datagram(STATUS_LINES, CRC).without("auth"), STATUS)
        self.assertEqual(seal_classic(open_datagram(STATUS_BYTES, CRC), CRC), STATUS_LINES)

    def test_ping_payload(self) -> None:
        """16.2 (h): what a ping node is made to say."""
        plain = message({"t": "NS_st", "st": "ping", "info": "ping", "src": "192.0.2.1", "ts": "65f00001"})
        data = (
            b"###\n10:(0)t=NS_st,10:(0)st=ping,12:(0)info=ping,16:(0)src=192.0.2.1,14:(0)ts=65f00001,"
            b"50:(0)auth=1 e2ea2e257bf196253852eb1584c8caf4061ce3b5,%%%\n"
            b"42:1 3d50d913d4e6e1b77d61dd6379268f685c80f14a,"
        )
        self.assertEqual(len(data), 190)
        self.both(plain, SHA1, data)

    def test_compressed(self) -> None:
        """16.2 (j): a message compressed as a whole."""
        big = Message.of(t="big", b="x" * 2000)
        data = seal(big, CRC, Sealing(inner_auth=False, threshold=1024))
        body, _ = netstring.split(data)
        self.assertEqual([one.name for one in netstring.decode(body).fields], [PAYLOAD, ALGORITHM])
        self.assertEqual(open_datagram(data, CRC), big)


class SealTests(SynchronousTestCase):
    """How messages are written."""

    def test_without_inner_auth(self) -> None:
        """With C{msgfmt netstring} only the trailer signs."""
        self.assertEqual(open_datagram(seal(STATUS, SHA1, Sealing(inner_auth=False)), SHA1), STATUS)

    def test_inner_auth_is_replaced_in_its_place(self) -> None:
        """An C{auth} that is there already is written anew where it stands."""
        old = Message.of(t="x", auth="1 0", z="1")
        opened = open_datagram(seal(old, CRC), CRC)
        self.assertEqual([one.name for one in opened.fields], ["t", "auth", "z"])
        self.assertNotEqual(opened.get("auth"), "1 0")

    def test_no_inner_auth_beside_nested_fields(self) -> None:
        """A message with a struct or a compressed field has no inner C{auth}."""
        for one in (
            Field("m", STATUS, FieldType.STRUCT),
            Field("m", STATUS, FieldType.UNCOMPRESSED),
            Field("m", b"x", FieldType.COMPRESSED),
        ):
            opened = open_datagram(seal(Message([Field("t", "x"), one]), CRC), CRC)
            self.assertFalse(opened.has("auth"))

    def test_field_that_waits_for_compression(self) -> None:
        """Such a field is compressed, and opened as it came until it is asked for."""
        waiting = Message([Field("t", "x"), Field("m", STATUS, FieldType.UNCOMPRESSED)])
        opened = open_datagram(seal(waiting, CRC, Sealing(compression="bz2")), CRC)
        self.assertEqual(opened.get(ALGORITHM), "bz2")
        self.assertEqual(expand_field(opened, "m"), STATUS)
        self.assertEqual(open_datagram(seal(opened, CRC), CRC), opened)

    def test_threshold_measures_what_msgfmt_says(self) -> None:
        """The length that counts is that of the classic form, or of the netstring form."""
        for inner_auth in (True, False):
            sealed = seal(STATUS, CRC, Sealing(inner_auth=inner_auth))
            length = len(encode_plain(open_datagram(sealed, CRC), prefer_classic=inner_auth))
            same = seal(STATUS, CRC, Sealing(inner_auth=inner_auth, threshold=length))
            packed = seal(STATUS, CRC, Sealing(inner_auth=inner_auth, threshold=length - 1))
            self.assertEqual(same, sealed)
            self.assertIn(PAYLOAD.encode(), packed)
            self.assertEqual(open_datagram(packed, CRC), open_datagram(sealed, CRC))

    def test_field_that_cannot_be_written(self) -> None:
        """A field that has no form on the wire is refused."""
        self.assertRaises(MalformedError, seal, Message.of(a="\0"), CRC)

    def test_message_inside_a_message_in_disguise(self) -> None:
        """
        Nobody makes us sign a compressed message of their own: whoever opens it takes
        what is inside for ours, and heartbeat reads that before it looks at anything.
        """
        evil = compress_whole(b"###\n6:(9)a=b,%%%\n", "zlib")
        for one in (evil, Message.of(t="x").plus(evil.fields), Message([Field(PAYLOAD, "text")])):
            self.assertRaises(MalformedError, seal, one, CRC)

    def test_what_udp_does_not_carry(self) -> None:
        """A message is compressed before it is longer than a datagram can be, whatever key signs it."""
        noise = b"".join(sha1(b"%d" % number).digest() for number in range(MAX_DATAGRAM // 20 + 1))
        rest = len("###\n60000:(1)a=,%%%\n") + MAX_TRAILER
        longest = Message([Field("a", noise[: MAX_DATAGRAM - rest], FieldType.BINARY)])
        sealed = seal(longest, CRC, Sealing(inner_auth=False))
        self.assertNotIn(PAYLOAD.encode(), sealed)
        self.assertLessEqual(len(sign_again(sealed, SHA1)), MAX_DATAGRAM)
        longer = longest.with_field("b", "x")
        self.assertRaises(MalformedError, seal, longer, CRC, Sealing(inner_auth=False))
        text = Message.of(a="x" * MAX_DATAGRAM)
        self.assertLess(len(seal(text, CRC)), 1000)
        self.assertEqual(open_datagram(seal(text, CRC), CRC).get("a"), text.get("a"))


class LineTests(SynchronousTestCase):
    """What travels on a serial line."""

    def test_signed_again(self) -> None:
        """With other keys it says the same."""
        line = seal_classic(Message.of(t="status", st="up"), MD5)
        again = sign_line_again(line, SHA1)
        self.assertRaises(AuthenticationError, open_datagram, line, SHA1)
        self.assertEqual(open_datagram(again, SHA1).get("st"), "up")
        self.assertEqual(again.count(b"auth="), 1)


class OpenTests(SynchronousTestCase):
    """What must not be accepted, and what the log may say of it."""

    def claims(self, data: bytes, keys: Keyring) -> str:
        """Return who an unauthentic datagram claims to be from."""
        error: AuthenticationError = self.assertRaises(AuthenticationError, open_datagram, data, keys)
        return error.claimed

    def test_other_key(self) -> None:
        """A datagram under another key is refused; the log may name its sender."""
        data = seal(STATUS, SHA1)
        self.assertEqual(self.claims(data, Keyring(1, (Key(1, "sha1", b"ho!"),))), "alpha")
        self.assertEqual(self.claims(seal_classic(STATUS, SHA1), MD5), "alpha")

    def test_every_changed_byte(self) -> None:
        """Whichever byte is changed, the datagram is refused."""
        data = seal(STATUS, SHA1)
        for place in range(len(data)):
            changed = bytearray(data)
            changed[place] ^= 1
            self.assertRaises((AuthenticationError, MalformedError), open_datagram, bytes(changed), SHA1)

    def test_every_length(self) -> None:
        """Wherever a datagram is cut off, it is refused."""
        for data in (seal(STATUS, SHA1), seal_classic(STATUS, SHA1)):
            for length in range(len(data)):
                self.assertRaises((AuthenticationError, MalformedError), open_datagram, data[:length], SHA1)

    def test_signature_is_checked_before_anything_is_parsed(self) -> None:
        """A body that cannot be parsed is unauthentic first, and malformed only when signed."""
        broken = b"###\n5:x,%%%\n"
        self.assertEqual(self.claims(broken + b"10:1 00000000,", CRC), "")
        signed = netstring.sign_off(broken, CRC.sign(broken))
        self.assertRaises(MalformedError, open_datagram, signed, CRC)
        broken = b">>>\nnothing\nauth=1 0\n<<<\n"
        self.assertEqual(self.claims(broken, CRC), "")

    def test_unsigned(self) -> None:
        """A message without signature is refused, in either form."""
        self.assertEqual(self.claims(STATUS_BYTES[:-14], CRC), "alpha")
        self.assertEqual(self.claims(STATUS_LINES.replace(b"auth=", b"aux="), CRC), "alpha")

    def test_what_a_claim_may_hold(self) -> None:
        """Nothing that could mislead whoever reads the log is told as a sender."""
        for name in ("a\nb", "a b", "a\x1b[2J", "", "x" * 100, "n\xf6de"):
            data = seal(Message.of(t="status", src=name), SHA1)
            self.assertEqual(self.claims(data, CRC), "")
        self.assertEqual(self.claims(seal(Message.of(src="fe80::1"), SHA1), CRC), "fe80::1")

    def test_neither_form(self) -> None:
        """What begins with neither mark is no message."""
        for data in (b"", b"hello", b"\0" * 100, STATUS_BYTES[1:]):
            self.assertRaises(MalformedError, open_datagram, data, CRC)
            self.assertRaises(MalformedError, read_unverified, data)

    def test_inner_signature_is_not_looked_at(self) -> None:
        """As in heartbeat, only the trailer of a netstring counts."""
        body = netstring.encode(STATUS.with_field("auth", "1 0"))
        self.assertTrue(open_datagram(netstring.sign_off(body, CRC.sign(body)), CRC).has("auth"))

    def test_classic_is_accepted_from_networks(self) -> None:
        """A classic message may come over UDP, also one that holds another compressed."""
        packed = compress_whole(encode_plain(STATUS, prefer_classic=True), "zlib")
        self.assertEqual(open_datagram(seal_classic(packed, CRC), CRC), STATUS)

    def test_reading_without_keys(self) -> None:
        """For those who look at captures a message is read whatever its signature."""
        for data in (STATUS_BYTES, STATUS_LINES, STATUS_BYTES[:-14]):
            self.assertEqual(read_unverified(data).without("auth"), STATUS)

# -*- test-case-name: tests.cli.test_sight -*-
"""
One captured message, for people and for programs.
"""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cli.payloads import Payload
from hatwist.cli.sight import MAX_SHOWN, Sight, as_line, as_object, look
from hatwist.wire import netstring
from hatwist.wire.auth import Key, Keyring
from hatwist.wire.envelope import Sealing, seal, seal_classic
from hatwist.wire.message import Field, FieldType, Message
from tests.cli.packets import MOMENT
from tests.wire.strategies import QUICK, messages

KEYS = Keyring(1, (Key(1, "sha1", b"s3cret"),))
OTHER = Keyring(1, (Key(1, "sha1", b"an0ther"),))
BARE = Sealing(inner_auth=False)
STATUS = Message.of(t="status", st="up", src="node01", seq="1f", hg="65f00000", ts="65f00001", ttl="3")
TIME = "2023-11-14T22:13:20.123456Z"


def payload(data: bytes, lack: str = "") -> Payload:
    """Say that this was seen."""
    return Payload(7, MOMENT, "eth1", "udp", "10.0.0.1:40000", "10.0.0.255:694", data, lack)


def seen(message: Message) -> Sight:
    """Look at a message with the right key."""
    return look(payload(seal(message, KEYS, BARE)), KEYS)


class LookTests(SynchronousTestCase):
    """Decoding and verifying."""

    def test_good(self) -> None:
        """A message with a good signature."""
        sight = seen(STATUS)
        self.assertEqual((sight.message, sight.verified, sight.trouble), (STATUS, True, ""))

    def test_without_keys(self) -> None:
        """Without keys nothing is verified."""
        sight = look(payload(seal(STATUS, KEYS, BARE)), None)
        self.assertEqual((sight.message, sight.verified, sight.trouble), (STATUS, None, ""))

    def test_other_key(self) -> None:
        """A message with a wrong signature is shown all the same."""
        sight = look(payload(seal(STATUS, OTHER, BARE)), KEYS)
        self.assertEqual((sight.message, sight.verified), (STATUS, False))
        self.assertEqual(sight.trouble, "the signature by method 1 is wrong")

    def test_broken(self) -> None:
        """What does not decode is nobody's and has no type."""
        sight = look(payload(b"###\nnothing"), KEYS)
        self.assertEqual((sight.message, sight.verified, sight.source, sight.type), (None, None, "", ""))

    def test_incomplete(self) -> None:
        """What was not captured whole is not decoded."""
        sight = look(payload(seal(STATUS, KEYS), "only 80 of 300 bytes were captured"), KEYS)
        self.assertEqual((sight.message, sight.trouble), (None, "only 80 of 300 bytes were captured"))


class LineTests(SynchronousTestCase):
    """For people."""

    def test_status(self) -> None:
        """Time, link, sender, receiver, whether it verifies, type and main fields."""
        line = "eth1/udp node01 10.0.0.1:40000 > * 10.0.0.255:694 ok status seq=1f hg=65f00000 st=up"
        self.assertEqual(as_line(seen(STATUS)), f"{TIME} {line}")

    def test_verdicts(self) -> None:
        """Whether it verifies, and why not."""
        data = seal(STATUS, OTHER, BARE)
        self.assertIn(" unverified status ", as_line(look(payload(data), None)))
        line = as_line(look(payload(data), KEYS))
        self.assertIn(" BAD status ", line)
        self.assertTrue(line.endswith(" (the signature by method 1 is wrong)"))
        line = as_line(look(payload(b"###\n"), KEYS))
        self.assertTrue(
            line.endswith("eth1/udp ? 10.0.0.1:40000 > ? 10.0.0.255:694 BROKEN (no field at byte 4)"), line
        )

    def test_serial(self) -> None:
        """A serial line has neither time nor addresses."""
        sight = look(Payload(1, None, "", "serial", "", "", seal_classic(STATUS, KEYS)), KEYS)
        self.assertEqual(as_line(sight), "- -/serial node01 > * ok status seq=1f hg=65f00000 st=up")

    def test_values(self) -> None:
        """Values that are no plain word are quoted, long ones cut, binaries counted."""
        message = Message(
            (
                Field("t", "x y"),
                Field("dest", "node02"),
                Field("empty", ""),
                Field("long", "a" * 100),
                Field("uuid", bytes(16), FieldType.BINARY),
                Field("nested", STATUS, FieldType.STRUCT),
                Field("list", ("a", "b c"), FieldType.LIST),
            )
        )
        expected = (
            f"> node02 10.0.0.255:694 ok 'x y' empty='' long={'a' * MAX_SHOWN}... "
            "uuid=<16 bytes> nested=<7 fields> list=a,'b c'"
        )
        self.assertIn(expected, as_line(seen(message)))

    def test_message_without_type_and_sender(self) -> None:
        """What is not there is a question mark."""
        self.assertIn(" ? 10.0.0.1:40000 > * 10.0.0.255:694 ok ? x=1", as_line(seen(Message.of(x="1"))))

    @QUICK
    @given(messages(), st.text(max_size=20))
    def test_nothing_moves_the_cursor(self, message: Message, name: str) -> None:
        """Whatever a message holds, its line is one line of printable ASCII."""
        found = Payload(1, 0, name, "udp", "", "", b"")
        line = as_line(Sight(found, message, None, "field '\xf6' is wrong"))
        self.assertTrue(line.isascii() and line.isprintable(), line)


class ObjectTests(SynchronousTestCase):
    """For programs."""

    def test_status(self) -> None:
        """All there is to know, in names that say it."""
        data = seal(STATUS, KEYS, BARE)
        fields = [{"name": one.name, "type": "string", "value": one.value} for one in STATUS.fields]
        expected = {
            "time": TIME,
            "packet": 7,
            "interface": "eth1",
            "protocol": "udp",
            "from": "10.0.0.1:40000",
            "to": "10.0.0.255:694",
            "size": len(data),
            "form": "netstring",
            "decoded": True,
            "verified": True,
            "error": None,
            "src": "node01",
            "dest": None,
            "type": "status",
            "fields": fields,
        }
        self.assertEqual(as_object(look(payload(data), KEYS)), expected)

    def test_what_is_not_known_is_null(self) -> None:
        """A broken message on a serial line has hardly anything."""
        found = as_object(look(Payload(1, None, "", "serial", "", "", b">>>\nx\n<<<\n"), None))
        nothing = ("time", "interface", "from", "to", "verified", "src", "dest", "type")
        self.assertEqual([found[name] for name in nothing], [None] * len(nothing))
        self.assertEqual((found["form"], found["decoded"], found["fields"]), ("classic", False, []))

    def test_values(self) -> None:
        """Binaries are hexadecimal, messages nested, and odd bytes escaped."""
        message = Message(
            (
                Field("s", "a\udcff\u00f6"),
                Field("b", b"\x00\xff", FieldType.BINARY),
                Field("m", Message.of(x="1"), FieldType.STRUCT),
                Field("l", ("a", "b"), FieldType.LIST),
            )
        )
        expected = [
            {"name": "s", "type": "string", "value": "a\\xff\u00f6"},
            {"name": "b", "type": "binary", "value": "00ff"},
            {"name": "m", "type": "struct", "value": [{"name": "x", "type": "string", "value": "1"}]},
            {"name": "l", "type": "list", "value": ["a", "b"]},
        ]
        self.assertEqual(as_object(seen(message))["fields"], expected)

    @QUICK
    @given(messages())
    def test_any_message_is_one_line_of_json(self, message: Message) -> None:
        """Whatever a message holds, it is one line of JSON that others can read."""
        found = Payload(1, 0, "", "udp", "", "", netstring.encode(message))
        line = json.dumps(as_object(Sight(found, message, None)))
        self.assertNotIn("\n", line)
        json.loads(line.encode("utf-8"))

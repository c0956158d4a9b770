# -*- test-case-name: tests.wire.test_limits -*-
"""
Every bound holds: what is within it passes, one more is refused.
"""

from __future__ import annotations

from hashlib import sha1

from twisted.trial.unittest import SynchronousTestCase

from hatwist.errors import AuthenticationError, MalformedError
from hatwist.wire import classic, netstring
from hatwist.wire.auth import Key, Keyring
from hatwist.wire.envelope import Sealing, open_datagram, read_unverified, seal, seal_classic
from hatwist.wire.limits import (
    MAX_CLAIM_SCAN,
    MAX_DEPTH,
    MAX_DIGEST,
    MAX_FIELDS,
    MAX_LIST,
    MAX_MESSAGE,
    MAX_NAME,
    MAX_UNCOMPRESSED,
)
from hatwist.wire.message import Field, FieldType, Message
from hatwist.wire.text import pack_list, unpack_list

KEYS = Keyring(1, (Key(1, "crc"),))
BARE = Sealing(inner_auth=False)


def inside(depth: int) -> Message:
    """Make a message inside a message, and so on."""
    message = Message.of(z="9")
    for _ in range(depth):
        message = Message((Field("g", message, FieldType.STRUCT),))
    return message


def wide(count: int) -> Message:
    """Make a message of that many fields, half of them in a nested message."""
    half = count // 2
    nested = Message([Field("a", "")] * half)
    return Message([Field("m", nested, FieldType.STRUCT), *[Field("b", "")] * (count - half - 1)])


class BoundTests(SynchronousTestCase):
    """Both encodings have the same bounds, reading and writing."""

    def test_depth(self) -> None:
        """Messages lie in messages up to the bound."""
        for form in (netstring, classic):
            self.assertEqual(form.decode(form.encode(inside(MAX_DEPTH))), inside(MAX_DEPTH))
            self.assertRaises(MalformedError, form.encode, inside(MAX_DEPTH + 1))
            self.assertRaises(MalformedError, form.encode, inside(5000))
        self.assertRaises(MalformedError, classic.signed_lines, inside(5000))

    def test_depth_when_reading(self) -> None:
        """However deep they lie, reading ends at the bound."""
        data = b"###\n6:(0)a=b,%%%\n"
        for _ in range(300):
            data = b"###\n%d:(2)a=%b,%%%%%%\n" % (len(data) + 5, data)
        self.assertRaises(MalformedError, netstring.decode, data)
        text = b"z=9"
        for newline in reversed((*classic.NESTED_NEWLINES, 19)):
            text = b"(2)g=>>>%c%b%c<<<%c" % (newline, text, newline, newline)
        self.assertRaises(MalformedError, classic.decode, b">>>\n" + text + b"\n<<<\n")

    def test_fields(self) -> None:
        """The fields of nested messages count."""
        for form in (netstring, classic):
            self.assertEqual(form.decode(form.encode(wide(MAX_FIELDS))), wide(MAX_FIELDS))
            self.assertRaises(MalformedError, form.encode, wide(MAX_FIELDS + 1))
        self.assertRaises(
            MalformedError, netstring.decode, b"###\n%b%%%%%%\n" % (b"5:(0)a=," * (MAX_FIELDS + 1))
        )
        self.assertRaises(MalformedError, classic.decode, b">>>\n%b<<<\n" % (b"a=\n" * (MAX_FIELDS + 1)))

    def test_lines_before_the_signature(self) -> None:
        """Lines count before anything was verified, empty ones too."""
        self.assertRaises(MalformedError, classic.split, b">>>\n" + b"\n" * (MAX_FIELDS + 1) + b"<<<\n")

    def test_name(self) -> None:
        """A name is no longer than the bound."""
        good, bad = Message([Field("n" * MAX_NAME, "1")]), Message([Field("n" * (MAX_NAME + 1), "1")])
        for form in (netstring, classic):
            self.assertEqual(form.decode(form.encode(good)), good)
            self.assertRaises(MalformedError, form.encode, bad)
        name = b"n" * (MAX_NAME + 1)
        self.assertRaises(
            MalformedError, netstring.decode, b"###\n%d:(0)%b=,%%%%%%\n" % (len(name) + 4, name)
        )
        self.assertRaises(MalformedError, classic.decode, b">>>\n" + name + b"=1\n<<<\n")

    def test_list(self) -> None:
        """A packed list is no longer than the bound."""
        fitting = ("x" * (MAX_LIST - 10), "y")
        self.assertEqual(len(pack_list(fitting)), MAX_LIST)
        self.assertEqual(unpack_list(pack_list(fitting)), fitting)
        self.assertRaises(MalformedError, pack_list, ("x" * (MAX_LIST - 9), "y"))
        self.assertRaises(MalformedError, unpack_list, b"1:x," * (MAX_LIST // 4 + 1))

    def test_uncompressed_length(self) -> None:
        """A message is no longer than the bound, also before it is compressed."""
        for form, rest in ((netstring, 22), (classic, 11)):
            message = Message.of(a="x" * (MAX_UNCOMPRESSED - rest))
            data = form.encode(message)
            self.assertEqual(len(data), MAX_UNCOMPRESSED)
            self.assertEqual(form.decode(data), message)
            self.assertRaises(MalformedError, form.encode, Message.of(a="x" * (MAX_UNCOMPRESSED - rest + 1)))
            self.assertRaises(MalformedError, form.decode, data + b"\0")

    def test_datagram(self) -> None:
        """A datagram is no longer than the bound; what would be is compressed, or refused."""
        message = Message.of(a="x" * (MAX_MESSAGE - 35))
        body = netstring.encode(message)
        data = netstring.sign_off(body, KEYS.sign(body))
        self.assertEqual(len(data), MAX_MESSAGE)
        self.assertEqual(open_datagram(data, KEYS), message)
        self.assertLess(len(seal(message, KEYS, BARE)), 1000)
        for read in (lambda: open_datagram(data + b"\0", KEYS), lambda: read_unverified(data + b"\0")):
            self.assertRaises(MalformedError, read)

    def test_datagram_that_does_not_become_shorter(self) -> None:
        """What is too long and cannot be compressed is refused."""
        noise = b"".join(sha1(b"%d" % number).digest() for number in range(MAX_MESSAGE // 20 + 1))
        message = Message([Field("a", noise, FieldType.BINARY)])
        self.assertRaises(MalformedError, seal, message, KEYS, BARE)

    def test_serial_message(self) -> None:
        """A message on a serial line too, but nothing is compressed there."""
        message = Message.of(a="x" * MAX_MESSAGE)
        self.assertRaises(MalformedError, seal_classic, message, KEYS)

    def test_digest(self) -> None:
        """A digest is no longer than the bound."""
        body = netstring.encode(Message.of(a="b"))
        self.assertEqual(netstring.split(netstring.sign_off(body, b"1 " + b"0" * MAX_DIGEST))[0], body)
        too_long = netstring.sign_off(body, b"1 " + b"0" * (MAX_DIGEST + 1))
        self.assertRaises(AuthenticationError, netstring.split, too_long)

    def test_claim(self) -> None:
        """The claimed sender is not looked for beyond the bound."""
        near = b"###\n" + b"x" * (MAX_CLAIM_SCAN - 20) + b"(0)src=beta,"
        far = b"###\n" + b"x" * MAX_CLAIM_SCAN + b"(0)src=beta,"
        for data, claimed in ((near, "beta"), (far, "")):
            error = self.assertRaises(AuthenticationError, open_datagram, data, KEYS)
            self.assertEqual(error.claimed, claimed)

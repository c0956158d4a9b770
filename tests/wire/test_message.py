# -*- test-case-name: tests.wire.test_message -*-
"""
The message model (protocol section 1).
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.errors import MalformedError
from hatwist.wire.message import Field, FieldType, Message

UUID = bytes(range(16))


class MessageTests(SynchronousTestCase):
    """An ordered list of fields."""

    def test_strings_in_order(self) -> None:
        """A message of strings keeps their order."""
        message = Message.of(t="status", st="up")
        self.assertEqual(message.fields, (Field("t", "status"), Field("st", "up")))

    def test_fields_may_come_from_anything(self) -> None:
        """Whatever the fields come in, a message holds a tuple and compares by value."""
        self.assertEqual(Message([Field("a", "b")]), Message(iter((Field("a", "b"),))))

    def test_first_of_a_repeated_name_counts(self) -> None:
        """A lookup returns the first field of a name; the others are kept."""
        message = Message((Field("a", "1"), Field("a", "2")))
        self.assertEqual(message.get("a"), "1")
        self.assertEqual(len(message.fields), 2)

    def test_absent_string(self) -> None:
        """An absent string is empty, or what the caller says."""
        self.assertEqual(Message.of(a="b").get("c"), "")
        self.assertEqual(Message.of(a="b").get("c", "none"), "none")

    def test_string_and_binary_are_different(self) -> None:
        """A string is no binary and a binary no string."""
        message = Message((Field("a", UUID, FieldType.BINARY), Field("b", "text")))
        self.assertEqual((message.get("a"), message.binary("a")), ("", UUID))
        self.assertEqual((message.get("b"), message.binary("b")), ("text", None))

    def test_first_hides_the_others(self) -> None:
        """A field of another type and the same name hides a string or a binary, as in heartbeat."""
        message = Message((Field("a", UUID, FieldType.BINARY), Field("a", "1"), Field("a", "2")))
        self.assertEqual((message.get("a"), message.binary("a")), ("", UUID))
        message = Message((Field("a", ("x",), FieldType.LIST), Field("a", UUID, FieldType.BINARY)))
        self.assertEqual((message.get("a", "none"), message.binary("a")), ("none", None))

    def test_has(self) -> None:
        """A field is there whatever its type."""
        message = Message((Field("a", UUID, FieldType.BINARY),))
        self.assertTrue(message.has("a"))
        self.assertFalse(message.has("b"))

    def test_numbers(self) -> None:
        """Most numbers are hexadecimal, a few decimal."""
        message = Message.of(seq="1f", firstseq="31")
        self.assertEqual((message.hexadecimal("seq"), message.decimal("firstseq")), (31, 31))
        self.assertIsNone(message.hexadecimal("hg"))
        self.assertIsNone(message.decimal("hg"))

    def test_sixteen_digits_are_enough(self) -> None:
        """A number has at most sixteen digits."""
        self.assertEqual(Message.of(n="f" * 16).hexadecimal("n"), 2**64 - 1)
        self.assertRaises(MalformedError, Message.of(n="f" * 17).hexadecimal, "n")

    def test_what_is_no_number(self) -> None:
        """Signs, blanks, prefixes and digits of other scripts make no number."""
        for text in ("", " 1", "-1", "+1", "0x1", "1_0", "g", "\u0661"):
            self.assertRaises(MalformedError, Message.of(n=text).hexadecimal, "n")
        self.assertRaises(MalformedError, Message.of(n="f").decimal, "n")

    def test_binary_is_no_number(self) -> None:
        """A number is a string."""
        message = Message((Field("n", b"1", FieldType.BINARY),))
        self.assertRaises(MalformedError, message.hexadecimal, "n")

    def test_replacing_keeps_the_place(self) -> None:
        """A field is replaced where it stands, or appended."""
        message = Message.of(a="1", b="2", c="3").with_field("b", "x")
        self.assertEqual(message, Message.of(a="1", b="x", c="3"))
        self.assertEqual(message.with_field("d", "4"), Message.of(a="1", b="x", c="3", d="4"))

    def test_replacing_several(self) -> None:
        """Several fields are replaced or appended as if one after the other; the last of a name counts."""
        message = Message((Field("a", "1"), Field("b", "2"), Field("b", "3")))
        more = [Field("b", UUID, FieldType.BINARY), Field("c", "4"), Field("a", "5"), Field("c", "6")]
        expected = message
        for one in more:
            expected = expected.with_field(*one)
        self.assertEqual(message.with_fields(more), expected)
        self.assertEqual([one.name for one in expected.fields], ["a", "b", "b", "c"])

    def test_leaving_out(self) -> None:
        """All fields of a name are left out."""
        message = Message((Field("a", "1"), Field("b", "2"), Field("a", "3")))
        self.assertEqual(message.without("a"), Message.of(b="2"))

    def test_appending(self) -> None:
        """Fields are appended at the end."""
        self.assertEqual(Message.of(a="1").plus([Field("b", "2")]), Message.of(a="1", b="2"))

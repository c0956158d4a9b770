# -*- test-case-name: tests.wire.test_text -*-
"""
Names, strings and packed lists (protocol sections 1 and 2.4).
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.errors import MalformedError
from hatwist.wire.text import decode_string, encode_name, encode_string, pack_list, unpack_list


class StringTests(SynchronousTestCase):
    """Strings are bytes without NUL."""

    def test_bytes_that_are_not_utf8_pass_through(self) -> None:
        """Whatever bytes came are sent on unchanged."""
        for raw in (b"", b"node01", "k\xf6ln".encode(), b"\xff\xfe", bytes(range(1, 256))):
            self.assertEqual(encode_string(decode_string(raw)), raw)

    def test_nul(self) -> None:
        """A string has no NUL, in either direction."""
        self.assertRaises(MalformedError, encode_string, "a\0b")
        self.assertRaises(MalformedError, decode_string, b"a\0b")

    def test_half_a_surrogate_pair(self) -> None:
        """Text that no bytes stand for cannot be written."""
        self.assertRaises(MalformedError, encode_string, "\ud800")


class NameTests(SynchronousTestCase):
    """Names of fields."""

    def test_names(self) -> None:
        """A name is not empty and may hold nearly anything."""
        for name in ("t", "_compressed_payload", "a b", "a(", ">>>", "k\xf6ln"):
            self.assertEqual(encode_name(name), name.encode())

    def test_what_is_no_name(self) -> None:
        """No C{=}, newline or NUL, and no parenthesis in front: heartbeat reads a type there."""
        for name in ("", "a=b", "a\nb", "a\0b", "(2)a", "("):
            self.assertRaises(MalformedError, encode_name, name)


class ListTests(SynchronousTestCase):
    """Packed lists."""

    def test_packed(self) -> None:
        """Each element has its length in front and a comma behind."""
        self.assertEqual(pack_list(("abc", "defg")), b"3:abc,4:defg,")
        self.assertEqual(unpack_list(b"3:abc,4:defg,"), ("abc", "defg"))

    def test_elements_may_hold_anything(self) -> None:
        """A comma or colon in an element is no separator."""
        elements = ("1:a,", ",", ":", "k\xf6ln")
        self.assertEqual(unpack_list(pack_list(elements)), elements)

    def test_empty_lists_and_elements(self) -> None:
        """Heartbeat refuses a list without elements, and an empty element."""
        self.assertRaises(MalformedError, pack_list, ())
        self.assertRaises(MalformedError, pack_list, ("a", ""))
        for packed in (b"", b"0:,", b"1:a,0:,"):
            self.assertRaises(MalformedError, unpack_list, packed)

    def test_broken_lists(self) -> None:
        """A length that is missing or wrong breaks the list."""
        for packed in (
            b"abc",
            b":abc,",
            b"3:abc",
            b"3:abcd,",
            b"4:abc,",
            b"-1:a,",
            b"3:abc,x",
            b"9999999:a,",
        ):
            self.assertRaises(MalformedError, unpack_list, packed)

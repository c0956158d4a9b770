# -*- test-case-name: tests.wire.test_classic -*-
"""
The form C{>>>} ... C{<<<} (protocol sections 2.3 and 3.3).
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.errors import AuthenticationError, MalformedError
from hatwist.wire.classic import NESTED_NEWLINES, decode, encode, signed_lines, split
from hatwist.wire.message import Field, FieldType, Message

UUID = bytes.fromhex("00112233445566778899aabbccddeeff")


def inside(depth: int) -> Message:
    """Make a message inside a message, and so on."""
    message = Message.of(z="9")
    for _ in range(depth):
        message = Message((Field("g", message, FieldType.STRUCT),))
    return message


class ClassicTests(SynchronousTestCase):
    """Messages and their bytes."""

    def both(self, message: Message, data: bytes) -> None:
        """Expect that the one is the other, in both directions."""
        self.assertEqual(encode(message), data)
        self.assertEqual(decode(data), message)

    def refuses(self, *datas: bytes) -> None:
        """Expect that none of them is a message."""
        for data in datas:
            self.assertRaises(MalformedError, decode, data)

    def test_strings(self) -> None:
        """A string is a line; its newlines become byte 0x13; it may hold a C{=}."""
        self.both(Message.of(t="status", x="a\nb", y="=", z=""), b">>>\nt=status\nx=a\x13b\ny==\nz=\n<<<\n")

    def test_binary(self) -> None:
        """A binary is base64, so a uuid has 24 characters."""
        uuid = Field("srcuuid", UUID, FieldType.BINARY)
        nothing = Field("e", b"", FieldType.BINARY)
        self.both(Message((uuid, nothing)), b">>>\n(1)srcuuid=ABEiM0RVZneImaq7zN3u/w==\n(1)e=\n<<<\n")

    def test_compressed_is_base64(self) -> None:
        """A compressed field is written like a binary."""
        self.both(Message((Field("c", b"x\x9c", FieldType.COMPRESSED),)), b">>>\n(4)c=eJw=\n<<<\n")

    def test_list(self) -> None:
        """A list is packed."""
        self.both(Message((Field("l", ("abc", "d"), FieldType.LIST),)), b">>>\n(3)l=3:abc,1:d,\n<<<\n")

    def test_nested(self) -> None:
        """The newlines of a nested message become a byte that tells its depth."""
        grandchild = Field("g", Message.of(z="9"), FieldType.STRUCT)
        child = Field("child", Message.of(x="1", y="l1\nl2").plus([grandchild]), FieldType.STRUCT)
        self.both(
            Message((child,)),
            b">>>\n(2)child=>>>\x14x=1\x14y=l1\x13l2\x14(2)g=>>>\x15z=9\x15<<<\x15\x14<<<\x14\n<<<\n",
        )

    def test_every_depth_has_its_byte(self) -> None:
        """Sixteen depths, sixteen bytes."""
        self.assertEqual(list(NESTED_NEWLINES), [*range(20, 32), 15, 16, 17, 18])
        data = encode(inside(16))
        self.assertTrue(all(byte in data for byte in NESTED_NEWLINES))
        self.assertEqual(decode(data), inside(16))

    def test_empty_lines_and_nuls(self) -> None:
        """Empty lines are skipped, and NULs may follow."""
        self.assertEqual(decode(b">>>\n\na=b\n\n\n<<<\n\0\0"), Message.of(a="b"))

    def test_marks(self) -> None:
        """A message goes from mark to mark, and ends there."""
        self.refuses(b"", b">>>\n", b">>>\na=b\n", b">>>\na=b\n<<<", b"a=b\n<<<\n", b">>>\na=b<<<\n")
        self.refuses(b">>>\r\na=b\r\n<<<\r\n", b">>>\na=b\n<<<\nc=d\n", b" >>>\na=b\n<<<\n", b">>>\n<<<\n")

    def test_lines_that_are_no_field(self) -> None:
        """A line needs a name and C{=}; marks and unknown types are no names."""
        for line in (
            b"a",
            b"=b",
            b"(=b",
            b"(x=b",
            b"(1)=",
            b"(0)a=b",
            b"(5)a=b",
            b"(1)(1)a=",
            b"<<<=x",
            b">>>x=1",
        ):
            self.refuses(b">>>\nc=d\n" + line + b"\n<<<\n")

    def test_nul_in_a_line(self) -> None:
        """Neither a name nor a string has a NUL."""
        self.refuses(b">>>\na\0=b\n<<<\n", b">>>\na=\0b\n<<<\n", b">>>\na=b\n\0\n<<<\n")

    def test_what_is_not_base64(self) -> None:
        """A binary is strictly base64."""
        for value in (b"Q", b"QQ", b"QQ=", b"QQ==x", b"Q Q==", b"====", b"\xff\xff\xff\xff"):
            self.refuses(b">>>\n(1)a=%b\n<<<\n" % value)

    def test_what_is_not_a_nested_message(self) -> None:
        """A nested message has its marks, in the byte of its depth."""
        for value in (b"", b"x", b">>>\x15a=b\x15<<<\x15", b">>>\x14a=b\x14<<<", b">>>\x14<<<\x14", b"\x14"):
            self.refuses(b">>>\n(2)m=%b\n<<<\n" % value)

    def test_what_cannot_be_written(self) -> None:
        """What would not come back as it was is refused."""
        for one in (
            Field("a", "x\x13y"),
            Field("m", Message.of(a="x\x14y"), FieldType.STRUCT),
            Field("l", ("a\nb",), FieldType.LIST),
            Field("u", Message.of(a="b"), FieldType.UNCOMPRESSED),
            Field("a", b"bytes"),
            Field("a", "text", FieldType.BINARY),
            Field("a", "text", FieldType.LIST),
            Field("a", "text", FieldType.STRUCT),
            Field("<<<", "a"),
            Field(">>>x", "a"),
            Field("(1)a", "a"),
        ):
            self.assertRaises(MalformedError, encode, Message((one,)))
        self.assertRaises(MalformedError, encode, Message())


class SignedLinesTests(SynchronousTestCase):
    """What C{auth} signs."""

    def test_lines_without_auth_and_marks(self) -> None:
        """All lines are signed but those called C{auth}; no marks."""
        message = Message.of(t="status", auth="1 0", x="a\nb")
        self.assertEqual(signed_lines(message), b"t=status\nx=a\x13b\n")

    def test_split(self) -> None:
        """The signed lines of a message and its signature."""
        data = b">>>\nt=status\n\nx=a\x13b\nauth=1 ae238730\n<<<\n\0"
        self.assertEqual(split(data), (b"t=status\nx=a\x13b\n", b"1 ae238730"))

    def test_last_auth_counts(self) -> None:
        """Of several signatures the last counts, and none is signed."""
        self.assertEqual(split(b">>>\nauth=1 1\na=b\nauth=2 2\nc=d\n<<<\n"), (b"a=b\nc=d\n", b"2 2"))

    def test_no_signature(self) -> None:
        """Without a line C{auth}, or with an empty one, there is no signature."""
        for lines in (b"a=b\n", b"a=b\nauth=\n", b"(1)auth=QQ==\n", b""):
            self.assertRaises(AuthenticationError, split, b">>>\n" + lines + b"<<<\n")

    def test_no_marks(self) -> None:
        """Without marks there is no message to take a signature from."""
        self.assertRaises(MalformedError, split, b"a=b\nauth=1 0\n")

# -*- test-case-name: tests.wire.test_netstring -*-
"""
The form C{###} ... C{%%%} (protocol section 2.2).
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.errors import AuthenticationError, MalformedError
from hatwist.wire.message import Field, FieldType, Message
from hatwist.wire.netstring import decode, decode_usual, encode, sign_off, split

CHILD = Message.of(x="1", y="l1\nl2")
EVERYTHING = Message(
    (
        Field("s", "a\nb"),
        Field("b", b"\x00\xff,", FieldType.BINARY),
        Field("m", CHILD, FieldType.STRUCT),
        Field("l", ("abc", "defg"), FieldType.LIST),
        Field("c", b"x\x9c", FieldType.COMPRESSED),
        Field("u", CHILD, FieldType.UNCOMPRESSED),
    )
)
CHILD_BYTES = b"###\n6:(0)x=1,10:(0)y=l1\nl2,%%%\n"
EVERYTHING_BYTES = (
    b"###\n8:(0)s=a\nb,8:(1)b=\x00\xff,,"
    b"36:(2)m=" + CHILD_BYTES + b",18:(3)l=3:abc,4:defg,,7:(4)c=x\x9c,36:(5)u=" + CHILD_BYTES + b",%%%\n"
)


class NetstringTests(SynchronousTestCase):
    """Messages and their bytes."""

    def refuses(self, *datas: bytes) -> None:
        """Expect that none of them is a message."""
        for data in datas:
            self.assertRaises(MalformedError, decode, data)

    def test_all_types(self) -> None:
        """Every field says its type; values are raw, messages and lists nested."""
        self.assertEqual(encode(EVERYTHING), EVERYTHING_BYTES)
        self.assertEqual(decode(EVERYTHING_BYTES), EVERYTHING)

    def test_length_counts_type_name_and_value(self) -> None:
        """The length goes from the parenthesis to the value's last byte, without the comma."""
        self.assertEqual(encode(Message.of(t="status")), b"###\n11:(0)t=status,%%%\n")

    def test_empty_values(self) -> None:
        """Strings and binaries may be empty."""
        data = b"###\n9:(0)empty=,6:(1)no=,%%%\n"
        self.assertEqual(decode(data), Message((Field("empty", ""), Field("no", b"", FieldType.BINARY))))
        self.assertEqual(encode(decode(data)), data)

    def test_order_and_repetition_are_kept(self) -> None:
        """Fields come in their order, repeated names too."""
        message = Message((Field("b", "1"), Field("a", "2"), Field("b", "3")))
        self.assertEqual(decode(encode(message)), message)

    def test_leading_zeros_of_a_length(self) -> None:
        """Heartbeat tolerates leading zeros, and nothing else in front of the colon."""
        self.assertEqual(decode(b"###\n006:(0)x=1,%%%\n"), Message.of(x="1"))
        self.refuses(b"###\n6 :(0)x=1,%%%\n", b"###\n+6:(0)x=1,%%%\n", b"###\n-6:(0)x=1,%%%\n")

    def test_what_kills_heartbeat_is_refused(self) -> None:
        """A type above 5, and a field without a type, are errors like any other."""
        self.refuses(b"###\n6:(6)x=1,%%%\n", b"###\n3:x=1,%%%\n", b"###\n7:(10)x=,%%%\n")

    def test_wrong_lengths(self) -> None:
        """A length that leads elsewhere breaks the message."""
        for length in (b"", b"0", b"4", b"5", b"7", b"12", b"9999999", b"99999999"):
            self.refuses(b"###\n%b:(0)x=1,%%%%%%\n" % length)

    def test_marks(self) -> None:
        """A message goes from mark to mark, and ends there."""
        field = b"6:(0)x=1,"
        self.refuses(b"", b"###", b"###\n", b"###\n%%%", field, b"##\n" + field + b"%%%\n")
        self.refuses(b"###\n" + field, b"###\n" + field + b"%%%", b"###\n" + field + b"%%%\n\0")

    def test_what_is_not_usual(self) -> None:
        """What the quick way cannot read for certain it does not read."""
        usual = b"###\n7:(0)t=ab,15:(1)srcuuid=\0\xff\0z,%%%\n"
        self.assertEqual(
            decode_usual(usual),
            Message((Field("t", "ab"), Field("srcuuid", b"\0\xff\0z", FieldType.BINARY))),
        )
        for data in (
            b"###\n6:(0)x=1,%%%\n",
            b"###\n7:(3)t=ab,%%%\n",
            b"###\n7:(0)t=a,,%%%\n",
            b"###\n7:(0)t=a\0,%%%\n",
            b"###\n7:(0)t=a\xff,%%%\n",
            b"###\n8:(0)t=ab,%%%\n",
            b"###\n7:(0)t=ab,,%%%\n",
            b"###\n%%%\n",
            b"###\n7:(0)t=ab,",
            b"7:(0)t=ab,%%%\n",
            b"###\n" + 4097 * b"7:(0)t=ab," + b"%%%\n",
        ):
            self.assertIsNone(decode_usual(data))

    def test_long_message_is_not_usual(self) -> None:
        """What nearly is a field, a hundred thousand times, takes no longer than to see that it is none."""
        self.assertRaises(MalformedError, decode, b"###\n" + b"1:(0)a=" * 299_000 + b"%%%\n")
        self.assertIsNone(decode_usual(encode(Message.of(a="x" * 5000))))

    def test_nested_message_fills_its_field(self) -> None:
        """A nested message neither ends early nor reaches over its field."""
        self.refuses(
            b"###\n22:(2)m=###\n6:(0)x=1,%%%\nx,%%%\n",
            b"###\n17:(2)m=###\n6:(0)x=1,,%%%\n",
            b"###\n9:(2)m=###\n6:(0)x=1,%%%\n,%%%\n",
            b"###\n6:(2)m=,%%%\n",
        )

    def test_no_message_without_fields(self) -> None:
        """Heartbeat cannot write a message without fields; nor do we, nor read one."""
        self.refuses(b"###\n%%%\n", b"###\n13:(2)m=###\n%%%\n,%%%\n")
        self.assertRaises(MalformedError, encode, Message())
        nested = Message((Field("m", Message(), FieldType.STRUCT),))
        self.assertRaises(MalformedError, encode, nested)

    def test_value_of_another_type(self) -> None:
        """A field whose value is not what its type says cannot be written."""
        for kind in FieldType:
            for value in ("text", b"bytes", CHILD, ("a",)):
                message = Message((Field("x", value, kind),))
                try:
                    self.assertEqual(decode(encode(message)), message)
                except MalformedError as error:
                    self.assertEqual(str(error), f"field 'x' has a value that is not {kind.name}")

    def test_names(self) -> None:
        """What is no name can be neither written nor read."""
        for name in ("", "a=b", "a\n", "(0)a"):
            self.assertRaises(MalformedError, encode, Message((Field(name, "1"),)))
        self.refuses(b"###\n5:(0)=1,%%%\n", b"###\n7:(0)a\n=1,%%%\n", b"###\n9:(0)(0)a=1,%%%\n")

    def test_nul_in_a_string(self) -> None:
        """Strings have no NUL; binaries may."""
        self.refuses(b"###\n6:(0)x=\0,%%%\n")
        self.assertEqual(decode(b"###\n6:(1)x=\0,%%%\n").binary("x"), b"\0")


class TrailerTests(SynchronousTestCase):
    """The signature behind the message."""

    BODY = b"###\n6:(0)x=1,%%%\n"

    def test_trailer(self) -> None:
        """The trailer is a netstring of index and digest."""
        data = sign_off(self.BODY, b"1 994bd5a5")
        self.assertEqual(data, self.BODY + b"10:1 994bd5a5,")
        self.assertEqual(split(data), (self.BODY, b"1 994bd5a5"))

    def test_nuls_may_follow(self) -> None:
        """NULs behind the trailer do no harm; anything else does."""
        data = sign_off(self.BODY, b"1 994bd5a5")
        self.assertEqual(split(data + b"\0\0"), (self.BODY, b"1 994bd5a5"))
        for more in (b"x", b"\n", b"\0x", b",", b"10:1 994bd5a5,"):
            self.assertRaises(AuthenticationError, split, data + more)

    def test_no_trailer(self) -> None:
        """Without a trailer of the right form there is no signature."""
        for trailer in (b"", b"10:1 994bd5a5", b"9:1 994bd5a5,", b"8:994bd5a5,", b"10:x 994bd5a5,", b"2:1 ,"):
            self.assertRaises(AuthenticationError, split, self.BODY + trailer)
        self.assertRaises(AuthenticationError, split, b"10:1 994bd5a5,")

    def test_trailer_is_looked_for_from_the_end(self) -> None:
        """End marks and trailers inside a value are part of what was signed."""
        value = b"%%%\n10:1 994bd5a5,"
        body = b"###\n23:(1)x=" + value + b",%%%\n"
        self.assertEqual(split(sign_off(body, b"1 0")), (body, b"1 0"))

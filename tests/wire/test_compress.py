# -*- test-case-name: tests.wire.test_compress -*-
"""
Compression (protocol section 4).
"""

from __future__ import annotations

import bz2
import zlib

from twisted.trial.unittest import SynchronousTestCase

from hatwist.errors import MalformedError
from hatwist.wire import classic, netstring
from hatwist.wire.compress import (
    ALGORITHM,
    COMPRESSORS,
    PAYLOAD,
    compress_fields,
    compress_whole,
    decode_plain,
    encode_plain,
    expand_field,
    expand_whole,
)
from hatwist.wire.limits import MAX_UNCOMPRESSED
from hatwist.wire.message import Field, FieldType, Message

BIG = Message.of(t="big", b="x" * 2000)
NESTED = Message((Field("m", Message.of(a="b"), FieldType.STRUCT),))
WAITING = Message((Field("t", "x"), Field("m", BIG, FieldType.UNCOMPRESSED), Field("z", "1")))


class CompressorTests(SynchronousTestCase):
    """The codecs."""

    def test_both_directions(self) -> None:
        """What was compressed comes back."""
        for one in COMPRESSORS.values():
            for data in (b"", b"x", b"x" * 100000):
                self.assertEqual(one.expand(one.compress(data), 100000), data)

    def test_streams_are_those_of_the_usual_programs(self) -> None:
        """One zlib stream, or one bzip2 stream of the smallest block size."""
        self.assertEqual(zlib.decompress(COMPRESSORS["zlib"].compress(b"data")), b"data")
        packed = COMPRESSORS["bz2"].compress(b"data")
        self.assertEqual((packed[:4], bz2.decompress(packed)), (b"BZh1", b"data"))

    def test_limit(self) -> None:
        """Nothing expands beyond the limit, and up to it everything."""
        for one in COMPRESSORS.values():
            packed = one.compress(b"x" * 1000)
            self.assertEqual(len(one.expand(packed, 1000)), 1000)
            self.assertRaises(MalformedError, one.expand, packed, 999)

    def test_bomb(self) -> None:
        """A few bytes that would become a hundred million are refused at once."""
        for one in COMPRESSORS.values():
            packed = one.compress(b"\0" * 10**8)
            error = self.assertRaises(MalformedError, one.expand, packed, MAX_UNCOMPRESSED)
            self.assertEqual(str(error), f"it expands to more than {MAX_UNCOMPRESSED} bytes")

    def test_damaged_streams(self) -> None:
        """Noise, a cut stream, a wrong checksum, and bytes behind the end are refused."""
        for one in COMPRESSORS.values():
            packed = one.compress(b"data" * 100)
            broken = bytearray(packed)
            broken[-6] ^= 1
            for data in (b"", b"noise", packed[:-1], packed + b"\0", packed + packed, bytes(broken)):
                self.assertRaises(MalformedError, one.expand, data, 10000)


class PlainTests(SynchronousTestCase):
    """Messages without signature, as they are before compression."""

    def test_forms(self) -> None:
        """Classic with a NUL where it is wanted and possible, else netstring."""
        self.assertEqual(encode_plain(BIG, prefer_classic=True), classic.encode(BIG) + b"\0")
        self.assertEqual(encode_plain(BIG, prefer_classic=False), netstring.encode(BIG))
        self.assertEqual(encode_plain(NESTED, prefer_classic=True), netstring.encode(NESTED))

    def test_both_forms_are_read(self) -> None:
        """Either form is read, with or without NULs behind."""
        for data in (classic.encode(BIG), netstring.encode(BIG)):
            self.assertEqual(decode_plain(data), BIG)
            self.assertEqual(decode_plain(data + b"\0"), BIG)
        self.assertRaises(MalformedError, decode_plain, b"")


class WholeMessageTests(SynchronousTestCase):
    """Messages compressed as a whole."""

    def test_two_fields(self) -> None:
        """A compressed message has its payload and the name of the compressor."""
        plain = encode_plain(BIG, prefer_classic=True)
        packed = compress_whole(plain, "zlib")
        self.assertEqual(
            packed,
            Message((Field(PAYLOAD, zlib.compress(plain), FieldType.BINARY), Field(ALGORITHM, "zlib"))),
        )
        self.assertEqual(expand_whole(packed), BIG)

    def test_other_messages_are_left_alone(self) -> None:
        """What has no payload is returned as it is."""
        self.assertIs(expand_whole(BIG), BIG)
        self.assertIs(expand_whole(named := Message.of(_compressed_payload="text")), named)

    def test_unknown_compressor(self) -> None:
        """A compressor that we do not have is named."""
        packed = compress_whole(b"", "zlib")
        for name in ("", "lzma"):
            error = self.assertRaises(MalformedError, expand_whole, packed.with_field(ALGORITHM, name))
            self.assertEqual(str(error), f"compressed by {name!r}, which is unknown")

    def test_compressed_twice(self) -> None:
        """A compressed message inside a compressed message is refused."""
        once = compress_whole(encode_plain(BIG, prefer_classic=True), "zlib")
        twice = compress_whole(encode_plain(once, prefer_classic=False), "bz2")
        self.assertRaises(MalformedError, expand_whole, twice)


class FieldTests(SynchronousTestCase):
    """Single compressed fields."""

    def test_waiting_field_is_compressed_in_its_place(self) -> None:
        """Type 5 becomes type 4; the compressor is named at the end."""
        packed = compress_fields(WAITING, "bz2", prefer_classic=True)
        self.assertEqual([one.name for one in packed.fields], ["t", "m", "z", ALGORITHM])
        self.assertIs(packed.fields[1].type, FieldType.COMPRESSED)
        self.assertEqual(packed.get(ALGORITHM), "bz2")
        self.assertEqual(expand_field(packed, "m"), BIG)

    def test_nothing_waits(self) -> None:
        """A message without such fields is returned as it is."""
        packed = compress_fields(WAITING, "zlib", prefer_classic=False)
        self.assertIs(compress_fields(packed, "zlib", prefer_classic=False), packed)

    def test_field_that_waits_inside_others(self) -> None:
        """Type 5 becomes type 4 however deep it lies; every message names its own compressor."""
        inside = Message([Field("s", WAITING, FieldType.STRUCT)])
        packed = compress_fields(inside, "zlib", prefer_classic=False)
        self.assertEqual(packed.fields[0].value, compress_fields(WAITING, "zlib", prefer_classic=False))
        twice = Message([Field("m", WAITING, FieldType.UNCOMPRESSED)])
        (outer, _) = compress_fields(twice, "zlib", prefer_classic=False).fields
        found = expand_field(Message([outer, Field(ALGORITHM, "zlib")]), "m")
        self.assertEqual(expand_field(found, "m"), BIG)
        self.assertEqual(compress_fields(found, "zlib", prefer_classic=False), found)

    def test_too_deep_to_look_through(self) -> None:
        """Messages in messages in messages are looked through as deep as they may lie."""
        message = WAITING
        for _ in range(5000):
            message = Message([Field("s", message, FieldType.STRUCT)])
        self.assertRaises(MalformedError, compress_fields, message, "zlib", False)

    def test_nested_message_without_waiting_fields(self) -> None:
        """A structure in which nothing waits is returned as it is."""
        nested = Message([Field("s", Message.of(a="b"), FieldType.STRUCT)])
        self.assertIs(compress_fields(nested, "zlib", prefer_classic=False), nested)

    def test_value_of_another_type(self) -> None:
        """A waiting field that holds no message stays, and cannot be written."""
        wrong = Message((Field("m", "text", FieldType.UNCOMPRESSED),))
        packed = compress_fields(wrong, "zlib", prefer_classic=True)
        self.assertRaises(MalformedError, netstring.encode, packed)

    def test_no_such_field(self) -> None:
        """Only a compressed field can be expanded."""
        for name in ("t", "nothing"):
            self.assertRaises(MalformedError, expand_field, WAITING, name)

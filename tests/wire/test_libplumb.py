# -*- test-case-name: tests.wire.test_libplumb -*-
"""
Heartbeat's own library reads what we write, and writes what we read.
"""

from __future__ import annotations

import os
import subprocess
import sys

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from hatwist.wire import classic, netstring
from hatwist.wire.compress import (
    COMPRESSORS,
    compress_fields,
    compress_whole,
    decode_plain,
    encode_plain,
    expand_field,
)
from hatwist.wire.message import Field, FieldType, Message
from tests.wire import plumb

TIMEOUT = 60.0
"""Seconds after which the library is taken for stuck."""

UUID = Field("srcuuid", bytes(range(16)), FieldType.BINARY)
BIG = Message.of(t="big", b="x" * 5000, c="a\nb").plus([UUID])
HUGE = Message([Field("t", "huge"), *(Field(f"f{n}", f"{n * n}" * 50) for n in range(2000))])
CHILD = Message.of(x="1", y="l1\nl2").plus([Field("g", Message.of(z="9"), FieldType.STRUCT)])
NESTED = Message([Field("t", "nested"), Field("child", CHILD, FieldType.STRUCT)])
LISTED = Message([Field("t", "listed"), Field("l", ("abc", "d,e"), FieldType.LIST)])


def ask(*lines: str) -> list[bytes]:
    """
    Let the library answer.

    @raise SkipTest: it is not installed, and nobody insists.
    """
    ran = subprocess.run(
        [sys.executable, plumb.__file__],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )
    if ran.returncode == plumb.NO_LIBRARY and os.environ.get("CI") != "true":
        raise SkipTest(f"libplumb2 is not installed: {ran.stderr.strip()}")
    if ran.returncode != 0:
        raise AssertionError(f"the library failed with {ran.returncode}: {ran.stderr}")
    return [bytes.fromhex(line) for line in ran.stdout.splitlines()]


class LibraryTests(SynchronousTestCase):
    """Messages without signature; signatures are proved on captured traffic."""

    def test_library_reads_our_netstrings(self) -> None:
        """What we write as netstring the library writes again as we do."""
        messages = (BIG, NESTED, LISTED, Message.of(empty=""))
        found = ask(*(f"read - {netstring.encode(one).hex()}" for one in messages))
        self.assertEqual(found, [encode_plain(one, prefer_classic=True) for one in messages])

    def test_library_reads_our_classic_messages(self) -> None:
        """The classic form too, with messages in messages."""
        messages = (BIG, NESTED, LISTED)
        found = ask(*(f"read - {classic.encode(one).hex()}00" for one in messages))
        self.assertEqual([decode_plain(one) for one in found], list(messages))

    def test_library_accepts_our_compressed_messages(self) -> None:
        """A message that we compressed as a whole is expanded by the library, large ones too."""
        for algorithm in COMPRESSORS:
            packed = [
                compress_whole(encode_plain(one, prefer_classic=True), algorithm) for one in (BIG, HUGE)
            ]
            found = ask(*(f"read - {netstring.encode(one).hex()}" for one in packed))
            self.assertEqual([decode_plain(one) for one in found], [BIG, HUGE])

    def test_library_accepts_our_compressed_fields(self) -> None:
        """A field that we compressed is expanded by the library."""
        waiting = Message([Field("t", "x"), Field("m", BIG, FieldType.UNCOMPRESSED), Field("z", "1")])
        for algorithm in COMPRESSORS:
            for prefer_classic in (True, False):
                packed = netstring.encode(compress_fields(waiting, algorithm, prefer_classic))
                (found,) = ask(f"expand m {packed.hex()}")
                self.assertEqual(decode_plain(found), BIG)

    def test_we_accept_its_compressed_fields(self) -> None:
        """A field that the library compressed is expanded by us, and re-emitted as it came."""
        for algorithm in COMPRESSORS:
            (found,) = ask(f"compress {algorithm} {netstring.encode(BIG).hex()}")
            message = netstring.decode(found)
            self.assertEqual(message.get("_compression_algorithm"), algorithm)
            self.assertEqual(expand_field(message, "child"), BIG)
            self.assertEqual(netstring.encode(message), found)

    def test_library_refuses_what_we_refuse(self) -> None:
        """Empty lists, messages without fields, and a parenthesis in a name are nothing to it either."""
        refused = (
            b"###\n5:(3)a=,%%%\n",
            b"###\n%%%\n",
            b"###\n9:(0)(2)a=b,%%%\n",
            b">>>\n(3)a=\n<<<\n\0",
            b">>>\n<<<\n\0",
            b">>>\n(x=a\n<<<\n\0",
        )
        self.assertEqual(ask(*(f"read - {data.hex()}" for data in refused)), [b""] * len(refused))

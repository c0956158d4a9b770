# -*- test-case-name: tests.wire.test_properties -*-
"""
What holds for every message and for any bytes whatever.
"""

from __future__ import annotations

import bz2
import zlib
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from hatwist.errors import MalformedError, RemoteError
from hatwist.wire import classic, netstring
from hatwist.wire.auth import Key, Keyring
from hatwist.wire.compress import decode_plain, needs_netstring
from hatwist.wire.envelope import Sealing, open_datagram, read_unverified, seal, seal_classic
from hatwist.wire.message import Message
from hatwist.wire.stream import Stream
from tests.wire.captures import datagrams, keyring, serial
from tests.wire.strategies import QUICK, classic_messages, messages

KEYS = Keyring(1, (Key(1, "sha1", b"s3cret"), Key(2, "crc")))
SAMPLES = [*datagrams("join-crc-bcast")[:20], *datagrams("compress-zlib")[150:]]
COMPRESS: dict[str, Callable[[bytes], bytes]] = {"zlib": zlib.compress, "bz2": bz2.compress, "none": bytes}
LINES = serial("node01-to-node02")


def _damage(sample: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    damaged = bytearray(sample)
    for place, length, new in edits:
        at = place % (len(damaged) + 1)
        damaged[at : at + length] = new
    return bytes(damaged)


damaged = st.builds(
    _damage,
    st.sampled_from(SAMPLES),
    st.lists(
        st.tuples(st.integers(0, 5000), st.integers(0, 8), st.binary(max_size=8)), min_size=1, max_size=4
    ),
)


def signed(body: bytes) -> bytes:
    """Make a datagram whose signature is good, whatever it holds."""
    return netstring.sign_off(body, KEYS.sign(body))


class RoundTripTests(SynchronousTestCase):
    """Encoders and decoders are pairs."""

    @QUICK
    @given(messages())
    def test_netstring(self, message: Message) -> None:
        """What the netstring form can say comes back."""
        self.assertEqual(netstring.decode(netstring.encode(message)), message)

    @QUICK
    @given(classic_messages())
    def test_classic(self, message: Message) -> None:
        """What the classic form can say comes back."""
        self.assertEqual(classic.decode(classic.encode(message)), message)

    @QUICK
    @given(messages())
    def test_classic_says_it_or_refuses(self, message: Message) -> None:
        """A message is written in classic form so that it comes back, or not at all."""
        try:
            data = classic.encode(message)
        except MalformedError:
            return
        self.assertEqual(classic.decode(data), message)

    @QUICK
    @given(
        classic_messages(), st.booleans(), st.sampled_from(["zlib", "bz2"]), st.sampled_from([None, 0, 100])
    )
    def test_envelope(self, message: Message, inner: bool, compression: str, threshold: int | None) -> None:
        """What was sealed is opened: the message, with C{auth} where it is wanted."""
        opened = open_datagram(seal(message, KEYS, Sealing(inner, compression, threshold)), KEYS)
        if inner and not needs_netstring(message):
            self.assertTrue(opened.has("auth"))
        self.assertEqual(opened.without("auth"), message.without("auth"))

    @QUICK
    @given(classic_messages())
    def test_serial(self, message: Message) -> None:
        """What was sealed for a serial line is opened, with C{auth}."""
        opened = open_datagram(seal_classic(message, KEYS), KEYS)
        self.assertEqual(opened.without("auth"), message.without("auth"))


class UsualTests(SynchronousTestCase):
    """The quick way to read a netstring is right, or leaves it to the other."""

    def agree(self, data: bytes) -> None:
        """Expect that both ways make the same message of some bytes, if the quick one makes any."""
        usual = netstring.decode_usual(data)
        if usual is not None:
            self.assertEqual(usual, netstring.decode_any(data))

    @QUICK
    @given(messages())
    def test_messages(self, message: Message) -> None:
        """They agree about whatever we write."""
        self.agree(netstring.encode(message))

    @QUICK
    @given(damaged)
    def test_damaged_datagrams(self, data: bytes) -> None:
        """They agree about real messages with bytes changed, lost or added."""
        self.agree(data[: data.rfind(netstring.END) + len(netstring.END)])

    @QUICK
    @given(
        st.lists(
            st.sampled_from(
                [b"7:(0)t=ab,", b"07:(0)t=ab,", b"7:(1)auth=,", b"8:(0)st=,,,", b"1", b"%%%\n", b","]
            )
        )
    )
    def test_pieces(self, pieces: list[bytes]) -> None:
        """They agree about fields that are whole, and about what is between them."""
        self.agree(netstring.START + b"".join(pieces) + netstring.END)

    def test_real_ones_are_usual(self) -> None:
        """Nearly everything that real nodes say is read quickly, the heartbeats above all."""
        keys = keyring("join-crc-bcast")
        for data in datagrams("join-crc-bcast"):
            body, _ = netstring.split(data)
            message = open_datagram(data, keys)
            if message.get("t") == "status":
                self.assertEqual(netstring.decode_usual(body), message)
            self.agree(body)


class AnyBytesTests(SynchronousTestCase):
    """Nothing a peer sends raises anything but L{RemoteError}."""

    def opens_or_refuses(self, data: bytes) -> None:
        """Try everything that reads bytes from outside."""
        for read in (
            lambda: open_datagram(data, KEYS),
            lambda: read_unverified(data),
            lambda: decode_plain(data),
        ):
            try:
                read()
            except RemoteError:
                continue

    @QUICK
    @given(st.binary(max_size=300))
    def test_noise(self, data: bytes) -> None:
        """Noise, also between marks, signed or not."""
        for start, end in ((b"", b""), (netstring.START, netstring.END), (classic.START, classic.END)):
            self.opens_or_refuses(start + data + end)
            self.opens_or_refuses(signed(start + data + end))

    @QUICK
    @given(damaged)
    def test_damaged_datagrams(self, data: bytes) -> None:
        """Real datagrams with bytes changed, lost or added; signed again too."""
        self.opens_or_refuses(data)
        self.opens_or_refuses(signed(data[: data.rfind(netstring.END) + len(netstring.END)]))

    @QUICK
    @given(st.lists(st.sampled_from([b"###\n", b"%%%\n", b"5:(0)a=b,", b"20:(2)x=", b",", b"4:(3)", b"\0"])))
    def test_pieces_of_netstrings(self, pieces: list[bytes]) -> None:
        """The right pieces in the wrong order."""
        self.opens_or_refuses(signed(b"###\n" + b"".join(pieces)))

    @QUICK
    @given(
        st.lists(
            st.sampled_from(
                [
                    b"\n",
                    b"a=b",
                    b"(2)x=>>>\x14",
                    b"<<<",
                    b"(3)l=1:x,",
                    b"auth=1 2",
                    b"(1)b=QQ==",
                    b"(",
                    b"\x13",
                ]
            )
        )
    )
    def test_pieces_of_classic_messages(self, pieces: list[bytes]) -> None:
        """The same for the classic form."""
        self.opens_or_refuses(b">>>\n" + b"".join(pieces) + b"\n<<<\n")

    @QUICK
    @given(st.binary(max_size=200), st.sampled_from(["zlib", "bz2", "none"]), st.booleans())
    def test_compressed_noise(self, noise: bytes, algorithm: str, whole: bool) -> None:
        """Noise where something compressed should be, and noise that was compressed."""
        packed = COMPRESS[algorithm](noise) if whole else noise
        payload = b"(1)_compressed_payload=" + packed
        fields = b"%d:%b,%d:(0)_compression_algorithm=%b," % (
            len(payload),
            payload,
            len(algorithm) + 26,
            algorithm.encode(),
        )
        self.opens_or_refuses(signed(netstring.START + fields + netstring.END))

    @QUICK
    @given(
        st.lists(
            st.tuples(st.integers(0, len(LINES)), st.integers(0, 400), st.binary(max_size=30)), max_size=6
        )
    )
    def test_damaged_serial_line(self, edits: list[tuple[int, int, bytes]]) -> None:
        """Every undamaged message on lines of its own is found, every byte is accounted for."""
        line, damaged_line = Stream(), _damage(LINES, edits)
        found = line.feed(damaged_line)
        line.finish()
        self.assertEqual(line.skipped + sum(len(one) for one in found), len(damaged_line))
        whole = [b">>>\n" + one for one in LINES.split(b">>>\n")[1:]]
        kept = [one for one in whole if b"\n" + one in b"\n" + damaged_line]
        self.assertTrue(set(kept) <= set(found))

    @QUICK
    @given(st.binary(max_size=200), st.lists(st.integers(1, 60), min_size=1))
    def test_the_cut_of_a_stream_does_not_matter(self, noise: bytes, sizes: list[int]) -> None:
        """A stream gives the same messages however it is cut into pieces."""
        data = noise + b">>>\na=b\n<<<\n" + noise + b"\n>>>\nc=d\n>>>\ne=f\n<<<\n"
        line, at, found = Stream(), 0, []
        for size in sizes:
            found += line.feed(data[at : at + size])
            at += size
        found += line.feed(data[at:])
        self.assertEqual(found, Stream().feed(data))

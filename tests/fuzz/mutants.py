"""
What somebody without the key can make of a datagram that he has recorded.
"""

from __future__ import annotations

import bz2
import re
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from hatwist.errors import MalformedError
from hatwist.wire import classic, netstring
from hatwist.wire.envelope import read_unverified
from tests.fuzz import raw

if TYPE_CHECKING:
    from random import Random

Mutation = Callable[[bytes, "Random"], bytes]

_LENGTH: Final = re.compile(rb"(?<=[\n,])[0-9]{1,7}(?=:\()")
_TYPE: Final = re.compile(rb"\([0-5]\)")
_TRAILER: Final = re.compile(rb"(?<=%%%\n)[^\n]*\Z")
_LIES: Final = (
    b"0",
    b"1",
    b"9999999",
    b"99999999",
    b"1" + b"0" * 30,
    b"-1",
    b" 9",
    b"09",
    b"",
    b"x",
    b"2097153",
)
_INDEXES: Final = (b"0", b"2", b"9", b"15", b"16", b"99", b"256", b"-1", b"", b"x", b"1" * 30, b"\xd9\xa1")


def _replaced(data: bytes, found: re.Match[bytes], new: bytes) -> bytes:
    return data[: found.start()] + new + data[found.end() :]


def _any(pattern: re.Pattern[bytes], data: bytes, rng: Random) -> re.Match[bytes] | None:
    found = list(pattern.finditer(data))
    return rng.choice(found) if found else None


def flip(data: bytes, rng: Random) -> bytes:
    """Turn one bit over."""
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]


def truncate(data: bytes, rng: Random) -> bytes:
    """Cut it short, or cut something out."""
    at = rng.randrange(len(data))
    return data[:at] if rng.random() < 0.7 else data[:at] + data[at + rng.randrange(1, 20) :]


def lie(data: bytes, rng: Random) -> bytes:
    """Let a length say something else."""
    found = _any(_LENGTH, data, rng)
    if found is None:
        return data[:-1]
    near = b"%d" % (int(found[0]) + rng.choice((-2, -1, 1, 2)))
    return _replaced(data, found, rng.choice((*_LIES, near)))


def retype(data: bytes, rng: Random) -> bytes:
    """Give a field another type, or none."""
    found = _any(_TYPE, data, rng)
    if found is None:
        return data[:-1]
    return _replaced(
        data, found, rng.choice((b"(6)", b"(9)", b"(a)", b"(5)", b"(2)", b"(3)", b"", b"()", b"(0"))
    )


def nest(data: bytes, rng: Random) -> bytes:
    """Put it into a message, and that into another, and so on."""
    body, _, trailer = data.partition(netstring.END)
    body += netstring.END
    for _ in range(rng.choice((1, 2, 15, 17, 300))):
        body = raw.body([(b"2", b"g", body)])
    return body + trailer


def bomb(data: bytes, rng: Random) -> bytes:
    """Replace it by a compressed message that becomes very long, under the old signature."""
    name, compress = rng.choice(((b"zlib", zlib.compress), (b"bz2", bz2.compress)))
    inner = raw.body([(b"0", b"t", b"x" * rng.choice((1000, 3_000_000)))])
    for _ in range(rng.choice((1, 1, 3))):
        payload = (b"1", b"_compressed_payload", compress(inner))
        inner = raw.body([payload, (b"0", b"_compression_algorithm", name)])
    return inner + data.rpartition(netstring.END)[2]


def crowd(data: bytes, rng: Random) -> bytes:
    """Add an enormous number of fields."""
    more = raw.written((b"0", b"a", b"")) * rng.choice((4096, 7000))
    return data.replace(netstring.START, netstring.START + more, 1)


def retell(data: bytes, rng: Random) -> bytes:
    """Say it in classic form, with something wrong."""
    try:
        text = classic.encode(read_unverified(data))
    except MalformedError:
        return b">>>\n" + data
    line = rng.choice(text.split(b"\n")[1:-2])
    return rng.choice(
        (
            text.replace(b"\n", b"\r\n"),
            text.replace(b"auth=", b"aut="),
            text.replace(line, line + b"x", 1),
            text.replace(line, b"(2)" + line, 1),
            text.replace(line, b"(5)" + line, 1),
            text.replace(line, b"\n" * 70_000, 1),
            text.replace(b"=", b"", 1),
            text[:-4],
            text.replace(b"<<<\n", b"auth=1 0\n<<<\n"),
            text + text,
        )
    )


def resign(data: bytes, rng: Random) -> bytes:
    """Do something to the signature."""
    body, mark, trailer = data.rpartition(netstring.END)
    found = re.fullmatch(rb"([0-9]+):([0-9]+) ([0-9a-f]+),\0*", trailer)
    if found is None:
        return data + b"x"
    index, digest = found[2], found[3]
    token = rng.choice(
        (
            b"%b %b" % (rng.choice(_INDEXES), digest),
            b"%b %b" % (index, digest.upper()),
            b"%b %b" % (index, digest[:-1]),
            b"%b  %b" % (index, digest),
            b"%b %b" % (index, b"0" * len(digest)),
            b"%b %b" % (index, b"a" * 70),
            b"%b " % index,
            b"",
        )
    )
    made = netstring.sign_off(body + mark, token)
    tail = rng.choice(
        (trailer + trailer, b"", b"\0" + trailer, trailer + b"\n", trailer[:-1], trailer.replace(b":", b"::"))
    )
    return rng.choice((made, made, body + mark + tail))


def join(data: bytes, rng: Random) -> bytes:
    """Put something before it or after it."""
    return rng.choice(
        (data + data, b"\0" + data, b"###\n" + data, data + b",", data[4:], b"###\n%%%\n" + data)
    )


def noise(data: bytes, rng: Random) -> bytes:
    """Forget it, and send something else."""
    return rng.choice(
        (
            b"",
            b"#",
            b"###\n",
            b">>>\n<<<\n",
            b"###\n%%%\n",
            rng.randbytes(65_507),
            netstring.START + rng.randbytes(300),
            netstring.START * 16_000,
            netstring.START + b"1:(0)a=" * 9_000 + netstring.END + b"10:1 12345678,",
            b">>>\n" + b"a=b\n" * 16_000 + b"<<<\n",
            netstring.END * 16_000,
            b"###\n9:(0)src=" + b"a" * 60_000,
        )
    )


MUTATIONS: Final[tuple[Mutation, ...]] = (
    flip,
    truncate,
    lie,
    retype,
    nest,
    bomb,
    crowd,
    retell,
    resign,
    join,
    noise,
)


def mutants(data: bytes, rng: Random, each: int) -> list[bytes]:
    """Make some of every kind."""
    return [mutation(data, rng) for mutation in MUTATIONS for _ in range(each)]

# -*- test-case-name: tests.fuzz.test_ward -*-
"""
The ward complains of everything that a C node would not survive.
"""

from __future__ import annotations

import zlib

from twisted.trial.unittest import SynchronousTestCase

from hatwist.wire.envelope import Sealing, seal
from tests.cluster.builders import KEYS, from_peer, status
from tests.cluster.test_replay import met
from tests.fuzz import raw, ward
from tests.fuzz.state import elements, size

GOOD = raw.strings(t="status", src="beta")


def sealed(*fields: raw.Raw) -> bytes:
    """Make a datagram of fields, whatever they are."""
    return raw.signed(raw.body(fields), KEYS)


class WardTests(SynchronousTestCase):
    """Datagrams that are as they should be, and others."""

    def harms(self, data: bytes) -> None:
        """Expect a complaint."""
        self.assertRaises(ward.Harm, ward.survives, data)

    def test_good(self) -> None:
        """A heartbeat, plain or compressed, does no harm."""
        beat = from_peer(status(), seq=1, uuid=b"b" * 16)
        for how in (Sealing(), Sealing(inner_auth=False), Sealing(inner_auth=False, threshold=0)):
            fields = ward.survives(seal(beat, KEYS, how))
            ward.is_standard(fields, b"beta")
        self.assertRaises(ward.Harm, ward.is_standard, fields, b"alpha")

    def test_fields(self) -> None:
        """Types that kill, names that are none, lengths that lie."""
        for one in (
            (b"5", b"a", raw.body(GOOD)),
            (b"6", b"a", b"x"),
            (b"", b"a", b"x"),
            (b"0", b"", b"x"),
            (b"0", b"a", b"x\0"),
            (b"2", b"a", b"x"),
            (b"3", b"a", b"1:x," * 256),
            (b"3", b"a", b"0:,"),
            (b"3", b"a", b"2:x,"),
        ):
            self.harms(sealed(*GOOD, one))
        good = sealed(*GOOD)
        for bad in (
            good.replace(b"11:(0)", b"12:(0)"),
            good.replace(b"11:(0)", b"011:(0)"),
            good.replace(b"(0)t", b"t"),
        ):
            self.harms(bad)

    def test_trailer(self) -> None:
        """A trailer of another form."""
        good = sealed(*GOOD)
        for bad in (
            good[:-1],
            good + b"\0",
            good.replace(b"42:1 ", b"42:16 "),
            good.replace(b"42:1 ", b"41:1 "),
        ):
            self.harms(bad)

    def test_length(self) -> None:
        """More than UDP carries."""
        self.harms(sealed(*GOOD, (b"0", b"a", b"x" * 66_000)))

    def test_compressed(self) -> None:
        """What is inside a compressed message counts as well."""
        name = raw.strings(_compression_algorithm="zlib")
        for inner in (
            raw.body([(b"5", b"a", b"x")]),
            b">>>\na=b\n<<<\n",
            raw.body([(b"1", b"_compressed_payload", b"")]),
        ):
            self.harms(sealed((b"1", b"_compressed_payload", zlib.compress(inner)), *name))
        self.harms(sealed(*GOOD, (b"1", b"_compressed_payload", zlib.compress(raw.body(GOOD))), *name))


class MeasureTests(SynchronousTestCase):
    """How much a node holds."""

    def test_growth(self) -> None:
        """What is put into a node counts."""
        self.assertEqual(elements({"a": [1, 2], "b": {3}}), 5)
        one = met()
        before = size(one)
        one.history._acked.update({str(number): 0 for number in range(100)})  # type: ignore[misc]
        self.assertEqual(size(one), before + 100)

# -*- test-case-name: tests.cli.test_payloads -*-
"""
Fragments, UDP and ICMP echo.
"""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from hatwist.cli.payloads import FRAGMENT_LIFETIME, MAX_PARTIAL, Payload, read_payloads
from hatwist.cli.pcap import Packet
from tests.cli.packets import echo, fragment6, ipv4, ipv6, udp
from tests.wire.strategies import QUICK

PAYLOAD = bytes(range(256)) * 4
FROM, TO = "10.0.0.1:40000", "10.0.0.255:694"
Cut = Callable[[bytes, int, bool], bytes]


def carried(*packets: bytes, when: tuple[int | None, ...] = ()) -> list[Payload]:
    """Read packets that have no link header."""
    times = when or (5,) * len(packets)
    return list(read_payloads(Packet(n, times[n - 1], "", 101, one) for n, one in enumerate(packets, 1)))


def fragments(body: bytes, number: int = 1, size: int = 400) -> list[bytes]:
    """Cut a datagram into IPv4 fragments."""
    return [
        ipv4(body[at : at + size], offset=at, more=at + size < len(body), number=number)
        for at in range(0, len(body), size)
    ]


class DatagramTests(SynchronousTestCase):
    """What travels in one packet."""

    def test_udp(self) -> None:
        """UDP, with addresses and ports."""
        self.assertEqual(carried(ipv4(udp(b"hello"))), [Payload(1, 5, "", "udp", FROM, TO, b"hello")])
        (found,) = carried(ipv6(udp(b"hello")))
        self.assertEqual((found.source, found.destination), ("[fe80::1]:40000", "[ff12::75:1]:694"))

    def test_echo(self) -> None:
        """Requests and replies of both kinds of ICMP."""
        for kind in (8, 0):
            (found,) = carried(ipv4(echo(b"hello", kind), 1))
            self.assertEqual((found.protocol, found.source, found.data), ("icmp", "10.0.0.1", b"hello"))
        for kind in (128, 129):
            (found,) = carried(ipv6(echo(b"hello", kind), 58))
            self.assertEqual((found.protocol, found.source, found.data), ("icmp6", "fe80::1", b"hello"))

    def test_something_else(self) -> None:
        """Other protocols, other ICMP, and headers that are cut off are passed over."""
        others = (
            ipv4(udp(b"x"), 6),
            ipv4(echo(b"x", 3), 1),
            ipv6(echo(b"x", 8), 58),
            ipv4(b"short"),
            b"\xff",
        )
        self.assertEqual(carried(*others), [])

    def test_padding_is_cut_off(self) -> None:
        """The length in the UDP header counts."""
        (found,) = carried(ipv4(udp(b"hello") + b"padding"))
        self.assertEqual((found.data, found.lack), (b"hello", ""))

    def test_cut_off_by_the_capture(self) -> None:
        """A packet that was not captured whole says so."""
        (found,) = carried(ipv4(udp(PAYLOAD))[:100])
        self.assertEqual(found.lack, "only 80 of 1032 bytes were captured")
        (found,) = carried(ipv4(echo(PAYLOAD), 1)[:100])
        self.assertEqual(found.lack, "only 80 of 1032 bytes were captured")


class FragmentTests(SynchronousTestCase):
    """What travels in several packets."""

    def test_put_together(self) -> None:
        """Fragments in any order make the datagram; it has the number of the last one."""
        parts = fragments(udp(PAYLOAD))
        self.assertEqual(len(parts), 3)
        for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
            found = carried(*(parts[n] for n in order))
            self.assertEqual(found, [Payload(3, 5, "", "udp", FROM, TO, PAYLOAD)])

    def test_ipv6(self) -> None:
        """Those of IPv6 too."""
        body = udp(PAYLOAD)
        parts = [fragment6(body[at : at + 400], at, at + 400 < len(body)) for at in range(0, len(body), 400)]
        self.assertEqual([one.data for one in carried(*parts)], [PAYLOAD])

    def test_echo(self) -> None:
        """An ICMP echo may be fragmented."""
        body = echo(PAYLOAD)
        parts = ipv4(body[:800], 1, 0, True), ipv4(body[800:], 1, 800)
        self.assertEqual([(one.protocol, one.data) for one in carried(*parts)], [("icmp", PAYLOAD)])

    def test_mixed(self) -> None:
        """Datagrams of different numbers do not mix."""
        one, two = fragments(udp(PAYLOAD), 1), fragments(udp(PAYLOAD[::-1]), 2)
        mixed = [part for pair in zip(one, two, strict=True) for part in pair]
        self.assertEqual([found.data for found in carried(*mixed)], [PAYLOAD, PAYLOAD[::-1]])

    def test_repeated_and_overlapping(self) -> None:
        """A repeated fragment changes nothing; where two overlap the first byte stays."""
        body = udp(PAYLOAD)
        parts = [
            ipv4(body[:400], more=True),
            ipv4(bytes(400), more=True),
            ipv4(bytes(80) + body[400:800], offset=320, more=True),
            ipv4(bytes(16), offset=328, more=True),
            ipv4(body[800:], offset=800),
        ]
        self.assertEqual([one.data for one in carried(*parts)], [PAYLOAD])

    def test_incomplete(self) -> None:
        """What never became whole is told at the end, as far as it goes."""
        parts = fragments(udp(PAYLOAD))
        (found,) = carried(parts[0], parts[2])
        self.assertEqual(
            (found.data, found.lack), (PAYLOAD[:392], "only fragments with the first 400 bytes were captured")
        )
        (found,) = carried(parts[0], parts[1])
        self.assertEqual(len(found.data), 792)
        self.assertEqual(carried(parts[1], parts[2]), [])

    def test_more_bytes_than_needed_and_still_a_gap(self) -> None:
        """Bytes that overlap do not fill a gap elsewhere."""
        body = udp(PAYLOAD)
        parts = (
            ipv4(body[:800], more=True),
            ipv4(body[8:800], offset=8, more=True),
            ipv4(body[1000:], offset=1000),
        )
        (found,) = carried(*parts)
        self.assertEqual(len(found.data), 792)

    def test_number_used_again(self) -> None:
        """After half a minute a number means another datagram."""
        parts = fragments(udp(PAYLOAD))
        late = FRAGMENT_LIFETIME + 1
        found = carried(parts[0], *parts, when=(0, late, late, late))
        self.assertEqual([(len(one.data), bool(one.lack)) for one in found], [(392, True), (1024, False)])
        found = carried(parts[0], *parts[1:], when=(None, late, late))
        self.assertEqual([one.data for one in found], [PAYLOAD])

    def test_many_unfinished(self) -> None:
        """Only so many are waited for; the oldest is given up first."""
        begun = [fragments(udp(PAYLOAD), number)[0] for number in range(MAX_PARTIAL + 1)]
        found = carried(*begun)
        self.assertEqual([one.packet for one in found], list(range(1, MAX_PARTIAL + 2)))
        rest = fragments(udp(PAYLOAD), 0)[1:]
        self.assertNotIn("", [one.lack for one in carried(*begun, *rest)])

    @QUICK
    @given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 64), st.booleans()), max_size=30))
    def test_any_fragments(self, parts: list[tuple[int, int, bool]]) -> None:
        """Any fragments whatever are put together or told as incomplete."""
        for found in carried(
            *(ipv4(udp(PAYLOAD)[:size], offset=at * 8, more=more) for at, size, more in parts)
        ):
            self.assertEqual(found.protocol, "udp")

# -*- test-case-name: tests.media.test_echoes -*-
"""
Which packets answer a request.
"""

from __future__ import annotations

import struct

from twisted.trial.unittest import SynchronousTestCase

from hatwist.errors import MalformedError
from hatwist.media.echoes import MAX_ASKED, Echoes
from hatwist.wire.icmp import ICMP, checksum

GATEWAY = "192.0.2.254"


def returned(request: bytes, **changes: bytes) -> bytes:
    """Return what a host makes of a request; C{identifier} and C{payload} can be other ones."""
    identifier = changes.get("identifier", request[4:6])
    rest = identifier + request[6:8] + changes.get("payload", request[8:])
    return b"\0\0" + struct.pack(">H", checksum(b"\0\0\0\0" + rest)) + rest


class EchoesTests(SynchronousTestCase):
    """Requests to two hosts."""

    def setUp(self) -> None:
        self.strangers: list[str] = []
        self.echoes = self.make(0x1234)

    def make(self, identifier: int | None) -> Echoes:
        """Make the echoes of a medium with two hosts."""
        return Echoes(ICMP, frozenset({GATEWAY, "192.0.2.253"}), identifier, self.strangers.append)

    def test_an_answer_is_what_was_asked(self) -> None:
        """The reply of a host that was asked brings the payload back."""
        request = self.echoes.request(b"said by gw")
        self.assertEqual(self.echoes.answer(returned(request), GATEWAY), b"said by gw")

    def test_requests_are_numbered_from_zero(self) -> None:
        """Numbers go up by one, and begin again after 65535."""
        numbers = [self.echoes.request(b"x")[6:8].hex() for _ in range(65537)]
        self.assertEqual([numbers[n] for n in (0, 1, 65535, 65536)], ["0000", "0001", "ffff", "0000"])

    def test_the_first_answer_counts(self) -> None:
        """Two hosts of a group answer one request: it counts once, and so does a replay."""
        request = self.echoes.request(b"x")
        self.assertEqual(self.echoes.answer(returned(request), "192.0.2.253"), b"x")
        self.assertIsNone(self.echoes.answer(returned(request), GATEWAY))

    def test_answers_may_come_late_and_in_any_order(self) -> None:
        """Every request can be answered while it is among the last 256."""
        requests = [self.echoes.request(b"%d" % number) for number in range(MAX_ASKED + 1)]
        answers = [self.echoes.answer(returned(one), GATEWAY) for one in reversed(requests)]
        self.assertEqual(answers[0], b"256")
        self.assertEqual(answers[-2:], [b"1", None])

    def test_what_is_not_for_us(self) -> None:
        """Another program's reply, another medium's, and one that was never asked for do not count."""
        request = self.echoes.request(b"x")
        for packet in (
            returned(request, identifier=b"\x35\x12"),
            returned(request, payload=b"y"),
            returned(request[:6] + b"\x00\x09" + request[8:]),
            request,
            b"",
        ):
            self.assertIsNone(self.echoes.answer(packet, GATEWAY))
        self.assertEqual(self.strangers, [])
        self.assertEqual(self.echoes.answer(returned(request), GATEWAY), b"x")

    def test_a_stranger_s_answer_does_not_count(self) -> None:
        """The right reply from an address that was not asked is named, and the host may still answer."""
        request = self.echoes.request(b"x")
        self.assertIsNone(self.echoes.answer(returned(request), "192.0.2.7"))
        self.assertEqual(self.strangers, ["192.0.2.7"])
        self.assertEqual(self.echoes.answer(returned(request), GATEWAY), b"x")

    def test_where_the_kernel_writes_the_identifier(self) -> None:
        """Without an identifier of our own any is right; the kernel has chosen."""
        echoes = self.make(None)
        request = echoes.request(b"x")
        self.assertEqual(request[4:6], b"\0\0")
        self.assertEqual(echoes.answer(returned(request, identifier=b"\x99\x99"), GATEWAY), b"x")

    def test_too_long_a_payload_takes_no_number(self) -> None:
        """What cannot be sent is refused, and the next request has the number."""
        self.assertRaises(MalformedError, self.echoes.request, b"x" * 65508)
        self.assertEqual(self.echoes.request(b"x")[6:8], b"\0\0")

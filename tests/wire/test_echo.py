# -*- test-case-name: tests.wire.test_echo -*-
"""
The messages in echo requests, against those a real heartbeat sent.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.wire.auth import Key, Keyring
from hatwist.wire.echo import echo_payload
from hatwist.wire.envelope import open_datagram
from hatwist.wire.icmp import ICMP, Echo, encode_request
from tests.wire.captures import keyring, payloads

CAPTURE = "ping-icmp"


class EchoPayloadTests(SynchronousTestCase):
    """L{echo_payload}."""

    def test_it_is_what_heartbeat_sends(self) -> None:
        """Each payload of the capture is made again, to the byte."""
        keys = keyring(CAPTURE)
        seen = set()
        for one in payloads(CAPTURE):
            if one.protocol != "icmp":
                continue
            said = open_datagram(one.data, keys)
            medium, node = said.get("info"), said.get("src")
            self.assertEqual(echo_payload(medium, node, said.get("ts"), keys), one.data)
            seen.add((medium, node))
        self.assertEqual(seen, {("ping", "172.16.0.1"), ("ping_group", "gw")})

    def test_vector(self) -> None:
        """The payload for one host, signed by sha1 with the key HI!, and the header it gets."""
        keys = Keyring(1, (Key(1, "sha1", b"HI!"),))
        expected = (
            b"###\n10:(0)t=NS_st,10:(0)st=ping,12:(0)info=ping,16:(0)src=192.0.2.1,14:(0)ts=65f00001,"
            b"50:(0)auth=1 e2ea2e257bf196253852eb1584c8caf4061ce3b5,%%%\n"
            b"42:1 3d50d913d4e6e1b77d61dd6379268f685c80f14a,"
        )
        payload = echo_payload("ping", "192.0.2.1", "65f00001", keys)
        self.assertEqual(payload, expected)
        request = encode_request(ICMP, Echo(0x1234, 7, payload))
        self.assertEqual(request[:8].hex(" "), "08 00 23 98 34 12 00 07")

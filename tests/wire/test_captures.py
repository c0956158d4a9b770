# -*- test-case-name: tests.wire.test_captures -*-
"""
Every datagram that two real heartbeats sent each other.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.wire import classic, netstring
from hatwist.wire.compress import PAYLOAD, expand_whole
from hatwist.wire.envelope import open_datagram, read_unverified, seal, seal_classic
from hatwist.wire.message import FieldType
from hatwist.wire.names import FieldName, MessageType
from hatwist.wire.stream import Stream
from tests.wire.captures import CAPTURES, DIRECTIONS, SERIAL, datagrams, keyring, serial

COUNTS = {
    "classic-msgfmt": 230,
    "compress-bz2": 203,
    "compress-zlib": 205,
    "crash-rejoin-legacy": 365,
    "crash-rejoin-sha1-mcast-failback-off": 384,
    "crash-rejoin-sha1-mcast-failback-on": 398,
    "join-crc-bcast": 241,
    "large-uncompressed": 203,
    "lossy-rexmit": 803,
    "mcast6": 160,
    "netstring-msgfmt": 225,
    "partition-heal": 427,
    "ping-icmp": 2056,
    "ping-ipfail": 368,
    "standby-md5-ucast": 390,
}


class CapturedDatagramTests(SynchronousTestCase):
    """Networks."""

    def test_nothing_is_missed(self) -> None:
        """Each capture has as many messages as it has datagrams with a start mark."""
        found = {name: len(datagrams(name)) for name in CAPTURES}
        self.assertEqual(found, COUNTS)

    def test_all_verify_and_are_written_again_to_the_byte(self) -> None:
        """What a heartbeat wrote verifies, and we write the very same bytes."""
        for name, how in CAPTURES.items():
            keys = keyring(name)
            for data in datagrams(name):
                message = open_datagram(data, keys)
                self.assertEqual(read_unverified(data), message)
                again = seal(message, keys, how)
                if PAYLOAD.encode() in data:
                    # Compressors of other versions find other bytes for the same message.
                    self.assertEqual(open_datagram(again, keys), message)
                else:
                    self.assertEqual(again, data)

    def test_compressed_payload_stays_as_received(self) -> None:
        """The outer message of a compressed one is written again as it came."""
        for name in ("compress-bz2", "compress-zlib"):
            packed = []
            for data in datagrams(name):
                body, _ = netstring.split(data)
                outer = netstring.decode(body)
                self.assertEqual(netstring.encode(outer), body)
                if outer.has(PAYLOAD):
                    packed.append(expand_whole(outer))
            self.assertEqual([one.get("t") for one in packed], ["xbig", "xbig"])
            self.assertEqual({len(one.get("f1")) for one in packed}, {len(packed[0].get("f1"))})

    def test_types_and_names_are_those_we_know(self) -> None:
        """But for those of clients, every type and field has its historical spelling here."""
        types = {str(one) for one in MessageType} | {"xbig", "num_ping_nodes", "abort_giveup"}
        names = {str(one) for one in FieldName} | {"num_ping"} | {f"f{n}" for n in range(1, 11)}
        unknown = set()
        for name in CAPTURES:
            for data in datagrams(name):
                message = read_unverified(data)
                unknown |= {message.get("t")} - types
                unknown |= {one.name for one in message.fields} - names
        self.assertEqual(unknown, set())

    def test_uuids_are_binary(self) -> None:
        """A uuid is sixteen bytes of the binary type."""
        for data in datagrams("join-crc-bcast"):
            message = read_unverified(data)
            self.assertEqual(len(message.binary("srcuuid") or b""), 16)
            uuids = {one.type for one in message.fields if one.name.endswith("uuid")}
            self.assertEqual(uuids, {FieldType.BINARY})


class CapturedSerialTests(SynchronousTestCase):
    """A serial line."""

    def test_all_verify_and_are_written_again_to_the_byte(self) -> None:
        """A serial line carries classic messages and nothing else."""
        keys = keyring(SERIAL)
        counts = []
        for direction in DIRECTIONS:
            line = Stream()
            messages = line.feed(serial(direction))
            line.finish()
            self.assertEqual(line.skipped, 0)
            self.assertEqual(b"".join(messages), serial(direction))
            for data in messages:
                message = open_datagram(data, keys)
                self.assertEqual(seal_classic(message, keys), data)
                self.assertEqual(classic.encode(message), data)
            counts.append(len(messages))
        self.assertEqual(counts, [74, 82])

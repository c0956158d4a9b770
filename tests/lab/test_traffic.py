# -*- test-case-name: tests.lab.test_traffic -*-
"""
The peers of the measurement: they write what heartbeat 3.0.6 writes.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.wire.envelope import open_datagram
from hatwist.wire.message import Message
from scripts.lab.traffic import Traffic, configuration
from tests.wire import captures

CAPTURE = "crash-rejoin-sha1-mcast-failback-on"


def shape(message: Message) -> list[tuple[str, object]]:
    """Return the names and types of a message's fields, in order."""
    return [(one.name, one.type) for one in message.fields]


def captured(kind: str) -> tuple[bytes, Message]:
    """Return the first message of a type that was captured, as it came and opened."""
    keys = captures.keyring(CAPTURE)
    opened = ((data, open_datagram(data, keys)) for data in captures.datagrams(CAPTURE))
    return next((data, message) for data, message in opened if message.get("t") == kind)


class TrafficTests(SynchronousTestCase):
    """Datagrams of peers, in comparison with captured ones."""

    def setUp(self) -> None:
        """Let two nodes be peers of a third one."""
        self.traffic = Traffic(configuration(3, "sha1"))
        self.keys = self.traffic.config.keys

    def opened(self, ours: int) -> list[Message]:
        """Make a round and open it."""
        return [open_datagram(data, self.keys) for _, data in self.traffic.round(ours)]

    def test_status_is_heartbeats(self) -> None:
        """A status has the fields, the order and about the size that heartbeat's has."""
        data, theirs = captured("status")
        _, made = self.traffic.round(ours=5)[0]
        self.assertEqual(shape(open_datagram(made, self.keys)), shape(theirs))
        self.assertLess(abs(len(made) - len(data)), 10)

    def test_acknowledgement_is_heartbeats(self) -> None:
        """An acknowledgement too."""
        _, theirs = captured("NS_ackmsg")
        self.assertEqual(shape(self.opened(ours=10)[-1]), shape(theirs))

    def test_every_peer_beats_in_every_round(self) -> None:
        """Numbers grow by one, times never go back, and stay in the keepalive."""
        for number in (1, 2):
            messages = self.opened(ours=5)
            self.assertEqual([one.get("src") for one in messages], ["node02", "node03"])
            self.assertEqual([one.hexadecimal("seq") for one in messages], [number, number])
        times = [at for at, _ in self.traffic.round(ours=10)]
        self.assertEqual(times, sorted(times))
        self.assertTrue(times[0] > 0 and times[-1] < 1.0)

    def test_one_in_ten_is_acknowledged(self) -> None:
        """Each peer acknowledges every tenth of our messages, each in its turn."""
        said = [
            (ours, one.get("src")) for ours in range(1, 21) for one in self.opened(ours) if one.has("ackseq")
        ]
        self.assertEqual(said, [(9, "node03"), (10, "node02"), (19, "node03"), (20, "node02")])

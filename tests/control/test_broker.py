# -*- test-case-name: tests.control.test_broker -*-
"""
The bounds a client lives in.
"""

from __future__ import annotations

from twisted.spread import banana, pb
from twisted.trial.unittest import SynchronousTestCase

from hatwist.control.broker import MAX_CONNECTIONS, MAX_REQUEST
from hatwist.unix import Credentials
from tests.control.wire import Daemon


class BrokerTests(SynchronousTestCase):
    """Others, too many, and too much."""

    def test_another_uid_is_refused(self) -> None:
        """Whoever is neither root nor the daemon's own user is told so, whatever they ask."""
        daemon = Daemon(Credentials(7, 1000, 1000), own_uid=90)
        line = daemon.connect()
        for words in (("status",), ("standby", "all"), ("nonsense",)):
            problem = self.assertRaises(pb.RemoteError, line.answer, line.root().callRemote(*words))
            self.assertEqual(str(problem), "permission denied: uid 1000 is neither root nor the daemon's own")
        self.assertEqual(daemon.node.asked, [])

    def test_own_uid_is_served(self) -> None:
        """The daemon's own user is served, and named."""
        daemon = Daemon(Credentials(7, 90, 90), own_uid=90)
        line = daemon.connect()
        line.answer(line.root().callRemote("leave"))
        self.assertEqual(daemon.node.asked, [("leave", "", "uid 90 (pid 7)")])

    def test_too_many_connections(self) -> None:
        """One connection too many is closed; when another ends there is room again."""
        daemon = Daemon()
        lines = [daemon.connect() for _ in range(MAX_CONNECTIONS)]
        self.assertIsNone(daemon.connect().server)
        lines[0].leave()
        self.assertIsNotNone(daemon.connect().server)

    def test_an_endless_request_is_dropped(self) -> None:
        """A list that never ends is not collected for ever."""
        daemon = Daemon()
        line = daemon.connect()
        line.answer(line.root().callRemote("status"))
        element = b"\x7f\x00" + banana.STRING + b"x" * 127
        line.write(b"\x7f\x7f\x01" + banana.LIST)
        for _ in range(MAX_REQUEST // len(element) + 2):
            line.write(element)
            line.flush()
        self.assertEqual(daemon.brokers, [])

    def test_a_huge_argument_is_dropped(self) -> None:
        """An argument of half a megabyte is not collected."""
        daemon = Daemon()
        line = daemon.connect()
        asked = line.root().callRemote("standby", "x" * 600_000)
        line.write_in_pieces()
        self.assertRaises(pb.PBConnectionLost, line.answer, asked)
        self.assertEqual(daemon.brokers, [])
        self.assertEqual(daemon.node.asked, [])

    def test_many_requests_are_not_one(self) -> None:
        """The bound is for each request: a client may ask for ever."""
        daemon = Daemon()
        line = daemon.connect()
        for _ in range(100):
            problem = self.assertRaises(
                pb.RemoteError, line.answer, line.root().callRemote("standby", "x" * 1000)
            )
            self.assertIn("which groups", str(problem))
        self.assertEqual(len(daemon.brokers), 1)

    def test_a_client_that_does_not_read_is_not_read(self) -> None:
        """While our answers pile up, no more requests are taken."""
        daemon = Daemon()
        daemon.connect()
        (broker,) = daemon.brokers
        calls: list[str] = []
        broker.transport.pauseProducing = lambda: calls.append("pause")  # type: ignore[method-assign]
        broker.transport.resumeProducing = lambda: calls.append("resume")  # type: ignore[method-assign]
        self.assertIs(broker.transport.producer, broker)
        broker.pauseProducing()
        broker.resumeProducing()
        self.assertEqual(calls, ["pause", "resume"])

    def test_noise_ends_the_connection(self) -> None:
        """Bytes that are no protocol end the connection that brought them, and no other."""
        daemon = Daemon()
        good, bad = daemon.connect(), daemon.connect()
        bad.write(b"\x00" * 100)
        self.assertRaises(banana.BananaError, bad.flush)
        self.assertEqual(good.answer(good.root().callRemote("recent")), [])

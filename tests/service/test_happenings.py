# -*- test-case-name: tests.service.test_happenings -*-
"""
Everybody who asked is told.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from hatwist.cluster.actions import Record
from hatwist.cluster.names import Level
from hatwist.config.model import NodeName
from hatwist.interfaces import IControlObserver
from hatwist.service.happenings import Happenings
from tests.service.fakes import Bug, Observer


@implementer(IControlObserver)
class Broken:
    """An observer that raises."""

    def happened(self, kind: str, text: str, when: float) -> None:
        raise Bug(text)


class HappeningsTests(SynchronousTestCase):
    """Observers and what they hear."""

    def setUp(self) -> None:
        self.happenings = Happenings(lambda: 1437473362.0)
        self.observer = Observer()

    def test_the_fake_is_true(self) -> None:
        """The observer here provides all of IControlObserver."""
        self.assertTrue(verifyObject(IControlObserver, self.observer))

    def test_lines(self) -> None:
        """A line is told as the log has it, with who spoke unless it was the daemon."""
        self.happenings.subscribe(self.observer)
        self.happenings.said(Level.WARN, "node node02: is dead", "heartbeat")
        self.happenings.said(Level.INFO, "Running so", "harc(default)")
        self.happenings.said(Level.PLAIN, "received so", "ip-request-resp(default)")
        self.assertEqual(
            self.observer.heard,
            [
                ("log", "WARN: node node02: is dead", 1437473362.0),
                ("log", "harc(default) info: Running so", 1437473362.0),
                ("log", "ip-request-resp(default) received so", 1437473362.0),
            ],
        )

    def test_decisions(self) -> None:
        """A decision is told with who acts and why."""
        self.happenings.subscribe(self.observer)
        causes = ("node02 is dead", "silent for 10 s")
        self.happenings.decided(Record("takeover", "httpd", NodeName("node01"), causes))
        expected = ("decision", "takeover httpd on node01: node02 is dead; silent for 10 s", 1437473362.0)
        self.assertEqual(self.observer.heard, [expected])

    def test_the_end_of_a_subscription(self) -> None:
        """Who has cancelled hears nothing more; to cancel twice does no harm."""
        cancel = self.happenings.subscribe(self.observer)
        cancel()
        cancel()
        self.happenings.said(Level.INFO, "so", "heartbeat")
        self.assertEqual(self.observer.heard, [])

    def test_a_broken_observer(self) -> None:
        """An observer that raises keeps nobody else from hearing, nor the node from going on."""
        self.happenings.subscribe(Broken())
        self.happenings.subscribe(self.observer)
        self.happenings.said(Level.INFO, "so", "heartbeat")
        self.assertEqual(len(self.observer.heard), 1)
        self.assertEqual(len(self.flushLoggedErrors(Bug)), 1)

    def test_cancelling_while_hearing(self) -> None:
        """An observer may end its subscription when it is told something."""
        happenings = self.happenings
        others = self.observer

        @implementer(IControlObserver)
        class Once:
            def happened(self, kind: str, text: str, when: float) -> None:
                cancel()

        cancel = happenings.subscribe(Once())
        happenings.subscribe(others)
        happenings.said(Level.INFO, "one", "heartbeat")
        happenings.said(Level.INFO, "two", "heartbeat")
        self.assertEqual(len(others.heard), 2)

# -*- test-case-name: tests.system.test_watching -*-
"""
Two whole daemons in memory whose services are watched: what fails runs again, here
or on the other node.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.names import Verb
from tests.service.host import MAIL, WEB, Host
from tests.system.cluster import Cluster

EVERYTHING = {WEB, "httpd", MAIL}
SETTINGS = "[monitor]\ninterval = 5\nmigration_threshold = 2\n"


class WatchingTests(SynchronousTestCase):
    """Looks each 5 seconds; a group that has failed more than twice moves."""

    def setUp(self) -> None:
        self.cluster = Cluster(self, "off")
        self.one, self.two = self.cluster.one, self.cluster.two
        for host in (self.one, self.two):
            host.write("hatwist.toml", SETTINGS)
        self.cluster.start(self.one, self.two)
        self.cluster.run(30)

    def kill(self, host: Host, text: str) -> None:
        """Let a service die."""
        host.agent.running.remove(text)

    def test_it_runs_again(self) -> None:
        """On the same node, within one look; the log says what failed, and why it was started."""
        self.kill(self.one, "httpd")
        self.cluster.run(6)
        self.assertEqual((self.one.runs, self.two.runs), ({WEB, "httpd"}, {MAIL}))
        self.assertIn(f"ERROR: Resource httpd of group {WEB} failed (1): stopped", "\n".join(self.one.lines))
        self.assertTrue(any("recover" in decision for decision in self.one.decisions))

    def test_it_fails_too_often(self) -> None:
        """Then the other node gets the group, once, and it stays there."""
        for _ in range(2):
            self.kill(self.one, "httpd")
            self.cluster.run(6)
            self.assertEqual(self.one.runs, {WEB, "httpd"})
        self.kill(self.one, "httpd")
        self.cluster.run(15)
        self.assertEqual((self.one.runs, self.two.runs), (set(), EVERYTHING))
        self.cluster.run(60)
        self.assertEqual((self.one.runs, self.two.runs), (set(), EVERYTHING))

    def test_it_does_not_run_again(self) -> None:
        """A service that cannot be started again goes to the other node within a minute."""
        self.one.agent.fail("httpd", Verb.START)
        self.kill(self.one, "httpd")
        self.cluster.run(60)
        self.assertEqual((self.one.runs, self.two.runs), (set(), EVERYTHING))

    def test_it_runs_nowhere(self) -> None:
        """What fails on both nodes stops, and that is said; nothing goes to and fro."""
        for host in (self.one, self.two):
            host.agent.fail("httpd", Verb.START)
        self.kill(self.one, "httpd")
        self.cluster.run(240)
        for host in (self.one, self.two):
            self.assertNotIn("httpd", host.runs)
        self.assertIn("it stays stopped", "\n".join([*self.one.lines, *self.two.lines]))
        moves = sum(verb is Verb.START for host in (self.one, self.two) for _, verb in host.agent.journal)
        self.cluster.run(240)
        again = sum(verb is Verb.START for host in (self.one, self.two) for _, verb in host.agent.journal)
        self.assertEqual(moves, again)

    def test_it_is_stopped_in_order(self) -> None:
        """A standby is no failure."""
        self.cluster.stop(self.one)
        self.cluster.run(30)
        self.assertEqual(self.two.runs, EVERYTHING)
        self.assertNotIn("failed", "\n".join(self.one.lines))

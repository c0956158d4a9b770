# -*- test-case-name: tests.system.test_children -*-
"""
Whole daemons in memory, and the programs around them: children and applications.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.names import Verb
from hatwist.unix import Credentials
from tests.service.host import HA_CF, MAIL, WEB
from tests.system.cluster import Cluster

LINES = "use_apphbd yes\nrespawn root /bin/sh -v\n"


class ChildrenTests(SynchronousTestCase):
    """node01 has a web server that beats, and a child."""

    def setUp(self) -> None:
        self.cluster = Cluster(self, "off")
        self.one, self.two = self.cluster.one, self.cluster.two
        text = HA_CF.format(directory=self.one.directory, failback="off")
        self.one.write("ha.cf", text + LINES)
        self.cluster.start(self.one, self.two)
        self.cluster.run(30)

    def test_a_silent_application(self) -> None:
        """What hangs is started again, on the same node, though its status says that it runs."""
        pulse = self.one.applications.register(["web", WEB, "httpd", "5"], Credentials(812, 0, 0))
        pulse.beat()
        self.one.agent.journal.clear()
        self.cluster.run(6)
        self.assertEqual((self.one.runs, self.two.runs), ({WEB, "httpd"}, {MAIL}))
        for verb in (Verb.STOP, Verb.START):
            self.assertEqual(self.one.agent.journal.count(("httpd", verb)), 1)
        log = "\n".join(self.one.lines)
        self.assertIn(f"ERROR: Resource httpd of group {WEB} failed (1): no heartbeat of web for 5 s", log)
        self.assertIn("web (process 812) has not beaten for", "\n".join(self.one.node.troubles()))

    def test_a_child_that_cannot_run(self) -> None:
        """The node lives without it, and says so; there are no programs in memory."""
        text = "Cannot start client /bin/sh -v: No such file or directory"
        self.assertEqual(sum(text in line for line in self.one.lines), 1)
        self.assertTrue(any(text in trouble for trouble in self.one.node.troubles()))

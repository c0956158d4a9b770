# -*- test-case-name: tests.lab.test_leave -*-
"""
A daemon is stopped, in order.
"""

from __future__ import annotations

import signal

from scripts.lab.configuration import ha_cf, web
from scripts.lab.plan import VIRTUAL
from tests.lab.base import SETTLED, TwoNodesTestCase


class LeaveTests(TwoNodesTestCase):
    """SIGTERM, as an init system stops a service."""

    def setUp(self) -> None:
        """Both nodes run, with a deadtime that nobody has the patience for."""
        super().setUp()
        self.boot(web(ha_cf(deadtime="60", initdead="120")))
        self.two.await_log("Initial resource acquisition complete", SETTLED)

    def test_owner_leaves(self) -> None:
        """It gives up its group first, then node02 takes it, without waiting for deadtime."""
        self.one.stop()
        self.settle("node02")
        self.assertOwner("node02")
        (gap,) = (gap for gap in self.watch.judge(VIRTUAL).gaps if gap.after == "node02")
        self.assertLess(gap.length, 30)
        self.assertEqual(self.two.count("Received shutdown notice from 'node01'"), 1)
        self.assertEqual(self.one.host.run("/etc/ha.d/resource.d/httpd", "status")[0], 3)

    def test_status_of_a_daemon_that_left(self) -> None:
        """The daemon ends by the signal that it was asked with, as twistd does; the log says so as usual."""
        self.assertEqual(self.one.stop(), -signal.SIGTERM)
        self.assertEqual(self.one.count("node01 Heartbeat shutdown complete"), 1)

    def test_backup_leaves(self) -> None:
        """Nothing moves when the node without a group leaves."""
        self.two.stop()
        self.one.await_log("Received shutdown notice from 'node02'", SETTLED)
        self.assertOwner("node01")
        self.assertEqual(self.watch.judge(VIRTUAL).gaps, ())

    def test_both_leave(self) -> None:
        """When everybody has left nobody has the address."""
        self.one.stop()
        self.settle("node02")
        self.two.stop()
        self.assertEqual(self.watch.owners(VIRTUAL), ())
        self.assertEqual(self.watch.judge(VIRTUAL).faults, ())

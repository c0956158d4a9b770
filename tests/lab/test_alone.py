# -*- test-case-name: tests.lab.test_alone -*-
"""
One host, and two daemons that would like to run on it: hatwist and heartbeat 3.0.6.
"""

from __future__ import annotations

import signal

from scripts.lab.configuration import address_only, ha_cf
from scripts.lab.host import Host
from scripts.lab.nodes import HatwistNode, HeartbeatNode, install_scripts
from scripts.lab.plan import VIRTUAL
from scripts.lab.watch import until
from tests.lab.base import SETTLED, TwoNodesTestCase, require

UP = "Local status now set to: 'up'"
PID_FILE = "/run/heartbeat.pid"


class AloneTests(TwoNodesTestCase):
    """node01, where both are installed; needs root."""

    def setUp(self) -> None:
        """Power it on, if heartbeat can run here."""
        require(HeartbeatNode.obstacle())
        super().setUp()
        self.host: Host = self.one.host
        self.host.power_on()
        address_only(ha_cf(auto_failback="off"), "IPaddr2").write(self.host)
        install_scripts(self.host)
        self.heartbeat = HeartbeatNode(self.host)

    def serve(self) -> None:
        """Let hatwist run, and have the address."""
        self.one.start()
        until(lambda: self.watch.owners(VIRTUAL) == ("node01",), SETTLED, "node01 owns the address")

    def test_heartbeat_does_not_start_beside_us(self) -> None:
        """It finds its pid file held, and says so; the address stays, and nobody releases it."""
        self.serve()
        process = self.one.process
        assert process is not None
        self.heartbeat.start()
        assert self.heartbeat.process is not None
        self.heartbeat.process.wait(SETTLED)
        self.assertIn(f"already running [pid {process.pid}]", self.heartbeat.process.text())
        self.one.check()
        self.assertOwner("node01")

    def test_its_own_commands(self) -> None:
        """C{heartbeat -s} finds us, C{heartbeat -k} lets us leave in order, and the file is gone."""
        self.serve()
        process = self.one.process
        assert process is not None
        status, text = self.host.run(HeartbeatNode.DAEMON, "-s")
        self.assertEqual(status, 0, text)
        self.assertIn(f"[pid {process.pid} et al] is running", text)
        status, text = self.host.run(HeartbeatNode.DAEMON, "-k")
        # A reactor that a signal has stopped lets the process end by that signal.
        self.assertEqual((status, process.wait(SETTLED)), (0, -signal.SIGTERM), text)
        self.one.process = None
        self.assertIn("node01 Heartbeat shutdown complete.", self.one.log())
        self.assertEqual(self.watch.owners(VIRTUAL), ())
        self.assertNotEqual(self.host.run("test", "-e", PID_FILE)[0], 0)

    def test_after_a_killed_daemon(self) -> None:
        """What a killed daemon has left keeps nobody: hatwist starts again, and then heartbeat."""
        for times in (1, 2):
            self.one.start()
            self.one.await_log(UP, SETTLED, times)
            self.one.kill()
        self.heartbeat.start()
        self.heartbeat.await_log(UP, SETTLED, 3)

    def test_we_do_not_start_beside_heartbeat(self) -> None:
        """Whoever starts hatwist reads why it does not, and its status is 1."""
        self.heartbeat.start()
        self.heartbeat.await_log(UP, SETTLED)
        node = HatwistNode(self.host)
        node.start()
        assert node.process is not None
        self.assertEqual(node.process.wait(SETTLED), 1)
        said = [
            line for line in node.process.text().splitlines() if line.startswith("Heartbeat not started: ")
        ]
        self.assertEqual(len(said), 1, node.process.text())
        self.assertIn("heartbeat runs on this host, stop it first (process", said[0])
        self.heartbeat.check()

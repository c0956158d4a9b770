# -*- test-case-name: tests.lab.test_probe -*-
"""
The client, the always-on service and the demo's web server, on real hosts.
"""

from __future__ import annotations

from scripts.lab import plan
from scripts.lab.client import Probe, always_on
from scripts.lab.configuration import web
from scripts.lab.plan import VIRTUAL
from tests.lab.base import SETTLED, LabTestCase

MOVE = f"ip address {{}} {VIRTUAL}/24 dev eth0"


class ProbeTests(LabTestCase):
    """An address that is moved by hand, and what the client notices."""

    def setUp(self) -> None:
        """A client and two hosts; the first has the address."""
        super().setUp()
        self.client = plan.client(self.rack)
        self.one = plan.node(self.rack, 1)
        self.two = plan.node(self.rack, 2)
        for host in (self.client, self.one, self.two):
            host.power_on()
        self.one.do("sh", "-c", MOVE.format("add"))

    def move(self, probe: Probe) -> None:
        """Cut the power of the owner, give the address to the other, and look at the outage."""
        probe.await_answer("node01", SETTLED)
        died = self.one.power_off()
        self.two.do("sh", "-c", f"{MOVE.format('add')}; arping -q -U -c1 -w1 -I eth0 {VIRTUAL} || true")
        probe.await_answer("node02", SETTLED)
        outage = probe.handover(died)
        assert outage is not None
        self.assertEqual((outage.before, outage.after), ("node01", "node02"))
        self.assertLess(outage.start, died + 0.1)
        self.assertGreater(outage.end, died)

    def test_datagrams(self) -> None:
        """The always-on service follows the address without noticing."""
        for host in (self.one, self.two):
            always_on(host, 7777)
        self.move(Probe(self.client, "udp", VIRTUAL, 7777))

    def test_pages(self) -> None:
        """The web server of the demo says which host serves."""
        for host in (self.one, self.two):
            web("").write(host)
            host.do("/etc/ha.d/resource.d/httpd", "start")
        self.move(Probe(self.client, "http", VIRTUAL, 80))


class WebServerTests(LabTestCase):
    """The demo's httpd obeys the rules for a resource script."""

    SCRIPT = "/etc/ha.d/resource.d/httpd"

    def setUp(self) -> None:
        """One host with the script."""
        super().setUp()
        self.one = plan.node(self.rack, 1)
        self.one.power_on()
        web("").write(self.one)

    def test_start_stop_status(self) -> None:
        """Status tells the truth; start and stop may be repeated, and take effect before they return."""
        run = self.one.run
        self.assertEqual(run(self.SCRIPT, "status"), (3, "stopped\n"))
        self.assertEqual(run(self.SCRIPT, "stop"), (0, ""))
        for _ in range(2):
            self.assertEqual(run(self.SCRIPT, "start"), (0, ""))
            self.assertEqual(run(self.SCRIPT, "status"), (0, "running\n"))
        page = "import urllib.request as u; print(u.urlopen('http://127.0.0.1').read().decode().strip())"
        self.assertEqual(run("python3", "-c", page), (0, "<h1>This is node01</h1>\n"))
        for _ in range(2):
            self.assertEqual(run(self.SCRIPT, "stop"), (0, ""))
            self.assertEqual(run(self.SCRIPT, "status"), (3, "stopped\n"))

    def test_port_that_is_taken(self) -> None:
        """A start that cannot succeed fails and says why."""
        self.one.start(["python3", "-c", "import socket as s; s.create_server(('', 80)).accept()"])
        self.one.do("sh", "-c", "until ss -ltn | grep -q :80; do sleep 0.05; done")
        status, text = self.one.run(self.SCRIPT, "start")
        self.assertEqual(status, 1)
        self.assertIn("Address already in use", text)

    def test_stale_pid_file(self) -> None:
        """A pid file that names somebody else's process proves nothing."""
        self.one.do("sh", "-c", "echo 1 >/run/httpd-demo.pid")
        self.assertEqual(self.one.run(self.SCRIPT, "status")[0], 3)

    def test_other_verbs(self) -> None:
        """What it does not know is refused."""
        self.assertEqual(self.one.run(self.SCRIPT, "dance")[0], 2)

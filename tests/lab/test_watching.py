# -*- test-case-name: tests.lab.test_watching -*-
"""
What dies on a host that lives is started again, or given to the other node.
"""

from __future__ import annotations

from dataclasses import replace

from scripts.lab.client import Probe
from scripts.lab.configuration import ha_cf, web
from scripts.lab.outage import outages
from scripts.lab.plan import VIRTUAL
from scripts.lab.watch import until
from tests.lab.base import SETTLED, TwoNodesTestCase

KEY = f"IPaddr::{VIRTUAL}/24/eth0"
BROKEN = """#!/bin/sh
case $1 in
    status) echo stopped ;;
    stop) ;;
    *) exit 1 ;;
esac
"""
"The web server as it is when its program is gone."

MONITOR = "[monitor]\ninterval = 1\n"


class WatchingTests(TwoNodesTestCase):
    """node01 has an address and a web server, which is looked at each second."""

    def setUp(self) -> None:
        """Start both nodes, and wait until the web server answers and its status has proved itself."""
        super().setUp()
        self.client.power_on()
        files = web(ha_cf(auto_failback="off", keepalive="200ms", deadtime="1000ms"))
        self.boot(replace(files, settings=MONITOR))
        self.two.await_log("Initial resource acquisition complete", SETTLED)
        self.probe = Probe(self.client, "http", VIRTUAL, 80)
        self.probe.await_answer("node01", SETTLED)
        self.calm()

    def kill(self) -> None:
        """Kill the web server of node01."""
        self.one.host.do("sh", "-c", "kill -9 $(cat /run/httpd-demo.pid)")

    def recovered(self, failures: int) -> None:
        """Wait until the failure was seen and what failed runs again; the address was never away."""
        pattern = rf"ERROR: Resource httpd of group {KEY} failed \({failures}\)"
        self.one.await_log(pattern, SETTLED)
        self.one.await_log(rf"decision: recover {KEY}", SETTLED, failures)
        self.probe.look()
        seen = len(self.probe.answers)

        def answers() -> bool:
            self.probe.look()
            return len(self.probe.answers) > seen

        until(answers, SETTLED, "the web server answers again")
        self.assertOwner("node01")
        self.assertEqual(self.watch.judge(VIRTUAL).gaps, ())

    def longest(self) -> float:
        """Return the longest silence, in seconds."""
        return max(outage.length for outage in outages(self.probe.answers, 0.0))

    def test_a_killed_service(self) -> None:
        """It answers again, on the same node; the second time as well."""
        for number in (1, 2):
            self.kill()
            self.recovered(number)
        print(f"a service killed: away for {self.longest():.2f} s at most")
        self.assertEqual({answer.who for answer in self.probe.answers}, {"node01"})

    def test_a_service_that_does_not_start_again(self) -> None:
        """The other node gets its group, once."""
        self.kill()
        self.recovered(1)  # so its status has proved itself
        self.one.host.write("/etc/ha.d/resource.d/httpd", BROKEN, 0o755)
        self.kill()
        self.probe.await_answer("node02", SETTLED)
        print(f"a service that does not start again: away for {self.longest():.2f} s")
        self.calm()
        self.assertOwner("node02")

    def test_an_address_that_was_deleted(self) -> None:
        """It is back at once, and nothing else is touched."""
        self.one.host.do("ip", "address", "del", f"{VIRTUAL}/24", "dev", "eth0")
        self.one.await_log(rf"ERROR: Resource {KEY} of group {KEY} failed", SETTLED)
        until(lambda: self.watch.owners(VIRTUAL) == ("node01",), SETTLED, "node01 has its address again")
        gaps = self.watch.judge(VIRTUAL).gaps
        print(f"an address deleted: away for {max((gap.length for gap in gaps), default=0.0) * 1000:.1f} ms")
        self.assertEqual(self.one.count("httpd start"), 1)
        self.assertEqual(self.two.count("Acquiring resource group"), 0)

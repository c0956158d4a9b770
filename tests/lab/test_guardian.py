# -*- test-case-name: tests.lab.test_guardian -*-
"""
What becomes of a node's groups when its daemon, its guardian, or both are killed or frozen:
never two owners, judged by what the kernels of both hosts say of their addresses.
"""

from __future__ import annotations

import os
import signal

from scripts.lab.client import Probe
from scripts.lab.configuration import address_only, ha_cf, web
from scripts.lab.host import Host
from scripts.lab.nodes import HatwistNode, HeartbeatNode, Node
from scripts.lab.outage import outages
from scripts.lab.plan import VIRTUAL
from scripts.lab.watch import now, until
from tests.lab.base import SETTLED, NodesTestCase, TwoNodesTestCase, require

KEEPALIVE = 0.2
DEADTIME = 1.0
PERCENT = (50, 80, 90, 95, 99, 101, 110)
"""Of deadtime: how late a killed daemon is started again."""

RUNS = int(os.environ.get("LAB_RUNS", "1"))
"""How often each of them is tried."""

FREEZE = 5.0
"""Seconds."""


class GuardianTestCase(TwoNodesTestCase):
    """
    node01 has an address and a web server.

    @ivar deadtime: seconds.
    """

    deadtime = DEADTIME

    def setUp(self) -> None:
        """Start both nodes, and wait until the web server answers and nothing moves."""
        super().setUp()
        self.client.power_on()
        times = {"keepalive": f"{KEEPALIVE * 1000:.0f}ms", "deadtime": f"{self.deadtime * 1000:.0f}ms"}
        self.boot(web(ha_cf(auto_failback="off", **times)))
        self.two.await_log("Initial resource acquisition complete", SETTLED)
        self.probe = Probe(self.client, "http", VIRTUAL, 80)
        self.probe.await_answer("node01", SETTLED)
        self.calm()

    def signal(self, number: signal.Signals, *what: str) -> None:
        """Send a signal to the daemon of node01, to its guardian, or to both."""
        pids = [pid for one in what for pid in self.pids(one)]
        self.one.host.do("kill", f"-{number.value}", *pids)

    def pids(self, what: str) -> list[str]:
        """Return the processes of node01 that are its C{daemon}, its C{guardian} or its C{service}."""
        if what == "service":
            return self.one.host.do("cat", "/run/httpd-demo.pid").split()
        pattern = {"daemon": "twistd --nodaemon", "guardian": "guardian/main.py"}[what]
        return self.one.host.run("pgrep", "-f", pattern)[1].split()

    def taken_over(self) -> None:
        """Wait until node02 has everything, and see that nobody else had it at any time."""
        self.probe.await_answer("node02", SETTLED)
        longest = max(outage.length for outage in outages(self.probe.answers, 0.0))
        print(f"away for {longest:.2f} s at most with deadtime {self.deadtime:g} s")
        self.watch.await_owner(VIRTUAL, "node02", SETTLED)
        self.assertOwner("node02")

    def kept(self) -> None:
        """Wait until node01 has said that it keeps everything, and see that it was never without."""
        self.one.await_log("decision: adopted", SETTLED)
        self.calm()
        self.assertOwner("node01")
        self.assertEqual(self.watch.judge(VIRTUAL).gaps, ())


class KilledTests(GuardianTestCase):
    """Something is killed."""

    def test_the_daemon_is_not_started_again(self) -> None:
        """The guardian releases everything, and node02 takes it over."""
        self.one.kill()
        self.taken_over()
        self.assertIn("releasing", self.one.log())

    def test_the_daemon_and_its_service(self) -> None:
        """As when its whole control group is killed, without the guardian."""
        self.one.host.do("sh", "-c", "kill -9 $(cat /run/httpd-demo.pid)")
        self.one.kill()
        self.taken_over()

    def test_the_host_that_owns_nothing(self) -> None:
        """Its death is nothing to the owner's groups."""
        self.two.cut_power()
        self.one.await_log("node node02: is dead", SETTLED)
        end = now() + 3 * DEADTIME
        until(lambda: now() >= end, SETTLED, "the guardian has had time enough")
        self.assertOwner("node01")
        self.assertEqual(self.watch.judge(VIRTUAL).gaps, ())

    def test_the_daemon_is_started_at_once(self) -> None:
        """It keeps what it had: the service does not notice."""
        self.one.kill()
        self.one.start()
        self.kept()

    def test_the_guardian(self) -> None:
        """Another one takes its place, and knows what it has to know."""
        self.signal(signal.SIGKILL, "guardian")
        self.one.await_log("there is a guardian again", SETTLED)
        self.assertOwner("node01")
        self.assertEqual(self.watch.judge(VIRTUAL).gaps, ())
        self.one.kill()
        self.taken_over()


class RestartTests(GuardianTestCase):
    """The daemon is killed, and started again some time later."""

    def test_restarts(self) -> None:
        """However late it comes back, there are never two owners."""
        for number, percent in enumerate(PERCENT * RUNS, 2):
            self.one.kill()
            end = now() + DEADTIME * percent / 100
            until(lambda: now() >= end, SETTLED, f"{percent} % of deadtime are over")  # noqa: B023
            self.one.start()
            self.one.await_log("Local status now set to: 'active'", SETTLED, number)
            self.calm()
            self.assertEqual(self.watch.judge(VIRTUAL).faults, ())


class FrozenTests(GuardianTestCase):
    """Something stands still."""

    def freeze(self, *what: str) -> None:
        """Let it stand still for a while."""
        self.signal(signal.SIGSTOP, *what)
        end = now() + FREEZE
        until(lambda: now() >= end, SETTLED, "they have stood still for long enough")
        self.signal(signal.SIGCONT, *what)

    def test_the_daemon(self) -> None:
        """It finds itself relieved, and joins again."""
        self.freeze("daemon")
        self.one.await_log("It begins anew", SETTLED)
        self.one.await_log("Initial resource acquisition complete", SETTLED, 2)
        self.calm()
        self.taken_over()

    def test_the_guardian(self) -> None:
        """Another one takes its place; the service does not notice."""
        self.signal(signal.SIGSTOP, "guardian")
        self.one.await_log("there is a guardian again", SETTLED)
        self.one.kill()
        self.taken_over()


class BothTests(GuardianTestCase):
    """Neither daemon nor guardian runs: the kernel removes the address."""

    deadtime = 3.0

    def test_both_are_killed(self) -> None:
        """The address has a lifetime that nobody renews."""
        self.signal(signal.SIGKILL, "daemon", "guardian")
        self.one.process = None
        self.taken_over()

    def test_all_stand_still(self) -> None:
        """And they find themselves relieved."""
        everything = ("daemon", "guardian", "service")
        self.signal(signal.SIGSTOP, *everything)
        end = now() + FREEZE
        until(lambda: now() >= end, SETTLED, "they have stood still for long enough")
        self.signal(signal.SIGCONT, *everything)
        self.one.await_log("It begins anew", SETTLED)
        self.calm()
        self.taken_over()


class BesideHeartbeatTests(NodesTestCase[Node]):
    """node01 runs hatwist, node02 heartbeat, which confirms nothing."""

    def node(self, host: Host) -> Node:
        """One of each."""
        return HeartbeatNode(host) if host.name == "node02" else HatwistNode(host)

    def setUp(self) -> None:
        """Start both, if heartbeat can run here."""
        require(HeartbeatNode.obstacle())
        super().setUp()
        self.boot(address_only(ha_cf(auto_failback="off", deadtime="2000ms"), "IPaddr2"))
        self.two.await_log("Initial resource acquisition complete", SETTLED)
        self.calm()

    def test_the_daemon_is_killed(self) -> None:
        """heartbeat takes over, and nobody else has anything then."""
        self.one.kill()
        self.watch.await_owner(VIRTUAL, "node02", SETTLED)
        self.assertOwner("node02")

    def test_the_daemon_is_started_at_once(self) -> None:
        """heartbeat is asked what it has, and everything goes on."""
        self.one.kill()
        self.one.start()
        self.one.await_log("decision: adopted", SETTLED)
        self.calm()
        self.assertOwner("node01")
        self.assertEqual(self.watch.judge(VIRTUAL).gaps, ())

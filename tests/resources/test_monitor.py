# -*- test-case-name: tests.resources.test_monitor -*-
"""
Groups that are looked at while they run here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import IPv4Address

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from hatwist.cluster.events import ResourceFailed
from hatwist.cluster.names import Outcome, Verb
from hatwist.config.model import Monitoring, Monitors
from hatwist.interfaces import IProcesses, IWitness
from hatwist.resources.groups import GroupRunner
from hatwist.resources.memory import MemoryAgent
from hatwist.resources.monitor import DOUBTING, DOUBTS, PROVING, Monitor
from tests.resources.fakes import LogBook, group

WEB = group("IPaddr::172.16.0.210/24/eth0", "httpd")
ADDRESS, HTTPD = (one.text for one in WEB.resources)
QUIET = group("172.16.0.211")
OK = (Outcome.OK, "")


PIDFILES = ("/run/httpd.pid",)


@implementer(IProcesses)
class Processes:
    """Processes that end when the test says so."""

    def __init__(self, paths: Sequence[str], ended: Callable[[], None]) -> None:
        self.paths = paths
        self.end = ended
        self.done: list[str] = []

    def look(self) -> None:
        self.done.append("look")

    def forget(self) -> None:
        self.done.append("forget")


class ProcessTests(SynchronousTestCase):
    """A group with a pid file, which is looked at each 1000 seconds."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.agent = MemoryAgent(self.clock)
        self.made: list[Processes] = []
        self.told: list[ResourceFailed] = []
        log = LogBook()
        monitors = Monitors(groups={WEB.key: Monitoring(1000.0, pidfiles=PIDFILES)})
        self.monitor = Monitor(GroupRunner(self.agent.agent_for, log, self.clock), monitors, self.clock, log)
        self.monitor.tell = self.told.append
        self.monitor.processes = self.make
        self.successResultOf(self.monitor.run(WEB, Verb.START))
        self.clock.advance(0.0)
        (self.processes,) = self.made
        self.agent.journal.clear()
        self.clock.advance(10.0)

    def make(self, paths: Sequence[str], ended: Callable[[], None]) -> Processes:
        """Make them."""
        self.made.append(Processes(paths, ended))
        return self.made[-1]

    def looks(self) -> int:
        """Return how often it was looked at since the last time."""
        number = self.agent.journal.count((ADDRESS, Verb.STATUS))
        self.agent.journal.clear()
        return number

    def test_they_are_found_out(self) -> None:
        """With each look at what runs; a group without pid files has none."""
        self.assertEqual(self.processes.paths, PIDFILES)
        self.assertEqual(self.processes.done, ["look"])
        self.successResultOf(self.monitor.run(QUIET, Verb.START))
        self.clock.advance(1000.0)
        self.assertEqual((self.processes.done, len(self.made)), (["look", "look"], 1))

    def test_one_ends(self) -> None:
        """Its group is looked at at once, and what failed is told."""
        self.agent.running.discard(HTTPD)
        self.processes.end()
        self.clock.advance(0.0)
        self.assertEqual(self.told, [ResourceFailed(WEB.key, HTTPD, "stopped")])

    def test_all_seems_well(self) -> None:
        """Its status is not believed at once: for a second it is asked again, then all is well."""
        self.processes.end()
        self.clock.advance(0.0)
        self.assertEqual(self.looks(), 1)
        self.clock.pump([DOUBTING] * DOUBTS)
        self.assertEqual(self.looks(), DOUBTS)
        self.clock.advance(500.0)
        self.assertEqual((self.looks(), self.told), (0, []))

    def test_seen_a_little_later(self) -> None:
        """A process that nobody had reaped is told of when that is done."""
        self.processes.end()
        self.clock.advance(0.0)
        self.agent.running.discard(HTTPD)
        self.clock.advance(DOUBTING)
        self.assertEqual(len(self.told), 1)

    def test_many_end(self) -> None:
        """The group is not looked at more than once a second because of them, beside the doubts."""
        for _ in range(10):
            self.processes.end()
        self.clock.advance(0.0)
        self.assertEqual(self.looks(), 0)
        self.clock.advance(PROVING)
        self.assertEqual(self.looks(), 1)

    def test_one_ends_during_a_look(self) -> None:
        """There is one look more."""
        self.agent.delays[Verb.STATUS] = 0.5
        self.monitor.look_at([WEB])
        self.clock.pump([0.0, 0.1])
        self.processes.end()
        self.clock.pump([0.5, 0.5, 0.0])
        self.assertEqual(self.looks(), 2)

    def test_ended_by_us(self) -> None:
        """Whoever stops a group, or closes everything, waits for none of them."""
        self.successResultOf(self.monitor.run(WEB, Verb.STOP))
        self.assertEqual(self.processes.done, ["look", "forget", "forget"])
        self.monitor.close()
        self.assertEqual(self.processes.done[3:], ["forget"])


class MonitorTests(SynchronousTestCase):
    """Over a runner with resources in memory; looks each 10 seconds."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.agent = MemoryAgent(self.clock)
        self.log = LogBook()
        self.told: list[ResourceFailed] = []
        runner = GroupRunner(self.agent.agent_for, self.log, self.clock)
        monitors = Monitors(Monitoring(10.0), {QUIET.key: Monitoring(0.0)})
        self.monitor = Monitor(runner, monitors, self.clock, self.log)
        self.monitor.tell = self.told.append

    def run_now(self, verb: Verb) -> tuple[Outcome, str]:
        """Carry out an order that takes no time."""
        return self.successResultOf(self.monitor.run(WEB, verb))

    def start(self) -> None:
        """Start it, and let the look after it prove its status."""
        self.assertEqual(self.run_now(Verb.START), OK)
        self.clock.advance(0.0)
        self.agent.journal.clear()

    def looks(self) -> int:
        """Return how often it was looked at since the last time."""
        number = self.agent.journal.count((ADDRESS, Verb.STATUS))
        self.agent.journal.clear()
        return number

    def test_it_is_a_witness(self) -> None:
        """The runner tells it what it does."""
        self.assertTrue(verifyObject(IWitness, self.monitor))

    def test_now_and_then(self) -> None:
        """Each interval, as long as it runs here."""
        self.start()
        self.clock.pump([10.0, 9.0, 1.0])
        self.assertEqual(self.looks(), 2)
        self.run_now(Verb.STOP)
        self.clock.pump([10.0])
        self.agent.journal.clear()
        self.clock.pump([10.0, 10.0])
        self.assertEqual(self.looks(), 0)
        self.assertEqual(self.told, [])

    def test_what_failed_is_told(self) -> None:
        """The first that does not run; what stands on it is not asked."""
        self.start()
        self.agent.running.discard(HTTPD)
        self.clock.advance(10.0)
        self.assertEqual(self.told, [ResourceFailed(WEB.key, HTTPD, "stopped")])
        self.agent.running.discard(ADDRESS)
        self.agent.journal.clear()
        self.clock.advance(10.0)
        self.assertEqual(self.told[1:], [ResourceFailed(WEB.key, ADDRESS, "stopped")])
        self.assertNotIn((HTTPD, Verb.STATUS), self.agent.journal)

    def test_what_was_recovered_is_watched_again(self) -> None:
        """A second failure is told as well, also of what the runner found running."""
        for _ in range(2):
            self.told.clear()
            self.start()
            self.agent.running.discard(HTTPD)
            self.clock.advance(10.0)
            self.assertEqual(len(self.told), 1)
            self.assertEqual(self.run_now(Verb.RECOVER), OK)
            self.clock.pump([0.0, 10.0])
            self.assertEqual(len(self.told), 1)
        self.agent.running.discard(HTTPD)
        self.clock.advance(10.0)
        self.agent.running.add(HTTPD)
        self.assertEqual(self.run_now(Verb.RECOVER), (Outcome.OK, "everything runs"))
        self.agent.running.discard(HTTPD)
        self.clock.pump([0.0, 10.0])
        self.assertEqual(len(self.told), 3)

    def test_a_slow_service(self) -> None:
        """Until its status has shown that it runs it is looked at each second."""
        self.assertEqual(self.run_now(Verb.START), OK)
        self.agent.running.discard(HTTPD)
        self.clock.pump([0.0, 1.0])
        self.agent.running.add(HTTPD)
        self.agent.journal.clear()
        self.clock.pump([1.0] * 5)
        self.assertEqual(self.looks(), 1)
        self.agent.running.discard(HTTPD)
        self.clock.pump([10.0])
        self.assertEqual(len(self.told), 1)

    def test_something_has_happened(self) -> None:
        """Then it is looked at at once, and once more if that comes during a look."""
        self.start()
        self.monitor.look_at([WEB, QUIET])
        self.clock.advance(0.0)
        self.assertEqual(self.looks(), 1)
        self.agent.delays[Verb.STATUS] = 0.5
        self.monitor.look_at([WEB])
        self.clock.advance(0.0)
        self.monitor.look_at([WEB])
        self.clock.pump([0.5, 0.5, 0.0, 0.5, 0.5])
        self.assertEqual(self.looks(), 2)

    def test_an_address_is_gone(self) -> None:
        """The groups that have it are looked at; if nobody knows which it was, all are."""
        self.start()
        for ip, looks in ((IPv4Address("172.16.0.210"), 1), (IPv4Address("172.16.0.9"), 0), (None, 1)):
            self.monitor.address_gone(ip)
            self.clock.advance(0.0)
            self.assertEqual(self.looks(), looks)

    def test_an_application_is_silent(self) -> None:
        """Its resource has failed, though its status says that it runs, and is started again."""
        self.start()
        self.monitor.missed(WEB.key, HTTPD, "no heartbeat")
        self.monitor.missed(WEB.key, HTTPD, "no heartbeat")
        self.assertEqual(self.told, [ResourceFailed(WEB.key, HTTPD, "no heartbeat")])
        self.clock.advance(10.0)
        self.assertNotIn(f"info: Resource {HTTPD} runs again.", self.log.lines())
        self.agent.journal.clear()
        self.assertEqual(self.run_now(Verb.RECOVER), OK)
        self.assertEqual(self.agent.journal.count((HTTPD, Verb.STOP)), 1)
        self.assertEqual(self.agent.journal.count((HTTPD, Verb.START)), 1)
        self.assertNotIn((ADDRESS, Verb.STOP), self.agent.journal)
        self.clock.pump([0.0, 10.0])
        self.assertEqual(len(self.told), 1)
        self.monitor.missed(WEB.key, HTTPD, "once more")
        self.assertEqual(len(self.told), 2)

    def test_an_application_of_what_does_not_run_here(self) -> None:
        """Nothing follows from its silence: before a start, after a stop and at the end."""
        self.monitor.missed(WEB.key, HTTPD, "no heartbeat")
        self.start()
        self.monitor.missed(WEB.key, "tomcat", "no heartbeat")
        self.run_now(Verb.STOP)
        self.monitor.missed(WEB.key, HTTPD, "no heartbeat")
        self.start()
        self.monitor.close()
        self.monitor.missed(WEB.key, HTTPD, "no heartbeat")
        self.assertEqual(self.told, [])

    def test_an_application_where_nobody_looks(self) -> None:
        """It counts all the same."""
        self.successResultOf(self.monitor.run(QUIET, Verb.START))
        self.monitor.missed(QUIET.key, QUIET.key, "no heartbeat")
        self.assertEqual(len(self.told), 1)

    def test_nobody_looks(self) -> None:
        """Where the interval is 0, where a start failed, and after the end."""
        self.assertEqual(self.successResultOf(self.monitor.run(QUIET, Verb.START)), OK)
        self.agent.fail(HTTPD, Verb.START)
        self.assertEqual(self.run_now(Verb.START)[0], Outcome.FAILED)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.agent.fail(HTTPD, Verb.START, 0)
        self.start()
        self.monitor.close()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.monitor.look_at([WEB])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_orders_wait_for_a_look(self) -> None:
        """Nothing is started or stopped while somebody looks."""
        self.start()
        self.agent.delays[Verb.STATUS] = 1.0
        self.monitor.look_at([WEB])
        self.clock.advance(0.0)
        stopped: Deferred[tuple[Outcome, str]] = self.monitor.run(WEB, Verb.STOP)
        self.assertNotIn((HTTPD, Verb.STOP), self.agent.journal)
        self.clock.pump([1.0, 1.0])
        self.assertEqual(self.successResultOf(stopped), OK)
        self.assertEqual(self.told, [])

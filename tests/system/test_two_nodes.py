# -*- test-case-name: tests.system.test_two_nodes -*-
"""
Two whole services: what an administrator sees of a pair.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.actions import Stop
from hatwist.cluster.names import GroupState, Holding, NodeStatus, Verb
from hatwist.errors import ControlError
from tests.service.host import MAIL, WEB, Host
from tests.system.cluster import Cluster

WEB_RUNS = {WEB, "httpd"}
EVERYTHING = {WEB, "httpd", MAIL}


class _PairCase(SynchronousTestCase):
    """A pair that has started together, with each group at home."""

    failback = "on"

    def setUp(self) -> None:
        self.cluster = Cluster(self, self.failback)
        self.one, self.two = self.cluster.one, self.cluster.two
        self.cluster.start(self.one, self.two)
        self.cluster.run(30)

    def runs(self) -> tuple[set[str], set[str]]:
        """Return what runs on each."""
        return self.one.runs, self.two.runs

    def clean(self, host: Host) -> None:
        """Assert that nothing broke on a host, however well it hid it."""
        self.assertEqual([line for line in host.lines if line.startswith(("ERROR", "CRIT"))], [])


class StartTests(_PairCase):
    """The beginning."""

    def test_each_has_its_own(self) -> None:
        """Nodes that start together end with each group at home, and agree on it."""
        self.assertEqual(self.runs(), (WEB_RUNS, {MAIL}))
        for host in (self.one, self.two):
            owners = {group.key: group.owner for group in host.status.groups}
            self.assertEqual(owners, {WEB: "node01", MAIL: "node02"})
            self.assertTrue(host.status.stable)
            self.assertEqual({node.status for node in host.status.nodes}, {NodeStatus.ACTIVE})
            self.clean(host)

    def test_a_group_starts_in_order(self) -> None:
        """The address comes before the service that needs it."""
        started = [text for text, verb in self.one.agent.journal if verb.value == "start"]
        self.assertEqual(started, [WEB, "httpd"])

    def test_every_decision_has_its_reason(self) -> None:
        """Each group that was started has a recorded decision with causes."""
        self.assertTrue(all(": " in decision for decision in self.one.decisions))
        self.assertTrue(self.one.group(WEB).why)

    def test_quiet_times(self) -> None:
        """While nothing happens nothing is said, no deadline is missed, and one looks each two minutes."""
        lines, journal = len(self.one.lines), len(self.one.agent.journal)
        self.cluster.run(120)
        self.assertEqual(len(self.one.lines), lines)
        looks = [(WEB, Verb.STATUS), ("httpd", Verb.STATUS)]
        self.assertEqual(self.one.agent.journal[journal:], looks)
        self.assertEqual(self.runs(), (WEB_RUNS, {MAIL}))

    def test_a_slow_script_does_not_stop_the_heart(self) -> None:
        """A script that takes longer than deadtime makes nobody believe that its node is dead."""
        self.one.take_time(stop=30)
        self.one.node.standby(Holding.LOCAL, "operator")
        self.cluster.run(25)
        self.assertEqual(self.two.status.nodes[0].status, NodeStatus.ACTIVE)
        self.assertNotIn("WARN: node node01: is dead", self.two.lines)
        self.cluster.run(60)
        self.assertEqual(self.runs(), (set(), EVERYTHING))


class LoneStartTests(SynchronousTestCase):
    """A node whose peer does not come."""

    def setUp(self) -> None:
        self.cluster = Cluster(self)
        self.one, self.two = self.cluster.one, self.cluster.two

    def test_it_waits_for_initdead(self) -> None:
        """Before initdead it starts nothing, after it everything."""
        self.cluster.start(self.one)
        self.cluster.run(19)
        self.assertEqual(self.one.runs, set())
        self.cluster.run(20)
        self.assertEqual(self.one.runs, EVERYTHING)

    def test_the_peer_comes_later(self) -> None:
        """A peer that comes late gets what is at home there, once."""
        self.cluster.start(self.one)
        self.cluster.run(40)
        self.cluster.start(self.two)
        self.cluster.run(40)
        self.assertEqual((self.one.runs, self.two.runs), (WEB_RUNS, {MAIL}))


class DeathTests(_PairCase):
    """A node is gone without a word."""

    def test_takeover(self) -> None:
        """After deadtime, and not before, the other runs everything."""
        self.cluster.crash(self.one)
        self.cluster.run(8.5)
        self.assertEqual(self.two.runs, {MAIL})
        self.cluster.run(4)
        self.assertEqual(self.two.runs, EVERYTHING)
        self.assertIn("WARN: node node01: is dead", self.two.lines)
        group = self.two.group(WEB)
        self.assertEqual((group.owner, group.state), ("node02", GroupState.RUNNING))

    def test_failback(self) -> None:
        """With auto_failback on the node that returns gets its group back; nothing runs twice."""
        self.cluster.crash(self.one)
        self.cluster.run(20)
        self.cluster.start(self.one)
        self.cluster.run(40)
        self.assertEqual(self.runs(), (WEB_RUNS, {MAIL}))
        self.clean(self.one)

    def test_a_quick_restart(self) -> None:
        """A node that is back within deadtime, with a new generation, gets its groups again."""
        generation = self.one.status.generation
        self.cluster.crash(self.one)
        self.cluster.run(3)
        self.cluster.start(self.one)
        self.cluster.run(40)
        self.assertEqual(self.one.status.generation, generation + 1)
        self.assertEqual(self.runs(), (WEB_RUNS, {MAIL}))


class NoFailbackTests(_PairCase):
    """auto_failback off."""

    failback = "off"

    def test_it_stays(self) -> None:
        """The node that returns gets nothing; what it lost stays where it is."""
        self.cluster.crash(self.one)
        self.cluster.run(20)
        self.cluster.start(self.one)
        self.cluster.run(60)
        self.assertEqual(self.runs(), (set(), EVERYTHING))

    def test_until_it_is_asked_for(self) -> None:
        """takeover brings it home."""
        self.cluster.crash(self.one)
        self.cluster.run(20)
        self.cluster.start(self.one)
        self.cluster.run(60)
        self.one.node.takeover(Holding.LOCAL, "operator")
        self.cluster.run(20)
        self.assertEqual(self.runs(), (WEB_RUNS, {MAIL}))


class OrderlyTests(_PairCase):
    """What operators do."""

    def test_a_stop(self) -> None:
        """A daemon that is stopped releases everything first, and the other takes it at once."""
        self.one.take_time(stop=1)
        done = self.cluster.stop(self.one)
        self.cluster.run(1.5)
        self.assertNoResult(done)
        self.assertEqual(self.two.runs, {MAIL})
        self.cluster.run(6)
        self.successResultOf(done)
        self.assertEqual(self.runs(), (set(), EVERYTHING))
        self.assertTrue(self.one.ha_log.endswith("info: node01 Heartbeat shutdown complete.\n"))
        self.assertIn("info: Received shutdown notice from 'node01'.", self.two.lines)

    def test_both_stop(self) -> None:
        """When both are stopped nothing is left running anywhere."""
        ends = [self.cluster.stop(self.one), self.cluster.stop(self.two)]
        self.cluster.run(40)
        for end in ends:
            self.successResultOf(end)
        self.assertEqual(self.runs(), (set(), set()))

    def test_leave_through_control(self) -> None:
        """leave does what a signal does, and says that the node has gone."""
        self.one.node.leave("uid 0 (pid 1)")
        self.cluster.run(10)
        self.assertEqual(self.successResultOf(self.one.node.gone), Stop("uid 0 (pid 1) asked it to"))
        self.assertEqual(self.runs(), (set(), EVERYTHING))
        self.assertRaises(ControlError, self.one.node.standby, Holding.ALL, "operator")

    def test_standby(self) -> None:
        """standby all hands everything over, in order, and stays so."""
        self.one.node.standby(Holding.ALL, "operator")
        self.cluster.run(20)
        self.assertEqual(self.runs(), (set(), EVERYTHING))
        stopped = [text for text, verb in self.one.agent.journal if verb.value == "stop"]
        self.assertEqual(stopped[-2:], ["httpd", WEB])
        self.cluster.run(60)
        self.assertEqual(self.runs(), (set(), EVERYTHING))

    def test_standby_and_back(self) -> None:
        """takeover local brings home what standby gave away."""
        self.one.node.standby(Holding.LOCAL, "operator")
        self.cluster.run(20)
        self.one.node.takeover(Holding.LOCAL, "operator")
        self.cluster.run(20)
        self.assertEqual(self.runs(), (WEB_RUNS, {MAIL}))

    def test_hb_standby(self) -> None:
        """A script's request is obeyed as an operator's is."""
        self.one.run_script("t=ask_resources", "rsc_hold=all", "info=me")
        self.cluster.run(20)
        self.assertEqual(self.runs(), (set(), EVERYTHING))

    def test_hb_takeover(self) -> None:
        """So is one for what the other node has."""
        self.one.run_script("t=hb_takeover", "rsc_hold=foreign")
        self.cluster.run(20)
        self.assertEqual(self.runs(), (EVERYTHING, set()))

    def test_what_no_script_may_say(self) -> None:
        """A script cannot speak for the daemon: nothing moves, and the log says so."""
        self.one.run_script("t=shutdone", "st=dead")
        self.cluster.run(20)
        self.assertEqual(self.runs(), (WEB_RUNS, {MAIL}))
        expected = "WARN: fifo: a message of type 'shutdone' is for the daemon itself to send"
        self.assertIn(expected, self.one.lines)

    def test_takeover(self) -> None:
        """takeover all gets what the other owns, and records why."""
        self.two.node.takeover(Holding.ALL, "uid 0 (pid 7)")
        self.cluster.run(20)
        self.assertEqual(self.runs(), (set(), EVERYTHING))
        self.assertIn("node node01 went standby", self.two.group(WEB).why)

    def test_who_asked(self) -> None:
        """Who asked for a standby is in the record of the node that was asked."""
        self.one.node.standby(Holding.ALL, "uid 0 (pid 7)")
        self.cluster.run(20)
        self.assertIn("uid 0 (pid 7) asked node01 to go standby", "".join(self.one.decisions))


class CutTests(_PairCase):
    """Nobody hears the other, and both live."""

    def test_a_cut_and_its_end(self) -> None:
        """After a cut both run everything; after its end each group is at home, and nobody has restarted."""
        before = [host.status.generation for host in (self.one, self.two)]
        self.cluster.part()
        self.cluster.run(20)
        self.assertEqual(self.runs(), (EVERYTHING, EVERYTHING))
        self.cluster.heal()
        self.cluster.run(20)
        self.cluster.settled()
        self.assertEqual(self.runs(), (WEB_RUNS, {MAIL}))
        self.assertEqual([host.status.generation for host in (self.one, self.two)], before)
        for host in (self.one, self.two):
            self.assertTrue(any("returning after partition" in line for line in host.lines))
        self.cluster.run(60)
        self.assertEqual(self.runs(), (WEB_RUNS, {MAIL}))

    def test_a_short_cut(self) -> None:
        """A cut shorter than deadtime moves nothing; the log says that heartbeats came late."""
        self.cluster.part()
        self.cluster.run(7)
        self.cluster.heal()
        self.cluster.settled()
        self.cluster.run(20)
        self.assertEqual(self.runs(), (WEB_RUNS, {MAIL}))
        self.assertTrue(any("Late heartbeat: Node node02" in line for line in self.one.lines))

    def test_an_interface_that_goes_and_comes(self) -> None:
        """The service tells the core that a medium fails, once, and that it works again."""
        self.cluster.hub.unplug("node01")
        self.cluster.run(5)
        self.cluster.hub.replug("node01")
        self.cluster.run(20)
        self.assertEqual(self.runs(), (WEB_RUNS, {MAIL}))
        told = [line for line in self.one.lines if "No such device" in line]
        self.assertEqual(len(told), 1)

    def test_losses(self) -> None:
        """Lost datagrams are asked for again, and a start together succeeds all the same."""
        cluster = Cluster(self)
        cluster.start(cluster.one, cluster.two)
        for _ in range(10):
            cluster.hub.losses = 1
            cluster.run(0.7)
        cluster.run(60)
        self.assertEqual((cluster.one.runs, cluster.two.runs), (WEB_RUNS, {MAIL}))

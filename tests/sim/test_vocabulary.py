# -*- test-case-name: tests.sim.test_vocabulary -*-
"""
Each order does what its docstring says.
"""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.names import Verb
from hatwist.config.model import LinkName
from hatwist.sim.auditor import Violation
from hatwist.sim.network import Conditions
from hatwist.sim.script import Script, ScriptError
from hatwist.sim.transcript import Tracing
from hatwist.sim.vocabulary import COMMANDS
from tests.sim.builders import ALPHA, BETA, SQL, WEB, node_of


class VocabularyTests(SynchronousTestCase):
    """Two hosts, one group at home on each."""

    def setUp(self) -> None:
        """Plan a world."""
        self.script = Script()
        self.give("nodes alpha beta links=eth0,eth1", f"group alpha {WEB}", f"group beta {SQL}")
        self.alpha, self.beta = self.script.hosts("all")

    def give(self, *orders: str) -> None:
        """Give orders."""
        for order in orders:
            self.script.order(order)

    def said(self, *orders: str) -> list[str]:
        """Give orders, and return what was written, without times and hosts."""
        self.script.world.transcript.take()
        self.give(*orders)
        return [line[19:] for line in self.script.world.transcript.take()]

    def refuse(self, order: str) -> None:
        """Make sure that an order is not understood."""
        self.assertRaises(ScriptError, self.script.order, order)

    def test_every_order_is_explained(self) -> None:
        """The first line of each docstring shows the order as it is written."""
        for name, command in COMMANDS.items():
            self.assertTrue((command.__doc__ or "").startswith(f"C{{{name}"), name)

    def test_every_order_is_documented(self) -> None:
        """The manual has every order."""
        manual = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text()
        rows = "".join(line.split(" | ")[0] for line in manual.splitlines() if line.startswith("| `"))
        self.assertEqual([name for name in COMMANDS if f"`{name}" not in rows], [])

    def test_seed(self) -> None:
        """Another seed is another world."""
        script = Script()
        script.order("seed 27")
        self.assertEqual((script.world.seed, self.script.world.seed), (27, 1))

    def test_clock(self) -> None:
        """A clock is set before its host is first booted."""
        self.give("clock alpha 5000 0.0001", "clock beta 7")
        self.assertEqual((self.alpha.offset, self.alpha.drift), (5000.0, 0.0001))
        self.assertEqual((self.beta.offset, self.beta.drift), (7.0, 0.0))
        self.give("boot alpha")
        self.refuse("clock alpha 1")

    def test_late(self) -> None:
        """Alarms ring late."""
        self.give("late alpha 200ms")
        self.assertEqual(self.alpha.lateness, 0.2)

    def test_generation(self) -> None:
        """The disk can say another generation, or none."""
        self.give("generation alpha lost", "generation beta 7")
        self.assertEqual((self.alpha.generation, self.beta.generation), (None, 7))

    def test_power(self) -> None:
        """A host is booted, its daemon is killed, its power is cut."""
        self.give("boot all", "run 15", "kill alpha")
        self.assertEqual((self.alpha.node, self.alpha.agents.running), (None, [WEB]))
        self.give("crash all")
        self.assertEqual((self.beta.node, self.alpha.agents.running), (None, []))

    def test_pause(self) -> None:
        """A daemon is paused."""
        self.give("boot alpha", "pause alpha 3")
        self.assertTrue(self.alpha.paused)
        self.give("run 3")
        self.assertFalse(self.alpha.paused)

    def test_leave(self) -> None:
        """A node leaves in order."""
        self.give("boot all", "run 15", "leave alpha", "run 5")
        self.assertIsNone(self.alpha.node)
        self.assertEqual(self.beta.agents.running, [SQL, WEB])

    def test_standby_and_takeover(self) -> None:
        """An operator gives and takes; without a word he means everything."""
        self.give("boot all", "run 15", "standby alpha", "run 5")
        self.assertEqual((self.alpha.agents.running, self.beta.agents.running), ([], [SQL, WEB]))
        self.give("takeover alpha local", "run 5")
        self.assertEqual((self.alpha.agents.running, self.beta.agents.running), ([WEB], [SQL]))
        self.give("standby beta local", "run 5")
        self.assertEqual(self.alpha.agents.running, [WEB, SQL])
        self.give("takeover beta", "run 5")
        self.assertEqual(self.beta.agents.running, [WEB, SQL])

    def cuts(self, link: str) -> tuple[bool, bool]:
        """Return whether a link is cut from alpha to beta, and from beta to alpha."""
        network = self.script.world.network
        there = network.conditions((ALPHA, BETA, LinkName(link))).cut
        return there, network.conditions((BETA, ALPHA, LinkName(link))).cut

    def test_cut(self) -> None:
        """Cuts are of one link or all, of one direction or both, until they are healed."""
        self.assertEqual(self.said("cut alpha|beta eth1"), ["*** cut alpha|beta eth1"])
        self.assertEqual((self.cuts("eth0"), self.cuts("eth1")), ((False, False), (True, True)))
        self.assertEqual(self.said("cut beta>alpha"), ["*** cut beta>alpha"])
        self.assertEqual((self.cuts("eth0"), self.cuts("eth1")), ((False, True), (True, True)))
        self.assertEqual(self.said("heal"), ["*** heal"])
        self.assertEqual((self.cuts("eth0"), self.cuts("eth1")), ((False, False), (False, False)))
        for pair in ("alpha", "alpha|gamma"):
            self.refuse(f"cut {pair}")

    def test_network(self) -> None:
        """Conditions are set for every path."""
        self.give("network loss=10% delay=1ms..20ms duplicate=0.5 flip=1% truncate=0")
        self.assertEqual(self.script.world.network.usual, Conditions(0.1, 0.001, 0.02, 0.5, 0.01, 0.0))
        self.give("network delay=5ms")
        usual = self.script.world.network.usual
        self.assertEqual((usual.shortest, usual.longest), (0.005, 0.005))
        self.refuse("network cut=1")

    def test_agent(self) -> None:
        """Programs fail from now on, until they are mended."""
        self.give(
            f"agent beta {SQL} start fail", f"agent beta {SQL} stop fail", f"agent beta {SQL} stop mend"
        )
        self.assertEqual(self.beta.agents.broken, {(SQL, Verb.START)})
        for words in ("10.0.0.9 start fail", f"{SQL} begin fail", f"{SQL} start sometimes"):
            self.refuse(f"agent beta {words}")

    def test_fail(self) -> None:
        """What runs stops by itself; what does not run has no more to lose."""
        self.give(f"fail beta {SQL}", f"fail beta {WEB}")
        self.assertNotIn(SQL, self.beta.agents.running)
        self.refuse("fail beta 10.0.0.9")

    def test_pace(self) -> None:
        """Programs take their time."""
        self.give("pace alpha 50ms 3", "pace beta 2")
        self.assertEqual((self.alpha.agents.pace, self.beta.agents.pace), ((0.05, 3.0), (2.0, 2.0)))

    def test_fencing(self) -> None:
        """The device does as it is told; somebody may say that a host is down."""
        self.give("switch works 3")
        switch = self.script.world.switch
        self.assertEqual((switch.works, switch.lies, switch.takes), (True, False, 3.0))
        self.give("switch lies")
        self.assertEqual((switch.works, switch.lies, switch.takes), (False, True, 1.0))
        self.refuse("switch sleeps")
        self.give("boot alpha", "confirm alpha beta")

    def test_trace(self) -> None:
        """Datagrams are shown, all of them, or none."""
        trace = self.script.world.trace
        for order, which in (
            ("trace", Tracing.ON),
            ("trace all", Tracing.ALL),
            ("trace off", Tracing.OFF),
        ):
            self.give(order)
            self.assertIs(trace.which, which)
        self.refuse("trace some")

    def test_forget(self) -> None:
        """What is not worth a record is left out of it."""
        self.give("boot all", "forget")
        self.assertEqual(self.script.take(), [])

    def test_status(self) -> None:
        """What a node would show is written."""
        self.assertEqual(self.said("status alpha"), ["alpha does not run"])
        self.give("boot all", "run 5")
        self.assertEqual(self.said("status alpha")[0], "alpha active holds none, moving")
        self.give("run 10")
        self.assertEqual(
            self.said("status alpha"),
            [
                "alpha active holds local, stable",
                "  node alpha active eth0=dead eth1=dead",
                "  node beta active eth0=up eth1=up",
                f"  group {WEB} owner=alpha here=running why={node_of(self.alpha).reason(WEB)}",
                f"  group {SQL} owner=beta here=stopped why=",
            ],
        )

    def test_counters(self) -> None:
        """What others did wrong is counted."""
        self.assertEqual(self.said("counters alpha"), ["alpha counts: nothing"])
        self.give("network duplicate=1", "boot all", "run 2")
        (counters,) = self.said("counters alpha")
        self.assertRegex(counters, r"^alpha counts: copy \d+")

    def test_owners(self) -> None:
        """Where each group runs is written."""
        self.give("boot all", "run 15", "crash beta")
        self.alpha.agents.running.append(SQL)
        self.assertEqual(self.said("owners"), [f"{WEB} runs on alpha", f"{SQL} runs on alpha"])
        self.give("crash alpha")
        self.assertEqual(self.said("owners"), [f"{WEB} runs on no host", f"{SQL} runs on no host"])

    def test_agree(self) -> None:
        """That everybody agrees is written, or a violation."""
        self.give("boot all", "run 15")
        self.assertEqual(self.said("agree"), ["*** all agree"])
        self.give("crash alpha")
        self.assertRaises(Violation, self.script.order, "agree")

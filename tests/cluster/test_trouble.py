# -*- test-case-name: tests.cluster.test_trouble -*-
"""
Two nodes when things go wrong: failed starts, splits, restarts, deaths.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.events import StandbyWanted
from hatwist.cluster.names import GroupState, Holding, NodeStatus
from tests.cluster.builders import ALPHA, BETA, CF, FAILBACK_OFF, LEGACY, SQL, WEB, Cluster, group
from tests.cluster.test_scenarios import BOTH, EVERYTHING, at_peace


class TroubleTests(SynchronousTestCase):
    """What goes wrong."""

    def test_start_fails_here(self) -> None:
        """A group that cannot be started at home goes to the other node after half a minute."""
        cluster = Cluster.of()
        cluster.unfit = {(ALPHA, WEB.key)}
        cluster.start(ALPHA, BETA)
        cluster.run(30.0)
        self.assertEqual(cluster.running, {ALPHA: set(), BETA: {SQL.key}})
        cluster.run(30.0)
        self.assertEqual(cluster.running, {ALPHA: set(), BETA: EVERYTHING})

    def test_start_fails_everywhere(self) -> None:
        """A group that can be started nowhere is not moved to and fro."""
        cluster = Cluster.of()
        cluster.unfit = {(ALPHA, WEB.key), (BETA, WEB.key)}
        cluster.start(ALPHA, BETA)
        cluster.run(300.0)
        failed = [text for text in cluster.decisions() if "start failed" in text]
        self.assertEqual(len(failed), 3)
        web = cluster.nodes[ALPHA].status().groups[0]
        self.assertEqual((web.key, web.state), (WEB.key, GroupState.FAILED))

    def test_split_and_heal(self) -> None:
        """Cut in two both have everything; together again each lets go of what is not at home there."""
        for cf in (CF, FAILBACK_OFF):
            cluster = at_peace(cf)
            cluster.cut = True
            cluster.run(30.0)
            self.assertEqual(cluster.running, {ALPHA: EVERYTHING, BETA: EVERYTHING})
            cluster.cut = False
            cluster.run(5.0)
            self.assertEqual(cluster.running, BOTH)
            cluster.run(60.0)
            self.assertEqual((cluster.running, cluster.up), (BOTH, {ALPHA, BETA}))
            for one in cluster.nodes.values():
                status = one.status()
                self.assertEqual((status.holding, status.stable), (Holding.LOCAL, True))

    def test_split_and_heal_legacy(self) -> None:
        """In legacy mode, where nobody says what he holds, it ends in the same way."""
        cluster = at_peace(LEGACY)
        cluster.cut = True
        cluster.run(30.0)
        self.assertEqual(cluster.running, {ALPHA: EVERYTHING, BETA: EVERYTHING})
        cluster.cut = False
        cluster.run(5.0)
        self.assertEqual((cluster.running, cluster.up), (BOTH, {ALPHA, BETA}))
        cluster.run(60.0)
        self.assertEqual(cluster.running, BOTH)

    def test_short_cut(self) -> None:
        """A cut shorter than deadtime moves nothing."""
        cluster = at_peace()
        before = len(cluster.decisions())
        cluster.cut = True
        cluster.run(8.0)
        cluster.cut = False
        cluster.run(30.0)
        self.assertEqual(cluster.running, BOTH)
        self.assertEqual(len(cluster.decisions()), before)

    def test_restart_within_deadtime(self) -> None:
        """A daemon that restarts before it is declared dead gets its groups again."""
        cluster = at_peace()
        cluster.crash(BETA)
        cluster.run(3.0)
        cluster.reboot(BETA)
        cluster.run(30.0)
        self.assertEqual((cluster.running, cluster.most), (BOTH, 1))
        self.assertEqual(cluster.nodes[ALPHA].status().nodes[1].status, NodeStatus.ACTIVE)

    def test_taker_restarts(self) -> None:
        """A taker that restarts in the middle of a failback gets its groups, and each runs once."""
        mail = group(BETA, "10.0.0.3")
        cluster = Cluster.of(CF, (WEB, SQL, mail))
        cluster.start(ALPHA)
        cluster.run(60.0)
        cluster.start(BETA)
        cluster.script = 2.0
        cluster.run(1.0)
        while SQL.key in cluster.running[ALPHA]:
            cluster.run(0.05)
        cluster.script = 0.1
        cluster.reboot(BETA, 9)
        cluster.run(60.0)
        self.assertEqual((cluster.running, cluster.most), ({ALPHA: {WEB.key}, BETA: {SQL.key, mail.key}}, 1))

    def test_giver_restarts(self) -> None:
        """A giver that restarts in the middle gets back what was taken already, and each runs once."""
        mail = group(BETA, "10.0.0.3")
        cluster = Cluster.of(CF, (WEB, SQL, mail))
        cluster.start(ALPHA, BETA)
        cluster.run(30.0)
        cluster.feed(BETA, StandbyWanted(Holding.LOCAL))
        cluster.script = 2.0
        while SQL.key not in cluster.running[ALPHA]:
            cluster.run(0.05)
        cluster.script = 0.1
        cluster.reboot(BETA, 9)
        cluster.run(60.0)
        self.assertEqual((cluster.running, cluster.most), ({ALPHA: {WEB.key}, BETA: {SQL.key, mail.key}}, 1))

    def test_death_while_letting_go(self) -> None:
        """When the other dies while its groups are let go of after a split, they are taken again."""
        cluster = at_peace()
        cluster.cut = True
        cluster.run(30.0)
        cluster.script = 15.0
        cluster.cut = False
        while SQL.key in cluster.running[ALPHA]:
            cluster.run(0.1)
        cluster.crash(BETA)
        cluster.run(13.0)
        cluster.script = 0.1
        cluster.run(20.0)
        self.assertEqual(cluster.running[ALPHA], EVERYTHING)
        cluster.most = 0
        cluster.reboot(BETA, 9)
        cluster.run(60.0)
        self.assertEqual((cluster.running, cluster.most), (BOTH, 1))

    def test_death_during_a_standby(self) -> None:
        """When the taker dies while it takes, the giver has everything again."""
        cluster = at_peace()
        cluster.script = 2.0
        cluster.feed(ALPHA, StandbyWanted(Holding.ALL))
        cluster.run(3.0)
        cluster.crash(BETA)
        cluster.run(60.0)
        self.assertEqual((cluster.running[ALPHA], cluster.most), (EVERYTHING, 1))
        self.assertTrue(cluster.nodes[ALPHA].status().stable)

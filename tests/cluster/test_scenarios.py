# -*- test-case-name: tests.cluster.test_scenarios -*-
"""
What two nodes say to each other, as the protocol document writes it
(protocol 10.4, 10.5, 10.7, 10.10).

A datagram takes a millisecond, a script a tenth of a second.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.events import LeaveWanted, StandbyWanted, TakeoverWanted
from hatwist.cluster.names import Holding
from hatwist.config.model import HaCf
from tests.cluster.builders import ALPHA, BETA, CF, FAILBACK_OFF, LEGACY, SQL, WEB, Cluster, group, logged

BOTH = {ALPHA: {WEB.key}, BETA: {SQL.key}}
"""Every group is at home."""

EVERYTHING = {WEB.key, SQL.key}


def at_peace(cf: HaCf = CF) -> Cluster:
    """Make two nodes that have started together half a minute ago."""
    cluster = Cluster.of(cf)
    cluster.start(ALPHA, BETA)
    cluster.run(30.0)
    return cluster


def alone(cf: HaCf = CF) -> Cluster:
    """Make C{alpha} that has been alone for a minute."""
    cluster = Cluster.of(cf)
    cluster.start(ALPHA)
    cluster.run(60.0)
    return cluster


def of(name: str, said: list[str]) -> list[str]:
    """Pick what one node said."""
    return [text.partition(": ")[2] for text in said if text.startswith(name)]


class JoinTests(SynchronousTestCase):
    """The join scenarios (protocol 10.10)."""

    cluster: Cluster

    def tearDown(self) -> None:
        """No scenario ever has a group on two nodes."""
        self.assertLessEqual(self.cluster.most, 1)
        for name in self.cluster.up:
            self.assertEqual(self.cluster.nodes[name].check(), ())

    def test_a_both_start_together(self) -> None:
        """(a) Nothing is acquired for ten seconds, then each node acquires what is at home there."""
        for cf in (CF, FAILBACK_OFF):
            self.cluster = cluster = Cluster.of(cf)
            cluster.start(ALPHA, BETA)
            early = cluster.run(9.9)
            self.assertEqual(sorted(early[:2]), ["alpha: starting", "beta: starting"])
            self.assertEqual(sorted(early[2:]), ["alpha: resource none 0", "beta: resource none 0"])
            self.assertEqual(cluster.running, {ALPHA: set(), BETA: set()})
            late = cluster.run(20.0)
            for name in (ALPHA, BETA):
                own = of(name, late)
                self.assertEqual(own[0], "resource local 1")
                self.assertEqual(own[-1], "resource local 1 req_our_resources()")
            self.assertIn("alpha: ip-request-resp 10.0.0.1 yes", late)
            self.assertIn("beta: ip-request-resp 10.0.0.2 yes", late)
            self.assertEqual(cluster.running, BOTH)

    def test_b_join_with_failback(self) -> None:
        """(b) One node has everything, the other joins: with failback on its groups go home."""
        self.cluster = cluster = at_peace()
        cluster.crash(BETA)
        cluster.run(30.0)
        self.assertEqual(cluster.running[ALPHA], EVERYTHING)
        cluster.reboot(BETA)
        self.assertEqual(
            cluster.run(20.0),
            [
                "beta: starting",
                "alpha: resource all 1",
                "beta: resource none 0",
                "beta: resource none 1",
                "alpha: resource all 1",
                "alpha: ask_resources foreign me",
                "beta: ask_resources foreign other",
                "alpha: resource local 0 standby",
                "alpha: ask_resources foreign done",
                "beta: ask_resources foreign done",
                "beta: resource local 1",
                "alpha: resource local 1",
                "alpha: resource local 1",
                "beta: resource local 1",
            ],
        )
        self.assertEqual(cluster.running, BOTH)

    def test_b_join_without_failback(self) -> None:
        """(b) With failback off everything stays where it is."""
        self.cluster = cluster = at_peace(FAILBACK_OFF)
        cluster.crash(BETA)
        cluster.run(30.0)
        cluster.reboot(BETA)
        self.assertEqual(
            cluster.run(60.0),
            [
                "beta: starting",
                "alpha: resource all 1",
                "beta: resource none 0",
                "beta: resource none 1",
                "alpha: resource all 1",
            ],
        )
        self.assertEqual(cluster.running, {ALPHA: EVERYTHING, BETA: set()})

    def test_c_nobody_took_over(self) -> None:
        """(c) The other node was never taken over: it acquires its groups at once."""
        self.cluster = cluster = at_peace()
        cluster.reboot(BETA)
        said = cluster.run(5.0)
        self.assertEqual(said[:2], ["beta: starting", "alpha: resource local 1"])
        self.assertIn("beta: resource local 1", said)
        self.assertEqual(cluster.running, BOTH)
        self.assertEqual(of(ALPHA, said)[1:], ["resource local 1"])

    def test_d_legacy(self) -> None:
        """(d) In legacy mode a node asks for each of its groups, and starts it at the answer."""
        self.cluster = cluster = alone(LEGACY)
        self.assertEqual(cluster.running[ALPHA], EVERYTHING)
        cluster.start(BETA)
        self.assertEqual(
            cluster.run(20.0), ["beta: ip-request 10.0.0.2", "alpha: ip-request-resp 10.0.0.2 yes"]
        )
        self.assertEqual(cluster.running, BOTH)

    def test_d_legacy_two_groups(self) -> None:
        """(d) Each of them is stopped there before it is started here."""
        mail = group(BETA, "10.0.0.3")
        self.cluster = cluster = Cluster.of(LEGACY, (WEB, SQL, mail))
        cluster.start(ALPHA)
        cluster.run(60.0)
        cluster.start(BETA)
        cluster.run(20.0)
        self.assertEqual(cluster.running, {ALPHA: {WEB.key}, BETA: {SQL.key, mail.key}})

    def test_e_nobody_answers(self) -> None:
        """(e) A node that is alone takes everything after initdead, and waits for nobody."""
        self.cluster = cluster = Cluster.of()
        cluster.start(ALPHA)
        self.assertEqual(cluster.run(29.9), [])
        said = cluster.run(1.0)
        self.assertEqual(said[0], "alpha: stonith n_stnth")
        self.assertIn("alpha: starting", said)
        self.assertEqual(cluster.running[ALPHA], EVERYTHING)
        self.assertTrue(cluster.nodes[ALPHA].status().stable)

    def test_e_and_then_it_comes(self) -> None:
        """(e) A node that comes later joins; nobody takes that for the end of a partition."""
        for cf in (CF, LEGACY):
            self.cluster = cluster = alone(cf)
            cluster.start(BETA)
            cluster.run(30.0)
            self.assertEqual(cluster.running, BOTH)
            texts = logged(action for _, _, action in cluster.done)
            self.assertNotIn("Cluster node beta returning after partition.", texts)

    def test_f_one_node(self) -> None:
        """(f) A cluster of one node starts its groups at once."""
        cf = HaCf(nodes=(ALPHA,), media=CF.media, auto_failback=CF.auto_failback)
        self.cluster = cluster = Cluster.of(cf, (WEB,))
        cluster.start(ALPHA)
        self.assertEqual(
            cluster.run(2.0),
            [
                "alpha: starting",
                "alpha: resource local 1",
                "alpha: ip-request-resp 10.0.0.1 yes",
                "alpha: resource local 1 req_our_resources()",
            ],
        )
        self.assertEqual(cluster.running, {ALPHA: {WEB.key}})


class MoveTests(SynchronousTestCase):
    """Takeover, standby, goodbye."""

    def test_takeover(self) -> None:
        """Death: a question of fencing, the takeover, and what is held now (protocol 10.4)."""
        cluster = at_peace()
        cluster.run(0.0)
        cluster.crash(BETA)
        said = cluster.run(11.5)
        self.assertEqual(said[0], "alpha: stonith n_stnth")
        self.assertEqual(
            sorted(said[1:]),
            ["alpha: resource all 1 req_our_resources()", "alpha: resource foreign mach_down"],
        )
        self.assertEqual(cluster.running[ALPHA], EVERYTHING)

    def test_standby(self) -> None:
        """Everything is handed over, step by step (protocol 10.5)."""
        cluster = at_peace()
        cluster.feed(ALPHA, StandbyWanted(Holding.ALL))
        self.assertEqual(
            cluster.run(10.0)[-9:],
            [
                "alpha: ask_resources all me",
                "beta: ask_resources all other",
                "alpha: resource none 0 standby",
                "alpha: ask_resources all done",
                "beta: ask_resources all done",
                "beta: resource all 1",
                "alpha: resource none 1",
                "alpha: resource none 1",
                "beta: resource all 1",
            ],
        )
        self.assertEqual((cluster.running, cluster.most), ({ALPHA: set(), BETA: EVERYTHING}, 1))

    def test_takeover_by_wish(self) -> None:
        """Who asks for the groups of the other gets them."""
        cluster = at_peace()
        cluster.feed(BETA, TakeoverWanted(Holding.FOREIGN))
        cluster.run(10.0)
        self.assertEqual(cluster.running, {ALPHA: set(), BETA: EVERYTHING})

    def test_goodbye(self) -> None:
        """A node that leaves gives up everything; the other takes over before it is dead (protocol 10.7)."""
        cluster = at_peace()
        cluster.feed(BETA, LeaveWanted())
        said = cluster.run(15.0)
        self.assertEqual(of(BETA, said)[-2:], ["resource none 0 shutdown", "shutdone"])
        self.assertEqual(said[-1], "alpha: stonith unneeded")
        self.assertEqual((cluster.running[ALPHA], cluster.up, cluster.most), (EVERYTHING, {ALPHA}, 1))

    def test_both_leave(self) -> None:
        """When both leave nobody takes anything."""
        cluster = at_peace()
        cluster.feed(ALPHA, LeaveWanted())
        cluster.feed(BETA, LeaveWanted())
        cluster.run(10.0)
        self.assertEqual((cluster.running, cluster.up), ({ALPHA: set(), BETA: set()}, set()))

    def test_leaving_before_communication(self) -> None:
        """A node that leaves before it has spoken of resources says nothing more of them."""
        for cf in (CF, LEGACY):
            cluster = Cluster.of(cf)
            cluster.script = 3.0
            cluster.start(ALPHA)
            cluster.run(26.5)
            cluster.feed(ALPHA, LeaveWanted())
            said = of(ALPHA, cluster.run(2.9) + cluster.run(1.4))
            self.assertNotIn("starting", said)
            self.assertNotIn("resource local 1", said)
            self.assertEqual(cluster.nodes[ALPHA].check(), ())

    def test_leaving_with_a_promise(self) -> None:
        """A node that has agreed to take, and then leaves, takes nothing."""
        cluster = at_peace()
        cluster.script = 15.0
        cluster.feed(BETA, StandbyWanted(Holding.LOCAL))
        cluster.run(1.0)
        cluster.script = 0.1
        cluster.feed(ALPHA, LeaveWanted())
        cluster.run(10.5)
        self.assertEqual(cluster.nodes[ALPHA].check(), ())
        cluster.run(40.0)
        self.assertEqual((cluster.running[BETA], cluster.up, cluster.most), (EVERYTHING, {BETA}, 1))

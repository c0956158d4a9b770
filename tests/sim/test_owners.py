# -*- test-case-name: tests.sim.test_owners -*-
"""
The auditor of ownership, and what it excuses.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.facts import PeerDied
from hatwist.cluster.names import NodeStatus, Verb
from hatwist.sim.auditor import Violation
from hatwist.sim.owners import HEALING, OneOwner, runners
from hatwist.sim.world import World
from tests.sim.builders import ALPHA, BETA, WEB, make_world, node_of, running_world

DIED = PeerDied(ALPHA, 10.0, heard=True)


def start(world: World, *names: str) -> None:
    """Let the group of alpha run where it has no business to."""
    for host in world.hosts.values():
        if host.name in names:
            host.agents.running.append(WEB)
    world.moves += 1


class OneOwnerTests(SynchronousTestCase):
    """No group runs on two hosts."""

    def setUp(self) -> None:
        """Make an auditor that nobody calls but the test."""
        self.auditor = OneOwner()

    def test_two_owners(self) -> None:
        """A group on two hosts is a violation that names both."""
        world = make_world()
        start(world, ALPHA)
        self.auditor.check(world, world.hosts[ALPHA])
        start(world, BETA)
        error = self.assertRaises(Violation, self.auditor.check, world, world.hosts[BETA])
        self.assertEqual(str(error), f"at 0.000: {WEB} runs on alpha and beta")

    def test_looks_when_something_moved(self) -> None:
        """As long as no resource was touched there is nothing to count."""
        world = make_world()
        self.auditor.check(world, world.hosts[ALPHA])
        start(world, ALPHA, BETA)
        world.moves -= 1
        self.auditor.check(world, world.hosts[ALPHA])

    def test_living_node_declared_dead(self) -> None:
        """Two owners are excused once a living node was declared dead."""
        world = running_world()
        self.auditor.look(world, world.hosts[BETA], DIED)
        self.assertEqual(self.auditor.excuse, "beta declared alpha dead, which lives")
        start(world, BETA)
        self.auditor.check(world, world.hosts[BETA])

    def test_killed_beside_its_resources(self) -> None:
        """Two owners are excused when the daemon died and its resources did not."""
        world = running_world()
        world.kill(ALPHA)
        self.auditor.look(world, world.hosts[BETA], DIED)
        self.assertEqual(self.auditor.excuse, "the daemon of alpha was killed beside its resources")
        start(world, BETA)
        self.auditor.check(world, world.hosts[BETA])

    def test_true_death_excuses_nothing(self) -> None:
        """The death of a host that is off explains no second owner."""
        world = running_world()
        world.crash(ALPHA)
        self.auditor.look(world, world.hosts[BETA], DIED)
        self.assertEqual(self.auditor.excuse, "")

    def test_excuse_ends_in_peace(self) -> None:
        """Once nothing runs twice in a cluster that is whole, nothing is excused any more."""
        world = running_world()
        self.auditor.look(world, world.hosts[BETA], DIED)
        self.auditor.check(world, world.hosts[BETA])
        self.assertEqual(self.auditor.excuse, "")

    def test_excuse_lasts_while_the_cluster_is_not_whole(self) -> None:
        """As long as somebody holds a living node for dead, the next start is excused as well."""
        world = running_world()
        self.auditor.look(world, world.hosts[BETA], DIED)
        node_of(world.hosts[BETA]).membership.peers[ALPHA].status = NodeStatus.DEAD
        self.auditor.check(world, world.hosts[BETA])
        self.assertNotEqual(self.auditor.excuse, "")

    def test_excuse_lasts_while_heartbeat_takes_over(self) -> None:
        """A node of its kind goes on with what it has begun."""
        world = running_world()
        self.auditor.look(world, world.hosts[BETA], DIED)
        world.hosts[BETA].old = True
        node_of(world.hosts[BETA]).ledger.jobs = 1
        self.auditor.check(world, world.hosts[BETA])
        self.assertNotEqual(self.auditor.excuse, "")
        node_of(world.hosts[BETA]).ledger.jobs = 0
        self.auditor.check(world, world.hosts[BETA])
        self.assertEqual(self.auditor.excuse, "")

    def test_excuse_lasts_beside_a_killed_daemon(self) -> None:
        """As long as resources run without a daemon, the excuse lasts."""
        world = running_world()
        world.kill(ALPHA)
        self.auditor.look(world, world.hosts[BETA], DIED)
        self.auditor.check(world, world.hosts[BETA])
        self.assertNotEqual(self.auditor.excuse, "")
        world.crash(ALPHA)
        self.auditor.check(world, world.hosts[BETA])
        self.assertEqual(self.auditor.excuse, "")

    def test_excuse_lasts_for_a_paused_daemon(self) -> None:
        """What a paused daemon will do next is not known."""
        world = running_world()
        self.auditor.look(world, world.hosts[BETA], DIED)
        world.pause(ALPHA, 5)
        self.auditor.check(world, world.hosts[ALPHA])
        self.assertNotEqual(self.auditor.excuse, "")

    def test_healing_takes_its_time(self) -> None:
        """Two owners are borne for a minute after the cluster is whole again, and no longer."""
        world = running_world()
        self.auditor.look(world, world.hosts[BETA], DIED)
        start(world, BETA)
        self.auditor.check(world, world.hosts[BETA])
        world.time += HEALING
        self.auditor.check(world, world.hosts[BETA])
        world.time += 1
        error = self.assertRaises(Violation, self.auditor.check, world, world.hosts[BETA])
        self.assertIn("still runs on alpha and beta; beta declared alpha dead, which lives", str(error))

    def test_what_cannot_be_stopped_is_borne(self) -> None:
        """A program that refuses to stop is not the cluster's fault."""
        world = running_world()
        self.auditor.look(world, world.hosts[BETA], DIED)
        start(world, BETA)
        world.hosts[BETA].agents.broken.add((WEB, Verb.STOP))
        self.auditor.check(world, world.hosts[BETA])
        world.time += HEALING + 1
        self.auditor.check(world, world.hosts[BETA])

    def test_runners(self) -> None:
        """Those who run a group are named in the order of the nodes."""
        world = make_world()
        start(world, ALPHA, BETA)
        self.assertEqual(runners(world, WEB), [ALPHA, BETA])

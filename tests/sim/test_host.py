# -*- test-case-name: tests.sim.test_host -*-
"""
One simulated machine.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.cluster.events import Started
from hatwist.sim.host import EPOCH
from tests.sim.builders import ALPHA, make_world, node_of


class HostTests(SynchronousTestCase):
    """Clock, disk, daemon."""

    def setUp(self) -> None:
        """Make a host that is off."""
        self.host = make_world().hosts[ALPHA]

    def test_clock(self) -> None:
        """A clock has an offset and a drift, and finds back to the world's time."""
        self.host.offset, self.host.drift = 500.0, 0.01
        self.assertAlmostEqual(self.host.now(10.0), 510.1)
        self.assertAlmostEqual(self.host.world_time(510.1), 10.0)

    def test_clock_never_goes_back(self) -> None:
        """Neither the world's time nor the alarm it was woken by takes a clock back."""
        self.assertEqual(self.host.now(10.0, at_least=10.5), 10.5)
        self.assertEqual(self.host.now(10.2), 10.5)
        self.assertEqual(self.host.now(11.0, at_least=10.7), 11.0)

    def test_generation_grows(self) -> None:
        """Each daemon of a host has a generation, a life and a process of its own."""
        self.host.boot(0.0, {})
        first = node_of(self.host).identity
        self.host.kill()
        self.assertIsNone(self.host.node)
        self.host.boot(1.0, {})
        second = node_of(self.host).identity
        self.assertEqual((first.generation, second.generation), (1, 2))
        self.assertEqual((first.process, second.process, self.host.life), (1001, 1003, 3))
        self.assertEqual(first.uuid, second.uuid)

    def test_generation_lost(self) -> None:
        """Without its file a generation is the time since 1970, and one more."""
        self.host.generation = None
        self.host.boot(7.9, {})
        self.assertEqual(node_of(self.host).identity.generation, EPOCH + 8)

    def test_kill_forgets_what_waited(self) -> None:
        """What waited for a paused daemon does not reach the next one."""
        self.host.boot(0.0, {})
        self.host.paused = True
        self.host.backlog.append(Started())
        self.host.kill()
        self.assertEqual((self.host.paused, self.host.backlog), (False, []))

    def test_watched(self) -> None:
        """Items are shown before the machines see them, each to those that asked for its type."""
        seen: list[object] = []
        self.host.boot(0.0, {Started: [lambda host, item: seen.append((host.name, item, host.node))]})
        node = node_of(self.host)
        self.assertNotEqual(node.handle(Started(), 0.0), [])
        self.assertEqual(seen, [(ALPHA, Started(), node)])

# -*- test-case-name: tests.system.test_parallel -*-
"""
Many groups on one node: they are started and stopped some at a time.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.system.cluster import Cluster

NAMES = [f"service{number}" for number in range(20)]


class ParallelTests(SynchronousTestCase):
    """Twenty groups at home on node01, each of which takes a second to start or to stop."""

    def begin(self, settings: str = "") -> None:
        """Start both nodes, and wait until node01 begins to start its groups."""
        self.cluster = Cluster(self)
        for host in (self.cluster.one, self.cluster.two):
            host.write("haresources", "".join(f"node01 {name}\n" for name in NAMES))
            for name in NAMES:
                host.write(f"resource.d/{name}", "#!/bin/sh\n").chmod(0o755)
            if settings:
                host.write("hatwist.toml", settings)
        self.cluster.start(self.cluster.one, self.cluster.two)
        for host in (self.cluster.one, self.cluster.two):
            host.take_time(start=1, stop=1)
        while not any(verb.value == "start" for _, verb in self.cluster.one.agent.journal):
            self.cluster.run(0.05)

    def test_all_are_up_soon(self) -> None:
        """Three seconds after the first began, where one after the other would take twenty."""
        self.begin()
        self.cluster.run(3)
        self.assertEqual(self.cluster.one.runs, set(NAMES))

    def test_one_after_the_other(self) -> None:
        """C{parallel = 1} is what heartbeat does."""
        self.begin("parallel = 1\n")
        self.cluster.run(3)
        self.assertEqual(self.cluster.one.runs, set(NAMES[:2]))
        self.cluster.run(18)
        self.assertEqual(self.cluster.one.runs, set(NAMES))

    def test_they_move_soon(self) -> None:
        """A node that leaves stops them as quickly, and the other starts them; none runs twice."""
        self.begin()
        self.cluster.run(20)
        self.cluster.stop(self.cluster.one)
        self.cluster.run(6)
        self.assertEqual((self.cluster.one.runs, self.cluster.two.runs), (set(), set(NAMES)))

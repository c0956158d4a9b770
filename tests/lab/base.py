# -*- test-case-name: tests.lab -*-
"""
What every lab test starts from: a rack with two nodes and a client.

Where the machine allows no lab the tests are skipped and say why; with C{CI=true}
in the environment they fail instead.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Generic, TypeVar

from twisted.trial.unittest import SkipTest, TestCase

from scripts.lab import plan
from scripts.lab import rack as lab
from scripts.lab.configuration import Configuration
from scripts.lab.host import Host
from scripts.lab.nodes import HatwistNode, Node
from scripts.lab.plan import VIRTUAL
from scripts.lab.rack import Rack
from scripts.lab.watch import Watch, until

SETTLED = 60.0
"""Upper bound in seconds for whatever a cluster has to settle."""


@cache
def _lab_obstacle() -> str | None:
    return lab.obstacle()


def require(obstacle: str | None) -> None:
    """
    Go on, or end the test with the reason why it cannot run here.

    @raise SkipTest: for a person at a machine that cannot.
    @raise AssertionError: in continuous integration, where nothing may be left out.
    """
    if obstacle is None:
        return
    if os.environ.get("CI") == "true":
        raise AssertionError(f"cannot run here: {obstacle}")
    raise SkipTest(obstacle)


class LabTestCase(TestCase):
    """
    A test with a rack of its own, gone when the test is.

    @ivar rack: the rack.
    @ivar watch: what happens to addresses in it.
    """

    timeout = 300

    def setUp(self) -> None:
        """Build the rack."""
        require(_lab_obstacle())
        self.rack = Rack()
        self.rack.open()
        self.addCleanup(self.rack.close)
        self.watch = Watch(self.rack)

    def assertOwner(self, host: str, address: str = VIRTUAL) -> None:
        """Exactly this host has the address now, and there were never two."""
        verdict = self.watch.judge(address)
        self.assertEqual(verdict.owners, (host,))
        self.assertEqual(verdict.faults, ())


N = TypeVar("N", bound=Node)


class NodesTestCase(LabTestCase, Generic[N]):
    """node01 and node02 with the seed's addresses, and a client; nothing is powered on."""

    one: N
    two: N

    def setUp(self) -> None:
        """Build the rack and put the hosts in."""
        super().setUp()
        self.client = plan.client(self.rack)
        self.one = self.node(plan.node(self.rack, 1))
        self.two = self.node(plan.node(self.rack, 2))
        # Cleanups run in reverse order, so this comes before the rack is closed.
        self.addCleanup(self._tell)

    def node(self, host: Host) -> N:
        """Return a node for a host."""
        raise NotImplementedError

    def boot(self, configuration: Configuration) -> None:
        """Power on both nodes with this configuration, and wait until node01 has its group."""
        self.one.boot(configuration)
        self.two.boot(configuration)
        self.settle("node01")

    def settle(self, owner: str) -> None:
        """Wait until a node, and nobody else, owns the address."""

        def settled() -> bool:
            self.one.check()
            self.two.check()
            return self.watch.owners(VIRTUAL) == (owner,)

        until(settled, SETTLED, f"{owner} alone owns {VIRTUAL}")

    def calm(self) -> None:
        """Wait until nothing moves on either side, as both see it."""
        nodes = (self.one, self.two)
        until(lambda: all(node.is_calm() for node in nodes), SETTLED, "both say that nothing moves")

    def _tell(self) -> None:
        """Show both logs of a test that failed; only trial itself knows whether it did."""
        if self._passed or self.getTodo() is not None:
            return
        for node in (self.one, self.two):
            said = node.process.text() if node.process is not None else ""
            print(f"\n--- {self.id()}: {node.name}\n{node.log()}{said}")


class TwoNodesTestCase(NodesTestCase[HatwistNode]):
    """node01 and node02 with hatwist, and a client."""

    def node(self, host: Host) -> HatwistNode:
        """One that runs hatwist."""
        return HatwistNode(host)

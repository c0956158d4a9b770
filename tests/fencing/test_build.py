# -*- test-case-name: tests.fencing.test_build -*-
"""
From the files to a fencer.
"""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.findings import Findings
from hatwist.config.hacf import read_hacf
from hatwist.config.model import HaConfig, NodeName
from hatwist.config.toml import parse_toml
from hatwist.fencing.build import make_fencer
from hatwist.fencing.fencer import Fencer
from hatwist.fencing.results import FenceOutcome
from hatwist.wire.auth import Keyring
from tests.resources.fakes import LogBook, MemoryProcesses

ALPHA = NodeName("alpha")
BETA = NodeName("beta")


class Reactor(Clock, MemoryProcesses):
    """A clock, and programs in memory."""

    def __init__(self) -> None:
        Clock.__init__(self)
        MemoryProcesses.__init__(self)


class BuildTests(SynchronousTestCase):
    """L{make_fencer}."""

    def make(self, hacf: str = "", toml: str = "") -> Fencer:
        """Make the fencer of alpha."""
        self.reactor = Reactor()
        self.log = LogBook()
        reading = read_hacf(hacf, "ha.cf", Findings(), ALPHA)
        config = HaConfig(reading.cf, Keyring(0, ()), (), parse_toml(toml, "hatwist.toml", Findings()))
        return make_fencer(self.reactor, config, ALPHA, self.log, lambda: 0.0, lambda name: f"/sbin/{name}")

    def test_the_line_of_ha_cf(self) -> None:
        """The device of ha.cf fences every peer, by the stonith command."""
        fencer = self.make("stonith_host * external/ipmi beta 10.0.0.9 admin secret lan\n")
        done = fencer.fence(BETA, "silent")
        child = self.reactor.children[0]
        self.assertEqual(child.args[1:4], ["/sbin/stonith", "-t", "external/ipmi"])
        self.assertEqual(child.stdin, b"beta 10.0.0.9 admin secret lan\n")
        child.exit()
        self.assertEqual(self.successResultOf(done).outcome, FenceOutcome.CONFIRMED)

    def test_hatwist_toml(self) -> None:
        """Its devices take the place of that line; a person is asked if the first level fails."""
        toml = (
            '[fencing.device.a]\ntype = "fence_x"\nretries = 0\n'
            '[fencing.device.us]\ntype = "meatware"\nlevel = 2\n'
        )
        fencer = self.make("stonith_host * null alpha beta\n", toml)
        done = fencer.fence(BETA, "silent")
        self.reactor.children[0].exit(1)
        self.assertEqual(self.reactor.children[0].args[1:], ["/sbin/fence_x"])
        self.assertIn("CRIT: OPERATOR INTERVENTION REQUIRED to reset beta.", self.log.lines())
        fencer.confirm(BETA, "root")
        self.assertEqual(self.successResultOf(done).by, "root")

    def test_nothing_configured(self) -> None:
        """Nobody can be fenced."""
        self.assertFalse(self.make().can_fence(BETA))

# -*- test-case-name: tests.fencing.test_agents -*-
"""
A fence agent as Debian has it: C{fence_dummy}, whose power is a file.
"""

from __future__ import annotations

import os
from pathlib import Path

from twisted.internet import reactor
from twisted.trial.unittest import SkipTest, TestCase

from hatwist.config.findings import Findings
from hatwist.config.hacf import read_hacf
from hatwist.config.model import HaConfig, NodeName
from hatwist.config.toml import parse_toml
from hatwist.fencing.build import make_fencer
from hatwist.fencing.devices import find_program
from hatwist.fencing.fencer import Fencer
from hatwist.fencing.results import FenceOutcome
from hatwist.wire.auth import Keyring
from tests.resources.fakes import LogBook, temporary

NODE01 = NodeName("node01")
NODE02 = NodeName("node02")
AGENT = "fence_dummy"


class AgentTests(TestCase):
    """The agent's own dialogue."""

    timeout = 60

    def setUp(self) -> None:
        if not find_program(AGENT):
            absent = "there is no fence_dummy: apt-get install fence-agents"
            if os.environ.get("CI") == "true":
                raise AssertionError(absent)
            raise SkipTest(absent)
        self.directory = Path(temporary(self))
        self.power = self.directory / "power"

    def fencer(self, action: str = "reset") -> Fencer:
        """Make the fencer of node02."""
        file = self.directory / "dummy"
        file.write_text(f"type=file\nstatus_file={self.power}\n", encoding="utf-8")
        file.chmod(0o600)
        findings = Findings()
        toml = (
            f'[fencing]\ntest_fencing = true\n[fencing.device.dummy]\ntype = "{AGENT}"\n'
            f'file = "{file}"\naction = "{action}"\n'
        )
        read = parse_toml(toml, "hatwist.toml", findings)
        self.assertFalse(findings.fatal)
        reading = read_hacf("node node01 node02\nbcast eth0\n", "ha.cf", findings, NODE02)
        fencer = make_fencer(reactor, HaConfig(reading.cf, Keyring(0, ()), (), read), NODE02, LogBook())
        self.addCleanup(fencer.stop)
        return fencer

    async def test_off(self) -> None:
        """The agent switches off, and has looked that it is."""
        self.power.write_text("on", encoding="utf-8")
        result = await self.fencer("off").fence(NODE01, "silent for 30 s")
        self.assertEqual(result.outcome, FenceOutcome.CONFIRMED, result)
        self.assertEqual(self.power.read_text(encoding="utf-8"), "off")

    async def test_reset_and_status(self) -> None:
        """It switches off and on again, and answers a look."""
        self.power.write_text("on", encoding="utf-8")
        fencer = self.fencer()
        result = await fencer.fence(NODE01, "silent for 30 s")
        self.assertEqual(result.outcome, FenceOutcome.CONFIRMED, result)
        self.assertEqual(self.power.read_text(encoding="utf-8"), "on")
        (status,) = await fencer.status()
        self.assertTrue(status.well, status)

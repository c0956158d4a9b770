# -*- test-case-name: tests.config.test_reach -*-
"""
Names that nobody knows, and devices that are no serial lines.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.findings import Findings
from hatwist.config.hacf import read_hacf
from hatwist.config.model import HaCf, NodeName
from hatwist.config.reach import check_devices, check_names

HA_CF = """node alpha beta
bcast eth0
mcast eth0 225.0.0.1 694 1 0
ucast eth0 beta
ucast eth0 10.0.0.2
ping gateway 10.0.0.254 nowhere
ping_group routers one 10.0.0.253 nowhere
serial /dev/ttyS0 /dev/null
"""


class ReachTests(SynchronousTestCase):
    """A host that knows some names, and has some lines."""

    def setUp(self) -> None:
        self.findings = Findings()
        self.asked: list[tuple[str, ...]] = []
        self.known = {"localhost", "beta", "gateway", "one", "--version", "/dev/ttyS0"}

    def run_program(self, *command: str) -> str | None:
        """Say something of what is known."""
        self.asked.append(command)
        return "something" if self.known.intersection(command) else None

    def configuration(self) -> HaCf:
        """Read ha.cf."""
        return read_hacf(HA_CF, "ha.cf", Findings(), NodeName("alpha")).cf

    def found(self) -> list[str]:
        """Return place, gravity and text of what was found."""
        return [f"{one.where}: {one.gravity.value}: {one.text}" for one in self.findings.problems]

    def test_names(self) -> None:
        """A medium without its host is an error, a member of a group a warning; nobody asks for addresses."""
        check_names(self.configuration(), self.run_program, self.findings)
        self.assertEqual(
            self.found(),
            [
                "ha.cf:6:25: error: ping nowhere: unknown host",
                "ha.cf:7:12: warning: ping_group nowhere: unknown host",
            ],
        )
        names = [words[-1] for words in self.asked]
        self.assertEqual(names, ["localhost", "beta", "gateway", "nowhere", "one", "nowhere"])

    def test_devices(self) -> None:
        """What has no settings of a line is none."""
        check_devices(self.configuration(), self.run_program, self.findings)
        text = "serial /dev/null: not a serial line, or it cannot be opened"
        self.assertEqual([one.split(": ", 2)[2] for one in self.found()], [text])

    def test_nobody_to_ask(self) -> None:
        """Without the programs nothing is known, and nothing said."""
        self.known.clear()
        check_names(self.configuration(), self.run_program, self.findings)
        check_devices(self.configuration(), self.run_program, self.findings)
        self.assertEqual((self.found(), len(self.asked)), ([], 2))

# -*- test-case-name: tests.fencing.test_baytech -*-
"""
The seed's own line, C{stonith baytech /etc/ha.d/conf/stonith.baytech}, with Debian's
C{stonith} command and a switch on loopback.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort, IReactorProcess, IReactorTCP, IReactorTime
from twisted.internet.task import deferLater
from twisted.trial.unittest import SkipTest, TestCase

from hatwist.config.findings import Findings
from hatwist.config.hacf import read_hacf
from hatwist.config.model import FencingDevice, HaConfig, NodeName, Position
from hatwist.config.toml import parse_toml
from hatwist.fencing.build import ENVIRONMENT, make_fencer
from hatwist.fencing.devices import STONITH, ProgramDevice, find_program
from hatwist.fencing.dialects import Order
from hatwist.fencing.fencer import Fencer
from hatwist.fencing.results import FenceOutcome, FenceResult
from hatwist.resources.process import run_program
from hatwist.wire.auth import Keyring
from tests.fencing.baytech import Switch
from tests.resources.fakes import LogBook, temporary

NODE01 = NodeName("node01")
NODE02 = NodeName("node02")

TELNET = 23
"""The port that the plugin calls."""


def cannot(why: str) -> Exception:
    """Return why the test is not run; with C{CI=true} that is a failure."""
    return AssertionError(why) if os.environ.get("CI") == "true" else SkipTest(why)


class BaytechTests(TestCase):
    """The command, the plugin, the switch."""

    timeout = 60

    def setUp(self) -> None:
        if not find_program(STONITH):
            raise cannot("there is no stonith command: apt-get install cluster-glue")
        self.switch = Switch({"node01": True, "node02": True})
        pid = os.getpid()
        self.address = f"127.23.{pid // 250 % 250 + 1}.{pid % 250 + 1}"
        self.addCleanup(self.listen(self.switch, self.address).stopListening)
        self.log = LogBook()

    def listen(self, switch: Switch, address: str) -> IListeningPort:
        """Connect a switch to the network."""
        try:
            return IReactorTCP(reactor).listenTCP(TELNET, switch, interface=address)
        except CannotListenError as reason:
            raise cannot(f"nobody may listen on the port of telnet here: {reason}") from None

    def fencer(self, password: str = "secret") -> Fencer:
        """Read a ha.cf with the seed's line, and make the fencer of node02."""
        conf = Path(temporary(self))
        file = conf / "stonith.baytech"
        file.write_text(f"# address, user, password\n{self.address} admin {password}\n", encoding="ascii")
        file.chmod(0o600)
        text = f"node node01 node02\nbcast eth0\nstonith baytech {file}\n"
        findings = Findings()
        reading = read_hacf(text, "ha.cf", findings, NODE02)
        self.assertFalse(findings.fatal)
        fencer = make_fencer(reactor, HaConfig(reading.cf, Keyring(0, ()), ()), NODE02, self.log)
        self.addCleanup(fencer.stop)
        return fencer

    async def test_reset(self) -> None:
        """The switch reboots the outlet of the dead node, and no other; that is confirmed."""
        result = await self.fencer().fence(NODE01, "silent for 30 s")
        self.assertEqual(result, FenceResult(FenceOutcome.CONFIRMED, "baytech", result.words, result.took))
        self.assertEqual(self.switch.commands, ["REBOOT node01"])
        self.assertEqual(
            [line for line in self.log.lines() if "node01" in line],
            ["info: Resetting node node01 with [baytech]", "info: node node01 now reset."],
        )

    async def test_status(self) -> None:
        """The switch answers."""
        (status,) = await self.fencer().status()
        self.assertEqual((status.name, status.type, status.well), ("baytech", "baytech", True))

    async def test_somebody_else(self) -> None:
        """A node that is on no outlet is not fenced, and nothing else is."""
        result = await self.fencer().fence(NodeName("node03"), "silent for 30 s")
        self.assertEqual(result.outcome, FenceOutcome.FAILED)
        self.assertIn("it does not control this host", result.words)
        self.assertEqual(self.switch.commands, [])

    async def test_wrong_password(self) -> None:
        """The switch does not let us in; the password is not in what is said of it."""
        result = await self.fencer("nobody-knows").fence(NODE01, "silent for 30 s")
        self.assertEqual(result.outcome, FenceOutcome.FAILED)
        self.assertNotIn("nobody-knows", repr((result, self.log.entries)))
        self.assertEqual(self.switch.commands, [])

    async def test_two_power_supplies(self) -> None:
        """With two switches in one level both are off before the first is on again."""
        journal: list[str] = []
        settings = ["[fencing]", "timeout = 50"]
        directory = Path(temporary(self))
        for number in (1, 2):
            address = self.address.replace("127.23.", f"127.{23 + number}.")
            switch = Switch({"node01": True}, commands=journal)
            self.addCleanup(self.listen(switch, address).stopListening)
            file = directory / f"pdu{number}"
            file.write_text(f"{address} admin secret\n", encoding="ascii")
            settings += [f"[fencing.device.pdu{number}]", 'type = "baytech"', f'file = "{file}"']
        findings = Findings()
        read = parse_toml("\n".join(settings), "hatwist.toml", findings)
        self.assertFalse(findings.fatal)
        reading = read_hacf("node node01 node02\nbcast eth0\n", "ha.cf", findings, NODE02)
        fencer = make_fencer(reactor, HaConfig(reading.cf, Keyring(0, ()), (), read), NODE02, self.log)
        result = await fencer.fence(NODE01, "silent for 30 s")
        self.assertEqual((result.outcome, result.by), (FenceOutcome.CONFIRMED, "pdu1+pdu2"))
        self.assertEqual(journal, ["OFF node01"] * 2)
        while len(journal) < 4:
            await deferLater(IReactorTime(reactor), 0.05)
        self.assertEqual(journal[2:], ["ON node01"] * 2)
        # The command waits for the switch to hang up.
        await fencer.status()

    async def test_mute(self) -> None:
        """A switch that takes the call and says nothing has not confirmed; the command is ended."""
        self.switch.mute = True
        made = FencingDevice("pdu", "baytech", Position("f", 1), parameters=f"{self.address} admin secret")
        launch = partial(run_program, IReactorProcess(reactor), IReactorTime(reactor))
        device = ProgramDevice(made, launch, ENVIRONMENT, find_program)
        answer = await device.run(Order.RESET, "node01", 1.0)
        self.assertEqual((answer.outcome, self.switch.commands), (FenceOutcome.TIMED_OUT, []))


class NullTests(TestCase):
    """What else of the command is used."""

    timeout = 60

    async def test_null(self) -> None:
        """A device without parameters, and one with some in ha.cf, with the real command."""
        if not find_program(STONITH):
            raise cannot("there is no stonith command: apt-get install cluster-glue")
        read = parse_toml("[fencing]\ntest_fencing = true\n", "hatwist.toml", Findings())
        for line, well in (
            ("suicide", True),
            ("null node01 node02", True),
            ("null", False),
            ("nosuch x", False),
        ):
            reading = read_hacf(f"stonith_host * {line}\n", "ha.cf", Findings(), NODE02)
            fencer = make_fencer(reactor, HaConfig(reading.cf, Keyring(0, ()), (), read), NODE02, LogBook())
            (status,) = await fencer.status()
            self.assertEqual(status.well, well, line)
            fencer.stop()

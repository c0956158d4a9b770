# -*- test-case-name: tests.resources.test_systemd -*-
"""
Units, with a real systemd.
"""

from __future__ import annotations

import os

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from hatwist.cluster.names import Outcome, Verb
from hatwist.config.findings import Findings
from hatwist.config.haresources import parse_haresources
from hatwist.config.probes import HostProbes
from hatwist.config.units import check_loaded
from hatwist.resources.agents import Timeouts
from hatwist.resources.build import make_runner
from tests.resources.booted import Systemd
from tests.resources.fakes import LogBook, group, temporary

UNITS = {
    "web.service": "ExecStart=/bin/sleep 1000\n",
    "again.service": "ExecStart=/bin/sleep 1000\nRestart=always\nRestartSec=1000\n",
    "broken.service": "Type=oneshot\nExecStart=/bin/false\n",
    "slow.service": "Type=oneshot\nExecStart=/bin/sleep 1000\n",
    "bad.service": "Type=nonsense\n",
    "at@.service": "ExecStart=/bin/sleep %i\n",
}


class SystemdTests(TestCase):
    """A unit is a resource as any other."""

    timeout = 120

    def setUp(self) -> None:
        self.systemd = Systemd(self, UNITS)
        environment = {"PATH": f"{self.systemd.systemctl}:{os.environ['PATH']}", "HA_STOPRETRYMAX": "1"}
        self.log = LogBook()
        self.runner = make_runner(
            reactor, temporary(self), "node01", environment, self.log, timeouts=Timeouts(start=3.0)
        )

    async def run_unit(self, verb: Verb, name: str) -> tuple[Outcome, str]:
        """Run one verb of a group that is one unit."""
        return await self.runner.run(group(f"systemd:{name}"), verb)

    async def look(self, name: str) -> Outcome:
        """Return what one look at it says."""
        ((_, outcome, _),) = await self.runner.look(group(f"systemd:{name}"))
        return outcome

    def test_it_cannot_touch_the_machine(self) -> None:
        """Whatever it starts, all that it has of the machine is read-only."""
        self.systemd.run('test -z "$(ls -A /tmp /root | grep -v : || true)"; test ! -e /home')
        for place in ("/etc", "/usr", "/usr/bin", "/proc/sys/kernel", "/sys"):
            self.systemd.run(f"! touch {place}/written 2>/dev/null")

    async def test_life(self) -> None:
        """It is stopped, starts, runs, stops; an instance of a template as well."""
        for name in ("web", "web.service", "at@1000"):
            self.assertIs(await self.look(name), Outcome.STOPPED)
            self.assertEqual(await self.run_unit(Verb.START, name), (Outcome.OK, ""))
            self.assertIs(await self.look(name), Outcome.RUNNING)
            self.assertEqual((await self.run_unit(Verb.STOP, name))[0], Outcome.OK)
            self.assertIs(await self.look(name), Outcome.STOPPED)

    async def test_killed(self) -> None:
        """What was killed has failed, so it is stopped; what systemd starts again by itself is not known."""
        for name, outcome in (("web", Outcome.STOPPED), ("again", Outcome.FAILED)):
            await self.run_unit(Verb.START, name)
            kill = f"systemctl kill -s KILL {name}; while systemctl is-active -q {name}; do :; done"
            self.systemd.run(kill)
            self.assertIs(await self.look(name), outcome, name)
            self.assertEqual((await self.run_unit(Verb.STOP, name))[0], Outcome.OK)
            self.assertIs(await self.look(name), Outcome.STOPPED)

    async def test_a_start_that_fails(self) -> None:
        """What systemctl says is the reason, and the unit is stopped then."""
        outcome, detail = await self.run_unit(Verb.START, "broken")
        self.assertIs(outcome, Outcome.FAILED)
        self.assertIn("Job for broken.service failed", detail)
        self.assertIs(await self.look("broken"), Outcome.STOPPED)

    async def test_a_start_that_takes_too_long(self) -> None:
        """systemctl is ended, and the stop that follows takes the job back."""
        outcome, detail = await self.run_unit(Verb.START, "slow")
        self.assertIs(outcome, Outcome.FAILED)
        self.assertIn("not done within 3 s, ended", detail)
        self.assertIs(await self.look("slow"), Outcome.STOPPED)

    async def test_no_such_unit(self) -> None:
        """It cannot be started, and is as stopped as can be."""
        outcome, detail = await self.run_unit(Verb.START, "nosuch")
        self.assertIs(outcome, Outcome.FAILED)
        self.assertIn("nosuch.service", detail)
        self.assertEqual((await self.run_unit(Verb.STOP, "nosuch"))[0], Outcome.OK)
        self.assertIs(await self.look("nosuch"), Outcome.STOPPED)

    def test_what_check_asks(self) -> None:
        """A unit that systemd cannot load, or does not know, is found; good ones are not."""
        words = " ".join(f"systemd:{name}" for name in ("web", "at@1000", "bad", "nosuch"))
        groups = parse_haresources(f"node01 {words}\n", "f", Findings())
        findings = Findings()
        probes = HostProbes()
        program = os.path.join(self.systemd.systemctl, "systemctl")
        check_loaded(groups, lambda _, *words: probes.run(program, *words), findings)
        self.assertEqual(
            [one.text for one in findings.problems],
            [
                "systemd cannot load the unit bad.service: bad-setting",
                "systemd cannot load the unit nosuch.service: not-found",
            ],
        )

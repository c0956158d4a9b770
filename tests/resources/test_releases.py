# -*- test-case-name: tests.resources.test_releases -*-
"""
What the guardian is told of a group.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.trial.unittest import SynchronousTestCase

from hatwist.guardian.server import Trusted
from hatwist.interfaces import IResourceAgent
from hatwist.resources.agents import OcfAgent, ScriptAgent, Stage, Timeouts, UnitAgent
from hatwist.resources.build import make_runner
from hatwist.resources.memory import MemoryAgent
from hatwist.resources.ocf import OcfCall
from hatwist.resources.process import Ran
from hatwist.resources.releases import Plan, release_plan
from tests.resources.fakes import LogBook, group, resource, temporary, write_program

ENVIRONMENT = {"HA_CURHOST": "node01"}
TIMEOUTS = Timeouts(start=1.0, stop=7.0, status=3.0)


def launch(words: Sequence[str], environment: Mapping[str, str], timeout: float) -> Deferred[Ran]:
    """Start nothing: what is planned is not run here."""
    raise NotImplementedError


def programs_of(plan: Plan) -> list[dict[str, Any]]:
    """Return the programs of a plan."""
    programs = plan["programs"]
    assert isinstance(programs, list)
    return programs


class PlanTests(SynchronousTestCase):
    """L{release_plan}."""

    def plan(self, *pairs: tuple[str, IResourceAgent]) -> Plan:
        """Make the plan of a group of resources with their agents, and see that the guardian can read it."""
        agents = [(resource(text), agent) for text, agent in pairs]
        plan = release_plan(group(*(text for text, _ in pairs)), agents)
        Trusted.of(json.loads(json.dumps(plan)))
        return plan

    def setUp(self) -> None:
        self.stage = Stage(launch, ENVIRONMENT, LogBook(), TIMEOUTS)

    def test_addresses(self) -> None:
        """All of them, of both families, in their plain form; what cannot be read is left out."""
        agent = MemoryAgent()
        pairs = (
            ("IPaddr::10.0.0.5/24/eth0", agent),
            ("IPv6addr::2001:db8:0::5/64", agent),
            ("IPaddr::x", agent),
        )
        self.assertEqual(self.plan(*pairs), {"addresses": ["10.0.0.5", "2001:db8::5"], "programs": []})

    def test_a_script(self) -> None:
        """It is called with its arguments, then C{stop}, within the time of a stop."""
        plan = self.plan(
            ("Filesystem::/dev/sdb5::/data", ScriptAgent("/etc/ha.d/resource.d/Filesystem", self.stage))
        )
        words = ["/etc/ha.d/resource.d/Filesystem", "/dev/sdb5", "/data", "stop"]
        self.assertEqual(plan["programs"], [{"words": words, "environment": ENVIRONMENT, "timeout": 7.0}])

    def test_an_ocf_agent(self) -> None:
        """It has its parameters, and what every agent is promised, in the environment."""
        call = OcfCall("/usr/lib/ocf/resource.d/heartbeat/apache", "heartbeat", "web", {"port": "80"})
        (program,) = programs_of(self.plan(("ocf::apache", OcfAgent(call, self.stage))))
        self.assertEqual(program["words"], [call.path, "stop"])
        self.assertEqual(program["environment"], ENVIRONMENT | call.environment(7.0))
        self.assertEqual(program["environment"]["OCF_RESKEY_port"], "80")
        self.assertEqual(program["timeout"], 7.0)

    def test_a_unit(self) -> None:
        """systemd is asked to stop it."""
        plan = self.plan(("systemd::nginx", UnitAgent("nginx.service", self.stage)))
        words = ["systemctl", "stop", "nginx.service"]
        self.assertEqual(plan["programs"], [{"words": words, "environment": ENVIRONMENT, "timeout": 7.0}])

    def test_from_right_to_left(self) -> None:
        """What was started last is stopped first; what has no program is passed over."""
        agents = {name: ScriptAgent(f"/{name}", self.stage) for name in ("a", "b", "c")}
        plan = self.plan(
            ("a", agents["a"]), ("memory", MemoryAgent()), ("b", agents["b"]), ("c", agents["c"])
        )
        self.assertEqual([one["words"][0] for one in programs_of(plan)], ["/c", "/b", "/a"])


class RunnerTests(SynchronousTestCase):
    """With the agents of the real world."""

    def setUp(self) -> None:
        self.directory = Path(temporary(self))

    def plan(self, *texts: str) -> Plan:
        """Make the plan of a group as the daemon does."""
        web = group(*texts)
        log = LogBook()
        init = str(self.directory / "init.d")
        runner = make_runner(
            IReactorTime(reactor), str(self.directory), "node01", {"HA_x": "y"}, log, init_directory=init
        )
        plan = release_plan(web, runner.agents(web))
        Trusted.of(json.loads(json.dumps(plan)))
        return plan

    def test_scripts(self) -> None:
        """They are where they are found; built-in addresses are no programs; what is missing is left out."""
        write_program(self.directory / "resource.d", "httpd", "exit 0")
        plan = self.plan("IPaddr2::10.0.0.6/24", "none-such", "httpd::a::b")
        (program,) = programs_of(plan)
        self.assertEqual(program["words"], [f"{self.directory}/resource.d/httpd", "a", "b", "stop"])
        self.assertEqual(program["environment"]["HA_x"], "y")
        self.assertIn("PATH", program["environment"])
        self.assertTrue(os.path.isabs(program["words"][0]))
        self.assertEqual(plan["addresses"], ["10.0.0.6"])

    def test_a_script_for_addresses(self) -> None:
        """One that an administrator wrote is run, since it may mean more than we can read."""
        path = write_program(self.directory / "resource.d", "IPaddr", "exit 0")
        plan = self.plan("IPaddr::www.example.com", "IPaddr::10.0.0.6/24")
        calls = [one["words"] for one in programs_of(plan)]
        self.assertEqual(calls[0], [path, "10.0.0.6/24", "stop"])
        self.assertEqual(calls[1], [path, "www.example.com", "stop"])
        self.assertEqual(plan["addresses"], ["10.0.0.6"])

# -*- test-case-name: tests.lab.test_story -*-
"""
The story of the demo, told of events that the test makes itself.
"""

from __future__ import annotations

import io
import re

from scripts.lab import plan
from scripts.lab.client import Probe
from scripts.lab.configuration import web
from scripts.lab.nodes import LOG, Node
from scripts.lab.plan import VIRTUAL
from scripts.lab.remote import LabError
from scripts.lab.story import Story
from tests.lab.base import SETTLED, LabTestCase


class StoryTests(LabTestCase):
    """One line an event, with its time and who it is about."""

    def setUp(self) -> None:
        """A host that is called node01, and a story of it."""
        super().setUp()
        self.said = io.StringIO()
        self.story = Story(self.watch, VIRTUAL, self.said)
        self.node = Node(plan.node(self.rack, 1))
        self.node.host.power_on()
        self.story.nodes.append(self.node)

    def told(self) -> list[str]:
        """Return the story so far without the times."""
        return [re.sub(r"^ *\d+\.\d{3}  ", "", line) for line in self.said.getvalue().splitlines()]

    def address(self, verb: str) -> None:
        """Give the address to the host, or take it."""
        self.node.host.do("ip", "address", verb, f"{VIRTUAL}/24", "dev", "eth0")

    def test_addresses(self) -> None:
        """Who gets and gives up the address is told, other addresses are not."""
        self.address("add")
        self.node.host.do("ip", "address", "add", "10.0.0.1/24", "dev", "eth0")
        self.address("del")
        self.story.go_on(0.3)
        self.assertEqual(
            self.told(), [f"node01 gets {VIRTUAL} on eth0", f"node01 gives up {VIRTUAL} on eth0"]
        )

    def test_host_that_is_off_gives_nothing_up(self) -> None:
        """Its address goes with it, which is not its doing."""
        self.address("add")
        self.story.go_on(0.1)
        self.node.cut_power()
        self.story.go_on(0.3)
        self.assertEqual(self.told(), [f"node01 gets {VIRTUAL} on eth0"])

    def test_logs(self) -> None:
        """What matters in the logs is told once, without what the story says itself."""
        lines = [
            "Nov 22 19:45:43 node01 heartbeat: [20]: WARN: node node02: is dead",
            "Nov 22 19:45:43 node01 heartbeat: [20]: WARN: Logging daemon is disabled",
            "2026/11/22_19:45:43  ResourceManager(default)[20]:    info: Acquiring resource group: node01 x",
        ]
        self.node.host.write(LOG, "\n".join(lines) + "\nNov 22 19:45:44 node01 heartbeat: [20]: ERROR: unfin")
        self.story.go_on(0.1)
        expected = [
            "node01    logs: WARN: node node02: is dead",
            "node01    logs: info: Acquiring resource group: node01 x",
        ]
        self.assertEqual(self.told(), expected)

    def test_answers(self) -> None:
        """The first answer is told, and each that comes after a silence."""
        client = plan.client(self.rack)
        client.power_on()
        web("").write(self.node.host)
        self.node.host.do("/etc/ha.d/resource.d/httpd", "start")
        self.address("add")
        self.story.probe = Probe(client, "http", VIRTUAL, 80)
        self.story.served_by("node01", SETTLED)
        self.assertIn("client    reads: This is node01", self.told())
        self.node.host.do("/etc/ha.d/resource.d/httpd", "stop")
        self.story.go_on(0.3)
        self.node.host.do("/etc/ha.d/resource.d/httpd", "start")
        self.story.until(lambda: "after" in self.told()[-1], SETTLED, "it answers again")
        self.assertRegex(self.told()[-1], r"client    reads: This is node01, after \d+ ms without")

    def test_waiting_in_vain(self) -> None:
        """What does not happen in time is an error that says what was waited for."""
        error = self.assertRaises(LabError, self.story.served_by, "node01", 0.1)
        self.assertEqual(str(error), "waited 0.1 s in vain until node01 serves")

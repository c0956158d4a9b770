# -*- test-case-name: tests.lab.test_start -*-
"""
Two nodes start, stop and start again.
"""

from __future__ import annotations

from scripts.lab.client import Probe
from scripts.lab.configuration import ha_cf, web
from scripts.lab.plan import VIRTUAL
from tests.lab.base import SETTLED, TwoNodesTestCase

BOTH = {"node01": "active", "node02": "active"}
ACQUIRED = "Initial resource acquisition complete"


class StartTests(TwoNodesTestCase):
    """Both nodes are switched on."""

    def test_start_together(self) -> None:
        """The group runs on its home node, and on no other; the client is served."""
        self.client.power_on()
        self.boot(web(ha_cf()))
        self.two.await_log(ACQUIRED, SETTLED)
        Probe(self.client, "http", VIRTUAL, 80).await_answer("node01", SETTLED)
        self.assertOwner("node01")
        for node in (self.one, self.two):
            self.assertEqual(node.count("Local status now set to: 'active'"), 1)

    def test_status_agrees(self) -> None:
        """Asked on either node, C{status --json} names the owner and both nodes as active."""
        self.boot(web(ha_cf()))
        self.two.await_log(ACQUIRED, SETTLED)
        for node in (self.one, self.two):
            status = node.status()
            self.assertEqual([group["owner"] for group in status["groups"]], ["node01"])
            self.assertEqual({n["name"]: n["status"] for n in status["nodes"]}, BOTH)
            self.assertEqual(status["node"], node.name)

    def test_start_alone(self) -> None:
        """A node whose peer does not come up serves its own group after initdead."""
        self.one.boot(web(ha_cf()))
        self.settle("node01")
        self.assertOwner("node01")

    def test_backup_alone(self) -> None:
        """The backup takes the group of a node that never came up, after initdead."""
        self.two.boot(web(ha_cf()))
        self.settle("node02")
        self.assertOwner("node02")

    def test_generation_grows_and_identity_stays(self) -> None:
        """A node that starts again is the same node, with a higher generation."""
        self.boot(web(ha_cf()))
        uuid, generation = self.identity()
        self.one.stop()
        self.settle("node02")
        self.one.start()
        self.settle("node01")
        self.assertEqual(self.identity(), (uuid, generation + 1))

    def identity(self) -> tuple[bytes, int]:
        """Return node01's uuid and generation as they are on its disk."""
        uuid = self.one.host.path("/var/lib/heartbeat/hb_uuid").read_bytes()
        return uuid, int(self.one.host.read("/var/lib/heartbeat/hb_generation"))

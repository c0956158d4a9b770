# -*- test-case-name: tests.lab.test_ping -*-
"""
Ping nodes: two nodes and a router that both of them ask.
"""

from __future__ import annotations

import re

from scripts.lab.configuration import Configuration, address_only, ha_cf
from scripts.lab.host import Host
from scripts.lab.nodes import HatwistNode, HeartbeatNode, Node
from scripts.lab.plan import ROUTERS, VIRTUAL
from tests.lab.base import SETTLED, NodesTestCase, TwoNodesTestCase, require

ROUTER, ABSENT = ROUTERS
PINGS = f"ping {ROUTER}\nping_group routers {ABSENT} {ROUTER}\ndeadping 1500ms"
NAMES = (ROUTER, "routers")

WON = "Initial resource acquisition complete"

_PREFIX = re.compile(r"^.*?heartbeat: \[\d+\]: ")


def pinged() -> Configuration:
    """Return a cluster with a ping node and a group of one host that is there and one that is not."""
    return address_only(ha_cf(f"bcast eth1\n{PINGS}"))


def said_of(log: str, name: str) -> list[str]:
    """
    Return what heartbeat, or who plays it, says of a ping node, without the time and the pid.

    How late it was is left out: it depends on the machine.
    """
    lines = [_PREFIX.sub("", line) for line in log.splitlines() if _PREFIX.match(line)]
    about = re.compile(rf"(?<![\w.]){re.escape(name)}(?![\w.])")
    return [line for line in lines if about.search(line) and "Late heartbeat" not in line]


def life(name: str) -> list[str]:
    """Return what is said of a ping node that comes up, dies and comes back."""
    up = [f"info: Link {name}:{name} up.", f"info: Status update for node {name}: status ping"]
    return [*up, f"WARN: node {name}: is dead", f"info: Link {name}:{name} dead.", *up]


def without_second_death(lines: list[str]) -> list[str]:
    """Leave out that heartbeat says once more that a node is dead, when it hears it again."""
    dead = [line for line in lines if "is dead" in line]
    kept = list(lines)
    for line in dead[1:]:
        del kept[len(kept) - 1 - kept[::-1].index(line)]
    return kept


class _Router(NodesTestCase[Node]):
    """The router goes and comes back."""

    def goes_and_comes_back(self) -> None:
        """Both nodes see it up, dead and up again, and nothing moves."""
        self.client.power_on()
        self.boot(pinged())
        for node in (self.one, self.two):
            node.await_log(WON, SETTLED)
            self.assertEqual(node.count("glib: ping heartbeat started"), 1)
            self.assertEqual(node.count("glib: ping group heartbeat started"), 1)
        self._seen("up", 1)
        self.client.power_off()
        self._seen("dead", 1)
        self.client.power_on()
        self._seen("up", 2)
        self.assertOwner("node01")
        self.assertEqual(self.watch.owners(VIRTUAL), ("node01",))

    def _seen(self, state: str, times: int) -> None:
        """Wait until both nodes have said so of both ping nodes."""
        status = {"up": "Status update for node {}: status ping", "dead": "node {}: is dead"}[state]
        for node in (self.one, self.two):
            for name in map(re.escape, NAMES):
                node.await_log(f"Link {name}:{name} {state}", SETTLED, times)
                node.await_log(status.format(name), SETTLED, times)


class PingTests(_Router, TwoNodesTestCase):
    """Two nodes of ours."""

    def test_router_goes_and_comes_back(self) -> None:
        """A ping node is up on both nodes, dead when the router is gone, and up again; nothing moves."""
        self.goes_and_comes_back()
        for node in (self.one, self.two):
            for name in NAMES:
                self.assertEqual(said_of(node.log(), name), life(name))

    def test_a_node_without_the_network_of_the_clients(self) -> None:
        """Whose cable to the router is cut sees it dead; the other still sees it up."""
        self.client.power_on()
        self.boot(pinged())
        self.two.await_log(f"Link {re.escape(ROUTER)}:{re.escape(ROUTER)} up", SETTLED)
        self.two.host.isolate("eth0")
        self.two.await_log(f"node {re.escape(ROUTER)}: is dead", SETTLED)
        self.assertEqual(self.one.count(f"node {re.escape(ROUTER)}: is dead"), 0)
        self.assertEqual(self.one.count("node node02: is dead"), 0)


class MixedPingTests(_Router):
    """One of ours, and heartbeat 3.0.6 itself; needs root."""

    def node(self, host: Host) -> Node:
        """One of each."""
        return HeartbeatNode(host) if host.name == "node02" else HatwistNode(host)

    def setUp(self) -> None:
        """Build the rack, if heartbeat can run here."""
        require(HeartbeatNode.obstacle())
        super().setUp()

    def test_both_say_the_same(self) -> None:
        """What we say of a ping node is what heartbeat says, line for line."""
        self.goes_and_comes_back()
        for name in NAMES:
            theirs = without_second_death(said_of(self.two.log(), name))
            self.assertEqual(theirs, life(name))
            self.assertEqual(said_of(self.one.log(), name), theirs)

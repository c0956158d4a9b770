# -*- test-case-name: tests.lab.test_ipfail -*-
"""
Two nodes and the gateway that both of them ping; either may not see it for a while.

Heartbeats go on all the time, over the other network.  A host that lost the gateway
hears no answer from it; everything else reaches it.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from scripts.lab import plan
from scripts.lab.configuration import Configuration
from scripts.lab.nodes import HatwistNode, Node
from scripts.lab.watch import now
from tests.lab.beside.pair import HOME, SETTLED, Pair, groups, quick

GATEWAY, SECOND = plan.ROUTERS

COUNTED: Final = r"Asking other side for ping node count \(1 here\)"
"""What hatwist says when the gateway that came back counts again."""

CHATTER: Final = r"Asking other side for ping node count|Telling other node that we have more"
"""What may be said when something changes, and not for ever."""

HELD: Final = 10
"""Answers that do not arrive before something that must not follow would have."""


class Networks:
    """
    A pair, and the gateway that both of them ask.

    @ivar since: when the story began, with every group at home.
    """

    def __init__(self, pair: Pair, directives: str, **timing: str) -> None:
        self.pair = pair
        self._files = _files(directives, **timing)
        self.gateway = plan.client(pair.rack)

    def begin(self) -> None:
        """Start everything; both see the gateway, and have compared what they see."""
        self.gateway.power_on()
        self.gateway.do("ip", "addr", "add", f"{SECOND}/24", "dev", "eth0")
        self.pair.boot(self._files)
        self.pair.await_(
            lambda: any(node.count("Ping node count is balanced") for node in self.pair.nodes),
            "both have compared what they see",
        )
        self.since = now()

    def lose(self, *nodes: Node, host: str = GATEWAY) -> float:
        """Let nothing of a host arrive at nodes; return when."""
        when = now()
        for node in nodes:
            node.host.do("iptables", "-A", "INPUT", "-s", host, "-j", "DROP")
        return when

    def find(self, *nodes: Node, host: str = GATEWAY) -> None:
        """Let it arrive again."""
        for node in nodes:
            node.host.do("iptables", "-D", "INPUT", "-s", host, "-j", "DROP")

    def await_lost(self, node: Node, name: str = GATEWAY, times: int = 1) -> None:
        """Wait until a node has said so often that a ping node is dead."""
        node.await_log(f"Status update: Node {re.escape(name)} now has status dead", SETTLED, times)

    def await_found(self, node: Node, times: int) -> None:
        """Wait until a node has said so often that the gateway answers."""
        node.await_log(f"Status update for node {re.escape(GATEWAY)}: status ping", SETTLED, times)

    def await_silence(self, node: Node) -> None:
        """Wait until so much was unheard that whatever follows from it has begun."""
        before = self._unheard(node)
        self.pair.await_(lambda: self._unheard(node) >= before + HELD, f"{node.name} hears nothing")

    def both_lose_it(self) -> None:
        """Neither sees the gateway for a while, and then both do; wait until that counts."""
        self.lose(*self.pair.nodes)
        for node in self.pair.nodes:
            self.await_lost(node)
        for node in self.pair.nodes:
            self.await_silence(node)
        self.find(*self.pair.nodes)
        for node in self.pair.nodes:
            self.await_found(node, 2)
        for node in self.pair.nodes:
            if isinstance(node, HatwistNode):
                node.await_log(COUNTED, SETTLED)
        self.pair.settle(HOME)

    def expect(self, *path: str) -> None:
        """
        Each group was where it is at home since the story began.

        @param path: but this node's has been on all of these, one after the other.
        """
        for home in HOME:
            self.expect_path(home, *(path if path and path[0] == home else (home,)))

    def expect_path(self, home: str, *path: str) -> None:
        """The group of a node was on these since the story began, and never on two at a time."""
        hosts = [host for host, _ in self.pair.tenures(home, self.since)]
        assert hosts == list(path), f"{self.pair.label}: the group of {home} was on {hosts}"
        self.expect_never_two()

    def expect_never_two(self) -> None:
        """No group had two owners, ever."""
        for home in HOME:
            faults = self.pair.watch.judge(self.pair.address(home)).faults
            assert not faults, f"{self.pair.label}: {faults}"

    def expect_peace(self, node: Node) -> None:
        """Nobody asks, or answers, again and again while a node hears nothing."""
        before = [one.count(CHATTER) for one in self.pair.nodes]
        self.await_silence(node)
        after = [one.count(CHATTER) for one in self.pair.nodes]
        assert all(late - early <= 1 for early, late in zip(before, after, strict=True)), (before, after)

    def outage(self, home: str, cut: float) -> str:
        """Tell how long after a cut a group began to move, and was there."""
        tenures = self.pair.watch.judge(self.pair.address(home)).tenures
        gone, there = next((one, two) for one, two in pairwise(tenures) if two.start > cut)
        assert gone.end is not None
        return f"given up after {gone.end - cut:.2f} s, on {there.host} after {there.start - cut:.2f} s"

    def tell(self, text: str) -> None:
        """Show what was measured."""
        print(f"{self.pair.label}: {text}")

    def _unheard(self, node: Node) -> int:
        """Return how many packets were lost."""
        listed = node.host.do("iptables", "-nvxL", "INPUT")
        return sum(int(line.split()[0]) for line in listed.splitlines() if " DROP " in line)


def _files(directives: str, **timing: str) -> Configuration:
    files = groups(quick(**timing))
    return Configuration(f"{directives}\n{files.ha_cf}", files.haresources)

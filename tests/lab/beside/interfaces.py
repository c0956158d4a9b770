# -*- test-case-name: tests.lab.test_media -*-
"""
Two media, and everything goes wrong with the interface of one of them.

Nothing moves, nobody is declared dead, the other medium is not disturbed, and each
time the medium is used again, in both directions, without a restart.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Final

from scripts.lab import plan
from scripts.lab.host import Host
from scripts.lab.nodes import HatwistNode, Node
from scripts.lab.watch import now
from tests.lab.beside.pair import ADDRESSES, HOME, MIXED, Pair, everything_on, groups, quick

CARD: Final = "eth1"
"""What everything goes wrong with."""

FINE: Final = "eth2"
"""What the other medium is on."""

LINK_LOCAL: Final = {"node01": "fe80::ff:fe00:101", "node02": "fe80::ff:fe00:201"}
"""What the kernel makes of the hardware addresses of eth1."""

MEDIA: Final = {
    "bcast": f"bcast {CARD}",
    "mcast": f"mcast {CARD} 225.0.0.75 694 1 0",
    "ucast": f"ucast {CARD} 172.16.20.208\nucast {CARD} 172.16.20.209",
    "mcast6": f"mcast6 {CARD} ff12::75:1 694 1 0",
    "ucast6": "\n".join(f"ucast6 {CARD} {address}" for address in LINK_LOCAL.values()),
}
"""The media that things happen to; each node names both peers, the files being the same."""

CARRIES_NOT: Final = f"ERROR: medium {CARD} does not carry"
AGAIN: Final = f"info: medium {CARD} carries again"


class Trial:
    """
    A pair of hatwist, to whose node01 things happen.

    @ivar one: node01.
    @ivar six: whether the medium is one of IPv6.
    @ivar media: how many of them there are on the interface; each speaks for itself.
    """

    def __init__(self, pair: Pair, kind: str) -> None:
        self.pair = pair
        self.one, self.two = pair.nodes
        self.host: Host = self.one.host
        self.six = kind.endswith("6")
        self.media = len(MEDIA[kind].splitlines())

    def begin(self, media: str) -> None:
        """Start both; each has the group that is at home there, and hears the other over both media."""
        self.pair.boot(groups(quick(media=f"{media}\nbcast {FINE}")))
        self.await_links()

    def await_links(self) -> None:
        """Wait until each hears the other over both media, and says so in its log."""
        self.pair.await_(
            lambda: all(self.up(node, card) for node in self.pair.nodes for card in (CARD, FINE)),
            f"{self.pair.label}: all links are up",
        )

    def up(self, node: Node, card: str) -> bool:
        """Say whether the last that a node has logged of its peer's link is that it is up."""
        peer = self.pair.other(node).name
        return node.count(f"Link {peer}:{card} up") == 1 + node.count(f"Link {peer}:{card} dead")

    def dead(self, *nodes: Node) -> None:
        """Wait until these nodes have logged that they do not hear the other over the medium."""
        self.pair.await_(
            lambda: not any(self.up(node, CARD) for node in nodes), f"{self.pair.label}: the link is dead"
        )

    def fault(self, what: str, begin: Callable[[], object], end: Callable[[], object], deaf: str) -> None:
        """
        Let something happen until it is noticed, and then not any more.

        @param deaf: who hears the other no more over this medium: C{both}, C{node02}, or
            nothing where that depends.
        """
        said = self.one.count(CARRIES_NOT)
        begin()
        self.pair.await_(lambda: self.one.count(CARRIES_NOT) > said, f"{what} is said")
        self.dead(*[node for node in self.pair.nodes if deaf in ("both", node.name)])
        end()
        self.pair.await_(self.calm, f"the end of {what} is said")
        self.await_links()
        assert self.one.count(CARRIES_NOT) <= said + self.media, f"{what} is said more than once"

    def ip(self, *words: str) -> None:
        """Run C{ip} on node01."""
        self.host.do("ip", *words)

    def index(self) -> int:
        """Return the kernel's number of the card."""
        (shown,) = json.loads(self.host.do("ip", "-j", "link", "show", "dev", CARD))
        return int(shown["ifindex"])

    def interface_down(self) -> None:
        """Set down and up again."""
        self.fault(
            "an interface that is down",
            lambda: self.ip("link", "set", CARD, "down"),
            lambda: self.ip("link", "set", CARD, "up"),
            "both",
        )

    def another_card(self) -> None:
        """Pulled out, and another one put in."""
        before = self.index()
        self.fault("a card pulled out", lambda: self.host.pull(CARD), lambda: self.host.put(CARD), "both")
        assert self.index() != before

    def same_number(self) -> None:
        """Pulled out, and put in as the same number: the kernel has forgotten the groups."""
        before = self.index()
        self.fault(
            "a card pulled out for a while",
            lambda: self.host.pull(CARD),
            lambda: self.host.put(CARD, before),
            "both",
        )
        assert self.index() == before

    def at_once(self) -> None:
        """The same so quickly that no datagram may have failed; what happens to the groups is noticed."""
        before = self.index()
        self.host.pull(CARD)
        self.host.put(CARD, before)
        assert self.index() == before
        put = now()
        for node in self.pair.nodes:
            self.pair.await_(partial(self.heard, node, put), f"{self.pair.label}: heard again")
        self.pair.await_(self.calm, "the end of it is said")
        self.await_links()

    def calm(self) -> bool:
        """Say whether node01 has said of all trouble that it is over."""
        return self.one.count(AGAIN) == self.one.count(CARRIES_NOT)

    def heard(self, node: Node, since: float) -> bool:
        """Say whether a node has heard its peer over the medium since then."""
        assert isinstance(node, HatwistNode)
        peer = self.pair.other(node).name
        links = [link for one in node.status()["nodes"] if one["name"] == peer for link in one["links"]]
        ages = [link["heard"] for link in links if link["link"] == CARD and link["heard"] is not None]
        return any(now() - age > since for age in ages)

    def firewall(self) -> None:
        """A rule forbids node01 to send."""
        program = "ip6tables" if self.six else "iptables"
        rule = ("OUTPUT", "-o", CARD, "-p", "udp", "-j", "DROP")
        self.fault(
            "a firewall",
            lambda: self.host.do(program, "-w", "-A", *rule),
            lambda: self.host.do(program, "-w", "-D", *rule),
            "node02",
        )

    def address_lost(self) -> None:
        """The interface loses its address, and gets it back."""
        address = f"{LINK_LOCAL['node01']}/64" if self.six else self.host.cards[CARD].address
        more = ["nodad"] if self.six else ["broadcast", "+"]
        self.fault(
            "a lost address",
            lambda: self.ip("address", "flush", "dev", CARD),
            lambda: self.ip("address", "add", address, "dev", CARD, *more),
            "",
        )

    def small_mtu(self) -> None:
        """Below 1280 bytes there is no IPv6; the groups are forgotten."""
        self.fault(
            "a small MTU",
            lambda: self.ip("link", "set", CARD, "mtu", "1000"),
            lambda: self.ip("link", "set", CARD, "mtu", "1500"),
            "both",
        )

    def other_net(self) -> None:
        """Both interfaces get addresses of another net: the broadcast address is another one."""
        sends = f"bcast {CARD}: it sends to 198.51.100.127:694 now"
        for node, address in zip(self.pair.nodes, ("198.51.100.1/25", "198.51.100.2/25"), strict=True):
            node.host.do("ip", "address", "flush", "dev", CARD)
            node.host.do("ip", "address", "add", address, "broadcast", "+", "dev", CARD)
        self.pair.await_(lambda: all(node.count(sends) for node in self.pair.nodes), sends)
        self.pair.await_(self.calm, "a lost address is over")
        self.await_links()

    def end(self) -> None:
        """Nothing has moved, and the other medium has not been disturbed."""
        self.pair.settle(HOME)
        for home in ADDRESSES:
            assert self.pair.tenures(home) == [(home, False)], f"{self.pair.label}: {home} has moved"
        for node in self.pair.nodes:
            assert node.count(r"WARN: node \w+: is dead") == 0, f"{self.pair.label}: a false death"
            assert node.count(f"Link \\w+:{FINE} dead") == 0, f"{self.pair.label}: {FINE} is disturbed"
        self.pair.assert_blameless()


def faults(kind: str) -> None:
    """Whatever happens to an interface is said, harms nothing, and is over when it is over."""
    with Pair(f"faults of {kind}", HatwistNode, HatwistNode, plan.THREE) as pair:
        trial = Trial(pair, kind)
        trial.begin(MEDIA[kind])
        trial.interface_down()
        trial.another_card()
        trial.same_number()
        trial.at_once()
        trial.firewall()
        trial.address_lost()
        if trial.six:
            trial.small_mtu()
        if kind == "bcast":
            trial.other_net()
        trial.end()


def carries(kind: str, one: type[Node], two: type[Node], dies: str) -> None:
    """A medium carries a pair from its start to a takeover; the link is said to be up, and dead."""
    with Pair(f"{kind} with {one.__name__} and {two.__name__}", one, two) as pair:
        pair.boot(groups(quick(media=MEDIA[kind])))
        for node in pair.nodes:
            line = f"Link {pair.other(node).name}:{CARD} up"
            pair.await_(partial(_logged, node, line), f"{node.name}: {line}")
        pair.assert_blameless()
        victim = next(node for node in pair.nodes if node.name == dies)
        survivor = pair.other(victim)
        victim.cut_power()
        pair.settle(everything_on(survivor.name))
        pair.await_(lambda: survivor.count(f"Link {dies}:{CARD} dead") == 1, "the link is dead")


def _logged(node: Node, line: str) -> bool:
    return node.count(line) == 1


LABS: Final = [
    *(partial(faults, kind) for kind in MEDIA),
    *(partial(carries, kind, HatwistNode, HatwistNode, "node01") for kind in MEDIA),
]
"""Between two nodes with hatwist."""

BESIDE: Final = [
    partial(carries, kind, *MIXED[ours], dies)
    for kind, ours, dies in (
        ("mcast6", "node01", "node01"),
        ("mcast6", "node02", "node01"),
        ("ucast6", "node01", "node02"),
        ("ucast6", "node02", "node02"),
    )
]
"""Beside heartbeat; the others are in every lab there."""

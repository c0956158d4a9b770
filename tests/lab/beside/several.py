# -*- test-case-name: tests.lab.test_media -*-
"""
Three media at once, of which all but one may be cut.

Each medium is cut in a way of its own: L{Way} says how, so that it can be anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import combinations
from typing import Final

from attrs import frozen

from scripts.lab import plan
from scripts.lab.nodes import HatwistNode, Node
from scripts.lab.serialcable import DEVICE, SerialCable
from tests.lab.beside.pair import ADDRESSES, HOME, Pair, groups, quick

BAUD: Final = 115200

FALSE_DEATH: Final = r"WARN: node \w+: is dead"


@frozen
class Way:
    """
    One way to the peer.

    @ivar link: its name in the log.
    @ivar cut: interrupts it silently.
    @ivar heal: lets everything through again.
    """

    link: str
    cut: Callable[[], object]
    heal: Callable[[], object]


def cable(pair: Pair, card: str) -> Way:
    """Return the way over a card of node01."""
    return Way(card, partial(pair.one.host.isolate, card), partial(pair.one.host.heal, card))


class Ways:
    """
    A pair with several ways.

    @ivar ways: all of them.
    """

    def __init__(self, pair: Pair, ways: Sequence[Way]) -> None:
        self.pair = pair
        self.ways = ways

    def up(self, node: Node, way: Way) -> bool:
        """Say whether the last that a node has logged of a link is that it is up."""
        peer = self.pair.other(node).name
        return node.count(f"Link {peer}:{way.link} up") == 1 + node.count(f"Link {peer}:{way.link} dead")

    def await_up(self, *ways: Way) -> None:
        """Wait until just these are up, as both nodes log."""

        def so() -> bool:
            return all(self.up(node, way) == (way in ways) for node in self.pair.nodes for way in self.ways)

        names = ", ".join(way.link for way in ways) or "nothing"
        self.pair.await_(so, f"{self.pair.label}: up is {names}")

    def one_is_enough(self) -> None:
        """Cut any two: their links are dead, and nothing else happens; each heals by itself."""
        for cut in combinations(self.ways, 2):
            left = [way for way in self.ways if way not in cut]
            for way in cut:
                way.cut()
            self.await_up(*left)
            self.unmoved()
            for way in cut:
                way.heal()
                left.append(way)
                self.await_up(*left)
        self.unmoved()

    def unmoved(self) -> None:
        """Each group is where it always was, and nobody has been declared dead."""
        for home in ADDRESSES:
            assert self.pair.tenures(home) == [(home, False)], f"{self.pair.label}: {home} has moved"
        for node in self.pair.nodes:
            assert node.count(FALSE_DEATH) == 0, f"{self.pair.label}: a false death"

    def none_is_a_partition(self) -> None:
        """Cut all: each takes everything; when a single way is back each group has one owner again."""
        for way in self.ways:
            way.cut()
        self.await_up()
        everybody = tuple(ADDRESSES)
        self.pair.await_(
            lambda: all(tuple(sorted(self.pair.owners(home))) == everybody for home in ADDRESSES),
            f"{self.pair.label}: both have everything",
        )
        back: list[Way] = []
        for way in self.ways:
            way.heal()
            back.append(way)
            self.await_up(*back)
        self.pair.settle(HOME)


def three(third: str) -> None:
    """Two broadcast media and a third one."""
    with Pair(f"three media, {third}", HatwistNode, HatwistNode, plan.THREE) as pair:
        pair.boot(groups(quick(media=f"bcast eth1 eth2\n{third}")))
        ways = Ways(pair, [cable(pair, card) for card in ("eth1", "eth2", "eth0")])
        ways.await_up(*ways.ways)
        ways.one_is_enough()
        ways.none_is_a_partition()
        pair.assert_blameless()


def with_serial() -> None:
    """Two broadcast media and a null modem cable."""
    with Pair("three media, serial", HatwistNode, HatwistNode, plan.THREE) as pair:
        for node in pair.nodes:
            node.host.power_on()
        line = SerialCable(pair.rack, [node.host for node in pair.nodes], BAUD)
        for node in pair.nodes:
            line.plug(node.host)
        pair.boot(groups(quick(media=f"bcast eth1 eth2\nbaud {BAUD}\nserial {DEVICE}")))
        ways = Ways(pair, [cable(pair, "eth1"), cable(pair, "eth2"), Way(DEVICE, line.cut, line.heal)])
        ways.await_up(*ways.ways)
        ways.one_is_enough()
        ways.none_is_a_partition()
        # Nobody is blamed: a message that a cut has torn is not authentic.


LABS: Final = [
    partial(with_serial),
    partial(three, "mcast eth0 225.0.0.75 694 1 0"),
    partial(three, "ucast eth0 172.16.0.208\nucast eth0 172.16.0.209"),
]

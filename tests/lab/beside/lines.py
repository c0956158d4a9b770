# -*- test-case-name: tests.lab.test_serial -*-
"""
Two nodes that hear each other over a null modem cable and by no other way.

Start, noise, a torn message, a cable that is cut, a port that is pulled out,
standby and back, the death of a node.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from scripts.lab.nodes import HatwistNode
from scripts.lab.serialcable import DEVICE, SerialCable
from scripts.lab.watch import now
from tests.lab.beside.pair import HOME, MIXED, Pair, everything_on, groups, quick

SLOW: Final = (9600, "2", "7", "20")
FAST: Final = (115200, "500ms", "2500ms", "12")
"""Baud, keepalive, deadtime, initdead."""

NOISE: Final = 700
"""Bytes that nobody has sent: more than two heartbeats are long."""

DAMAGED: Final = ("not authentic", "malformed")
"""What hatwist counts a message as that was damaged on the way."""

KINDS: Final = {"hatwist": (HatwistNode, HatwistNode), **MIXED}


class Line:
    """
    A pair of nodes on a cable.

    @ivar measured: how long it took to hear the peer again, in seconds, by what had happened.
    """

    def __init__(self, pair: Pair, baud: int) -> None:
        self.pair = pair
        self.ours = pair.ours
        self.peer = pair.other(self.ours)
        self.measured: dict[str, float] = {}
        for node in pair.nodes:
            node.host.power_on()
        self.cable = SerialCable(pair.rack, [node.host for node in pair.nodes], baud)
        for node in pair.nodes:
            self.cable.plug(node.host)

    def heard(self) -> float:
        """Return when our node last heard its peer; 0 when never."""
        for node in self.ours.status()["nodes"]:
            if node["name"] == self.peer.name:
                ages = [link["heard"] for link in node["links"] if link["heard"] is not None]
                return now() - min(ages) if ages else 0.0
        return 0.0

    def count(self, what: str) -> int:
        """Return what our node has counted."""
        counters = self.ours.status()["counters"]
        return int(sum(number for name, number in counters.items() if name.startswith(what)))

    def recover(self, what: str) -> None:
        """Wait until our node hears its peer again, after a trouble that is over now, and measure it."""
        over = now()
        self.pair.await_(lambda: self.heard() > over, f"{self.ours.name} hears its peer after {what}")
        self.measured[what] = max(0.0, self.heard() - over)

    def disturb(self) -> None:
        """Let everything go wrong that can, one after the other."""
        for node in self.pair.nodes:
            self.cable.noise(node.host, NOISE)
        self.recover("noise")
        # In the middle of a message it makes a damaged message of it.
        self.pair.await_(lambda: any(map(self.count, (*DAMAGED, "noise"))), "noise is counted")
        lost = self.cable.counts(self.ours.host).lost
        self.cable.tear(self.ours.host)
        self.pair.await_(lambda: self.cable.counts(self.ours.host).lost > lost, "a message is torn")
        self.recover("a torn message")
        self.lose("a cut", self.cable.cut, self.cable.heal)
        if not isinstance(self.peer, HatwistNode):
            return  # heartbeat 3.0.6 does not open a port again, so it keeps its own
        self.lose(
            "a port pulled out",
            lambda: self.cable.unplug(self.ours.host),
            lambda: self.cable.plug(self.ours.host),
        )

    def lose(self, what: str, begin: Callable[[], object], end: Callable[[], object]) -> None:
        """Let nothing through until something is lost, and then everything again."""
        lost = self.cable.counts(self.ours.host).lost
        begin()
        self.pair.await_(lambda: self.cable.counts(self.ours.host).lost > lost, "something is lost")
        end()
        self.recover(what)


def line(timing: tuple[int, str, str, str], kinds: str, dies: str) -> None:
    """Nobody is declared dead but who dies; what is lost is heard again; what is asked for is done."""
    baud, keepalive, deadtime, initdead = timing
    label = f"{baud} baud, {kinds}"
    with Pair(label, *KINDS[kinds]) as pair:
        on = Line(pair, baud)
        media = f"baud {baud}\nserial {DEVICE}"
        text = quick(media=media, keepalive=keepalive, deadtime=deadtime, initdead=initdead)
        pair.boot(groups(text))
        pair.assert_blameless()
        on.disturb()
        give_and_take(pair)
        assert not any(node.count(r"WARN: node \w+: is dead") for node in pair.nodes), "a false death"
        victim = pair.one if pair.one.name == dies else pair.two
        died = victim.cut_power()
        survivor = pair.other(victim)
        pair.settle(everything_on(survivor.name))
        on.measured["takeover"] = (
            max(tenure.start for tenure in pair.watch.judge(pair.address(victim.name)).tenures) - died
        )
        say(label, on.measured)


def give_and_take(pair: Pair) -> None:
    """Give everything to the peer, and take back what is at home here."""
    status, text = pair.ours.control("standby", "--wait", "40", "all")
    assert status == 0, text
    pair.settle(everything_on(pair.other(pair.ours).name))
    status, text = pair.ours.control("takeover", "--wait", "40", "local")
    assert status == 0, text
    pair.settle(HOME)


def say(label: str, measured: dict[str, float]) -> None:
    """Report what was measured; nothing depends on it."""
    figures = ", ".join(f"{what} {seconds:.2f} s" for what, seconds in measured.items())
    print(f"\n{label}: {figures}")


LABS = [
    partial(line, SLOW, "hatwist", "node01"),
    partial(line, SLOW, "node02", "node01"),
    partial(line, FAST, "hatwist", "node02"),
    partial(line, FAST, "node01", "node01"),
]

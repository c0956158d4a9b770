# -*- test-case-name: tests.lab.test_bench -*-
"""
Measure how long many addresses are away beyond deadtime when their host dies.

It is the time from the moment at which the survivor must call its peer dead, deadtime
after it last heard it, to the first answer of the last address.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts.lab import plan
from scripts.lab.client import EVERY, always_on
from scripts.lab.configuration import Configuration, ha_cf
from scripts.lab.nodes import HatwistNode
from scripts.lab.rack import Rack, python
from scripts.lab.remote import LabError
from scripts.lab.watch import Watch, until

KEEPALIVE: Final = 0.1
DEADTIME: Final = 0.5
INITDEAD: Final = "3000ms"
PORT: Final = 7777
SETTLED: Final = 60.0

SHAPES: Final = ((1, 1), (1, 10), (10, 1), (1, 100), (10, 10), (100, 1))
"""How many groups, of how many addresses each."""

BARS: Final = {1: 0.020, 10: 0.040, 100: 0.200}
"""Seconds beyond deadtime within which so many addresses should answer."""


@dataclass(frozen=True)
class Swept:
    """
    What was measured of one shape.

    @ivar beyond: seconds, in the order of the runs.
    """

    groups: int
    each: int
    beyond: tuple[float, ...]

    @property
    def good(self) -> bool:
        """Whether the bar was reached in nine of ten runs."""
        return self.within * 10 >= len(self.beyond) * 9

    @property
    def within(self) -> int:
        """How many runs were not above the bar."""
        return sum(one <= BARS[self.groups * self.each] for one in self.beyond)

    def line(self) -> str:
        """Return the summary for people."""
        count = self.groups * self.each
        words = f"{count} address{'es' if count > 1 else ''} in {self.groups} group{'s' * (self.groups > 1)}"
        ordered = sorted(1000 * one for one in self.beyond)
        middle = ordered[len(ordered) // 2]
        share = f"at most {1000 * BARS[count]:.0f} ms: {self.within} of {len(ordered)}"
        return f"{words:<27} median {middle:5.1f} ms   worst {ordered[-1]:6.1f} ms   {share}"


def run(runs: int) -> int:
    """Measure and print; return 0 when every bar was reached."""
    print("Addresses after a host's death: from the last heartbeat heard and deadtime later to the first")
    print(f"answer of the last address; each is asked every {EVERY} ms.")
    results = []
    for groups, each in SHAPES:
        results.append(Swept(groups, each, tuple(takeover(groups, each) for _ in range(runs))))
        print(results[-1].line(), flush=True)
    return 0 if all(one.good for one in results) else 1


def addresses(count: int) -> list[str]:
    """Return so many addresses of the clients' network."""
    return [f"172.16.0.{10 + number}" for number in range(count)]


def configuration(groups: int, each: int) -> Configuration:
    """Return so many groups, of so many addresses each, at home on node01."""
    every = [f"IPaddr::{one}/24/eth0" for one in addresses(groups * each)]
    lines = [f"node01 {' '.join(every[each * n : each * (n + 1)])}\n" for n in range(groups)]
    timing = {"keepalive": f"{1000 * KEEPALIVE:.0f}ms", "deadtime": f"{1000 * DEADTIME:.0f}ms"}
    return Configuration(ha_cf(**timing, initdead=INITDEAD), "".join(lines))


def takeover(groups: int, each: int) -> float:
    """
    Start a cluster, cut the power of the owner, wait until the other one serves every address.

    @return: seconds from the moment at which the dead one had to be called dead.
    @raise LabError: when it goes wrong, or an address had two owners at a time.
    """
    wanted = addresses(groups * each)
    with Rack() as rack:
        watch = Watch(rack)
        client = plan.client(rack)
        client.power_on()
        nodes = [HatwistNode(plan.node(rack, number)) for number in (1, 2)]
        for node in nodes:
            node.boot(configuration(groups, each))
            always_on(node.host, PORT)
        watch.await_owner(wanted[-1], "node01", SETTLED)
        nodes[1].await_log("Initial resource acquisition complete", SETTLED)
        script = [python(), "-I", "-S", str(Path(__file__).with_name("sweeper.py"))]
        client_asks = client.start([*script, str(PORT), str(EVERY), *wanted])
        hears = nodes[1].host.start(
            [*script[:-1], str(Path(__file__).with_name("hearer.py")), "eth1", "node01"]
        )
        # Both ends have settled before the power is cut.
        until(lambda: served(client_asks.text(), "node01") >= set(wanted), SETTLED, "node01 serves")
        until(lambda: len(hears.text().splitlines()) > 20, SETTLED, "node02 hears")
        nodes[0].cut_power()
        until(lambda: served(client_asks.text(), "node02") >= set(wanted), SETTLED, "node02 serves")
        faults = [fault for one in wanted for fault in watch.judge(one).overlaps]
        if faults:
            raise LabError(f"not a takeover: {faults[:3]}")
        last = float(hears.text().splitlines()[-1])
        return max(first_answers(client_asks.text().splitlines(), "node02").values()) - last - DEADTIME


def served(text: str, who: str) -> set[str]:
    """Return the addresses for which a host has answered."""
    return set(first_answers(text.splitlines(), who))


def first_answers(lines: Iterable[str], who: str) -> dict[str, float]:
    """Return when a host first answered for each address."""
    found: dict[str, float] = {}
    for line in lines:
        words: Sequence[str] = line.split()
        if len(words) == 4 and words[3] == who:
            found.setdefault(words[2], float(words[1]))
    return found

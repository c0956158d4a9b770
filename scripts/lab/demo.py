# -*- test-case-name: tests.lab.test_demo -*-
"""
The demo: a cluster of two hosts loses its primary and keeps its service.

Run it by C{./scripts/demo}, which sets up what it needs.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from scripts.lab import command, plan
from scripts.lab.client import EVERY, Probe
from scripts.lab.configuration import Configuration, demo
from scripts.lab.nodes import HatwistNode
from scripts.lab.outage import Outage
from scripts.lab.plan import ROUTERS, VIRTUAL
from scripts.lab.rack import Rack
from scripts.lab.remote import LabError
from scripts.lab.story import Story
from scripts.lab.watch import Watch

SEED_TIMING: Final = {"keepalive": "2", "warntime": "10", "deadtime": "30", "initdead": "120"}
PATIENCE: Final = 40.0
"""Seconds on top of what the configuration itself makes everybody wait."""
SCRIPTS: Final = 1.5
"""Seconds that starting the group may take, on a busy machine."""
MOVE: Final = 3.0
"""Seconds that an orderly move may take."""
REST: Final = 2.0


@dataclass(frozen=True)
class Move:
    """The service went from one node to the other; times in seconds."""

    what: str
    outage: Outage
    least: float
    most: float
    expected: str

    @property
    def fine(self) -> bool:
        """Whether it took as long as expected."""
        return self.least <= self.outage.length <= self.most


def main(arguments: Sequence[str]) -> int:
    """Run the demo; return the exit status."""
    parser = argparse.ArgumentParser(prog="./scripts/demo", description=__doc__.strip().splitlines()[0])
    parser.add_argument("--seed-timing", action="store_true", help="keepalive 2, deadtime 30, initdead 120")
    seed_timing = parser.parse_args(arguments).seed_timing
    configuration = demo().with_timing(SEED_TIMING) if seed_timing else demo()

    def work() -> int:
        with Rack() as rack:
            return Demo(rack, configuration).run()

    return command.run(work)


class Demo:
    """
    The hosts, and what is done to them.

    @ivar moves: every move of the service so far.
    """

    def __init__(self, rack: Rack, configuration: Configuration) -> None:
        self.configuration = configuration
        self.story = Story(Watch(rack), VIRTUAL)
        self.client = plan.client(rack)
        self.one, self.two = (HatwistNode(plan.node(rack, number)) for number in (1, 2))
        self.moves: list[Move] = []

    def run(self) -> int:
        """Go through the whole story; return the exit status."""
        with self._last_words():
            self.introduce()
            self.begin()
            self.kill()
            self.bring_back()
        return self.sum_up()

    def introduce(self) -> None:
        """Say what there is."""
        print("Hosts: node01 172.16.0.208, node02 172.16.0.209, client 172.16.0.1 (the gateway as well).")
        print("Heartbeats: mcast eth1 225.0.0.75 694, between 172.16.20.208 and 172.16.20.209.")
        print(f"Group: {self.configuration.haresources.strip()}")
        timing = {name: self.seconds(name) for name in SEED_TIMING}
        if all(timing[name] == float(value) for name, value in SEED_TIMING.items()):
            print("Timing: the seed's own, keepalive 2, deadtime 30, initdead 120; this takes a while.")
        else:
            short = ", ".join(f"{name} {value:g} s" for name, value in timing.items())
            print(f"Timing: shortened to {short}; --seed-timing keeps the seed's 2/30/120.")

    def begin(self) -> None:
        """Switch everything on and wait until node01 serves."""
        self.story.title("1  Both nodes are switched on")
        self.client.power_on()
        self.client.do("ip", "address", "add", f"{ROUTERS[1]}/24", "dev", "eth0")
        for node in (self.one, self.two):
            node.boot(self.configuration)
            self.story.nodes.append(node)
            self.story.say(f"{node.name} is on: twistd hatwist -c /etc/ha.d")
        self.probe = self.story.probe = Probe(self.client, "http", VIRTUAL, 80)
        self.story.say(f"client fetches http://{VIRTUAL}/ every {EVERY} ms")
        self.story.served_by("node01", self.seconds("initdead") + PATIENCE)
        # node02 must have heard that node01 has its group before that is put to the test.
        self.story.until(
            lambda: self.two.count("Initial resource acquisition complete") > 0, PATIENCE, "node02 is ready"
        )
        self.story.go_on(REST)

    def kill(self) -> None:
        """Cut node01's power and wait until node02 serves."""
        self.story.title("2  The power of node01 is cut")
        died = self.one.cut_power()
        self.story.say("node01 is off", died)
        keepalive, deadtime = self.seconds("keepalive"), self.seconds("deadtime")
        self.story.served_by("node02", deadtime + PATIENCE)
        expected = f"{1000 * (deadtime - keepalive):.0f} to {1000 * deadtime:.0f} + start of the group"
        self._note("node01 dies", died, (deadtime - keepalive - 0.1, deadtime + SCRIPTS), expected)
        self.story.go_on(REST)

    def bring_back(self) -> None:
        """Switch node01 on again and wait until it serves."""
        self.story.title("3  node01 is switched on again; auto_failback is on")
        self.one.boot()
        self.story.say("node01 is on: twistd hatwist -c /etc/ha.d")
        back = self.probe.answers[-1].when
        self.story.served_by("node01", self.seconds("initdead") + PATIENCE)
        self._note("node01 is back", back, (0.0, MOVE), "stop and start of the group")
        self.story.go_on(REST)

    def sum_up(self) -> int:
        """Write the summary; return the exit status."""
        self.story.title("Summary")
        print(f"  {'what happened':<16} {'service went':<18} {'outage, ms':>10}   expected, ms")
        for move in self.moves:
            way = f"{move.outage.before} -> {move.outage.after}"
            print(f"  {move.what:<16} {way:<18} {1000 * move.outage.length:>10.0f}   {move.expected}")
        verdict = self.story.watch.judge(VIRTUAL)
        reasons = list(verdict.faults)
        reasons += [
            f"{move.what}: {1000 * move.outage.length:.0f} ms" for move in self.moves if not move.fine
        ]
        owners = " -> ".join(tenure.host for tenure in verdict.tenures)
        print(f"  owners of {VIRTUAL}: {owners}; never two at a time: {'no' if verdict.overlaps else 'yes'}")
        print(f"  ARP by a host that did not own it: {len(verdict.strangers)}")
        print(f"  pages the client got: {len(self.probe.answers)}")
        for reason in reasons:
            print(f"  not as it should be: {reason}")
        print("  The service survived." if not reasons else "  The demo failed.")
        return 1 if reasons else 0

    def seconds(self, directive: str) -> float:
        """Return a time of ha.cf in seconds."""
        found = re.search(rf"(?m)^{directive}\s+(\d+)(ms)?", self.configuration.ha_cf)
        assert found is not None
        return int(found[1]) / (1000 if found[2] else 1)

    def _note(self, what: str, after: float, bounds: tuple[float, float], expected: str) -> None:
        outage = self.probe.handover(after)
        assert outage is not None
        self.moves.append(Move(what, outage, *bounds, expected))
        self.story.say(f"outage {1000 * outage.length:.0f} ms, expected {expected}")

    @contextlib.contextmanager
    def _last_words(self) -> Iterator[None]:
        """Show the ends of both logs when something went wrong."""
        try:
            yield
        except LabError:
            for node in (self.one, self.two):
                print(f"\nThe end of the log of {node.name}:")
                print("\n".join(node.log().splitlines()[-15:]))
            raise


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

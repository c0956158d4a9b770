# -*- test-case-name: tests.lab.test_tempo -*-
"""
Measure whether a medium in trouble delays the datagrams of another one.

Three hosts send a heartbeat every 50 ms over a medium that is fine, all the time,
beside each other: one has that medium only, one a second medium to which things
happen, one a serial line that is far too slow.  The kernel of the rack stamps what
comes in.  So each figure stands beside what the machine itself did meanwhile.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from scripts.lab.configuration import Configuration
from scripts.lab.host import Card, Host
from scripts.lab.nodes import HatwistNode
from scripts.lab.rack import Rack, python
from scripts.lab.remote import LabError
from scripts.lab.serialcable import DEVICE, SerialCable
from scripts.lab.watch import until

KEEPALIVE: Final = 0.05
"""Seconds between two heartbeats."""

BAR: Final = 0.005
"""Seconds that the trouble may add to the interval that 99 of 100 stay within."""

SETTLED: Final = 60.0
BAUD: Final = 9600
FINE: Final = "eth0"
TROUBLED: Final = "eth1"
CARRIES_NOT: Final = f"medium {TROUBLED} does not carry"
AGAIN: Final = f"medium {TROUBLED} carries again"

Action = Callable[[Host], object]

_COLUMNS: Final = f"{'median':>6}  {'99 %':>6}  {'worst':>6}"
HEAD: Final = f"{'':<38}alone{'':<23}beside the trouble\n{'':<38}{_COLUMNS}      {_COLUMNS}     ratio"


@dataclass(frozen=True)
class Intervals:
    """The intervals between the datagrams of one host, in seconds, in order."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The one in the middle."""
        return statistics.median(self.values)

    @property
    def most(self) -> float:
        """What 99 of 100 are not above."""
        ordered = sorted(self.values)
        return ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]

    @property
    def worst(self) -> float:
        """The longest."""
        return max(self.values)

    def words(self) -> str:
        """Return them for people, in milliseconds."""
        return "  ".join(f"{1000 * one:6.1f}" for one in (self.median, self.most, self.worst))


@dataclass(frozen=True)
class Result:
    """What one trouble did: both hosts at the same time."""

    trouble: str
    alone: Intervals
    beside: Intervals

    @property
    def added(self) -> float:
        """Seconds that it added to what 99 of 100 intervals stay within."""
        return self.beside.most - self.alone.most

    @property
    def ratio(self) -> float:
        """The same as a ratio."""
        return self.beside.most / self.alone.most

    def line(self) -> str:
        """Return it for people."""
        verdict = "" if self.added <= BAR else "  too much"
        both = f"{self.alone.words()}      {self.beside.words()}"
        return f"{self.trouble:<38}{both}    {self.ratio:6.2f}{verdict}"


@dataclass(frozen=True)
class Trouble:
    """
    Something that happens to the second medium.

    @ivar said: whether the medium notices it.
    """

    name: str
    begin: Action
    end: Action
    said: bool = True


def _nothing(_host: Host) -> None:
    """Do nothing."""


def _ip(*words: str) -> Action:
    return lambda host: host.do("ip", "link", "set", TROUBLED, *words)


def _firewall(what: str) -> Action:
    rule = ("OUTPUT", "-o", TROUBLED, "-p", "udp", "-j", "DROP")
    return lambda host: host.do("iptables", "-w", what, *rule)


_SLOW: Final = ("tbf", "rate", "8kbit", "burst", "1600", "limit", "10000000")
"""A queue that lets three heartbeats through a second, and keeps the others in the socket's buffer."""

TROUBLES: Final[Sequence[Trouble]] = (
    Trouble("a second medium that is fine", _nothing, _nothing, said=False),
    Trouble("its interface is down", _ip("down"), _ip("up")),
    Trouble("a firewall rejects what it sends", _firewall("-A"), _firewall("-D")),
    Trouble("its interface is gone", lambda host: host.pull(TROUBLED), lambda host: host.put(TROUBLED)),
    Trouble(
        "the buffer of its socket is full",
        lambda host: host.do("tc", "qdisc", "add", "dev", TROUBLED, "root", *_SLOW),
        lambda host: host.do("tc", "qdisc", "del", "dev", TROUBLED, "root"),
    ),
)

LINE: Final = f"a serial line of {BAUD} baud, saturated"


class Bench:
    """The rack with its three hosts, all sending."""

    def __init__(self, rack: Rack) -> None:
        cards = {FINE: Card("fine", "172.16.0.1/24")}
        second = {FINE: Card("fine2", "172.16.1.1/24"), TROUBLED: Card("second", "172.16.2.1/24")}
        self.alone = HatwistNode(rack.host("alone", cards))
        self.beside = HatwistNode(rack.host("beside", second))
        self.serial = HatwistNode(rack.host("serial", {FINE: Card("fine3", "172.16.3.1/24")}))
        far = rack.host("far", {FINE: Card("fine4", "172.16.4.1/24")})
        self.nodes = (self.alone, self.beside, self.serial)
        for host in (*(node.host for node in self.nodes), far):
            host.power_on()
        self._cable = SerialCable(rack, (self.serial.host, far), BAUD)
        for host in (self.serial.host, far):
            self._cable.plug(host)
        script = str(Path(__file__).with_name("stamps.py"))
        ports = [node.host.port(FINE) for node in self.nodes]
        self._stamps = rack.console.start([python(), "-I", "-S", script, *ports])
        until(lambda: "ready" in self._stamps.text(), SETTLED, "the stamps are ready")

    def start(self) -> None:
        """Start the three daemons, and wait until all of them send."""
        for node, more in (
            (self.alone, ""),
            (self.beside, f"bcast {TROUBLED}\n"),
            (self.serial, f"baud {BAUD}\nserial {DEVICE}\n"),
        ):
            Configuration(_ha_cf(node.name, more), "").write(node.host)
            node.start()
        for node in self.nodes:
            node.await_log("Local status now set to: 'up'", SETTLED)
        self.intervals(1.0)

    def intervals(self, seconds: float) -> Mapping[str, Intervals]:
        """Measure for a while, all of them at the same time."""
        self._stamps.lines()
        time.sleep(seconds)
        stamps: dict[str, list[int]] = {node.name: [] for node in self.nodes}
        for line in self._stamps.lines():
            port, when = line.split()
            stamps[port.partition("-")[0]].append(int(when))
        found = {}
        for name, times in stamps.items():
            values = tuple((late - early) / 1e9 for early, late in pairwise(times))
            if len(values) < seconds / KEEPALIVE / 2:
                raise LabError(f"{name} has sent {len(times)} datagrams in {seconds:g} s")
            found[name] = Intervals(values)
        return found

    def measure(self, trouble: Trouble, seconds: float) -> Sequence[Result]:
        """Let something happen to the second medium, and measure; the serial line is always in trouble."""
        said = self.beside.count(CARRIES_NOT)
        trouble.begin(self.beside.host)
        if trouble.said:
            self.beside.await_log(CARRIES_NOT, SETTLED, said + 1)
        found = self.intervals(seconds)
        trouble.end(self.beside.host)
        if trouble.said:
            self.beside.await_log(AGAIN, SETTLED, said + 1)
        return (
            Result(trouble.name, found["alone"], found["beside"]),
            Result(LINE, found["alone"], found["serial"]),
        )


def _ha_cf(name: str, more: str) -> str:
    """Return the ha.cf of a node whose peer never comes; everything in it stays as it is for long."""
    return (
        f"logfile /var/log/ha-log\nkeepalive {1000 * KEEPALIVE:.0f}ms\ndeadtime 30\ninitdead 300\n"
        f"udpport 694\nbcast {FINE}\n{more}auto_failback on\nnode {name} nobody\n"
    )


def measure(seconds: float) -> Sequence[Result]:
    """
    Measure every trouble; the serial line once more beside each.

    @param seconds: for each.
    """
    with Rack() as rack:
        bench = Bench(rack)
        bench.start()
        results: list[Result] = []
        lines: list[Result] = []
        for trouble in TROUBLES:
            network, line = bench.measure(trouble, seconds)
            results.append(network)
            lines.append(line)
            print(network.line(), flush=True)
        whole = Result(LINE, _joined([one.alone for one in lines]), _joined([one.beside for one in lines]))
        print(whole.line(), flush=True)
        return [*results, whole]


def _joined(parts: Sequence[Intervals]) -> Intervals:
    return Intervals(tuple(value for part in parts for value in part.values))


def run(seconds: float) -> int:
    """
    Measure and print; return the exit status.

    It is 0 when no trouble added more than the bar.
    """
    print("Intervals between heartbeats of a medium that is fine, in ms: alone, and at the same time")
    print(f"on another host beside a medium in trouble; every {1000 * KEEPALIVE:.0f} ms, {seconds:g} s each.")
    print(f"The ratio is that of what 99 of 100 intervals stay within; it may add {1000 * BAR:.0f} ms.")
    print(HEAD)
    results = measure(seconds)
    reached = all(one.added <= BAR for one in results)
    print("bar reached" if reached else "bar not reached")
    return 0 if reached else 1

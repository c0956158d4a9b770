# -*- test-case-name: tests.lab.test_throughput -*-
"""
Measure how many heartbeats a second one core verifies, decodes and handles.

Everything is in this process: bytes go into a node, and what it does by itself in
the same time is counted with them.  Times are those of the process, and the best of
several, so that others on the machine do not count.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from statistics import median
from typing import Final

from hatwist.cluster.actions import Transmit
from hatwist.cluster.events import DatagramReceived, DeadlinePassed, Event, Started
from hatwist.cluster.names import NodeStatus
from hatwist.cluster.node import Node
from hatwist.cluster.sequence import ACK_MODULUS
from hatwist.cluster.twins import LISTENING
from hatwist.wire import netstring
from hatwist.wire.envelope import open_datagram
from scripts.lab.traffic import KEEPALIVE, LINK, SOURCE, Round, Traffic, configuration, identity

BAR: Final = 20_000
"""Heartbeats a second that a cluster of two with sha1 must reach."""

CASES: Final = ((2, "sha1"), (8, "sha1"), (32, "sha1"), (2, "md5"), (2, "crc"))
"""How many nodes, and what signs; the first has to reach the bar."""

BATCH: Final = 2_000
"""Heartbeats that are made, then heard, at a time."""

ACKNOWLEDGEMENT: Final = b"t=NS_ackmsg"

LOOKS: Final = 1_000
"""How often the clock is looked at to know what that takes."""

MARGIN: Final = 30
"""Keepalives until a node that has joined is at rest."""


@dataclass(frozen=True)
class Cost:
    """
    What the heartbeats of one case cost, in seconds.

    @ivar messages: how many were heard; the other numbers are for all of them.
    @ivar verify: to find the signature and to check it.
    @ivar decode: to make messages of the bytes.
    @ivar core: what the machines did with them.
    @ivar own: the node's own heartbeats.
    @ivar status: to verify, decode and handle one of them, the median of those that
        need no acknowledgement.
    """

    nodes: int
    method: str
    messages: int
    verify: float
    decode: float
    core: float
    own: float
    status: float

    @property
    def seconds(self) -> float:
        """How long all of it took."""
        return self.verify + self.decode + self.core + self.own

    @property
    def rate(self) -> float:
        """Heartbeats a second."""
        return self.messages / self.seconds

    @property
    def heard(self) -> float:
        """Heartbeats a second, the node's own left out."""
        return self.messages / (self.seconds - self.own)

    def line(self) -> str:
        """Return a line of the table."""
        parts = (self.verify, self.decode, self.core, self.own)
        each = [1e6 * part / self.messages for part in (*parts, sum(parts))]
        columns = "".join(f"{part:8.1f}" for part in each)
        rates = "".join(f"{rate:9,.0f}" for rate in (self.rate, self.heard, 1 / self.status))
        return f"{self.nodes:5}  {self.method:<6}{rates}   {columns}"


EXPLANATION: Final = f"""
Every keepalive the node hears one status of each peer and beats once itself; it
acknowledges one status in {ACK_MODULUS}, and hears as many acknowledgements of its own.  All of
that is counted, from the bytes that came to the bytes to be sent: what is not is
the sockets.  Peers' acknowledgements to each other are left out.  Heartbeats come in
batches of {BATCH}; of each part the quickest counts.  The column "status" is one heartbeat,
from its bytes to what it changes, without what acknowledgements cost; the bar is for it.
"""

HEAD: Final = """\
             heartbeats a second            microseconds for each of them
nodes  method   in all  but own   status     verify  decode    core     own  in all"""


class Listener:
    """
    A node at virtual time, and the peers that it hears.

    @ivar node: the first node of the cluster.
    @ivar now: its clock, in seconds.
    @ivar number: of its newest message.
    """

    def __init__(self, traffic: Traffic) -> None:
        self.traffic = traffic
        # So its first word, and each beat after it, is at the end of a round.
        self.now = KEEPALIVE * (2 - LISTENING)
        self.number = 0
        self._asked: set[str] = set()
        config = traffic.config
        self.node = Node(config, identity(config.cf.nodes[0]), Random(1), self.now)

    def join(self) -> None:
        """Start the node, and let it become a member of its cluster, until nothing moves."""
        self._feed(Started(), self.now)
        self.now = KEEPALIVE
        self._hear(self.traffic.beat("up"))
        for _ in range(MARGIN):
            self._hear(self.traffic.beat())
            self._rest()
            self._answer()
        assert self.node.membership.status is NodeStatus.ACTIVE

    def rounds(self, count: int) -> list[Round]:
        """Make what the peers say in the next keepalives; hear it before more is made."""
        return [self.traffic.round(self.number + number) for number in range(count)]

    def listen(self, rounds: Sequence[Round], clock: Callable[[], float]) -> float:
        """
        Hear what L{rounds} made, and let the node beat at the end of each.

        @return: what went by on C{clock} while it beat.
        """
        handle, due = self.node.handle, self.node.next_deadline
        now, own = self.now, 0.0
        for one in rounds:
            for offset, data in one:
                handle(DatagramReceived(LINK, data, SOURCE), now + offset)
                due()  # as the driver asks
            now += KEEPALIVE
            began = clock()
            while (at := due()) <= now:
                handle(DeadlinePassed(), at)
            own += clock() - began
        self.now = now
        self.number += len(rounds)
        return own

    def alone(self, rounds: Sequence[Round]) -> float:
        """
        Hear what L{rounds} made, as L{listen} does.

        @return: what the median heartbeat costs that nothing is sent for.
        """
        handle, clock = self.node.handle, time.perf_counter
        times = []
        for one in rounds:
            for offset, data in one:
                began = clock()
                done = handle(DatagramReceived(LINK, data, SOURCE), self.now + offset)
                taken = clock() - began
                if ACKNOWLEDGEMENT not in data and not any(isinstance(it, Transmit) for it in done):
                    times.append(taken)
            self.now += KEEPALIVE
            while (at := self.node.next_deadline()) <= self.now:
                handle(DeadlinePassed(), at)
        self.number += len(rounds)
        return median(times)

    def _answer(self) -> None:
        """Let the peers answer what the node asked them."""
        asked, self._asked = self._asked, set()
        if "reqnodes" in asked:
            names = " ".join(self.traffic.config.cf.nodes)
            self._hear(self.traffic.says(t="repnodes", nodelist=names, delnodelist=" "))
        if "starting" in asked:
            self._hear(self.traffic.says(t="resource", rsc_hold="none", rtype="full", isstable="1"))

    def _rest(self) -> None:
        self.now += KEEPALIVE
        while (at := self.node.next_deadline()) <= self.now:
            self._feed(DeadlinePassed(), at)

    def _hear(self, datagrams: Iterable[bytes]) -> None:
        for data in datagrams:
            self._feed(DatagramReceived(LINK, data, SOURCE), self.now)

    def _feed(self, event: Event, at: float) -> None:
        for action in self.node.handle(event, at):
            if isinstance(action, Transmit):
                message = open_datagram(action.data, self.node.config.keys)
                self.number = message.hexadecimal("seq") or self.number
                self._asked.add(message.get("t"))


def measure(nodes: int, method: str, seconds: float) -> Cost:
    """
    Measure one case, batch by batch.

    @param seconds: how long a node listens, at least.
    @return: of each part the quickest; what makes others slower is the machine.
    """
    listener = Listener(Traffic(configuration(nodes, method)))
    listener.join()
    times = [_batch(listener)]
    while sum(one.listened for one in times) < seconds:
        times.append(_batch(listener))
    verified, opened = (min(getattr(one, name) for one in times) for name in ("verified", "opened"))
    listened, own = (min(getattr(one, name) for one in times) for name in ("listened", "own"))
    return Cost(
        nodes,
        method,
        BATCH // (nodes - 1) * (nodes - 1),
        verify=verified,
        decode=opened - verified,
        core=listened - own - opened,
        own=own,
        status=min(one.status for one in times),
    )


@dataclass(frozen=True)
class _Times:
    """
    What one batch took, in seconds.

    @ivar own: of other rounds than the rest, because looking at the clock takes time;
        which is taken off.
    """

    listened: float
    own: float
    opened: float
    verified: float
    status: float


def _batch(listener: Listener) -> _Times:
    """Let a node hear some keepalives, and its parts the same once more, each for itself."""
    config = listener.traffic.config
    nodes, keys = len(config.cf.nodes), config.keys
    own = listener.listen(listener.rounds(BATCH // (nodes - 1)), time.process_time)
    own -= BATCH // (nodes - 1) * _looking()
    rounds = listener.rounds(BATCH // (nodes - 1))
    datagrams = [data for one in rounds for _, data in one]
    began = time.process_time()
    listener.listen(rounds, float)
    listened = time.process_time()
    for data in datagrams:
        open_datagram(data, keys)
    opened = time.process_time()
    for data in datagrams:
        keys.verify(*netstring.split(data))
    verified = time.process_time()
    status = listener.alone(listener.rounds(BATCH // (nodes - 1)))
    return _Times(listened - began, own, opened - listened, verified - opened, status)


def _looking() -> float:
    """Return what it takes to look at the clock."""
    began = time.process_time()
    for _ in range(LOOKS):
        time.process_time()
    return (time.process_time() - began) / LOOKS


def run(seconds: float) -> int:
    """
    Measure and print; return the exit status.

    It is 0 when the first case reached the bar.

    @param seconds: how long each case listens, at least.
    """
    python = f"{platform.python_implementation()} {platform.python_version()}"
    print(
        f"Heartbeats that one core handles: {python}, {os.cpu_count()} CPUs, at least {seconds:g} s a case."
    )
    print(EXPLANATION)
    print(HEAD)
    costs = []
    for nodes, method in CASES:
        costs.append(measure(nodes, method, seconds))
        print(costs[-1].line(), flush=True)
    reached = 1 / costs[0].status >= BAR
    word = "reached" if reached else "missed"
    print(f"The bar, {BAR:,} in the column status of the first line, was {word}.")
    return 0 if reached else 1

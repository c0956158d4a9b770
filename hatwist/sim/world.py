# -*- test-case-name: tests.sim.test_world -*-
"""
Many nodes, one virtual clock, a hostile network.

The world owns the only heap of events and the only seed.  The same seed and
the same orders give the same transcript, always.
"""

from __future__ import annotations

import heapq
from random import Random
from typing import TYPE_CHECKING, Final

from attrs import define, field, frozen

from hatwist.cluster.actions import RunGroup, Stop, Transmit
from hatwist.cluster.events import DatagramReceived, DeadlinePassed, GroupFinished, Started
from hatwist.sim.host import Host
from hatwist.sim.network import Network
from hatwist.sim.transcript import Transcript

if TYPE_CHECKING:
    from collections.abc import Callable

    from hatwist.cluster.actions import Action
    from hatwist.cluster.events import Event
    from hatwist.cluster.facts import Fact
    from hatwist.config.model import HaConfig, NodeName, Seconds
    from hatwist.sim.auditors import Auditor

MAX_BACKLOG: Final = 300
"""Datagrams that wait for a paused host; a socket holds no more."""


@frozen(order=True)
class _Due:
    at: Seconds
    order: int
    what: Callable[[], None] = field(eq=False, order=False)


@define(eq=False)
class World:
    """
    Everything there is.

    @ivar time: seconds since the world began.
    @ivar events: how many events nodes have handled.
    """

    config: HaConfig
    seed: int
    auditors: tuple[Auditor, ...] = ()
    time: Seconds = 0.0
    events: int = 0
    hosts: dict[NodeName, Host] = field(init=False)
    network: Network = field(init=False)
    transcript: Transcript = field(factory=Transcript)
    _heap: list[_Due] = field(factory=list)
    _order: int = 0

    def __attrs_post_init__(self) -> None:
        self.network = Network(Random(f"{self.seed}/network"))
        self.hosts = {
            name: Host(name, self.config, Random(f"{self.seed}/{name}")) for name in self.config.cf.nodes
        }

    def at(self, when: Seconds, what: Callable[[], None]) -> None:
        """Let something happen at a time of the world, not before now."""
        self._order += 1
        heapq.heappush(self._heap, _Due(max(when, self.time), self._order, what))

    def run(self, seconds: Seconds) -> None:
        """Let time pass."""
        until = self.time + seconds
        while self._heap and self._heap[0].at <= until:
            due = heapq.heappop(self._heap)
            self.time = due.at
            due.what()
        self.time = until

    def boot(self, name: NodeName) -> None:
        """Start the daemon of a host; one that runs is left alone."""
        host = self.hosts[name]
        if host.node is not None:
            return
        host.boot(self.time, self._look)
        self._note(host, "boot")
        self.feed(host, Started())

    def crash(self, name: NodeName) -> None:
        """Cut a host's power: only its disk survives."""
        host = self.hosts[name]
        host.kill()
        host.agents.power_off()
        self._note(host, "crash")
        self._audit()

    def kill(self, name: NodeName) -> None:
        """Kill a daemon; its resources go on."""
        self.hosts[name].kill()
        self._note(self.hosts[name], "kill")
        self._audit()

    def pause(self, name: NodeName, seconds: Seconds) -> None:
        """Let nothing of a daemon run for a while; its clock goes on."""
        host = self.hosts[name]
        if host.node is None or host.paused:
            return
        host.paused = True
        self._note(host, f"pause {seconds:g} s")
        life = host.life
        self.at(self.time + seconds, lambda: self._resume(host, life))

    def feed(self, host: Host, event: Event, at_least: Seconds = float("-inf")) -> None:
        """Hand an event to a daemon and do what it asks for."""
        if host.node is None:
            return
        if host.paused:
            if not isinstance(event, DatagramReceived) or len(host.backlog) < MAX_BACKLOG:
                host.backlog.append(event)
            return
        self.events += 1
        for action in host.node.handle(event, host.now(self.time, at_least)):
            self.transcript.act(self.time, host.name, action)
            self._perform(host, action)
        self._arm(host)
        self._audit()

    def note(self, text: str) -> None:
        """Write something into the transcript that no node did."""
        self.transcript.note(self.time, "-", text)

    def _note(self, host: Host, text: str) -> None:
        self.transcript.note(self.time, host.name, f"*** {text}")

    def _perform(self, host: Host, action: Action) -> None:
        match action:
            case Transmit(data):
                self._transmit(host, data)
            case RunGroup():
                self._run_group(host, action)
            case Stop():
                host.kill()
            case _:
                pass

    def _transmit(self, host: Host, data: bytes) -> None:
        for medium in self.config.cf.media:
            for other in self.hosts.values():
                if other is host:
                    continue
                for delay, arrived in self.network.carry((host.name, other.name, medium.link), data):
                    event = DatagramReceived(medium.link, arrived, host.name)
                    self.at(self.time + delay, lambda other=other, event=event: self.feed(other, event))  # type: ignore[misc]

    def _run_group(self, host: Host, order: RunGroup) -> None:
        life = host.life
        host.agents.begin(order.group, order.verb)

        def finish() -> None:
            outcome, detail = host.agents.finish(order.group, order.verb)
            if host.life == life:
                self.feed(host, GroupFinished(order.ticket, outcome, detail))

        self.at(self.time + host.agents.duration(order.verb), finish)

    def _arm(self, host: Host) -> None:
        if host.node is None:
            return
        host.wakes += 1
        wake, local = host.wakes, host.node.next_deadline()

        def ring() -> None:
            if host.wakes == wake and not host.paused:
                self.feed(host, DeadlinePassed(), local)

        self.at(host.world_time(local), ring)

    def _resume(self, host: Host, life: int) -> None:
        if host.life != life:
            return
        host.paused = False
        host.resumed = host.now(self.time)
        self._note(host, "resume")
        waiting, host.backlog = host.backlog, []
        # As in the reactor: timers that are due come first, then what waits in the sockets.
        self.feed(host, DeadlinePassed())
        for event in waiting:
            self.feed(host, event)

    def _look(self, host: Host, item: Event | Fact) -> None:
        for auditor in self.auditors:
            auditor.look(self, host, item)

    def _audit(self) -> None:
        for auditor in self.auditors:
            auditor.check(self)

# -*- test-case-name: tests.sim.test_world -*-
"""
Many nodes, one virtual clock, a hostile network.

The world owns the only heap of events and the only seed.  The same seed and
the same orders give the same transcript, always.
"""

from __future__ import annotations

import heapq
from functools import partial
from math import ceil, isfinite
from random import Random
from typing import TYPE_CHECKING, Final

from attrs import define, field

from hatwist.cluster.actions import Fence, Persist, Probe, PushDeadline, RunGroup, Stop, Transmit
from hatwist.cluster.events import DatagramReceived, DeadlinePassed, FenceFinished, GroupFinished, Started
from hatwist.cluster.guard import Guard
from hatwist.cluster.names import Outcome, Verb
from hatwist.config.model import LinkName, NodeName
from hatwist.sim.auditor import Violation, violate
from hatwist.sim.host import Host
from hatwist.sim.network import Network
from hatwist.sim.old import RESTART
from hatwist.sim.switch import Switch
from hatwist.sim.transcript import Trace, Transcript

if TYPE_CHECKING:
    from collections.abc import Callable

    from hatwist.cluster.actions import Action
    from hatwist.cluster.events import Event
    from hatwist.cluster.node import Node
    from hatwist.config.model import HaConfig, Seconds
    from hatwist.sim.auditor import Auditor
    from hatwist.sim.watched import Watch

MAX_BACKLOG: Final = 300
"""Datagrams that wait for a paused host; a socket holds no more."""


@define(eq=False)
class World:
    """
    Everything there is.

    @ivar time: seconds since the world began.
    @ivar events: how many events nodes have handled.
    @ivar moves: how many times something of the hosts' resources may have changed.
    @ivar switch: the fencing device.
    @ivar trace: which datagrams the transcript shows.
    """

    config: HaConfig
    seed: int
    auditors: tuple[Auditor, ...] = ()
    time: Seconds = 0.0
    events: int = 0
    moves: int = 0
    hosts: dict[NodeName, Host] = field(init=False)
    network: Network = field(init=False)
    switch: Switch = field(factory=Switch)
    trace: Trace = field(init=False)
    transcript: Transcript = field(factory=Transcript)
    _heap: list[tuple[Seconds, int, Callable[[], None]]] = field(factory=list)
    _order: int = 0
    _watches: dict[type, list[Watch]] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.trace = Trace(self.config.keys)
        self.network = Network(Random(f"{self.seed}/network"))
        self.hosts = {
            name: Host(name, self.config, Random(f"{self.seed}/{name}")) for name in self.config.cf.nodes
        }
        for auditor in self.auditors:
            for kind in auditor.sees:
                self._watches.setdefault(kind, []).append(partial(auditor.look, self))

    def at(self, when: Seconds, what: Callable[[], None]) -> None:
        """Let something happen at a time of the world, not before now."""
        self._order += 1
        heapq.heappush(self._heap, (max(when, self.time), self._order, what))

    def run(self, seconds: Seconds) -> None:
        """Let time pass."""
        until = self.time + seconds
        while self._heap and self._heap[0][0] <= until:
            self.time, _, what = heapq.heappop(self._heap)
            what()
        self.time = until

    def boot(self, name: NodeName) -> None:
        """Start the daemon of a host; one that runs is left alone."""
        host = self.hosts[name]
        if host.node is not None:
            return
        host.boot(self.time, self._watches)
        self._note(host, "boot")
        self.feed(host, Started())

    def crash(self, name: NodeName) -> None:
        """Cut a host's power: only its disk survives."""
        host = self.hosts[name]
        host.kill()
        host.agents.power_off()
        host.guard = Guard()
        host.met = False
        self.moves += 1
        self._note(host, "crash")
        self._audit(host)

    def kill(self, name: NodeName) -> None:
        """Kill a daemon; its resources go on."""
        self.hosts[name].kill()
        self._note(self.hosts[name], "kill")
        self._audit(self.hosts[name])

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
        for action in self._handle(host.node, event, host.now(self.time, at_least)):
            self.transcript.act(self.time, host.name, action)
            self._perform(host, action)
        self._arm(host)
        self._audit(host)

    def note(self, text: str) -> None:
        """Write something into the transcript that no node did."""
        self.transcript.note(self.time, "-", text)

    def _note(self, host: Host, text: str) -> None:
        self.transcript.note(self.time, host.name, f"*** {text}")

    def _handle(self, node: Node, event: Event, now: Seconds) -> list[Action]:
        try:
            return node.handle(event, now)
        except Violation:
            raise
        except Exception as error:
            text = f"{node.identity.name} raised {error!r} at {event!r:.300}"
            raise Violation(f"at {self.time:.3f}: {text}") from error

    def _perform(self, host: Host, action: Action) -> None:
        match action:
            case Transmit(data):
                words = self.trace.words(host.name, data)
                if words:
                    self.transcript.note(self.time, host.name, words)
                self._transmit(host, data)
            case Probe(link, data):
                self._probe(host, link, data)
            case RunGroup():
                self._run_group(host, action)
            case Persist(name, text):
                host.memory[name] = text
            case PushDeadline(at, solo):
                self._push(host, at, solo)
            case Fence():
                self.at(self.time + self.switch.takes, partial(self._fenced, host, action, host.life))
            case Stop(why, again=again):
                host.met = again and host.node is not None and not host.node.ledger.unseen
                host.kill()
                if again:
                    self.at(self.time, partial(self.boot, host.name))
                elif why.startswith(RESTART):
                    # So long heartbeat sleeps, that its peers may notice.
                    pause = ceil(self.config.cf.deadtime) + 1
                    self.at(self.time + pause, partial(self.boot, host.name))
            case _:
                pass

    def _push(self, host: Host, at: Seconds, solo: bool) -> None:
        host.presumed = host.node is not None and host.node.lease.presumed
        if host.guard.push(at, solo, host.now(self.time)):
            self.at(host.world_time(at), partial(self._guard, host))

    def _guard(self, host: Host) -> None:
        """The guardian wakes up: what has lapsed is released, whatever became of the daemon."""
        # What the clock shows when an alarm rings may be a little less than what it was set to.
        now = max(host.now(self.time), host.guard.deadline if self._is_due(host) else 0.0)
        for key in host.guard.look(now):
            released = host.agents.release(key)
            host.guard.finished(key, released)
            self.moves += 1
            self._note(host, f"guardian releases {key}" if released else f"guardian cannot release {key}")
        self._audit(host)

    def _is_due(self, host: Host) -> bool:
        return host.world_time(host.guard.deadline) <= self.time

    def _fenced(self, host: Host, order: Fence, life: int) -> None:
        """The device is done; it does its work even if nobody waits for it any more."""
        works = self.switch.works
        if works:
            self._note(self.hosts[order.node], "fenced")
            self.crash(order.node)
        said = works or self.switch.lies
        if host.life == life:
            self.feed(host, FenceFinished(order.ticket, said, "switch", "" if said else "no"))

    def _transmit(self, host: Host, data: bytes) -> None:
        for medium in self.config.cf.media:
            if medium.is_ping:
                continue
            for other in self.hosts.values():
                if other is host:
                    continue
                for delay, arrived in self.network.carry(
                    (host.name, other.name, medium.link), data, self.time
                ):
                    event = DatagramReceived(medium.link, arrived, host.name)
                    self.at(self.time + delay, partial(self.feed, other, event))

    def _probe(self, host: Host, link: LinkName, data: bytes) -> None:
        """A ping node returns what arrives, if it arrives."""
        there, back = (host.name, NodeName(link), link), (NodeName(link), host.name, link)
        for gone, asked in self.network.carry(there, data, self.time):
            for came, answer in self.network.carry(back, asked, self.time + gone):
                event = DatagramReceived(link, answer, link)
                self.at(self.time + gone + came, partial(self.feed, host, event))

    def _run_group(self, host: Host, order: RunGroup) -> None:
        starts = order.verb in (Verb.START, Verb.RECOVER)
        if host.guarded and starts and not host.guard.entrust(order.group.key, host.now(self.time)):
            violate(self, f"{host.name} starts {order.group.key} after its deadline")
        host.agents.begin(order.group, order.verb)
        self.moves += 1
        duration = host.agents.duration(order.verb)
        self.at(self.time + duration, partial(self._finish, host, order, host.life, host.agents.power))

    def _finish(self, host: Host, order: RunGroup, life: int, power: int) -> None:
        """A program ends; it outlives the daemon that ran it, but no loss of power."""
        if host.agents.power != power:
            return
        outcome, detail = host.agents.finish(order.group, order.verb)
        self.moves += 1
        if host.guarded:
            self._tell_guard(host, order.group.key, order.verb, outcome)
        if order.verb in (Verb.START, Verb.STOP, Verb.RECOVER):
            said = "done" if outcome is Outcome.OK else outcome.value
            self._note(host, f"{order.verb.value} {order.group.key} {said}")
        if host.life == life:
            self.feed(host, GroupFinished(order.ticket, outcome, detail))
        else:
            self._audit(host)

    @staticmethod
    def _tell_guard(host: Host, key: str, verb: Verb, outcome: Outcome) -> None:
        if verb is Verb.STOP and outcome is Outcome.OK:
            host.guard.release(key)

    def _arm(self, host: Host) -> None:
        if host.node is None:
            return
        local = host.node.next_deadline()
        if not isfinite(local):
            violate(self, f"{host.name} never wants to be woken")
        host.wakes += 1
        self.at(host.world_time(local) + host.lateness, partial(self._ring, host, host.wakes, local))

    def _ring(self, host: Host, wake: int, local: Seconds) -> None:
        if host.wakes == wake and not host.paused:
            self.feed(host, DeadlinePassed(), local)

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

    def _audit(self, host: Host) -> None:
        for auditor in self.auditors:
            auditor.check(self, host)

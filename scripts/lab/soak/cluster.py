# -*- test-case-name: tests.lab.test_soak -*-
"""
One cluster in a rack: its nodes, orders to them, and waiting until it is settled.

All waiting is for a condition, with an upper bound in seconds.
"""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from scripts.lab import plan
from scripts.lab.nodes import LOG, STOP_TIMEOUT, HatwistNode, HeartbeatNode, Node
from scripts.lab.rack import Rack
from scripts.lab.remote import LabError
from scripts.lab.soak.choices import ADDRESSES, FLAG, NODES, Choice, Daemon, Failback, peer
from scripts.lab.soak.views import (
    HOME,
    Facts,
    Placement,
    View,
    client_view,
    disagreements,
    everything_on,
    hatwist_view,
)
from scripts.lab.watch import Watch, now, until

SETTLED: Final = 60.0
"""Upper bound for whatever a cluster has to settle."""
LOOK_EVERY: Final = 0.05
"""Seconds between two looks."""
ASK_AGAIN: Final = 8.0
"""Seconds after which an order that was refused in the middle of something is repeated."""
REFUSAL: Final = "Standby mode only implemented when nice_failback on"

LOST: Final = r"msg2string: Message with zero fields|NV failure \(msgfromsteam\)"
"""
What heartbeat says when a message is lost between its own scripts and its daemon:
they write into a FIFO, in pieces, and two at a time.  Once in some fifty orders.
"""

BEGUN: Final = "wants to go standby"
"""What both kinds say when an order begins to have its effect."""

EARLY: Final = "T_STARTING received during takeover"
"""What heartbeat says when a node is back while it still takes over: it will not fail back."""

DEAD: Final = r"node node0\d: is dead"
"""What both kinds say of a node that did not start within initdead; its peer has everything then."""

_CL_STATUS: Final = Path("/usr/bin/cl_status")
"""Of heartbeat's package; it speaks to hatwist as well."""
_ASK: Final = "; ".join(
    f"cl_status {question} 2>/dev/null"
    for question in ("rscstatus", *(f"nodestatus {node}" for node in NODES))
)

_KINDS: Final = {Daemon.HATWIST: HatwistNode, Daemon.HEARTBEAT: HeartbeatNode}


class OrderLost(LabError):
    """Heartbeat has lost a message on the way from its scripts to its daemon."""


class Cluster:
    """
    Two nodes, powered off when it is new.

    @ivar nodes: by name.
    @ivar running: the names of the nodes whose daemon should run.
    """

    def __init__(self, choice: Choice) -> None:
        self.choice = choice
        self.nodes: dict[str, Node] = {}
        self.running: set[str] = set()
        self._rack = Rack()
        self._counted: dict[tuple[str, str], tuple[int, int]] = {}

    def __enter__(self) -> Self:
        self._rack.open()
        try:
            self.watch = Watch(self._rack)
            for number, (name, daemon) in enumerate(zip(NODES, self.choice.daemons, strict=True), 1):
                self.nodes[name] = _KINDS[daemon](plan.node(self._rack, number))
                self.choice.configuration().write(self.nodes[name].host)
        except BaseException:
            self._rack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._rack.close()

    # What is done to it

    def boot(self, *names: str) -> None:
        """Power hosts on and start their daemons."""
        for name in names:
            self.nodes[name].host.power_on()
        self.start(*names)

    def start(self, *names: str) -> None:
        """Start the daemons of hosts that are on."""
        for name in names:
            self.nodes[name].start()
            self.running.add(name)

    def stop(self, *names: str) -> None:
        """Ask daemons to leave in order, at the same time, and wait until they have."""
        leaving = []
        for name in names:
            self.running.discard(name)
            process, self.nodes[name].process = self.nodes[name].process, None
            assert process is not None
            process.signal(signal.SIGTERM)
            leaving.append(process)
        for process in leaving:
            process.wait(STOP_TIMEOUT)

    def kill(self, name: str) -> None:
        """Kill a daemon; what it started stays."""
        self.running.discard(name)
        self.nodes[name].kill()

    def cut_power(self, name: str) -> None:
        """Cut the power of a host."""
        self.running.discard(name)
        self.nodes[name].cut_power()

    def ask(self, name: str, verb: str, which: str) -> bool:
        """
        Order C{standby} or C{takeover}, as an operator does on a node of its kind.

        @param which: C{all}, C{local}, C{foreign} or C{failback}.
        @return: whether it was done; heartbeat's commands do not wait, and always say so.
        """
        node = self.nodes[name]
        if isinstance(node, HatwistNode):
            return node.control(verb, which)[0] == 0
        node.host.do(f"/usr/share/heartbeat/hb_{verb}", which)
        return True

    def begin(self, name: str, verb: str, which: str) -> None:
        """Give such an order, and wait until some node has begun with it, or lost it."""
        begun, lost = self._count(BEGUN), self.lost()
        node = self.nodes[name]
        if isinstance(node, HatwistNode):
            node.begin(verb, "--no-wait", which)
        else:
            node.host.start([f"/usr/share/heartbeat/hb_{verb}", which])
        until(
            lambda: self._count(BEGUN) > begun or self.lost() > lost,
            SETTLED,
            f"{verb} {which} of {name} begins",
        )

    # What is seen of it

    def facts(self) -> Facts:
        """Return what is the case on the hosts."""
        addresses = {home: self.watch.owners(address) for home, address in ADDRESSES.items()}
        runs = [node for node in self.nodes.values() if node.host.powered and self._flag(node)]
        return Facts(addresses, tuple(node.name for node in runs))

    def views(self) -> Iterator[View]:
        """
        Ask the daemons, each by C{cl_status} if it is installed, then hatwist by C{hatwistctl}.

        @raise LabError: when one does not answer the latter.
        """
        nice = self.choice.failback.nice
        asked = [self.nodes[name] for name in sorted(self.running)]
        if _CL_STATUS.exists():
            for node in asked:
                # Lines that are missing are a daemon that does not answer.
                said = node.host.run("sh", "-c", _ASK)[1].splitlines()
                resources, *statuses = said if len(said) == 1 + len(NODES) else [""]
                yield client_view(node.name, resources, dict(zip(NODES, statuses, strict=False)), nice)
        for node in asked:
            if isinstance(node, HatwistNode):
                yield hatwist_view(node.status(), nice)

    def differences(self, placement: Placement | None) -> list[str]:
        """
        Say what is not yet as it should be.

        @param placement: who should have what; with C{None} any one owner of each group will do.
        """
        facts = self.facts()
        wanted = facts.placement() if placement is None else placement
        if wanted is None:
            return [f"the addresses are on {facts.addresses}"]
        found, views = disagreements(wanted, facts, (), self.running), self.views()
        try:
            # To ask costs, hatwistctl a start of Python; so only when the rest is right.
            while not found and (view := next(views, None)) is not None:
                found = disagreements(wanted, facts, [view], self.running)
        except LabError as error:
            return [str(error)]
        return found

    def settle_after_start(self) -> None:
        """Wait until the cluster is settled after both daemons were started; one may have been too slow."""
        self.settle(HOME, forgive=DEAD)
        self.go_home()

    def settle_after_return(self, node: str) -> None:
        """
        Wait until the cluster is settled after a node has returned whose peer has everything.

        With auto_failback off nothing moves.
        """
        off = self.choice.failback is Failback.OFF
        self.settle(everything_on(peer(node)) if off else HOME, forgive=EARLY)

    def settle(
        self, placement: Placement | None, timeout: float = SETTLED, forgive: str | None = None
    ) -> Placement:
        """
        Wait until each group has one owner, nothing moves, and every living node says so.

        @param placement: who should have what; with C{None} any one owner of each group will do.
        @param forgive: when this stands in a log from now on, any one owner will do after all.
        @return: who has what.
        @raise LabError: when it does not come to that, or a daemon ended by itself.
        @raise OrderLost: when heartbeat loses an order meanwhile.
        """
        end, lost = now() + timeout, self.lost()
        forgiven = self._count(forgive) if forgive else 0
        while differences := self.differences(placement):
            for node in self.nodes.values():
                node.check()
            if placement is not None and self.lost() > lost:
                raise OrderLost
            if now() > end:
                raise LabError(f"not settled after {timeout:g} s: {'; '.join(differences)}")
            if forgive and self._count(forgive) > forgiven:
                return self.settle(None, timeout)
            time.sleep(LOOK_EVERY)
        return self.facts().placement() or self.settle(placement, timeout)

    def lost(self) -> int:
        """Count the messages that heartbeat has lost on its way to itself so far."""
        return self._count(LOST)

    def go_home(self) -> None:
        """
        Wait until the cluster is settled, then ask for whatever is away from home.

        What is asked for in the middle of something is refused, so it is asked for again.
        """
        end = now() + SETTLED
        while (placement := self.settle(None)) != HOME:
            away = next(home for home, owner in placement.items() if owner != home)
            self.ask(away, "takeover", "local")
            wanted = {**placement, away: away}
            try:
                self.settle(wanted, ASK_AGAIN)
            except LabError:
                if now() > end:
                    raise

    def _count(self, pattern: str) -> int:
        """Count matches in both logs, reading only what is new: it is asked again and again."""
        return sum(self._count_in(node, pattern) for node in self.nodes.values())

    def _count_in(self, node: Node, pattern: str) -> int:
        offset, count = self._counted.get((node.name, pattern), (0, 0))
        path = node.host.path(LOG)
        if not path.exists() or path.stat().st_size == offset:
            return count
        with path.open("rb") as file:
            file.seek(offset)
            fresh = file.read()
        fresh = fresh[: fresh.rfind(b"\n") + 1]
        count += len(re.findall(pattern, fresh.decode(errors="replace")))
        self._counted[node.name, pattern] = (offset + len(fresh), count)
        return count

    @staticmethod
    def _flag(node: Node) -> bool:
        return node.host.inside(FLAG).exists()

# -*- test-case-name: tests.lab.test_cts -*-
"""
What CTS does with a cluster, step by step.

CTS gives every step a time, with a deadtime of 30 s.  Here the deadtime is 2 s and each
step has L{PATIENCE}, more deadtimes than any step of CTS has, so that a busy machine
is no failure; where CTS sleeps for one deadtime until a cluster is stable, we look
whether it is.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Final

from scripts.lab.configuration import CHECKOUT
from scripts.lab.cts import patterns
from scripts.lab.cts.journal import Journal, Mark
from scripts.lab.nodes import LOG, HatwistNode
from scripts.lab.remote import LabError
from scripts.lab.soak.choices import ADDRESSES, NODES, Daemon, peer
from scripts.lab.soak.cluster import LOOK_EVERY, Cluster
from scripts.lab.watch import now, until

PATIENCE: Final = 60.0
"""Seconds that a step may take: 30 deadtimes."""
STANDBY_TRIES: Final = 10
"""How often CTS asks for standby while something is in flux."""
CARD: Final = "eth1"
"""What heartbeats go through."""

_KILL: Final = """
for place in /proc/[0-9]*; do
    read -r name <$place/comm && [ "$name" = heartbeat ] && kill -9 ${place#/proc/}
done
true
"""
"""C{killall -9 heartbeat}; a host sees no other processes than its own."""


class Exerciser:
    """
    Somebody who tries a cluster.

    @ivar journal: the logs of its nodes.
    @ivar detected: how long deaths took to be seen, in seconds.
    """

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.journal = Journal({name: node.host.path(LOG) for name, node in cluster.nodes.items()})
        self.detected: list[float] = []

    def is_up(self, node: str) -> bool:
        """Tell whether a node's daemon should run."""
        return node in self.cluster.running

    def run_by(self, daemon: Daemon) -> list[str]:
        """Return the nodes that have one kind of daemon."""
        return [node for node, kind in zip(NODES, self.cluster.choice.daemons, strict=True) if kind is daemon]

    # Starting and stopping

    def start(self, *names: str) -> None:
        """Start daemons that do not run, at the same time; each comes as far as its groups."""
        names = tuple(name for name in names if not self.is_up(name))
        mark = self.journal.mark()
        self.cluster.start(*names)
        self.expect(mark, map(patterns.started, names))
        self.stable()

    def stop(self, name: str) -> None:
        """Stop one daemon; all others that run say that it is dead."""
        mark = self.journal.mark()
        self.cluster.stop(name)
        seen = [patterns.seen_dead(name, by) for by in NODES if self.is_up(by)]
        self.expect(mark, [patterns.stopped(name), *seen])
        self.stable()

    def stop_together(self) -> None:
        """Stop every daemon that runs, at the same time."""
        names = sorted(self.cluster.running)
        mark = self.journal.mark()
        self.cluster.stop(*names)
        self.expect(mark, map(patterns.all_stopped, names))
        self.stable()

    def kill(self, name: str) -> None:
        """Kill every process of a daemon at once."""
        node = self.cluster.nodes[name]
        if not isinstance(node, HatwistNode):
            node.host.do("sh", "-c", _KILL)
        self.cluster.kill(name)

    # Orders and faults

    def stand_by(self, name: str) -> None:
        """Give everything to the peer, or hear that there is none; in flux, ask again."""
        expected = patterns.STANDBY_OK if self.is_up(peer(name)) else patterns.STANDBY_NONE
        for _ in range(STANDBY_TRIES):
            mark = self.journal.mark()
            self._order_standby(name)
            if self._answer(mark, expected) == expected:
                self.stable()
                return
            self.stable()
        raise LabError(f"standby of {name} refused {STANDBY_TRIES} times: in flux")

    def isolate(self, name: str) -> None:
        """Lose whatever a node sends or hears; nobody is told."""
        self.cluster.nodes[name].host.isolate(CARD)

    def rejoin(self, name: str) -> None:
        """
        End L{isolate}.

        Daemons of heartbeat start anew then, as other processes than those we have started.
        """
        for one in self.run_by(Daemon.HEARTBEAT):
            self.cluster.nodes[one].process = None
        self.cluster.nodes[name].host.heal(CARD)

    def detect_death(self, name: str) -> None:
        """Kill a daemon and see how long its death takes to be seen."""
        mark = self.journal.mark()
        killed = now()
        self.kill(name)
        self.expect(mark, [patterns.dead(name)])
        self.detected.append(now() - killed)
        self.stable()

    # Looking

    def expect(self, mark: Mark, expected: Iterable[str]) -> None:
        """
        Wait until every regular expression was found in a line behind a place.

        @raise LabError: which names those that were not found in time.
        """
        left = tuple(expected)
        end = now() + PATIENCE
        while left := tuple(patterns.missing(left, self.journal.since(mark))):
            for node in self.cluster.nodes.values():
                node.check()
            if now() > end:
                raise LabError(f"no line like {', '.join(map(repr, left))}")
            time.sleep(LOOK_EVERY)

    def refuse(self, mark: Mark, unwanted: Iterable[str]) -> None:
        """
        Make sure that no line behind a place matches.

        @raise LabError: which names the regular expressions that some line does match.
        """
        fresh = self.journal.since(mark)
        found = [one for one in unwanted if not patterns.missing([one], fresh)]
        if found:
            raise LabError(f"a line like {', '.join(map(repr, found))}")

    def stable(self) -> None:
        """
        Wait until each group is on one node, whole, and its scripts say so; without a node on none.

        This is CTS's ResourceAudit; besides, addresses are those that the kernel has, and
        every node that runs says the same.
        """
        if not self.cluster.running:
            until(self._nothing_runs, PATIENCE, "nothing runs without a daemon")
            return
        self.cluster.settle(None, PATIENCE)

    def _nothing_runs(self) -> bool:
        facts = self.cluster.facts()
        return not facts.script and not any(facts.addresses[home] for home in ADDRESSES)

    def _answer(self, mark: Mark, expected: str) -> str:
        """Wait for an answer to an order and return the regular expression that it matches."""
        possible = (expected, patterns.STANDBY_TRANSIENT)
        found: list[str] = []

        def answered() -> bool:
            gone = patterns.missing(possible, self.journal.since(mark))
            found[:] = [one for one in possible if one not in gone]
            return bool(found)

        until(answered, PATIENCE, f"a line like {expected!r}")
        return found[0]

    def _order_standby(self, name: str) -> None:
        """Run C{hb_standby}: the package's, or ours where the package need not be."""
        node = self.cluster.nodes[name]
        ours = isinstance(node, HatwistNode)
        place = CHECKOUT / "scripts" / "heartbeat" if ours else "/usr/share/heartbeat"
        node.host.do(f"{place}/hb_standby", "all")

# -*- test-case-name: tests.lab.test_soak -*-
"""
What happens to a cluster when two things come close together.

Where a group ends up depends on which comes first, so it is only asked that every
group has one owner and that everybody knows it; then everything goes home.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from typing import Final

from scripts.lab.soak.choices import DEADTIME, NODES, Choice, Daemon, peer
from scripts.lab.soak.cluster import SETTLED, Cluster
from scripts.lab.soak.scenarios import Scenario, runs_hatwist
from scripts.lab.soak.views import everything_on

CARD: Final = "eth1"
_SETS: Final = {"standby": "local", "takeover": "foreign"}
"""What moves when everything is at home."""
LOSSES: Final = (10, 17, 25)
"""Packets lost in a hundred, in each direction."""


def death_during_standby(giver: str, victim: str, delay: float, cluster: Cluster) -> None:
    """One host dies while one gives everything up."""
    cluster.begin(giver, "standby", "all")
    time.sleep(delay)
    cluster.cut_power(victim)
    cluster.settle(everything_on(peer(victim)))
    cluster.boot(victim)
    cluster.settle(None)


def stop_during_standby(giver: str, leaver: str, delay: float, cluster: Cluster) -> None:
    """One daemon is stopped while one gives everything up."""
    cluster.begin(giver, "standby", "all")
    time.sleep(delay)
    cluster.stop(leaver)
    cluster.settle(everything_on(peer(leaver)))
    cluster.start(leaver)
    cluster.settle(None)


def two_orders(one: str, other: str, delay: float, cluster: Cluster) -> None:
    """An order comes while another is carried out; it may be refused."""
    cluster.begin(NODES[0], one, _SETS[one])
    time.sleep(delay)
    cluster.ask(NODES[1], other, _SETS[other])
    cluster.settle(None)


def restart_during_return(returner: str, restarter: str, delay: float, cluster: Cluster) -> None:
    """A host that was dead is back; a daemon is restarted at that moment."""
    cluster.cut_power(returner)
    cluster.settle(everything_on(peer(returner)))
    _return(cluster, returner, delay)
    cluster.stop(restarter)
    cluster.start(restarter)
    cluster.settle(None)


def death_during_return(returner: str, delay: float, cluster: Cluster) -> None:
    """A host that was dead is back; its peer dies at that moment."""
    cluster.cut_power(returner)
    cluster.settle(everything_on(peer(returner)))
    _return(cluster, returner, delay)
    cluster.cut_power(peer(returner))
    cluster.settle(everything_on(returner))
    cluster.boot(peer(returner))
    cluster.settle(None)


def death_together(delay: float, cluster: Cluster) -> None:
    """Both hosts die, and come back one soon after the other."""
    for node in NODES:
        cluster.cut_power(node)
    cluster.boot(NODES[0])
    time.sleep(delay)
    cluster.boot(NODES[1])
    cluster.settle(None)


def stop_together(cluster: Cluster) -> None:
    """Both daemons are stopped at the same time, and both are started."""
    cluster.stop(*NODES)
    cluster.start(*NODES)
    cluster.settle(None)


def cut(node: str, order: str, delay: float, cluster: Cluster) -> None:
    """The cable between them is out for less than deadtime; an order may come meanwhile."""
    host = cluster.nodes[node].host
    if order and cluster.choice.failback.nice:
        cluster.begin(node, order, _SETS[order])
    host.cut(CARD)
    time.sleep(min(delay, DEADTIME / 3))
    host.heal(CARD)
    cluster.settle(None)


def loss(percent: int, event: str, node: str, cluster: Cluster) -> None:
    """Packets are lost both ways while something happens."""
    for one in cluster.nodes.values():
        one.host.lose(CARD, percent / 100)
    if event == "order":
        if cluster.choice.failback.nice:
            cluster.ask(node, "standby", "local")
            cluster.settle(None)
            cluster.go_home()
    elif event == "leave":
        cluster.stop(node)
        cluster.settle(everything_on(peer(node)))
        cluster.start(node)
        cluster.settle(None)
    for one in cluster.nodes.values():
        one.host.heal(CARD)
    cluster.settle(None)


def kill_and_death(node: str, delay: float, cluster: Cluster) -> None:
    """A daemon is killed and started again; meanwhile its peer dies."""
    cluster.kill(node)
    time.sleep(delay)
    cluster.cut_power(peer(node))
    cluster.start(node)
    cluster.settle(everything_on(node))
    cluster.boot(peer(node))
    cluster.settle(None)


def storms(delay: float) -> list[Scenario]:
    """
    Return every scenario of this kind.

    @param delay: seconds between the one thing and the other, where that is free.
    """
    return list(_storms(delay))


def _storms(delay: float) -> Iterator[Scenario]:
    for node in NODES:
        for other in NODES:
            who = f"{other} during standby of {node}"
            yield Scenario(f"death of {who}", partial(death_during_standby, node, other, delay), _nice)
            yield Scenario(f"stop of {who}", partial(stop_during_standby, node, other, delay), _nice)
            name = f"restart of {other} during return of {node}"
            yield Scenario(name, partial(restart_during_return, node, other, delay))
        name = f"death of {peer(node)} during return of {node}"
        yield Scenario(name, partial(death_during_return, node, delay))
        for order in ("", "standby", "takeover"):
            name = f"cut of {node}" + (f" during {order}" if order else "")
            yield Scenario(name, partial(cut, node, order, delay))
        for event in ("order", "leave"):
            for percent in LOSSES:
                yield Scenario(
                    f"loss of {percent} % and {event} of {node}", partial(loss, percent, event, node)
                )
        kill = partial(kill_and_death, node, delay)
        name = f"killed {node} and death of {peer(node)}"
        yield Scenario(name, kill, partial(runs_hatwist, node))
    for one in ("standby", "takeover"):
        for two in ("standby", "takeover"):
            yield Scenario(f"{one} and {two} together", partial(two_orders, one, two, delay), _nice)
    yield Scenario("stop together", stop_together)
    yield Scenario("death together", partial(death_together, delay))


def _nice(choice: Choice) -> bool:
    return choice.failback.nice


def _return(cluster: Cluster, node: str, delay: float) -> None:
    """
    Boot a host; come back when its peer sees it.

    With heartbeat when it sees it active: one whose peer dies before never starts its own groups.
    """
    heartbeat = cluster.choice.daemons[NODES.index(node)] is Daemon.HEARTBEAT
    sees = f"Status update for node {node}: status {'active' if heartbeat else ''}"
    before = cluster.nodes[peer(node)].count(sees)
    cluster.boot(node)
    cluster.nodes[peer(node)].await_log(sees, SETTLED, times=before + 1)
    time.sleep(delay)

# -*- test-case-name: tests.lab.test_soak -*-
"""
What happens to a cluster, one fault or order at a time.

A scenario finds every group at home and everything settled, and leaves it so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from scripts.lab.remote import LabError
from scripts.lab.soak.choices import NODES, Choice, Daemon, peer
from scripts.lab.soak.cluster import REFUSAL, SETTLED, Cluster, OrderLost
from scripts.lab.soak.views import HOME, Placement, everything_on
from scripts.lab.watch import until


def always(_: Choice) -> bool:
    """Fit every cluster."""
    return True


@dataclass(frozen=True)
class Scenario:
    """
    Something that happens.

    @ivar name: a word, and the node that it happens to if it makes a difference.
    @ivar excused: faults that the scenario makes unavoidable: a regular expression
        and the reason.
    """

    name: str
    play: Callable[[Cluster], None]
    fits: Callable[[Choice], bool] = always
    excused: Mapping[str, str] = field(default_factory=dict)


def death(node: str, cluster: Cluster) -> None:
    """The power of a host is cut, and comes back."""
    cluster.cut_power(node)
    cluster.settle(everything_on(peer(node)))
    cluster.boot(node)
    cluster.settle_after_return(node)


def leave(node: str, cluster: Cluster) -> None:
    """A daemon is stopped, its peer finds it dead; it is started again."""
    cluster.stop(node)
    cluster.settle(everything_on(peer(node)))
    cluster.start(node)
    cluster.settle_after_return(node)


def restart(node: str, cluster: Cluster) -> None:
    """A daemon is stopped and started at once."""
    cluster.stop(node)
    cluster.start(node)
    cluster.settle_after_return(node)


def restart_both(cluster: Cluster) -> None:
    """One daemon after the other is stopped; then both are started together."""
    for node in NODES:
        cluster.stop(node)
    cluster.start(*NODES)
    cluster.settle_after_start()


def alone(node: str, cluster: Cluster) -> None:
    """After a power cut of both, one comes back and takes everything; then the other."""
    for name in NODES:
        cluster.cut_power(name)
    cluster.boot(node)
    cluster.settle(everything_on(node))
    cluster.boot(peer(node))
    cluster.settle_after_return(peer(node))


def killed(node: str, cluster: Cluster) -> None:
    """A daemon is killed beside its running resources, and started again."""
    cluster.kill(node)
    cluster.start(node)
    cluster.settle(None)


def standby(which: str, node: str, cluster: Cluster) -> None:
    """A node gives up a set, and gets it back."""
    if refused(cluster, node, "standby", which):
        return
    if which in ("foreign", "failback"):
        order(cluster, node, "takeover", "all", everything_on(node))
        order(cluster, node, "standby", which, HOME)
        return
    order(cluster, node, "standby", which, everything_on(peer(node)))
    if which == "all":
        order(cluster, node, "takeover", "local", HOME)
    else:
        order(cluster, peer(node), "standby", "foreign", HOME)


def takeover(which: str, node: str, cluster: Cluster) -> None:
    """A node gets a set, and everything goes home."""
    if refused(cluster, node, "takeover", which):
        return
    if which == "local":
        order(cluster, node, "standby", "local", everything_on(peer(node)))
        order(cluster, node, "takeover", "local", HOME)
        return
    order(cluster, node, "takeover", which, everything_on(node))
    order(cluster, peer(node), "takeover", "local", HOME)


def order(cluster: Cluster, node: str, verb: str, which: str, placement: Placement) -> None:
    """Give an order and wait until it has its effect; one that heartbeat loses is given again."""
    lost = cluster.lost()
    taken = cluster.ask(node, verb, which)
    try:
        if cluster.lost() > lost:
            raise OrderLost
        if not taken:
            raise LabError(f"{node} refused {verb} {which}")
        cluster.settle(placement)
    except OrderLost:
        order(cluster, node, verb, which, placement)


def refused(cluster: Cluster, node: str, verb: str, which: str) -> bool:
    """With auto_failback legacy, make sure that an order is refused, with a word in a log."""
    if cluster.choice.failback.nice:
        return False

    def refusals() -> int:
        return sum(one.count(REFUSAL) for one in cluster.nodes.values())

    before = refusals()
    taken = cluster.ask(node, verb, which)
    if taken and cluster.choice.daemons[NODES.index(node)] is Daemon.HATWIST:
        raise LabError(f"{node} did not refuse {verb} {which}")
    until(lambda: refusals() > before, SETTLED, f"{verb} {which} on {node} is refused in a log")
    cluster.settle(HOME)
    return True


def plain() -> list[Scenario]:
    """Return every scenario with one fault or order."""
    return list(_plain())


def _plain() -> Iterator[Scenario]:
    for node in NODES:
        yield Scenario(f"death {node}", partial(death, node))
        yield Scenario(f"leave {node}", partial(leave, node))
        yield Scenario(f"restart {node}", partial(restart, node))
        yield Scenario(f"alone {node}", partial(alone, node))
        for which in ("all", "local", "foreign", "failback"):
            yield Scenario(f"standby {which} {node}", partial(standby, which, node))
        for which in ("all", "local", "foreign"):
            yield Scenario(f"takeover {which} {node}", partial(takeover, which, node))
        yield Scenario(f"killed {node}", partial(killed, node), partial(runs_hatwist, node))
    yield Scenario("restart both", restart_both)


def runs_hatwist(node: str, choice: Choice) -> bool:
    """Heartbeat does not release what a killed daemon left, so it cannot end clean."""
    return choice.daemons[NODES.index(node)] is Daemon.HATWIST

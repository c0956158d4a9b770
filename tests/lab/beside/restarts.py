# -*- test-case-name: tests.lab.test_beside -*-
"""
heartbeat restarts itself quickly and keeps its resources, as SIGHUP makes it when ha.cf has changed.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from scripts.lab.nodes import SOCKET, HeartbeatNode
from scripts.lab.rack import python
from scripts.lab.watch import now
from tests.lab.beside.pair import (
    HOME,
    MIXED,
    SETTLED,
    Pair,
    everything_on,
    generation,
    groups,
    quick,
)

PATIENT: Final = 30.0
"""Seconds that a heartbeat that restarts itself asks for, besides its deadtime."""

SEEDS: Final = {"low": 7, "high": 0x7FFFFF00}
"""Generations of a node with heartbeat, one below and one above that of any other."""

_FOLLOW: Final = """
import sys
from twisted.internet import defer, task
from hatwist.control.client import connect
async def follow(reactor):
    control = await connect(sys.argv[1], reactor)
    while True:
        report = await control.status()
        print(next(node["deadtime"] for node in report["nodes"] if node["name"] == sys.argv[2]), flush=True)
        await task.deferLater(reactor, 0.05, lambda: None)
task.react(lambda reactor: defer.ensureDeferred(follow(reactor)))
"""
"""What a node allows another for silence, again and again."""


def restart(place: str, seed: str) -> None:
    """Nothing moves, nobody is declared dead, and the node may be silent for as long as it has asked for."""
    with Pair(f"quick restart, hatwist on {place}, a {seed} generation", *MIXED[place]) as pair:
        ours, theirs = pair.ours, pair.theirs
        theirs.host.write("/var/lib/heartbeat/hb_generation", f"{SEEDS[seed]}\n")
        pair.boot(groups(quick(deadtime="1500ms")))
        lived, since = generation(theirs), now()
        assert lived == SEEDS[seed] + 1, "its generation is not the one it was given"
        assert view(pair)["generation"] == lived
        following = ours.host.start([python(), "-c", _FOLLOW, SOCKET, theirs.name], ours.environment())
        pair.await_(lambda: following.text() != "", "its deadtime is followed")
        theirs.host.do("touch", "/etc/ha.d/ha.cf")
        theirs.host.do(HeartbeatNode.DAEMON, "-r")
        ours.await_log(f"Heartbeat restart on node {theirs.name}", SETTLED)
        pair.await_(lambda: float(following.text().split()[-1]) < PATIENT, "it asks for no more patience")
        allowed = max(map(float, following.lines()))
        assert allowed > PATIENT, f"it was allowed {allowed} s of silence"
        following.kill()
        assert view(pair)["generation"] == lived + 1
        pair.settle(HOME)
        pair.assert_blameless()
        for home in HOME:
            assert pair.tenures(home, since) == [(home, False)], f"the group of {home} has moved"
        assert ours.count("is dead") == 0
        assert generation(theirs) == lived + 1
        # It goes on as any other node.
        theirs.stop()
        pair.settle(everything_on(ours.name))


def view(pair: Pair) -> Any:
    """Return what we say of the node with heartbeat."""
    return next(node for node in pair.ours.status()["nodes"] if node["name"] == pair.theirs.name)


LABS = [partial(restart, place, seed) for place, seed in zip(MIXED, SEEDS, strict=True)]

# -*- test-case-name: tests.lab.test_beside -*-
"""
A node gets another uuid, or another name.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from scripts.lab.nodes import Node
from scripts.lab.watch import now
from tests.lab.beside.pair import (
    COMPLAINTS,
    HOME,
    MIXED,
    SETTLED,
    Pair,
    cl_status,
    everything_on,
    groups,
    quick,
    uuid,
)

RENAMED: Final = "node07"


def another_uuid(place: str) -> None:
    """A node, and then its peer, comes back with another uuid: it is learned and said, and nothing breaks."""
    with Pair(f"another uuid, hatwist on {place}", *MIXED[place]) as pair:
        pair.boot(groups(quick()))
        for node in pair.nodes:
            peer, before = pair.other(node), uuid(node)
            node.stop()
            pair.settle(everything_on(peer.name))
            node.host.do("rm", "/var/lib/heartbeat/hb_uuid")
            node.start()
            peer.await_log(f"node(name)? {node.name} (uuid changed|changed its uuid) to", SETTLED)
            pair.settle(HOME)
            assert uuid(node) != before
            pair.assert_blameless()


def we_are_renamed(place: str) -> None:
    """
    The node with hatwist gets another name, and keeps its uuid, then the other one gets the new files.

    heartbeat knows it by its uuid, says so, and calls it by the new name.
    """
    with Pair(f"we are renamed, hatwist on {place}", *MIXED[place]) as pair:
        pair.boot(groups(quick()))
        ours, theirs = pair.ours, pair.theirs
        ours.stop()
        pair.settle(everything_on(theirs.name))
        _rename(ours, ours.name)
        ours.host.write("/etc/ha.d/nodeinfo", f"{RENAMED}\n")
        ours.start()
        theirs.await_log(f"nodename {ours.name} uuid changed to {RENAMED}", SETTLED)
        _await_home(pair)
        theirs.stop()
        _rename(theirs, ours.name)
        theirs.start()
        theirs.await_log(f"Status update for node {RENAMED}: status active", SETTLED, times=2)
        _await_home(pair)
        assert ours.count(f"{COMPLAINTS}|bad node") == 0


def heartbeat_is_renamed(place: str) -> None:
    """
    The node with heartbeat gets another name; as long as we have the old files it is a stranger.

    We say so, it waits for us for ever, and nothing moves.  When we leave, to get the
    new files, it takes everything without a word, and never again gets stable, nor can
    it be stopped: we see what it holds, and go on when its host was started once more.
    """
    with Pair(f"heartbeat is renamed, hatwist on {place}", *MIXED[place]) as pair:
        pair.boot(groups(quick()))
        ours, theirs = pair.ours, pair.theirs
        theirs.stop()
        pair.settle(everything_on(ours.name))
        since = now()
        _rename(theirs, theirs.name)
        theirs.host.write("/etc/ha.d/nodeinfo", f"{RENAMED}\n")
        theirs.start()
        ours.await_log(rf"bad node \[{RENAMED}\] in message .*not in our ha.cf", SETTLED)
        theirs.await_log(f"Status update for node {ours.name}: status active", SETTLED, times=2)
        for home in HOME:
            assert pair.tenures(home, since) == [(ours.name, False)], f"the group of {home} has moved"
        ours.stop()
        _rename(ours, theirs.name)
        ours.start()
        ours.await_log(r"\[\d+\]: info: Local Resource acquisition completed\. \(none\)", SETTLED)
        for home in HOME:
            assert pair.owners(home) == (theirs.name,), f"the group of {home} is on {pair.owners(home)}"
            assert pair.watch.judge(pair.address(home)).overlaps == ()
        theirs.cut_power()
        pair.await_(lambda: all(pair.owners(home) == (ours.name,) for home in HOME), "we have everything")
        theirs.boot()
        _await_home(pair)
        said = {node["name"]: node["status"] for node in ours.status()["nodes"]}
        assert said == {ours.name: "active", RENAMED: "active"}, said


def _await_home(pair: Pair) -> None:
    """Wait until each host has the group that is at home there, whatever it is called, and nothing moves."""
    pair.await_(lambda: all(pair.owners(home) == (home,) for home in HOME), "all is home")
    pair.await_(lambda: bool(pair.ours.status()["stable"]), "nothing moves")
    for node in pair.nodes:
        pair.await_(lambda node=node: cl_status(node, "rscstatus") == "local", f"{node.name} holds local")  # type: ignore[misc]


def _rename(node: Node, renamed: str) -> None:
    """Put another name into the files of a node."""
    for name in ("ha.cf", "haresources"):
        path = f"/etc/ha.d/{name}"
        node.host.write(path, node.host.read(path).replace(renamed, RENAMED))


LABS = [
    *(partial(another_uuid, place) for place in MIXED),
    partial(we_are_renamed, "node01"),
    partial(heartbeat_is_renamed, "node01"),
]

# -*- test-case-name: tests.lab.test_beside -*-
"""
The copy of a machine is switched on in a cluster with heartbeat.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from scripts.lab import plan
from scripts.lab.host import Host
from scripts.lab.nodes import HatwistNode, Node
from scripts.lab.watch import now
from tests.lab.beside.pair import HOME, MIXED, SETTLED, Pair, groups, quick, until

STATE: Final = "/var/lib/heartbeat"

HARM: Final = r"Heartbeat restart on node|is dead|uuid changed|nodename .* changed|returning after partition"
"""What nobody may say because of a copy."""


def copy_state(source: Host, target: Host, *names: str) -> None:
    """Copy files of heartbeat's state from disk to disk, as a copy of a machine has them."""
    for name in names:
        status, text = source.run("od", "-An", "-v", "-to1", f"{STATE}/{name}")
        assert status == 0, text
        octal = "".join(f"\\{byte}" for byte in text.split())
        target.do("sh", "-c", f"mkdir -p {STATE} && printf '{octal}' > {STATE}/{name}")


def a_copy(place: str, original: str) -> None:
    """
    A copy of a node, of either kind, gets hatwist: it ends, and says why.

    heartbeat hears nothing of it, and nothing moves.
    """
    with Pair(f"a copy of {original}, hatwist on {place}", *MIXED[place]) as pair:
        files = groups(quick())
        pair.boot(files)
        source = next(node for node in pair.nodes if node.name == original)
        copy = HatwistNode(plan.node(pair.rack, 9))
        pair.others.append(copy)
        copy.host.power_on()
        copy_state(source.host, copy.host, "hb_uuid", "hb_generation")
        files.write(copy.host)
        copy.host.write("/etc/ha.d/nodeinfo", f"{original}\n")
        before, since = {node: node.count(HARM) for node in pair.nodes}, now()
        copy.start()
        _await_end(copy)
        copy.await_log(f"another machine uses our name {original} and our uuid.*does not start", SETTLED)
        if source is pair.ours:
            source.await_log(
                f"another machine uses our name {original}.*came later and does not start", SETTLED
            )
        pair.settle(HOME)
        assert {node: node.count(HARM) for node in pair.nodes} == before
        for home in HOME:
            assert pair.tenures(home, since) == [(home, False)], f"the group of {home} has moved"


def _await_end(node: Node) -> None:
    """Wait until a daemon has ended by itself."""
    process = node.process
    assert process is not None
    until(lambda: not process.alive(), SETTLED, "the copy's daemon ends")
    node.process = None


LABS = [
    partial(a_copy, "node01", "node01"),
    partial(a_copy, "node02", "node02"),
    partial(a_copy, "node01", "node02"),
]

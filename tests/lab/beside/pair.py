# -*- test-case-name: tests.lab.test_beside -*-
"""
Two nodes of any kind in a rack of their own, so that several pairs can live beside each other.

Each node has a group that is just an address.  All waiting is for a condition,
with an upper bound in seconds.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Final, Self

from scripts.lab import plan
from scripts.lab.configuration import Configuration, ha_cf
from scripts.lab.nodes import HatwistNode, HeartbeatNode, Node, install_scripts
from scripts.lab.rack import Rack
from scripts.lab.remote import LabError
from scripts.lab.soak.cluster import LOST, OrderLost
from scripts.lab.watch import Watch, now

SETTLED: Final = 60.0
"""Upper bound in seconds for whatever a pair has to settle."""

LOOK_EVERY: Final = 0.2
"""Seconds between two looks: several pairs share the machine."""

ADDRESSES: Final = {"node01": "172.16.0.210", "node02": "172.16.0.211"}
"""The address of the group that is at home on a node."""

COMPLAINTS: Final = r"failed authentication|replay attack|[Ii]rretrievably|another machine"
"""What no log may have, whatever happens to the network."""

UNWANTED: Final = frozenset({"not authentic", "malformed", "unknown node", "our name"})
"""What hatwist must have counted nothing of."""

_telling = threading.Lock()

Placement = dict[str, str]
"""Who owns the group that is at home on a node."""

HOME: Final[Placement] = {name: name for name in ADDRESSES}


def everything_on(name: str) -> Placement:
    """Return the placement with both groups on one node."""
    return dict.fromkeys(ADDRESSES, name)


def until(condition: Callable[[], bool], timeout: float, what: str) -> float:
    """Wait until a condition holds, see L{scripts.lab.watch.until}; looks less often."""
    end = now() + timeout
    while not condition():
        if now() > end:
            raise LabError(f"waited {timeout:g} s in vain until {what}")
        time.sleep(LOOK_EVERY)
    return now()


def groups(ha_cf: str) -> Configuration:
    """Return a configuration with an address at home on each node."""
    lines = [f"{home} IPaddr2::{address}/24/eth0\n" for home, address in ADDRESSES.items()]
    return Configuration(ha_cf, "".join(lines))


def quick(**timing: str) -> str:
    """Return an ha.cf under which a pair does not dawdle, and nobody begins alone."""
    return ha_cf(**{"keepalive": "200ms", "deadtime": "2000ms", "initdead": "20000ms", **timing})


class HeirNode(HeartbeatNode):
    """heartbeat that may restart itself: then it is another process than the one that was started."""

    def check(self) -> None:
        """Whether it lives is seen by what it says."""

    def stop(self) -> int:
        """Ask the one that lives now to leave, and wait until it has."""
        self.process = None
        status, text = self.host.run(self.DAEMON, "-k", timeout=SETTLED)
        if status != 0:
            raise LabError(f"{self.name}: heartbeat -k: {text}")
        return status


class ScriptedNode(HatwistNode):
    """hatwist where heartbeat's scripts are installed too: they start and stop addresses."""

    def prepare(self) -> None:
        """Install them."""
        install_scripts(self.host)


MIXED: Final[Mapping[str, tuple[type[Node], type[Node]]]] = {
    "node01": (ScriptedNode, HeirNode),
    "node02": (HeirNode, ScriptedNode),
}
"""Which daemon runs where, by the node on which hatwist does."""


class Pair:
    """
    node01 and node02, powered off when it is new.

    @ivar label: what it is called when something goes wrong with it.
    @ivar one: node01.
    @ivar two: node02.
    @ivar others: further hosts, whose logs are shown too when something goes wrong.
    @ivar nice: whether the daemons say what they hold; with C{auto_failback legacy} they do not.
    """

    def __init__(
        self,
        label: str,
        one: type[Node],
        two: type[Node],
        segments: Mapping[str, str] = plan.SEGMENTS,
    ) -> None:
        """
        @param segments: what their cards are plugged into, see L{scripts.lab.plan.node}.
        """
        self.label = label
        self._segments = segments
        self.rack = Rack()
        self.nice = True
        self.others: list[Node] = []
        self._kinds = one, two

    def __enter__(self) -> Self:
        self.rack.open()
        try:
            self.watch = Watch(self.rack)
            self.one: Node = self._kinds[0](plan.node(self.rack, 1, self._segments))
            self.two: Node = self._kinds[1](plan.node(self.rack, 2, self._segments))
        except BaseException:
            self.rack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                return
            if any(isinstance(node, HeartbeatNode) and node.count(LOST) for node in self.nodes):
                raise OrderLost(self.label) from error
            self._tell(error)
        finally:
            self.rack.close()

    @property
    def nodes(self) -> tuple[Node, Node]:
        """Both, by number."""
        return self.one, self.two

    @property
    def ours(self) -> HatwistNode:
        """The first one that runs hatwist."""
        return next(node for node in self.nodes if isinstance(node, HatwistNode))

    @property
    def theirs(self) -> HeartbeatNode:
        """The first one that runs heartbeat."""
        return next(node for node in self.nodes if isinstance(node, HeartbeatNode))

    def other(self, node: Node) -> Node:
        """Return the peer of a node."""
        return self.two if node is self.one else self.one

    def assert_blameless(self) -> None:
        """Nobody complains of a signature, a copy or a name, and of nothing that is gone for good."""
        for node in self.nodes:
            assert node.count(COMPLAINTS) == 0, f"{self.label}: {node.name} complains"
            if isinstance(node, HatwistNode):
                counted = set(node.status()["counters"])
                assert not counted & UNWANTED, f"{self.label}: {node.name} has counted {counted}"

    def replace(self, node: Node, heir: Node) -> None:
        """Let another kind of daemon be the one on a host from now on."""
        if node is self.one:
            self.one = heir
        else:
            self.two = heir

    def boot(self, configuration: Configuration, theirs: Configuration | None = None) -> None:
        """
        Power on both, and wait until each has its group.

        @param theirs: what a node with heartbeat has instead.
        """
        self.nice = "auto_failback legacy" not in configuration.ha_cf
        for node in self.nodes:
            if not node.host.powered:
                node.host.power_on()
            own = theirs if theirs is not None and isinstance(node, HeartbeatNode) else configuration
            own.write(node.host)
            node.start()
        self.settle(HOME)

    def await_(self, condition: Callable[[], bool], what: str, timeout: float = SETTLED) -> float:
        """Wait until a condition holds, while both daemons live."""

        def holds() -> bool:
            for node in self.nodes:
                node.check()
            return condition()

        return until(holds, timeout, what)

    @staticmethod
    def address(home: str) -> str:
        """Return the address of the group that is at home on a node."""
        return ADDRESSES[home]

    def owners(self, home: str) -> tuple[str, ...]:
        """Return who owns the group that is at home on a node."""
        return self.watch.owners(ADDRESSES[home])

    def settle(self, placement: Placement, timeout: float = SETTLED) -> None:
        """Wait until each group has the one owner it should have, nothing moves, and both sides say so."""
        differences: list[str] = []

        def settled() -> bool:
            differences[:] = self._differences(placement)
            return not differences

        try:
            self.await_(settled, f"{self.label} is settled with {placement}", timeout)
        except LabError as error:
            raise LabError(f"{error}: {'; '.join(differences)}") from error

    def _differences(self, placement: Placement) -> list[str]:
        found = []
        for home, owner in placement.items():
            if self.owners(home) != (owner,):
                found.append(f"the group of {home} is on {self.owners(home)}, not on {owner}")
        if found:
            return found  # the daemons are asked when the rest is right
        living = [node for node in self.nodes if node.process is not None]
        return [each for node in living for each in _disagreements(node, placement, living, self.nice)]

    def tenures(self, home: str, since: float = 0.0) -> list[tuple[str, bool]]:
        """
        Return who has owned a group, one after the other, and whether that has ended.

        @param since: leave out what had ended by then.
        """
        verdict = self.watch.judge(ADDRESSES[home])
        later = [tenure for tenure in verdict.tenures if tenure.end is None or tenure.end >= since]
        return [(tenure.host, tenure.end is not None) for tenure in later]

    def _tell(self, error: BaseException) -> None:
        """Show what was seen and said."""
        with _telling:
            print(f"\n=== {self.label}: {error}")
            for home, address in ADDRESSES.items():
                print(f"--- group of {home}")
                for tenure in self.watch.judge(address).tenures:
                    print(f"    {tenure}")
            for node in (*self.nodes, *self.others):
                said = node.process.text() if node.process is not None else ""
                print(f"--- {node.name}\n{node.log()}{said}")


def claim(name: str, placement: Placement) -> str:
    """Return the word for what a node has."""
    local = placement[name] == name
    foreign = any(owner == name for home, owner in placement.items() if home != name)
    return {(True, True): "all", (True, False): "local", (False, True): "foreign"}.get(
        (local, foreign), "none"
    )


def generation(node: Node) -> int:
    """Return how often the daemon of a node was started, as it is on its disk."""
    return int(node.host.read("/var/lib/heartbeat/hb_generation").strip().strip("\0"))


def uuid(node: Node) -> bytes:
    """Return the uuid of a node, as it is on its disk."""
    return node.host.path("/var/lib/heartbeat/hb_uuid").read_bytes()


def cl_status(node: Node, *words: str) -> str:
    """Ask a daemon of either kind over heartbeat's own socket."""
    return node.host.run("cl_status", *words)[1].strip()


def _disagreements(node: Node, placement: Placement, living: Sequence[Node], nice: bool) -> list[str]:
    """Say how what a daemon says differs from what is."""
    wanted = {one.name: "active" for one in living}
    said = {one.name: cl_status(node, "nodestatus", one.name) for one in living}
    if nice:
        wanted["rscstatus"], said["rscstatus"] = claim(node.name, placement), cl_status(node, "rscstatus")
    if wanted == said and isinstance(node, HatwistNode):
        report = node.status()
        if not report["stable"]:
            return [f"{node.name} says that something moves"]
        wanted, said = dict(placement), {group["home"]: group["owner"] for group in report["groups"]}
        if nice:
            peer = next(one for one in ADDRESSES if one != node.name)
            wanted |= {"ours": claim(node.name, placement), "theirs": claim(peer, placement)}
            said |= {"ours": report["holding"], "theirs": report["peer_holding"]}
    return [] if wanted == said else [f"{node.name} says {said}, not {wanted}"]

# -*- test-case-name: tests.lab.test_cts -*-
"""
The test classes of CTS that it has for a cluster of two without CRM (C{--classic}).

A class that names a node is played with each of them.  Every class finds the cluster
as the last one has left it, and may leave any number of daemons running.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from scripts.lab.cts import patterns
from scripts.lab.cts.exerciser import Exerciser
from scripts.lab.soak.choices import NODES, Daemon, Daemons, peer


@dataclass(frozen=True)
class TestClass:
    """
    One of them.

    @ivar play: goes through it with one node.
    @ivar both: whether it is played with each node; else node01 will do.
    @ivar anew: whether it begins by stopping what runs, so that nothing need run.
    @ivar ignored: the exceptions from what no line may say.
    @ivar splits: two owners of one address are what it makes.
    @ivar own: whether it is none of CTS, but shows what is done instead of one.
    """

    name: str
    play: Callable[[Exerciser, str], None]
    both: bool = True
    anew: bool = False
    ignored: tuple[str, ...] = ()
    splits: bool = False
    own: bool = False

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes with which it is played."""
        return NODES if self.both else NODES[:1]

    def fits(self, daemons: Daemons) -> bool:
        """Tell whether it can be played; heartbeat starts anew after a split, whatever we do."""
        return not self.own or Daemon.HATWIST in daemons


def flip(exerciser: Exerciser, node: str) -> None:
    """A daemon that runs is stopped, one that does not is started: here, both."""
    for _ in range(2):
        if exerciser.is_up(node):
            exerciser.stop(node)
        else:
            exerciser.start(node)


def restart(exerciser: Exerciser, node: str) -> None:
    """A daemon is stopped, its peer finds it dead, it is started; before that if it does not run."""
    if not exerciser.is_up(node):
        exerciser.start(node)
    exerciser.stop(node)
    exerciser.start(node)


def stop(exerciser: Exerciser, node: str) -> None:
    """One daemon is stopped."""
    exerciser.start(node)
    exerciser.stop(node)


def start(exerciser: Exerciser, node: str) -> None:
    """One daemon is started."""
    if exerciser.is_up(node):
        exerciser.stop(node)
    exerciser.start(node)


def start_together(exerciser: Exerciser, _: str) -> None:
    """Those that do not run are started at the same time."""
    exerciser.start(*NODES)


def stop_together(exerciser: Exerciser, _: str) -> None:
    """Those that run are stopped at the same time."""
    exerciser.stop_together()


def start_one_by_one(exerciser: Exerciser, node: str) -> None:
    """All are stopped, then started one after another."""
    exerciser.stop_together()
    exerciser.start(node)
    exerciser.start(peer(node))


def all_start_together(exerciser: Exerciser, _: str) -> None:
    """All are stopped, then started at the same time."""
    exerciser.stop_together()
    exerciser.start(*NODES)


def all_stop_together(exerciser: Exerciser, _: str) -> None:
    """All are started, then stopped at the same time."""
    exerciser.start(*NODES)
    exerciser.stop_together()


def stop_one_by_one(exerciser: Exerciser, node: str) -> None:
    """All are started, then stopped one after another."""
    exerciser.start(*NODES)
    exerciser.stop(node)
    exerciser.stop(peer(node))


def restart_one_by_one(exerciser: Exerciser, node: str) -> None:
    """All are started, then each is stopped and started."""
    exerciser.start(*NODES)
    restart(exerciser, node)
    restart(exerciser, peer(node))


def standby(exerciser: Exerciser, node: str) -> None:
    """A node gives up everything; then its peer leaves, and it hears that there is nobody to give to."""
    exerciser.start(*NODES)
    exerciser.stand_by(node)
    exerciser.stop(peer(node))
    exerciser.stand_by(node)
    exerciser.start(peer(node))


def detection_time(exerciser: Exerciser, node: str) -> None:
    """A node gives up everything, its daemon is killed, its peer finds it dead."""
    exerciser.start(*NODES)
    exerciser.stand_by(node)
    exerciser.detect_death(node)
    exerciser.start(node)


def split(exerciser: Exerciser, node: str) -> None:
    """A node is isolated, and both are dead to each other."""
    exerciser.start(*NODES)
    mark = exerciser.journal.mark()
    exerciser.isolate(node)
    exerciser.expect(mark, [patterns.seen_dead(one, peer(one)) for one in NODES])


def split_brain(exerciser: Exerciser, node: str) -> None:
    """A node is isolated and comes back; both say so, and both start anew."""
    split(exerciser, node)
    mark = exerciser.journal.mark()
    exerciser.rejoin(node)
    exerciser.expect(mark, map(patterns.returned, NODES))
    exerciser.expect(mark, map(patterns.started, NODES))


def special_1(exerciser: Exerciser, node: str) -> None:
    """All are stopped, one is started, then the rest."""
    exerciser.stop_together()
    exerciser.start(node)
    exerciser.start(*NODES)


def split_kept(exerciser: Exerciser, node: str) -> None:
    """A node is isolated and comes back; both say so, and hatwist does not start anew."""
    split(exerciser, node)
    mark = exerciser.journal.mark()
    exerciser.rejoin(node)
    exerciser.expect(mark, map(patterns.returned, NODES))
    exerciser.expect(mark, [patterns.started(one) for one in exerciser.run_by(Daemon.HEARTBEAT)])
    exerciser.stable()
    exerciser.refuse(mark, [patterns.started(one) for one in exerciser.run_by(Daemon.HATWIST)])


_LATE: Final = (*patterns.OF_A_SPLIT, r"CRIT: Late heartbeat: Node .* \(> deadtime\)")
"""What heartbeat says at the end of every split, although its own class has no exception for it."""

CLASSES: Final = (
    TestClass("Flip", flip),
    TestClass("Restart", restart),
    TestClass("StartOnebyOne", start_one_by_one, anew=True),
    TestClass("SimulStart", all_start_together, both=False, anew=True),
    TestClass("SimulStop", all_stop_together, both=False),
    TestClass("StopOnebyOne", stop_one_by_one),
    TestClass("RestartOnebyOne", restart_one_by_one),
    TestClass("standby", standby),
    TestClass("DetectionTime", detection_time),
    TestClass("SpecialTest1", special_1, anew=True),
    TestClass("Stop (helper)", stop),
    TestClass("Start (helper)", start),
    TestClass("SimulStopLite (helper)", stop_together, both=False),
    TestClass("SimulStartLite (helper)", start_together, both=False),
    TestClass("Split_brain", split_brain, ignored=patterns.OF_A_SPLIT, splits=True),
    TestClass("Split_brain, kept", split_kept, ignored=_LATE, splits=True, own=True),
)

_WITH_CRM: Final = "CTS plays it only with a cluster resource manager"
_NEVER: Final = "CTS itself never plays it"

LEFT_OUT: Final[Mapping[str, str]] = {
    "Stonith": "the nodes have no fencing device; hatwist has no fencing yet",
    "IPaddrtest": f"{_NEVER}: it is not in its list; the audit looks at the addresses after each class",
    "Bandwidth": _NEVER,
    "Election": f"{_NEVER}: it is part of one that is switched off",
    "RedundantpathTest": f"{_NEVER}: it is switched off",
    "Split_brain2": f"{_NEVER}: it is switched off",
    "Memory, Logging": f"{_NEVER}: they are switched off",
    "DRBD": "CTS plays it only with the script datadisk, which nobody ships any more",
    "Stonithd": _WITH_CRM,
    "PartialStart": _WITH_CRM,
    "standby2": _WITH_CRM,
    "ResourceRecover": _WITH_CRM,
    "ComponentFail": _WITH_CRM,
    "NearQuorumPoint": _WITH_CRM,
    "AddResource": _WITH_CRM,
}
"""Classes that are not here, and why."""

# -*- test-case-name: tests.lab.test_cts -*-
"""
One cluster after the other goes through test classes, and is audited after each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts.lab.cts.classes import TestClass
from scripts.lab.cts.exerciser import Exerciser
from scripts.lab.cts.patterns import bad
from scripts.lab.remote import LabError
from scripts.lab.soak.audit import Audit
from scripts.lab.soak.choices import NODES, Auth, Choice, Daemons, Failback, Medium
from scripts.lab.soak.cluster import EARLY, Cluster
from scripts.lab.watch import now

OLD_FORM: Final = "syslogmsgfmt off\n"
"""A line for ha.cf: log in the form that names no host."""

OF_THE_LAB: Final = ("Cannot lock ourselves into memory",)
"""Exceptions for what a machine says of its own limits."""

TOO_SLOW: Final = (
    EARLY,
    r"ERROR: Ignored standby message 'done' from \S+ in state 0",
)
"""
What heartbeat says when its peer came back, or died, while its scripts were still taking
over, and what becomes of it is chance: the times here are short, and the machine may be busy.
"""

TRIES: Final = 3
"""How often a class is played at most that is void."""


@dataclass(frozen=True)
class Result:
    """
    How a class ended.

    @ivar node: with which node it was played.
    @ivar problems: what was wrong, in words; empty when it passed.
    @ivar detected: how long deaths took to be seen, in seconds.
    """

    daemons: Daemons
    name: str
    node: str
    problems: tuple[str, ...]
    seconds: float
    detected: tuple[float, ...] = ()
    void: bool = False
    "heartbeat had lost a message between its own scripts and its daemon, or the machine was too slow for it."


Part = tuple[TestClass, str]
"""A class, and the node with which it is played."""


def parts(classes: Sequence[TestClass]) -> list[Part]:
    """Return each class with each of its nodes."""
    return [(one, node) for one in classes for node in one.nodes]


def play(daemons: Daemons, todo: Sequence[Part], keep: Path, old_form: bool = False) -> Iterator[Result]:
    """
    Go through classes; a new cluster follows one that failed, or was split.

    @param keep: the directory for the logs of what failed.
    @param old_form: let the daemons log in the form that names no host.
    """
    left, tries = list(todo), 0
    while left:
        with Cluster(Choice(Medium.BCAST, Auth.SHA1, Failback.ON, daemons)) as cluster:
            _prepare(cluster, old_form)
            exerciser = Exerciser(cluster)
            fine = True
            while left and fine:
                tries += 1
                result = _play(exerciser, *left[0], keep, may_be_void=tries < TRIES)
                yield result
                fine = not result.problems and not result.void and not left[0][0].splits
                if not result.void:
                    left.pop(0)
                    tries = 0


def _prepare(cluster: Cluster, old_form: bool) -> None:
    for node in cluster.nodes.values():
        if old_form:
            text = node.host.read("/etc/ha.d/ha.cf")
            node.host.write("/etc/ha.d/ha.cf", text + OLD_FORM)
        node.host.power_on()


def _play(exerciser: Exerciser, one: TestClass, node: str, keep: Path, may_be_void: bool) -> Result:
    """Play one class and judge it; the first of a cluster finds it running, as CTS begins, if it need."""
    cluster, began = exerciser.cluster, now()
    problems: list[str] = []
    detected, lost, mark = len(exerciser.detected), cluster.lost(), exerciser.journal.mark()
    audit = Audit(cluster, began)
    try:
        if not any(mark.values()) and not one.anew:
            exerciser.start(*NODES)
        one.play(exerciser, node)
        exerciser.stable()
    except LabError as error:
        problems.append(str(error))
    problems += [] if one.splits else audit.faults()
    said = exerciser.journal.since(mark)
    problems += [f"not to be said: {line}" for line in bad(said, (*one.ignored, *OF_THE_LAB))]
    too_slow = any(re.search(slow, line) for slow in TOO_SLOW for line in said)
    void = may_be_void and bool(problems) and (cluster.lost() > lost or too_slow)
    if problems:
        _keep(cluster, keep / f"{one.name}-{node}".replace(" ", "-"), problems)
    found = tuple(exerciser.detected[detected:])
    return Result(
        cluster.choice.daemons, one.name, node, () if void else tuple(problems), now() - began, found, void
    )


def _keep(cluster: Cluster, place: Path, problems: list[str]) -> None:
    """Keep what is needed to understand a failure."""
    place.mkdir(parents=True, exist_ok=True)
    (place / "problems").write_text("\n".join(problems) + "\n")
    (place / "addresses").write_text("\n".join(map(str, cluster.watch.events)) + "\n")
    for node in cluster.nodes.values():
        said = node.process.text() if node.process is not None else ""
        (place / f"{node.name}.log").write_text(node.log())
        (place / f"{node.name}.said").write_text(said)

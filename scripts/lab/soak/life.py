# -*- test-case-name: tests.lab.test_soak -*-
"""
One cluster from its start to its end, scenario by scenario, audited after each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts.lab.remote import LabError
from scripts.lab.soak.audit import EXPLAINED, Audit, unexcused
from scripts.lab.soak.choices import NODES, Choice, Daemon
from scripts.lab.soak.cluster import Cluster
from scripts.lab.soak.complaints import Reference, general
from scripts.lab.soak.known import reason
from scripts.lab.soak.scenarios import Scenario
from scripts.lab.soak.views import HOME
from scripts.lab.watch import now

PATIENCE: Final = 8
"""Clusters that may fail before the rest of a life is given up."""
START: Final = "start"
"""The name of what every life begins with."""


@dataclass(frozen=True)
class Outcome:
    """
    How a scenario ended.

    @ivar problems: what was wrong, in words; empty when all was well.
    @ivar complaints: what nodes with heartbeat complained of, as patterns.
    @ivar seconds: how long it took.
    """

    choice: Choice
    scenario: str
    problems: tuple[str, ...]
    complaints: frozenset[str]
    seconds: float
    void: bool = False
    "It did not come to an end, and heartbeat had lost a message to itself: it is played again."
    logs: Path | None = None
    "Where the logs of both nodes are kept, of a scenario that failed."

    @property
    def fine(self) -> bool:
        """Tell whether nothing was wrong."""
        return not self.problems and not self.void

    @property
    def known(self) -> str | None:
        """Why the failure is known; C{None} when it is none, or a new one."""
        return reason(self.choice, self.scenario, self.problems)


def start(cluster: Cluster) -> None:
    """Both hosts are switched on."""
    cluster.boot(*NODES)
    cluster.settle_after_start()


def live(
    choice: Choice, scenarios: Iterable[Scenario], reference: Reference | None, keep: Path
) -> Iterator[Outcome]:
    """
    Let one cluster after the other live through scenarios; a new one follows one that failed.

    @param reference: what heartbeat may complain of; with C{None} everything.
    @param keep: the directory for the logs of what failed.
    """
    left = [scenario for scenario in scenarios if scenario.fits(choice)]
    patience = PATIENCE
    while left and patience:
        with Cluster(choice) as cluster:
            outcome = _play(cluster, Scenario(START, start), reference, keep)
            yield outcome
            while left and outcome.fine:
                outcome = _play(cluster, left[0], reference, keep)
                yield outcome
                if not outcome.void:
                    left.pop(0)
        patience -= not outcome.fine


def _play(cluster: Cluster, scenario: Scenario, reference: Reference | None, keep: Path) -> Outcome:
    """Play one scenario and judge it."""
    began, lost, problems, void = now(), cluster.lost(), [], False
    audit = Audit(cluster, began)
    try:
        if scenario.name != START and cluster.facts().placement() != HOME:
            raise LabError(f"something moved after everything was settled: {cluster.facts()}")
        scenario.play(cluster)
        if scenario.name != START:
            cluster.go_home()
    except LabError as error:
        void = cluster.lost() > lost
        problems += [] if void else [str(error)]
    problems += unexcused(audit.faults(), scenario.excused)
    complaints: set[str] = set()
    for name, daemon in zip(NODES, cluster.choice.daemons, strict=True):
        found, allowed = audit.complaints(name), set(EXPLAINED[daemon])
        if daemon is Daemon.HEARTBEAT:
            complaints.update(set(found) - allowed)
            allowed |= set(found) if reference is None else reference.get(general(scenario.name), frozenset())
        problems += [f"{name} complains: {one}" for one in found if one not in allowed]
    logs = _keep(cluster, scenario, problems, keep) if problems else None
    return Outcome(
        cluster.choice, scenario.name, tuple(problems), frozenset(complaints), now() - began, void, logs
    )


def _keep(cluster: Cluster, scenario: Scenario, problems: list[str], keep: Path) -> Path:
    """Keep what is needed to understand a failure."""
    place = keep / f"{cluster.choice.name}-{scenario.name}".replace(" ", "-")
    place.mkdir(parents=True, exist_ok=True)
    (place / "problems").write_text("\n".join(problems) + "\n")
    (place / "addresses").write_text("\n".join(map(str, cluster.watch.events)) + "\n")
    for node in cluster.nodes.values():
        said = node.process.text() if node.process is not None else ""
        (place / f"{node.name}.log").write_text(node.log())
        (place / f"{node.name}.said").write_text(said)
    return place

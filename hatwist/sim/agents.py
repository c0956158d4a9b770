# -*- test-case-name: tests.sim.test_agents -*-
"""
The resources of one simulated host: they take time, and fail on order.

They outlive the daemon, but not the host.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from hatwist.cluster.names import Outcome, Verb

if TYPE_CHECKING:
    from random import Random

    from hatwist.config.model import ResourceGroup, Seconds


@define
class Agents:
    """
    What runs on a host.

    @ivar running: keys of groups, in the order in which they were started.
    @ivar broken: (key, verb) that fail.
    @ivar pace: least and greatest duration of a start or stop.
    @ivar power: counts how often the host lost it, and with it every order.
    """

    rng: Random
    pace: tuple[Seconds, Seconds] = (0.05, 0.05)
    running: list[str] = field(factory=list)
    broken: set[tuple[str, Verb]] = field(factory=set)
    power: int = 0

    def duration(self, verb: Verb) -> Seconds:
        """Return how long an order takes; words are quick."""
        return 0.001 if verb.asks or verb is Verb.ANNOUNCE else self.rng.uniform(*self.pace)

    def begin(self, group: ResourceGroup, verb: Verb) -> None:
        """
        An order begins.

        From the start on a group answers, even while it is being started, and
        even if the start is going to fail: its address comes first.
        """
        if verb in (Verb.START, Verb.RECOVER) and group.key not in self.running:
            self.running.append(group.key)

    def finish(self, group: ResourceGroup, verb: Verb) -> tuple[Outcome, str]:
        """
        An order ends.

        What could not be started is released again, if it can be.
        """
        if verb.asks:
            return (Outcome.RUNNING if group.key in self.running else Outcome.STOPPED), ""
        start = Verb.START if verb is Verb.RECOVER else verb
        failed = (group.key, start) in self.broken
        if verb is Verb.STOP or (start is Verb.START and failed):
            self.release(group.key)
        return (Outcome.FAILED, f"{verb.value} was told to fail") if failed else (Outcome.OK, "")

    def fail(self, group: ResourceGroup) -> None:
        """It stops by itself."""
        if group.key in self.running:
            self.running.remove(group.key)

    def power_off(self) -> None:
        """The host loses everything that ran."""
        self.running.clear()
        self.power += 1

    def release(self, key: str) -> bool:
        """Stop a group at once, if it can be; say whether it runs no more."""
        if (key, Verb.STOP) not in self.broken and key in self.running:
            self.running.remove(key)
        return key not in self.running

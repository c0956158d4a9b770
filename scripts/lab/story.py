# -*- test-case-name: tests.lab.test_story -*-
"""
Tell what happens in a rack, one line an event, while it happens.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Sequence
from typing import Final, TextIO

from scripts.lab.client import Probe
from scripts.lab.nodes import Node
from scripts.lab.observe import AddressChanged, ArpSeen, Event, Overrun, Unplugged
from scripts.lab.remote import LabError
from scripts.lab.watch import LOOK_EVERY, Watch, now

WORTH_TELLING: Final = re.compile(
    r"(?:Local status now set to|Link (?!node\d+:\S+ dead)|is dead|Resources being acquired from"
    r"|Acquiring resource group|Releasing resource group|takeover complete\.|wants to go standby"
    r"|shutdown notice|Heartbeat restart on node|shutdown complete|ERROR|CRIT|failed authentication)"
)
"""What of the nodes' logs belongs into the story."""

SILENCE: Final = 0.1
"""Seconds without an answer that are told as an outage when they have ended."""


class Story:
    """
    Looks at everything, and writes a line for each event.

    @ivar began: the time that the first column counts from.
    """

    def __init__(self, watch: Watch, address: str, out: TextIO = sys.stdout) -> None:
        self.watch = watch
        self.address = address
        self.nodes: list[Node] = []
        self.probe: Probe | None = None
        self.began = now()
        self._out = out
        self._logs: dict[str, int] = {}
        self._owners: tuple[str, ...] = ()
        self._announced: str | None = None
        self._answer: tuple[float, str] | None = None

    def say(self, text: str, when: float | None = None) -> None:
        """Write a line, with its time in seconds since the beginning."""
        moment = (now() if when is None else when) - self.began
        self._out.write(f"{moment:8.3f}  {text}\n")
        self._out.flush()

    def title(self, text: str) -> None:
        """Begin a chapter."""
        self._out.write(f"\n{text}\n")
        self._out.flush()

    def until(self, condition: Callable[[], bool], timeout: float, what: str) -> None:
        """
        Tell what happens until a condition holds.

        @raise LabError: when it does not within C{timeout} seconds, or a daemon
            has ended that should run.
        """
        end = now() + timeout
        while True:
            self.look()
            if condition():
                return
            for node in self.nodes:
                node.check()
            if now() > end:
                raise LabError(f"waited {timeout:g} s in vain until {what}")
            time.sleep(LOOK_EVERY)

    def go_on(self, seconds: float) -> None:
        """Tell what happens for a while, so that a person can follow."""
        end = now() + seconds
        self.until(lambda: now() >= end, seconds + 1, "time passes")

    def served_by(self, node: str, timeout: float) -> None:
        """Tell what happens until a node, and it alone, has the address and answers the client."""

        def served() -> bool:
            return self._answer is not None and self._answer[1] == node and self._owners == (node,)

        self.until(served, timeout, f"{node} serves")

    def look(self) -> None:
        """Take in what is new everywhere, and tell it in the order of its time."""
        news = self._addresses(self.watch.look()) + self._answers() + self._lines()
        for when, text in sorted(news, key=lambda item: item[0]):
            self.say(text, when)

    def _addresses(self, events: Sequence[Event]) -> list[tuple[float, str]]:
        news = []
        for event in events:
            match event:
                case AddressChanged() if event.address == self.address and self._powered(event.host):
                    verb = "gets" if event.present else "gives up"
                    news.append((event.when, f"{event.host} {verb} {self.address} on {event.card}"))
                case ArpSeen() if event.announcement and event.address == self.address:
                    if self._announced != event.host:
                        news.append((event.when, f"{event.host} announces {self.address} as {event.mac}"))
                    self._announced = event.host
                case Overrun():
                    news.append((event.when, "the watcher has lost events"))
                case AddressChanged() | ArpSeen() | Unplugged():
                    pass
        if events:
            self._owners = self.watch.owners(self.address)
        return news

    def _powered(self, name: str) -> bool:
        """Tell whether a host is on; one that is off does not give anything up."""
        return all(node.host.powered for node in self.nodes if node.name == name)

    def _answers(self) -> list[tuple[float, str]]:
        news: list[tuple[float, str]] = []
        for answer in self.probe.look() if self.probe is not None else ():
            if self._answer is None:
                news.append((answer.when, f"client    reads: This is {answer.who}"))
            elif answer.when - self._answer[0] >= SILENCE or answer.who != self._answer[1]:
                silence = 1000 * (answer.when - self._answer[0])
                news.append(
                    (answer.when, f"client    reads: This is {answer.who}, after {silence:.0f} ms without")
                )
            self._answer = (answer.when, answer.who)
        return news

    def _lines(self) -> list[tuple[float, str]]:
        """What the logs have that is worth telling; a line has the time at which it was seen."""
        news = []
        for node in self.nodes:
            log = node.log()
            fresh = log[self._logs.get(node.name, 0) : log.rfind("\n") + 1]
            self._logs[node.name] = log.rfind("\n") + 1
            for line in fresh.splitlines():
                if WORTH_TELLING.search(line):
                    news.append((now(), f"{node.name}    logs: {_body(line)}"))
        return news


def _body(line: str) -> str:
    """Leave out of a log line what the story says itself: date, host, process."""
    found = re.match(
        r"\w{3} \d+ [\d:]+ \S+ heartbeat: \[\d+\]: (.*)|[\d/]+_[\d:]+\s+(\S+)\[\d+\]:\s*(.*)", line
    )
    if found is None:
        return line
    return found[1] or f"{found[3]}"

# -*- test-case-name: tests.lab.test_probe -*-
"""
Use a service from a host of the rack, and see how long it was away.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from scripts.lab import outage
from scripts.lab.host import Host
from scripts.lab.outage import Answer, Outage
from scripts.lab.rack import python
from scripts.lab.remote import Process
from scripts.lab.watch import until

EVERY: Final = 5
"""Milliseconds between two questions."""


def _script(name: str) -> list[str]:
    return [python(), "-I", "-S", str(Path(__file__).with_name(name))]


def always_on(host: Host, port: int) -> Process:
    """Start the service that answers datagrams with its host's name, whoever has the address."""
    process = host.start([*_script("responder.py"), str(port)])
    host.do("sh", "-c", f"until ss -lun | grep -q :{port}; do sleep 0.02; done")
    return process


class Probe:
    """
    Asks an address every few milliseconds from now on.

    @ivar answers: what came back until the last look, in the order of the answers;
        C{who} is the name of the host that answered.
    """

    def __init__(self, host: Host, kind: str, address: str, port: int) -> None:
        self._process = host.start([*_script("probe.py"), kind, address, str(port), str(EVERY)])
        self.answers: list[Answer] = []

    def look(self) -> list[Answer]:
        """Take in what came back since the last look, and return just that."""
        fresh = outage.read(self._process.lines())
        fresh = [Answer(answer.asked, answer.when, _name(answer.who)) for answer in fresh]
        self.answers = sorted(self.answers + fresh, key=lambda answer: answer.when)
        return fresh

    def await_answer(self, who: str, timeout: float) -> float:
        """Wait until the newest answer is from a host; return when that was seen."""

        def answered() -> bool:
            self.look()
            return bool(self.answers) and self.answers[-1].who == who

        return until(answered, timeout, f"{who} answers")

    def handover(self, after: float) -> Outage | None:
        """Return the silence in which the answering host changed, see L{outage.handover}."""
        self.look()
        return outage.handover(self.answers, after)

    def stop(self) -> None:
        """Ask no more."""
        self._process.kill()


def _name(page: str) -> str:
    """Find the host in what the web server or the responder said."""
    found = re.search(r"This is (\S+?)(<|$)", page)
    return found[1] if found else page

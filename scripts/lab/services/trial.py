# -*- test-case-name: tests.lab.test_services -*-
"""
One service on a cluster of two nodes: it runs, its host dies, and it is given back.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from scripts.lab import plan
from scripts.lab.client import Probe
from scripts.lab.configuration import Configuration, ha_cf
from scripts.lab.host import Host
from scripts.lab.nodes import HatwistNode
from scripts.lab.outage import Outage
from scripts.lab.plan import VIRTUAL
from scripts.lab.rack import Rack, python
from scripts.lab.remote import LabError
from scripts.lab.services.catalogue import DISK, Service
from scripts.lab.services.disk import SharedDisk
from scripts.lab.watch import Watch, until

SETTLED: Final = 60.0
"""Seconds that the cluster has to settle, beyond what the service takes."""

PREPARED: Final = 30.0


class CommandProbe(Probe):
    """Asks by a command, again and again, what cannot be asked by a page."""

    def __init__(self, host: Host, command: str) -> None:
        script = str(Path(__file__).with_name("caller.py"))
        self._process = host.start([python(), "-I", "-S", script, command])
        self.answers = []


class Trial:
    """
    A rack with two nodes, a client, and the service; not yet powered on.

    @ivar line: its line in haresources.
    """

    def __init__(self, rack: Rack, watch: Watch, service: Service) -> None:
        self.service = service
        self.watch = watch
        self.client = plan.client(rack)
        self.one, self.two = (HatwistNode(plan.node(rack, number)) for number in (1, 2))
        self.disk = SharedDisk(rack) if service.shares else None
        words = service.words
        if self.disk is not None:
            self.disk.fill(service.fill)
            words = words.replace(DISK, self.disk.resource)
        self.line = f"node01 {VIRTUAL}/24/eth0 {words}"
        self._patience = SETTLED + service.start

    def begin(self) -> None:
        """Power everything on, and wait until node01 serves and nothing moves."""
        self.client.power_on()
        for node in (self.one, self.two):
            self._boot(node)
        service = self.service
        if service.ask:
            self.probe: Probe = CommandProbe(self.client, service.ask)
        else:
            self.probe = Probe(self.client, "http", VIRTUAL, service.port)
        self._served_by("node01")

    def lose(self) -> Outage:
        """Cut the power of node01, and wait until node02 serves; return what the client missed."""
        died = self.one.cut_power()
        self.probe.await_answer("node02", self._patience)
        return self._outage(died)

    def give_back(self) -> Outage:
        """Power node01 on again, and give the service back to it; return what the client missed."""
        self._boot(self.one)
        self._calm()
        self.probe.look()
        before = self.probe.answers[-1].when
        status, words = self.two.control("standby", "all")
        if status != 0:
            raise LabError(f"standby: {words}")
        self._served_by("node01")
        return self._outage(before)

    def logs(self) -> str:
        """Return the logs of both nodes."""
        return "\n".join(f"--- {node.name}\n{node.log()}" for node in (self.one, self.two))

    def _boot(self, node: HatwistNode) -> None:
        node.host.power_on()
        Configuration(ha_cf(auto_failback="off"), f"{self.line}\n").write(node.host)
        status, words = node.host.run("sh", "-e", "-c", self.service.script(), timeout=PREPARED)
        if status != 0:
            raise LabError(f"{node.name} cannot be prepared for {self.service.name}: {words}")
        node.start()

    def _served_by(self, name: str) -> None:
        def answered() -> bool:
            self.one.check()
            self.two.check()
            self.probe.look()
            return bool(self.probe.answers) and self.probe.answers[-1].who == name

        until(answered, self._patience, f"{self.service.name} answers from {name}")
        self._calm()

    def _calm(self) -> None:
        nodes = (self.one, self.two)
        until(lambda: all(map(_is_calm, nodes)), self._patience, "both say that nothing moves")

    def _outage(self, after: float) -> Outage:
        outage, verdict = self.probe.handover(after), self.watch.judge(VIRTUAL)
        if outage is None:
            raise LabError(f"{self.service.name} did not change its host")
        if verdict.faults:
            raise LabError(f"not as it should be: {'; '.join(map(str, verdict.faults))}")
        return outage


def _is_calm(node: HatwistNode) -> bool:
    """Ask a node whether nothing moves; one that has just been started cannot answer yet."""
    node.check()
    try:
        return node.is_calm()
    except LabError:
        return False

"""
A host in memory: files in a directory of its own, everything else a twin.

Its daemon is the whole service, built as for the real world: only the media,
the resources, the clock and the randomness are in memory.
"""

from __future__ import annotations

import os
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from twisted.internet.defer import execute

from hatwist.clients.api import ClientApi
from hatwist.clients.apphb import AppHeartbeats
from hatwist.cluster.names import Verb
from hatwist.config.load import load
from hatwist.fencing.memory import MemoryFencer
from hatwist.media.memory import Hub
from hatwist.resources.groups import GroupRunner
from hatwist.resources.memory import MemoryAgent
from hatwist.service.build import Built, Parts, Places, build, local_programs
from hatwist.service.memory_guardian import MemoryGuardian
from tests.service.fakes import HostReactor, Observer, temporary

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from twisted.internet.interfaces import IReactorTime
    from twisted.trial.unittest import SynchronousTestCase

    from hatwist.clients.applications import Applications
    from hatwist.cluster.status import GroupView, Status
    from hatwist.config.load import Loaded
    from hatwist.config.model import HaConfig, ResourceGroup
    from hatwist.interfaces import IPrograms
    from hatwist.service.build import Say
    from hatwist.service.node_service import NodeService

HA_CF = """\
logfile {directory}/ha-log
crm no
keepalive 1
deadtime 10
warntime 5
initdead 20
bcast eth1
auto_failback {failback}
node node01 node02
"""

AUTHKEYS = "auth 1\n1 sha1 a-secret-key\n"

HARESOURCES = "node01 IPaddr::10.0.0.5/24 httpd\nnode02 mail\n"

WEB = "IPaddr::10.0.0.5/24"
"""The key of the group at home on node01."""

MAIL = "mail"
"""The key of the group at home on node02."""

WALL = 1437473362.0


class Host:
    """
    One host.

    @ivar run: where its control socket is.
    @ivar reactor: its own; time passes only when somebody advances it.
    @ivar agent: its resources; they do not survive a crash.
    @ivar observer: hears what happens from the next start on.
    @ivar parts: what its next daemon is made of.
    """

    def __init__(self, case: SynchronousTestCase, name: str, hub: Hub, failback: str = "on") -> None:
        self.name = name
        self.directory = Path(temporary(case))
        self.run = self.directory / "run"
        self.reactor = HostReactor()
        self.agent = MemoryAgent()
        self.observer = Observer()
        self.built: Built | None = None
        self.guardian: MemoryGuardian | None = None
        self._programs: list[IPrograms] = []
        self.parts = Parts(
            media=lambda _say: {"bcast": hub.plug(name)},
            runner=lambda clock, _places, _config, say, _: GroupRunner(self.agent.agent_for, say, clock),
            programs=self._local_programs,
            fencer=lambda *_: MemoryFencer(),
            guardian=lambda clock, *_: self._guard(clock),
            addresses=lambda _reactor, _gone: lambda: None,
            rng=lambda: Random(name),
            wall=lambda: WALL,
            in_thread=execute,
        )
        self.write("ha.cf", HA_CF.format(directory=self.directory, failback=failback))
        self.write("authkeys", AUTHKEYS).chmod(0o600)
        self.write("haresources", HARESOURCES)
        for script in ("httpd", "mail"):
            self.write(f"resource.d/{script}", "#!/bin/sh\n").chmod(0o755)
        case.addCleanup(self.crash)

    def write(self, name: str, text: str) -> Path:
        """Write a file of its configuration."""
        path = self.directory / "ha.d" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    @property
    def places(self) -> Places:
        """Where its files are."""
        return Places(
            directory=str(self.directory / "ha.d"),
            state=str(self.directory / "state"),
            own=str(self.directory / "own"),
            run=str(self.run),
            init=str(self.directory / "init.d"),
            register=str(self.directory / "register"),
            pid=str(self.directory / "heartbeat.pid"),
            hostname=self.name,
        )

    def load(self) -> Loaded:
        """Read its configuration."""
        places = self.places
        scripts = (os.path.join(places.directory, "resource.d"),)
        return load(places.directory, node=places.me, script_dirs=scripts)

    def _guard(self, clock: IReactorTime) -> MemoryGuardian:
        """Return its guardian, which outlives the daemon, but not the host."""
        if self.guardian is None:
            self.guardian = MemoryGuardian(clock, self._release)
        return self.guardian

    def _release(self, group: ResourceGroup) -> bool:
        self.agent.running.difference_update(resource.text for resource in group.resources)
        return True

    def build(self) -> NodeService:
        """Make its daemon, not yet started."""
        self.built = build(self.reactor, self.places, self.load(), self.parts)
        self.built.node.subscribe(self.observer)
        return self.built.node

    def start(self) -> NodeService:
        """Start its daemon."""
        node = self.build()
        node.startService()
        return node

    def crash(self) -> None:
        """Lose everything but the disk, at once."""
        built, self.built = self.built, None
        if built is not None:
            built.journal.stop()
            built.halog.stop()
        while self._programs:
            self._programs.pop().close()
        self.reactor = HostReactor()
        self.guardian = None
        self.agent.running.clear()
        self.observer = Observer()

    def _local_programs(
        self, reactor: IReactorTime, places: Places, config: HaConfig, say: Say, status: Callable[[], Status]
    ) -> Sequence[IPrograms]:
        """Make them as in the real world, and remember them: a crash closes what they opened."""
        made = local_programs(reactor, places, config, say, status)
        self._programs += made
        return made

    @property
    def api(self) -> ClientApi:
        """The client API of its daemon."""
        return next(one for one in self._programs if isinstance(one, ClientApi))

    @property
    def applications(self) -> Applications:
        """The applications that its daemon listens to."""
        return next(one.applications for one in self._programs if isinstance(one, AppHeartbeats))

    def run_script(self, *fields: str) -> None:
        """Do what a script of heartbeat does: write a message into the FIFO."""
        with open(self.directory / "state" / "fifo", "w", encoding="ascii") as fifo:
            fifo.write("\n".join([">>>", *fields, "<<<", ""]))
        for reader in self.reactor.getReaders():
            reader.doRead()

    def take_time(self, **seconds: float) -> None:
        """Let verbs take time from now on: C{start}, C{stop}."""
        self.agent.clock = self.reactor
        self.agent.delays = {Verb(verb): delay for verb, delay in seconds.items()}

    @property
    def node(self) -> NodeService:
        """Its running daemon."""
        assert self.built is not None, f"{self.name} is dead"
        return self.built.node

    @property
    def status(self) -> Status:
        """Its snapshot."""
        return self.node.status()

    def group(self, key: str) -> GroupView:
        """Return how it sees a group."""
        return next(one for one in self.status.groups if one.key == key)

    @property
    def runs(self) -> set[str]:
        """The resources that run on it."""
        return set(self.agent.running)

    @property
    def lines(self) -> list[str]:
        """What its log has got since it was built, or last read."""
        return [text for kind, text, _ in self.observer.heard if kind == "log"]

    @property
    def decisions(self) -> list[str]:
        """The decisions it has recorded."""
        return [text for kind, text, _ in self.observer.heard if kind == "decision"]

    @property
    def ha_log(self) -> str:
        """What is in its log file; complete once its daemon has ended."""
        return (self.directory / "ha-log").read_text(encoding="utf-8")

    def advance(self, seconds: float) -> None:
        """Let time pass on it, in small steps."""
        self.reactor.pump([0.05] * round(seconds / 0.05))

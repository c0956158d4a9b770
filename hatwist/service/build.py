# -*- test-case-name: tests.service.test_build -*-
"""
Who gets what: from a configuration to a daemon that can be started.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from attrs import define, evolve, field, frozen
from twisted.internet.interfaces import IReactorFromThreads, IReactorTime

from hatwist.children.respawn import Children
from hatwist.clients.api import ClientApi
from hatwist.clients.apphb import AppHeartbeats
from hatwist.cluster.identity import Identity
from hatwist.cluster.names import Level
from hatwist.cluster.node import Node
from hatwist.config.load import load
from hatwist.config.model import Problem
from hatwist.control.listeners import ControlService
from hatwist.errors import ConfigError, ControlError, MediumError
from hatwist.interfaces import ICounting
from hatwist.resources.groups import GroupRunner
from hatwist.resources.lifetimes import Lifetimes
from hatwist.resources.monitor import Monitor
from hatwist.service.fencework import FenceWork
from hatwist.service.guarding import guard
from hatwist.service.halog import HaLog
from hatwist.service.happenings import Happenings, in_words
from hatwist.service.journal import Journal
from hatwist.service.life import Life
from hatwist.service.memory import Memory
from hatwist.service.neighbour import running_heartbeat
from hatwist.service.node_service import NodeService
from hatwist.service.perform import Performer
from hatwist.service.preamble import HEARTBEAT, log_settings, say_preamble, say_refusal
from hatwist.service.reread import Reread
from hatwist.service.state import StateFiles

if TYPE_CHECKING:
    from hatwist.cluster.actions import Record
    from hatwist.config.load import Loaded
    from hatwist.config.model import HaConfig
    from hatwist.interfaces import IGuardian, IMedium, IMediumReceiver

from hatwist.service.parts import REAL as REAL
from hatwist.service.parts import Parts as Parts
from hatwist.service.parts import Places as Places
from hatwist.service.parts import Say as Say
from hatwist.service.parts import kernel_media as kernel_media
from hatwist.service.parts import local_programs as local_programs
from hatwist.service.parts import script_runner as script_runner
from hatwist.service.parts import script_variables as script_variables

CONTROL_SOCKET: Final = "control.sock"


def read_configuration(places: Places) -> Loaded:
    """
    Read and check everything; nothing is started and nothing changed.

    @raise ConfigError: with every problem.
    """
    return load(
        places.directory,
        node=places.me,
        interfaces=frozenset(name for _, name in socket.if_nameindex()),
        script_dirs=(os.path.join(places.directory, "resource.d"), places.init),
    )


def log_refusal(places: Places, error: ConfigError, wall: Callable[[], float] = time.time) -> None:
    """Write to ha-log why the configuration cannot be used, where ha.cf says at least where that is."""
    if error.log is None or not (error.log.logfile or error.log.debugfile or error.log.facility):
        return
    log = HaLog(error.log, places.hostname, wall)
    log.start()
    say_refusal([one for one in error.problems if isinstance(one, Problem)], log.say)
    log.stop()


@define
class _Builder:
    """Makes the life of one daemon."""

    reactor: IReactorTime
    places: Places
    config: HaConfig
    parts: Parts
    halog: HaLog
    happenings: Happenings
    journal: Journal
    _lifetimes: Lifetimes = field(init=False)
    _runner: GroupRunner | None = None
    "The same in all lives: what one has begun the next has to wait for."
    _notices: list[Callable[[], Sequence[str]]] = field(factory=list)
    "What there was to say before the first life."

    def __attrs_post_init__(self) -> None:
        self._lifetimes = Lifetimes(self.reactor, self.say)

    def say(self, level: Level, text: str, entity: str = "heartbeat") -> None:
        """Log a line, and tell the observers."""
        self.halog.say(level, text, entity)
        self.happenings.said(level, text, entity)

    def decide(self, record: Record) -> None:
        """Log a decision, keep it where it outlives the daemon, and tell the observers."""
        self.halog.say(Level.INFO, f"decision: {in_words(record)}")
        self.journal.record(record)
        self.happenings.decided(record)

    def new_life(self, service: NodeService) -> tuple[Life, Node]:
        """
        Make and begin the life: first the disk, then the media, then the node.

        @raise HatwistError: heartbeat runs here, or the disk or a medium does not let
            us; nothing is open then.
        """
        neighbour = running_heartbeat(self.places.register, self.places.pid)
        if neighbour:
            raise ControlError(f"heartbeat runs on this host, stop it first ({neighbour})")
        self.say(Level.INFO, f"heartbeat: version {HEARTBEAT}")
        identity = self._identify()
        service.begin_journal(identity.generation)
        programs = self.parts.programs(self.reactor, self.places, self.config, self.say, service.status)
        life = Life(self.reactor, self._make_media, _load_average, programs)
        clients = [one.desk.complaints for one in programs if isinstance(one, ClientApi)]
        service.counters = [
            *(lambda one=one: one.counters for one in clients),
            *(one.counters for one in life.media if ICounting.providedBy(one)),
        ]
        children = [one.troubles for one in programs if isinstance(one, Children)]
        applications = [one.applications for one in programs if isinstance(one, AppHeartbeats)]
        silent = [one.troubles for one in applications]
        self._notices = self._notices or [service.notices]
        service.notices = partial(_all_notices, [*self._notices, *children, *silent])
        life.open()
        try:
            memory = Memory(self.places.own, self.parts.in_thread)
            now = self.reactor.seconds()
            runner = self._runner or self.parts.runner(
                self.reactor, self.places, self.config, self.say, self._lifetimes
            )
            self._runner = runner
            runner.operations.wall = self.parts.wall
            service.operations_of = runner.operations.of
            service.counters = [*service.counters, runner.counters]
            service.notices = partial(_all_notices, [service.notices, runner.troubles])
            monitor = Monitor(runner, self.config.settings.monitors, self.reactor, self.say)
            for one in applications:
                one.missed = monitor.missed
            guarded = guard(monitor, self._guardian(runner), self._lifetimes, self.config)
            rng, inherited = self.parts.rng(), evolve(guarded.inheritance, met=service.met)
            node = Node(self.config, identity, rng, now, memory.recall(), inherited)
            monitor.processes = self.parts.processes(self.reactor)
            monitor.closing += [self.parts.addresses(self.reactor, monitor.address_gone), runner.close]
            performer = Performer(life.media, guarded.run, self.say, self.decide, service.stopped, programs)
            performer.persist = memory.persist
            guarded.join(performer, life.feed)
            self._join_fencer(service, performer, life, monitor)
            life.begin(node, performer, monitor)
        except Exception:
            life.end()
            raise
        return life, node

    def _join_fencer(self, service: NodeService, performer: Performer, life: Life, monitor: Monitor) -> None:
        """Let the core's orders to fence reach the devices; they are the same in all lives."""
        if service.fencer is None:
            service.fencer = self.parts.fencer(self.reactor, self.config, self.places.me, self.say)
        work = FenceWork(service.fencer, life.feed)
        performer.fence, performer.fence_no_more = work.begin, work.cancel
        service.fence_work = work
        monitor.closing.append(work.close)

    def _guardian(self, runner: GroupRunner) -> IGuardian | None:
        if not self.config.settings.guardian:
            return None
        return self.parts.guardian(self.reactor, self.places, self.config, runner, self.say)

    def _identify(self) -> Identity:
        """Read and write the disk: the generation is there before anything is sent."""
        cf = self.config.cf
        state = StateFiles(self.places.state, self.say)
        wall = self.parts.wall()
        generation = state.new_generation(cf, wall)
        uuid = state.own_uuid(cf, self.places.me)
        return Identity(self.places.me, uuid, generation, wall - self.reactor.seconds(), os.getpid())

    def _make_media(self, receiver: IMediumReceiver) -> Sequence[IMedium]:
        """Make those that are active; the configuration's check has named the others."""
        known = self.parts.media(self.say)
        wanted = self.config.cf.media
        active = [spec for spec in wanted if spec.kind in known]
        if not active:
            kinds = ", ".join(sorted({spec.kind for spec in wanted}))
            names = ", ".join(sorted(known))
            raise MediumError(f"no medium of ha.cf is active yet ({kinds}); add one of {names}")
        return [known[spec.kind].make(spec, self.reactor, receiver) for spec in active]


@frozen
class Built:
    """
    A daemon, not yet started.

    @ivar node: the service to be started.
    @ivar say: writes to its log, and tells the observers.
    @ivar halog: its log, which the node starts and stops.
    @ivar journal: its decisions on disk, which the node begins and stops.
    @ivar reread: looks for changes of the configuration.
    """

    node: NodeService
    say: Callable[[Level, str], None]
    halog: HaLog
    reread: Reread
    journal: Journal


def build(reactor: IReactorTime, places: Places, loaded: Loaded, parts: Parts = REAL) -> Built:
    """Make the daemon, ready to be started; nothing is opened yet."""
    config = loaded.config
    halog = HaLog(log_settings(config.cf.log), places.hostname, parts.wall, debug=config.cf.debug)
    later = IReactorFromThreads(reactor).callFromThread
    journal = Journal(places.own, parts.wall, lambda text: later(builder.say, Level.WARN, text))
    builder = _Builder(reactor, places, config, parts, halog, Happenings(parts.wall), journal)
    say_preamble(loaded, builder.say)
    service = NodeService(builder.new_life, builder.happenings, halog, journal)
    service.listeners = (ControlService(os.path.join(places.run, CONTROL_SOCKET), service, reactor),)
    reread = Reread(places.directory, builder.say, service.rekey, parts.in_thread)
    service.notices = reread.troubles
    return Built(service, builder.say, halog, reread, journal)


def _all_notices(sources: Sequence[Callable[[], Sequence[str]]]) -> list[str]:
    """Return what all of them have to say."""
    return [text for source in sources for text in source()]


def _load_average() -> str:
    """Return the text of the load average; C{n/a} where the kernel's files are hidden from us."""
    try:
        with open("/proc/loadavg", encoding="ascii") as file:
            return file.read(128).strip()
    except OSError:
        return "n/a"

# -*- test-case-name: tests.service.test_build -*-
"""
Who gets what: from a configuration to a daemon that can be started.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from random import Random, SystemRandom
from typing import TYPE_CHECKING, Final

from attrs import define, frozen
from twisted.internet.interfaces import IReactorFromThreads, IReactorTime
from twisted.internet.threads import deferToThread

from hatwist.children.build import make_children
from hatwist.children.respawn import Children
from hatwist.clients.api import ClientApi
from hatwist.clients.apphb import AppHeartbeats
from hatwist.clients.build import make_app_heartbeats
from hatwist.cluster.identity import Identity
from hatwist.cluster.names import Level
from hatwist.cluster.node import Node
from hatwist.config.load import load, node_name
from hatwist.config.model import NodeName, Problem
from hatwist.config.model import node_name as as_node_name
from hatwist.control.listeners import ControlService
from hatwist.errors import ConfigError, ControlError, MediumError
from hatwist.interfaces import ICounting, IMediumFactory
from hatwist.media.registry import factories
from hatwist.resources.build import make_rc_scripts, make_runner, script_environment
from hatwist.resources.groups import GroupRunner
from hatwist.resources.lost import Gone, listen_to_addresses
from hatwist.resources.monitor import Monitor, WatchProcesses
from hatwist.resources.processes import watch_processes
from hatwist.service.fifo import FIFO, Fifo
from hatwist.service.halog import HaLog
from hatwist.service.happenings import Happenings, in_words
from hatwist.service.journal import Journal
from hatwist.service.life import Life
from hatwist.service.memory import Memory
from hatwist.service.neighbour import running_heartbeat
from hatwist.service.node_service import NodeService
from hatwist.service.perform import Performer
from hatwist.service.pidfile import PidFile
from hatwist.service.preamble import HEARTBEAT, log_settings, say_preamble, say_refusal
from hatwist.service.reread import Reread
from hatwist.service.state import StateFiles

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred

    from hatwist.cluster.actions import Record
    from hatwist.cluster.status import Status
    from hatwist.config.load import Loaded
    from hatwist.config.model import HaConfig
    from hatwist.interfaces import IMedium, IMediumReceiver, IPrograms

CONTROL_SOCKET: Final = "control.sock"

Say = Callable[[Level, str, str], None]


@frozen
class Places:
    """
    Where everything is; each can be moved by an option.

    @ivar directory: the three files.
    @ivar state: uuid, generation and FIFO.
    @ivar own: what the core remembers that heartbeat does not know.
    @ivar run: the control socket.
    @ivar init: where the scripts are that C{resource.d} does not have.
    @ivar register: the socket of heartbeat's client API.
    @ivar pid: heartbeat's pid file.
    @ivar hostname: what C{uname -n} says; the log shows it.
    @ivar node: the name of this node; empty: what C{nodeinfo} says, else the hostname.
    """

    directory: str = "/etc/ha.d"
    state: str = "/var/lib/heartbeat"
    own: str = "/var/lib/hatwist"
    run: str = "/run/hatwist"
    init: str = "/etc/init.d"
    register: str = "/run/heartbeat/register"
    pid: str = "/run/heartbeat.pid"
    hostname: str = ""
    node: str = ""

    @property
    def me(self) -> NodeName:
        """The name of this node."""
        return as_node_name(self.node or node_name(self.directory, self.hostname))


def kernel_media(say: Say) -> Mapping[str, IMediumFactory]:
    """Return the kinds of media that use the host's network."""
    return factories(lambda level, text: say(level, text, "heartbeat"))


def script_runner(reactor: IReactorTime, places: Places, config: HaConfig, say: Say) -> GroupRunner:
    """Return what runs resource groups through the host's scripts."""
    variables = script_variables(config)
    addresses = config.settings.addresses
    return make_runner(
        reactor,
        places.directory,
        places.me,
        variables,
        say,
        addresses=addresses,
        init_directory=places.init,
    )


def local_programs(
    reactor: IReactorTime, places: Places, config: HaConfig, say: Say, status: Callable[[], Status]
) -> list[IPrograms]:
    """Return the ways in and out for programs of this host."""

    def said(level: Level, text: str) -> None:
        say(level, text, "heartbeat")

    variables = script_variables(config)
    return [
        PidFile(places.pid, os.getpid(), said),
        Fifo(os.path.join(places.state, FIFO), reactor, said),
        make_rc_scripts(reactor, places.directory, places.me, variables, say),
        ClientApi(places.register, places.me, config.cf, HEARTBEAT, status, said, reactor),
        # After the API: its socket is there when they are begun.
        make_children(
            config.cf.respawn, script_environment(places.directory, places.me, variables), reactor, said
        ),
        *make_app_heartbeats(places.run, config, reactor, said),
    ]


@frozen
class Parts:
    """
    What a daemon is made of, and a test may replace by a twin in memory.

    @ivar media: makes the factories of media by directive.
    @ivar runner: makes what runs resource groups.
    @ivar programs: makes the ways for programs of this host.
    @ivar addresses: begins to listen to what the kernel says of addresses.
    @ivar processes: makes what waits for the processes of groups.
    @ivar rng: makes the core's source of randomness.
    @ivar wall: seconds since 1970.
    @ivar in_thread: calls something that may have to wait for a disk.
    """

    media: Callable[[Say], Mapping[str, IMediumFactory]] = kernel_media
    runner: Callable[[IReactorTime, Places, HaConfig, Say], GroupRunner] = script_runner
    programs: Callable[[IReactorTime, Places, HaConfig, Say, Callable[[], Status]], Sequence[IPrograms]] = (
        local_programs
    )
    addresses: Callable[[IReactorTime, Gone], Callable[[], None]] = listen_to_addresses
    processes: Callable[[IReactorTime], WatchProcesses] = watch_processes
    rng: Callable[[], Random] = SystemRandom
    wall: Callable[[], float] = time.time
    in_thread: Callable[[Callable[[], None]], Deferred[None]] = deferToThread


REAL: Final = Parts()


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
        service.notices = partial(_all_notices, [service.notices, *children, *silent])
        life.open()
        try:
            memory = Memory(self.places.own, self.parts.in_thread)
            now = self.reactor.seconds()
            node = Node(self.config, identity, self.parts.rng(), now, memory.recall())
            runner = self.parts.runner(self.reactor, self.places, self.config, self.say)
            runner.operations.wall = self.parts.wall
            service.operations_of = runner.operations.of
            service.counters = [*service.counters, runner.counters]
            service.notices = partial(_all_notices, [service.notices, runner.troubles])
            monitor = Monitor(runner, self.config.settings.monitors, self.reactor, self.say)
            for one in applications:
                one.missed = monitor.missed
            monitor.processes = self.parts.processes(self.reactor)
            monitor.closing += [self.parts.addresses(self.reactor, monitor.address_gone), runner.close]
            performer = Performer(life.media, monitor.run, self.say, self.decide, service.stopped, programs)
            performer.persist = memory.persist
            life.begin(node, performer, monitor)
        except Exception:
            life.end()
            raise
        return life, node

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


def script_variables(config: HaConfig) -> dict[str, str]:
    """Return what scripts are told in their environment (inventory A.5); never a secret."""
    cf = config.cf
    told = {f"HA_{name}": value for name, value in cf.parameters.items()}
    told.update({f"HA_{name}": value for name, value in cf.environment.items()})
    told["HA_DATEFMT"] = "%Y/%m/%d_%T\t"
    told["HA_LOGD"] = "no"
    told["HA_debug"] = str(cf.debug)
    told["HA_NICEFAILBACK"] = "no" if cf.auto_failback.value == "legacy" else "yes"
    if cf.log.logfile:
        told["HA_LOGFILE"] = cf.log.logfile
    if cf.log.debugfile:
        told["HA_DEBUGLOG"] = cf.log.debugfile
    if cf.log.facility:
        told["HA_LOGFACILITY"] = cf.log.facility
    return told


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

# -*- test-case-name: tests.service.test_build -*-
"""
Who gets what: from a configuration to a daemon that can be started.
"""

from __future__ import annotations

import os
import time
from random import SystemRandom
from typing import TYPE_CHECKING, Final

from attrs import define, frozen

from hatwist import __version__
from hatwist.cluster.identity import Identity
from hatwist.cluster.names import Level
from hatwist.cluster.node import Node
from hatwist.config.load import load, node_name
from hatwist.config.model import Gravity, LogSettings, NodeName
from hatwist.control.listeners import ControlService
from hatwist.media.registry import factories, find
from hatwist.resources.build import make_runner
from hatwist.service.halog import HaLog
from hatwist.service.happenings import Happenings
from hatwist.service.life import Life
from hatwist.service.node_service import NodeService
from hatwist.service.perform import Performer
from hatwist.service.state import StateFiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twisted.internet.interfaces import IReactorTime

    from hatwist.config.load import Loaded
    from hatwist.config.model import HaConfig
    from hatwist.interfaces import IMedium, IMediumReceiver
    from hatwist.resources.groups import GroupRunner

HEARTBEAT: Final = f"3.0.6 (hatwist {__version__})"
"""The version we speak, and our own."""

CONTROL_SOCKET: Final = "control.sock"


@frozen
class Places:
    """
    Where everything is; each can be moved by an option.

    @ivar directory: the three files.
    @ivar state: uuid and generation.
    @ivar run: the control socket.
    @ivar init: where the scripts are that C{resource.d} does not have.
    @ivar hostname: what C{uname -n} says, or an option in its place.
    """

    directory: str = "/etc/ha.d"
    state: str = "/var/lib/heartbeat"
    run: str = "/run/hatwist"
    init: str = "/etc/init.d"
    hostname: str = ""


def read_configuration(places: Places) -> Loaded:
    """
    Read and check everything; nothing is started and nothing changed.

    @raise ConfigError: with every problem.
    """
    return load(
        places.directory,
        node=node_name(places.directory, places.hostname),
        interfaces=frozenset(os.listdir("/sys/class/net")),
        script_dirs=(os.path.join(places.directory, "resource.d"), places.init),
    )


@define
class _Builder:
    """Makes the lives of one daemon."""

    reactor: IReactorTime
    places: Places
    config: HaConfig
    me: NodeName
    halog: HaLog
    happenings: Happenings

    def say(self, level: Level, text: str, entity: str = "heartbeat") -> None:
        """Log a line, and tell the observers."""
        self.halog.say(level, text, entity)
        self.happenings.said(level, text, entity)

    def new_life(self, service: NodeService) -> tuple[Life, Node]:
        """Make and begin one life: first the disk, then the media, then the node."""
        self.say(Level.INFO, f"heartbeat: version {HEARTBEAT}")
        state = StateFiles(self.places.state, self.say)
        cf = self.config.cf
        wall, now = time.time(), self.reactor.seconds()
        generation = state.new_generation(cf, wall)
        uuid = state.own_uuid(cf, self.me)
        identity = Identity(self.me, uuid, generation, wall - now, os.getpid())
        life = Life(self.reactor, self._make_media, _load_average)
        life.open()
        node = Node(self.config, identity, SystemRandom(), now)
        performer = Performer(
            life.media, self._make_runner().run, self.say, self.happenings.decided, service.stopped
        )
        life.begin(node, performer)
        return life, node

    def _make_media(self, receiver: IMediumReceiver) -> Sequence[IMedium]:
        known = factories(self.say)
        return [
            find(spec.kind, known).make(spec, self.reactor, receiver)
            for spec in self.config.cf.media
            if spec.kind in known
        ]

    def _make_runner(self) -> GroupRunner:
        return make_runner(
            self.reactor,
            self.places.directory,
            self.me,
            script_variables(self.config),
            self.say,
            init_directory=self.places.init,
        )


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


def build(reactor: IReactorTime, places: Places, loaded: Loaded) -> NodeService:
    """Make the daemon, ready to be started."""
    config = loaded.config
    me = NodeName(node_name(places.directory, places.hostname))
    halog = HaLog(_log_settings(config.cf.log), places.hostname)
    builder = _Builder(reactor, places, config, me, halog, Happenings(time.time))
    _say_preamble(builder, loaded)
    service = NodeService(reactor, builder.new_life, builder.happenings, halog)
    service.listeners = (ControlService(os.path.join(places.run, CONTROL_SOCKET), service, reactor),)
    return service


def _log_settings(given: LogSettings) -> LogSettings:
    """Without any destination heartbeat writes to a log daemon that nobody runs; we write to syslog."""
    if given.logfile or given.debugfile or given.facility:
        return given
    return LogSettings(facility="daemon", syslogmsgfmt=given.syslogmsgfmt)


def _say_preamble(builder: _Builder, loaded: Loaded) -> None:
    """What heartbeat's parent process logs before it forks."""
    cf = loaded.config.cf
    if cf.pacemaker is not None:
        value = "false" if cf.pacemaker in ("no", "off", "false", "n", "0") else cf.pacemaker
        builder.say(Level.INFO, f"Pacemaker support: {value}")
    levels = {Gravity.WARNING: Level.WARN, Gravity.NOTE: Level.INFO, Gravity.ERROR: Level.ERROR}
    for problem in loaded.problems:
        builder.say(levels[problem.gravity], f"{problem.text} [{problem.where}]")
    if not cf.log.use_logd:
        text = "Logging daemon is disabled --enabling logging daemon is recommended"
        builder.say(Level.WARN, text)
    builder.say(Level.INFO, "**************************")
    builder.say(Level.INFO, f"Configuration validated. Starting heartbeat {HEARTBEAT}")


def _load_average() -> str:
    with open("/proc/loadavg", encoding="ascii") as file:
        return file.read(128).strip()

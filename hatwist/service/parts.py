# -*- test-case-name: tests.service.test_build -*-
"""
What a daemon is made of in the real world: where everything is, and what makes it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from random import Random, SystemRandom
from typing import TYPE_CHECKING, Final

from attrs import frozen
from twisted.internet.interfaces import IReactorTime
from twisted.internet.threads import deferToThread

from hatwist.children.build import make_children
from hatwist.clients.api import ClientApi
from hatwist.clients.build import make_app_heartbeats
from hatwist.cluster.names import Level
from hatwist.config.load import node_name
from hatwist.config.model import NodeName
from hatwist.config.model import node_name as as_node_name
from hatwist.fencing.build import make_fencer
from hatwist.interfaces import IMediumFactory
from hatwist.media.registry import factories
from hatwist.resources.build import make_rc_scripts, make_runner, script_environment
from hatwist.resources.groups import GroupRunner
from hatwist.resources.lifetimes import Lifetimes
from hatwist.resources.lost import Gone, listen_to_addresses
from hatwist.resources.monitor import WatchProcesses
from hatwist.resources.processes import watch_processes
from hatwist.service.fifo import FIFO, Fifo
from hatwist.service.guarding import make_guardian
from hatwist.service.pidfile import PidFile
from hatwist.service.preamble import HEARTBEAT

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred

    from hatwist.cluster.status import Status
    from hatwist.config.model import HaConfig
    from hatwist.interfaces import IFencer, IGuardian, IPrograms

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


def script_runner(
    reactor: IReactorTime, places: Places, config: HaConfig, say: Say, lifetimes: Lifetimes
) -> GroupRunner:
    """Return what runs resource groups through the host's scripts."""
    variables = script_variables(config)
    return make_runner(
        reactor,
        places.directory,
        places.me,
        variables,
        say,
        addresses=config.settings.addresses,
        network=lifetimes.network,
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


def started_fencer(reactor: IReactorTime, config: HaConfig, node: NodeName, say: Say) -> IFencer:
    """Return what fences peers; it looks from now on whether its devices answer."""
    fencer = make_fencer(reactor, config, node, say)
    fencer.start()
    return fencer


def real_guardian(
    reactor: IReactorTime, places: Places, config: HaConfig, runner: GroupRunner, say: Say
) -> IGuardian:
    """Return the link to this host's guardian."""

    def said(level: Level, text: str) -> None:
        say(level, text, "heartbeat")

    return make_guardian(reactor, places.run, places.hostname, config, runner, said)


@frozen
class Parts:
    """
    What a daemon is made of, and a test may replace by a twin in memory.

    @ivar media: makes the factories of media by directive.
    @ivar runner: makes what runs resource groups.
    @ivar programs: makes the ways for programs of this host.
    @ivar addresses: begins to listen to what the kernel says of addresses.
    @ivar processes: makes what waits for the processes of groups.
    @ivar guardian: makes the link to the guardian.
    @ivar fencer: makes what fences peers.
    @ivar rng: makes the core's source of randomness.
    @ivar wall: seconds since 1970.
    @ivar in_thread: calls something that may have to wait for a disk.
    """

    media: Callable[[Say], Mapping[str, IMediumFactory]] = kernel_media
    runner: Callable[[IReactorTime, Places, HaConfig, Say, Lifetimes], GroupRunner] = script_runner
    programs: Callable[[IReactorTime, Places, HaConfig, Say, Callable[[], Status]], Sequence[IPrograms]] = (
        local_programs
    )
    addresses: Callable[[IReactorTime, Gone], Callable[[], None]] = listen_to_addresses
    processes: Callable[[IReactorTime], WatchProcesses] = watch_processes
    guardian: Callable[[IReactorTime, Places, HaConfig, GroupRunner, Say], IGuardian] = real_guardian
    fencer: Callable[[IReactorTime, HaConfig, NodeName, Say], IFencer] = started_fencer
    rng: Callable[[], Random] = SystemRandom
    wall: Callable[[], float] = time.time
    in_thread: Callable[[Callable[[], None]], Deferred[None]] = deferToThread


REAL: Final = Parts()


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

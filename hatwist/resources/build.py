# -*- test-case-name: tests.resources.test_build -*-
"""
Who gets what in this room; the one door for the service.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from functools import partial
from typing import Final

from attrs import evolve, field, frozen
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorProcess, IReactorTime
from zope.interface import implementer

from hatwist.cluster.names import Level, Outcome, Verb
from hatwist.config.builtin import USUAL, Addresses
from hatwist.config.model import Resource
from hatwist.config.units import find_fault, unit_name
from hatwist.config.wrappers import OCF_SCRIPT
from hatwist.errors import AgentError
from hatwist.interfaces import IResourceAgent
from hatwist.resources.agents import DEFAULT_TIMEOUTS, OcfAgent, ScriptAgent, Stage, Timeouts, UnitAgent
from hatwist.resources.announce import Announcer
from hatwist.resources.groups import STOP_RETRIES, GroupRunner
from hatwist.resources.ipaddr import BUILTIN_NAMES, AddressAgent
from hatwist.resources.kept import SharedNetwork
from hatwist.resources.locate import INIT_DIRECTORY, OCF_ROOT, Places
from hatwist.resources.network import OpenNetwork
from hatwist.resources.ocf import find_ocf
from hatwist.resources.presence import make_presence
from hatwist.resources.process import run_program
from hatwist.resources.rcd import RcScripts
from hatwist.resources.reporting import Log
from hatwist.resources.stock import StockScripts
from hatwist.resources.wanted import read_wanted

PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

STOP_RETRIES_VARIABLE: Final = "HA_STOPRETRYMAX"


def script_environment(directory: str, node: str, given: Mapping[str, str]) -> dict[str, str]:
    """
    Return the whole environment of resource programs.

    @param directory: the configuration directory.
    @param node: our node's name.
    @param given: what the daemon adds or changes: C{HA_LOGFILE}, the directives
        as C{HA_...}, C{OCF_ROOT}; holds no secret.
    """
    defaults = {
        "PATH": PATH,
        "LANG": "C",  # status is judged by English words
        "HA_DIR": directory,
        "HA_FUNCS": f"{directory}/shellfuncs",
        "HA_RCDIR": f"{directory}/rc.d",
        "HA_CURHOST": node,
        "OCF_ROOT": OCF_ROOT,
    }
    return {**defaults, **given}


@implementer(IResourceAgent)
@frozen
class AnnouncedScript:
    """
    A script for an address: it adds and removes it, and we tell the neighbours again
    where it is, which no script can be asked to do.
    """

    script: ScriptAgent
    address: Callable[[], AddressAgent]

    def run(self, resource: Resource, verb: Verb) -> Deferred[tuple[Outcome, str]]:
        """See L{IResourceAgent.run}."""
        if verb is not Verb.ANNOUNCE:
            return self.script.run(resource, verb)
        try:
            return self.address().run(resource, verb)
        except AgentError as reason:
            # What only the script understands only the script could announce.
            return succeed((Outcome.OK, str(reason)))


@frozen
class Agents:
    """
    Finds the agent of a resource, anew each time, so that files may come and go.

    @ivar announcer: of the built-in addresses.
    @ivar network: lends them the host's network.
    @ivar builtin: they take the place of heartbeat's own scripts, too.
    @ivar stock: which scripts are those.
    """

    places: Places
    stage: Stage
    announcer: Announcer
    network: OpenNetwork = field(factory=SharedNetwork)
    builtin: bool = True
    stock: Container[str] = field(factory=StockScripts)

    def agent_for(self, resource: Resource) -> IResourceAgent:
        """
        Return the agent of a resource.

        @raise AgentError: if there is none, or its arguments make no sense.
        """
        unit = unit_name(resource.script)
        if unit is not None:
            return self._unit_agent(resource, unit)
        builtin = resource.script in BUILTIN_NAMES
        path = self.places.script(resource.script)
        if resource.script == OCF_SCRIPT or (path is None and not builtin):
            return self._ocf_agent(resource)
        if path is None or (builtin and self.builtin and path in self.stock):
            return self._address_agent(resource)
        script = ScriptAgent(path, self.stage)
        return AnnouncedScript(script, partial(self._address_agent, resource)) if builtin else script

    def _address_agent(self, resource: Resource) -> AddressAgent:
        wanted = read_wanted(resource.arguments)
        where = f"{self.places.resource_directory}/{resource.script}"
        return AddressAgent(wanted, where, self.stage.log, self.announcer, self.network)

    def _unit_agent(self, resource: Resource, unit: str) -> UnitAgent:
        fault = find_fault(resource, unit)
        if fault:
            raise AgentError(f"{resource.text}: {fault}")
        return UnitAgent(unit, self.stage)

    def _ocf_agent(self, resource: Resource) -> IResourceAgent:
        call = find_ocf(self.places, resource)
        if call is None:
            raise AgentError(f"Cannot locate resource script {resource.script}")
        return OcfAgent(call, self.stage)


def make_runner(
    reactor: object,
    directory: str,
    node: str,
    environment: Mapping[str, str],
    log: Log,
    *,
    addresses: Addresses = USUAL,
    network: SharedNetwork | None = None,
    init_directory: str = INIT_DIRECTORY,
    timeouts: Timeouts = DEFAULT_TIMEOUTS,
) -> GroupRunner:
    """
    Make the runner of a node.

    @param reactor: provides C{IReactorProcess} and C{IReactorTime}.
    @param directory: the configuration directory, C{/etc/ha.d}.
    @param node: our node's name.
    @param environment: see L{script_environment}.
    @param addresses: how the built-in address is used.
    @param network: lends the host's network to the built-in address.
    """
    clock = IReactorTime(reactor)
    variables = script_environment(directory, node, environment)
    places = Places(directory, init_directory, variables["OCF_ROOT"])
    stage = Stage(partial(run_program, IReactorProcess(reactor), clock), variables, log, timeouts)
    presence = make_presence(reactor, log, addresses.refresh, network)
    agents = Agents(places, stage, presence.announcer, presence.network, addresses.builtin)
    looks = evolve(agents, stage=evolve(stage, log=_say_nothing))
    runner = GroupRunner(agents.agent_for, log, clock, read_stop_retries(variables), looks.agent_for)
    runner.troubles = presence.rivals.troubles
    runner.counters = presence.rivals.counters
    runner.close = presence.close
    return runner


def _say_nothing(level: Level, text: str, entity: str) -> None:
    """Write no line for each look at a resource that runs."""


def make_rc_scripts(
    reactor: object, directory: str, node: str, environment: Mapping[str, str], log: Log
) -> RcScripts:
    """Make what runs the scripts of C{rc.d}; the parameters are those of L{make_runner}."""
    clock = IReactorTime(reactor)
    launch = partial(run_program, IReactorProcess(reactor), clock)
    variables = script_environment(directory, node, environment)
    return RcScripts(directory, node, variables, launch, clock, log)


def read_stop_retries(variables: Mapping[str, str]) -> int:
    """Return how often a failed stop is tried again."""
    try:
        return int(variables.get(STOP_RETRIES_VARIABLE, STOP_RETRIES))
    except ValueError:
        return STOP_RETRIES

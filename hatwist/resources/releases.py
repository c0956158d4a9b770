# -*- test-case-name: tests.resources.test_releases -*-
"""
How the guardian releases a group without the daemon: addresses, and programs to be run.
"""

from __future__ import annotations

from collections.abc import Iterable

from hatwist.cluster.names import Verb
from hatwist.config.model import Resource, ResourceGroup
from hatwist.interfaces import IResourceAgent
from hatwist.resources.agents import OCF_VERB, SYSTEMCTL, UNIT_VERB, OcfAgent, ScriptAgent, UnitAgent
from hatwist.resources.build import AnnouncedScript
from hatwist.resources.wanted import addresses_of

Plan = dict[str, object]
"""As it goes over the guardian's socket."""


def release_plan(group: ResourceGroup, agents: Iterable[tuple[Resource, IResourceAgent]]) -> Plan:
    """
    Say what there is to be done.

    @param agents: of the group's resources, from left to right; the built-in address counts
        for nothing, since addresses are removed first.
    """
    programs = [program for one, agent in agents if (program := _program(one, agent)) is not None]
    return {"addresses": [str(ip) for ip in addresses_of(group)], "programs": programs[::-1]}


def _program(resource: Resource, agent: IResourceAgent) -> Plan | None:
    """Return how to stop what an agent has started; None for what has no program."""
    match agent:
        case ScriptAgent(path, stage):
            words = [path, *resource.arguments, Verb.STOP.value]
            environment = dict(stage.environment)
        case AnnouncedScript(script):
            # It may do more than to remove an address, or know one that we cannot read.
            return _program(resource, script)
        case OcfAgent(call, stage):
            timeout = stage.timeouts.of(Verb.STOP)
            words = [call.path, OCF_VERB[Verb.STOP]]
            environment = {**stage.environment, **call.environment(timeout)}
        case UnitAgent(unit, stage):
            words, environment = [SYSTEMCTL, UNIT_VERB[Verb.STOP], unit], dict(stage.environment)
        case _:
            return None
    return {"words": words, "environment": environment, "timeout": stage.timeouts.of(Verb.STOP)}

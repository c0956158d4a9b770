# -*- test-case-name: tests.resources.test_ocf -*-
"""
From a word of haresources to an OCF agent and its parameters.

Two ways lead there: C{OCF::TYPE::INSTANCE}, with the parameters in a file, and
the names for which heartbeat ships a wrapper script, with the parameters by
position.  The second is for hosts that have the agent but not the wrapper.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from attrs import frozen

from hatwist.config.model import Resource, ResourceGroup, Seconds
from hatwist.config.parameters import MAX_FILE, PREFIX, by_position, parse_parameters
from hatwist.config.wrappers import HEARTBEAT, OCF_SCRIPT, POSITIONAL
from hatwist.errors import AgentError
from hatwist.resources.locate import Places, find_program


@frozen
class OcfCall:
    """
    An agent and what it is to be told.

    @ivar provider: the directory it was found in, such as C{heartbeat}.
    @ivar instance: what it calls itself in its log lines.
    @ivar parameters: without C{OCF_RESKEY_}.
    """

    path: str
    provider: str
    instance: str
    parameters: Mapping[str, str]

    def environment(self, timeout: Seconds) -> dict[str, str]:
        """Return what the OCF agent API 1.0 promises an agent, its parameters among it."""
        return {
            "OCF_RA_VERSION_MAJOR": "1",
            "OCF_RA_VERSION_MINOR": "0",
            "OCF_RESOURCE_TYPE": self.path.rpartition("/")[2],
            "OCF_RESOURCE_PROVIDER": self.provider,
            "OCF_RESOURCE_INSTANCE": self.instance,
            f"{PREFIX}CRM_meta_timeout": str(int(timeout * 1000)),
            **{PREFIX + name: value for name, value in self.parameters.items()},
        }


def find_calls(places: Places, groups: Iterable[ResourceGroup]) -> Iterator[tuple[Resource, OcfCall]]:
    """Yield every resource that an OCF agent runs; those that make no sense are left out."""
    for resource in (one for group in groups for one in group.resources):
        if resource.script == OCF_SCRIPT or places.script(resource.script) is None:
            with suppress(AgentError):
                call = find_ocf(places, resource)
                if call is not None:
                    yield resource, call


def find_ocf(places: Places, resource: Resource) -> OcfCall | None:
    """
    Return the OCF agent that a resource means; None if it means none.

    @raise AgentError: when it means one that is not there, or its arguments or
        its parameter file make no sense.
    """
    if resource.script == OCF_SCRIPT:
        return _by_instance(places, resource)
    names = POSITIONAL.get(resource.script)
    path = find_program((places.ocf_directory(HEARTBEAT),), resource.script)
    if names is None or path is None:
        return None
    parameters = by_position(resource.script, names, resource.arguments)
    instance = "_".join((resource.script, *resource.arguments[:1]))
    return OcfCall(path, HEARTBEAT, instance, parameters)


def _by_instance(places: Places, resource: Resource) -> OcfCall:
    if len(resource.arguments) != 2 or any("/" in word for word in resource.arguments):
        raise AgentError(f"not OCF::TYPE::INSTANCE: {resource.text}")
    kind, instance = resource.arguments
    for provider in _providers(places):
        path = find_program((places.ocf_directory(provider),), kind)
        if path is not None:
            file = os.path.join(places.directory, "conf", "OCF", kind, instance)
            return OcfCall(path, provider, instance, _read_parameters(file))
    raise AgentError(f"Cannot locate resource script {kind}")


def _providers(places: Places) -> list[str]:
    """Return the providers on this host, heartbeat first."""
    try:
        found = os.listdir(places.ocf_directory())
    except OSError:
        return []
    return sorted(found, key=lambda name: (name != HEARTBEAT, name))


def _read_parameters(file: str) -> dict[str, str]:
    try:
        with open(file, encoding="utf-8", errors="surrogateescape") as opened:
            text = opened.read(MAX_FILE + 1)
    except OSError as reason:
        raise AgentError(f"{file}: {reason.strerror}") from reason
    return parse_parameters(text, file)

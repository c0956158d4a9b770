# -*- test-case-name: tests.resources.test_ocf -*-
"""
From a word of haresources to an OCF agent and its parameters.

Two ways lead there: C{OCF::TYPE::INSTANCE}, with the parameters in a file, and
the names for which heartbeat ships a wrapper script, with the parameters by
position.  The second is for hosts that have the agent but not the wrapper.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from typing import Final

from attrs import frozen

from hatwist.config.model import Resource
from hatwist.config.wrappers import HEARTBEAT, OCF_SCRIPT, POSITIONAL
from hatwist.errors import AgentError
from hatwist.resources.locate import Places, find_program

PREFIX: Final = "OCF_RESKEY_"

MAX_FILE: Final = 64 * 1024
"""Bytes of a parameter file."""

MAX_PARAMETERS: Final = 256


@frozen
class OcfCall:
    """
    An agent and what it is to be told.

    @ivar parameters: without C{OCF_RESKEY_}.
    """

    path: str
    provider: str
    instance: str
    parameters: Mapping[str, str]


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


def by_position(script: str, names: tuple[str, ...], arguments: tuple[str, ...]) -> dict[str, str]:
    """
    Name the arguments of a wrapper.

    @raise AgentError: for more arguments than names.
    """
    if script == "SendArp" and len(arguments) == 1:
        arguments = tuple(arguments[0].split("/", 1))
    if script == "WAS" and arguments and arguments[0].isdecimal():
        names = ("port",)
    if len(arguments) > len(names):
        raise AgentError(f"{script} takes {'::'.join(names)}, not {'::'.join(arguments)}")
    return dict(zip(names, arguments, strict=False))


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
    if len(text) > MAX_FILE:
        raise AgentError(f"{file}: longer than {MAX_FILE} characters")
    return parse_parameters(text, file)


def parse_parameters(text: str, file: str) -> dict[str, str]:
    """
    Read C{NAME=value} lines: quotes as in a shell, C{#} begins a comment, the
    prefix C{OCF_RESKEY_} may stand before the name.

    @raise AgentError: for anything else; names file and line.
    """
    parameters: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        try:
            words = shlex.split(line, comments=True)
        except ValueError as reason:
            raise AgentError(f"{file}:{number}: {reason}") from reason
        for word in words:
            name, equals, value = word.partition("=")
            if not equals or not name.isidentifier():
                raise AgentError(f"{file}:{number}: not NAME=value: {word}")
            parameters[name.removeprefix(PREFIX)] = value
    if len(parameters) > MAX_PARAMETERS:
        raise AgentError(f"{file}: more than {MAX_PARAMETERS} parameters")
    return parameters

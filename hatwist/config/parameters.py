# -*- test-case-name: tests.config.test_parameters -*-
"""
The parameters of OCF agents: by position, or from a file of C{NAME=value} lines.
"""

from __future__ import annotations

import shlex
from typing import Final

from hatwist.errors import AgentError

PREFIX: Final = "OCF_RESKEY_"

MAX_FILE: Final = 64 * 1024
"""Characters of a parameter file."""

MAX_PARAMETERS: Final = 256


def by_position(script: str, names: tuple[str, ...], arguments: tuple[str, ...]) -> dict[str, str]:
    """
    Name the arguments of a wrapper.

    @param names: as L{hatwist.config.wrappers.POSITIONAL} has them.
    @raise AgentError: for more arguments than names.
    """
    if script == "SendArp" and len(arguments) == 1:
        arguments = tuple(arguments[0].split("/", 1))
    if script == "WAS" and arguments and arguments[0].isdecimal():
        names = ("port",)
    if len(arguments) > len(names):
        raise AgentError(f"{script} takes {'::'.join(names)}, not {'::'.join(arguments)}")
    return dict(zip(names, arguments, strict=False))


def parse_parameters(text: str, file: str) -> dict[str, str]:
    """
    Read C{NAME=value} lines: quotes as in a shell, C{#} begins a comment, the
    prefix C{OCF_RESKEY_} may stand before the name.

    @raise AgentError: for anything else; names file and line.
    """
    if len(text) > MAX_FILE:
        raise AgentError(f"{file}: longer than {MAX_FILE} characters")
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

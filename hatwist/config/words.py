# -*- test-case-name: tests.config.test_model -*-
"""
The smallest values of a configuration: names, times, places, problems.
"""

from __future__ import annotations

from enum import Enum
from string import ascii_lowercase, ascii_uppercase
from typing import Final, NewType

from attrs import frozen

NodeName = NewType("NodeName", str)
"""Lower case, as on the wire; L{node_name} makes one."""

LinkName = NewType("LinkName", str)
"""Interface name, device path, or host of a ping medium."""

Seconds = float

_LOWER: Final = str.maketrans(ascii_uppercase, ascii_lowercase)


def node_name(text: str) -> NodeName:
    """Return the name of a node as everything here has it: ASCII letters in lower case."""
    return NodeName(text.translate(_LOWER))


class Gravity(Enum):
    """How much a problem matters."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@frozen
class Position:
    """Where in a file; line and column count from 1, 0 where there is none."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        numbers = [str(number) for number in (self.line, self.column) if number]
        return ":".join([self.file, *numbers])


@frozen
class Problem:
    """
    One finding about the configuration.

    @ivar code: a short stable name, such as C{unknown-directive}.
    @ivar text: what is wrong.
    @ivar remedy: what would be right; may be empty.
    """

    gravity: Gravity
    where: Position
    code: str
    text: str
    remedy: str = ""

    def __str__(self) -> str:
        tail = f" ({self.remedy})" if self.remedy else ""
        return f"{self.where}: {self.gravity.value}: {self.text}{tail}"

# -*- test-case-name: tests.config.test_directives -*-
"""
What a row of the table of directives is.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Generic, TypeVar

from attrs import frozen

from hatwist.config import clauses, media

T = TypeVar("T")


class Repeat(Enum):
    """What a second use of a directive does."""

    ADDS = "adds"
    LAST = "last wins"
    ONCE = "once"


class Life(Enum):
    """Whether a directive does something."""

    ACTIVE = "active"
    LATER = "accepted, not yet active"
    INERT = "accepted, without effect"
    REFUSED = "not supported"


@frozen(kw_only=True)
class Directive:
    """
    A row of the table.

    @ivar syntax: what follows the name.
    @ivar default: as text; empty where there is none or it depends on others.
    @ivar unit: of a bare number.
    @ivar recorded: whether it is handed to scripts and clients as C{HA_name}.
    """

    name: str
    syntax: str
    explanation: str
    default: str = ""
    unit: str = ""
    repeat: Repeat = Repeat.LAST
    recorded: bool = True
    life: Life = Life.ACTIVE


@frozen(kw_only=True)
class Scalar(Directive, Generic[T]):
    """
    A directive with one value.

    @ivar parse: raises C{ValueError} with what would be right.
    @ivar key: the name it is kept under; differs for a second name of the same thing.
    @ivar complaint: the historical words for a bad value, with C{%s} for it.
    @ivar twice: the historical words for a second use, where that is an error.
    """

    parse: Callable[[str], T]
    key: str = ""
    complaint: str = ""
    twice: str = ""

    @property
    def kept_as(self) -> str:
        """The name its value is kept under."""
        return self.key or self.name

    def complain(self, value: str) -> str:
        """Return the words for a bad value."""
        return (self.complaint or f"{self.name}: invalid value [%s]").replace("%s", value)


@frozen(kw_only=True)
class Medium(Directive):
    """
    A directive that names media.

    @ivar each: whether every word is a medium of its own.
    @ivar most: words it has at most, if not C{each}; 0 for any number.
    """

    kind: str
    parse: media.MediumParser
    each: bool = False
    most: int = 0
    recorded: bool = False
    repeat: Repeat = Repeat.ADDS


@frozen(kw_only=True)
class Clause(Directive):
    """
    A directive with a reader of its own.

    @ivar missing: the historical words where no value is given and that is an error.
    """

    read: clauses.Reader
    missing: str = ""
    recorded: bool = False
    repeat: Repeat = Repeat.ADDS

# -*- test-case-name: tests.config.test_hacf -*-
"""
What has been read of ha.cf so far, and what a reader of a directive may say.
"""

from __future__ import annotations

from attrs import Factory, define

from hatwist.config.findings import Findings
from hatwist.config.lexer import Word
from hatwist.config.model import (
    ApiAuth,
    MediumSpec,
    NodeName,
    Position,
    Respawn,
    Stonith,
)
from hatwist.errors import HatwistError


class Refused(HatwistError):
    """
    A reader cannot accept what stands there.

    @ivar where: the offending word.
    @ivar remedy: what would be right.
    """

    def __init__(self, where: Position, code: str, text: str, remedy: str = "") -> None:
        super().__init__(text)
        self.where = where
        self.code = code
        self.text = text
        self.remedy = remedy


@define
class Draft:
    """
    ha.cf, half read.

    @ivar node: the local node.
    @ivar texts: the last accepted value of each directive that has one value.
    @ivar places: where each directive stands last.
    @ivar refused: directives with a line that could not be read.
    """

    file: str
    node: NodeName
    findings: Findings
    texts: dict[str, Word] = Factory(dict)
    places: dict[str, Position] = Factory(dict)
    nodes: dict[NodeName, Position] = Factory(dict)
    media: list[MediumSpec] = Factory(list)
    respawn: list[Respawn] = Factory(list)
    apiauth: list[ApiAuth] = Factory(list)
    stonith: Stonith | None = None
    environment: dict[str, str] = Factory(dict)
    refused: set[str] = Factory(set)

    def refuse(self, name: str, refused: Refused) -> None:
        """Take note that a line of this directive could not be read."""
        self.findings.error(refused.where, refused.code, refused.text, refused.remedy)
        self.refused.add(name)

# -*- test-case-name: tests.sim.test_script -*-
"""
The language of scenarios, and of the files that record them.

Times are written as in ha.cf: C{2}, C{1.5}, C{500ms}.

A file is a list of blocks: orders, a line C{----}, and what then happened::

    nodes alpha beta keepalive=2 deadtime=10 initdead=20 auto_failback=on
    group alpha 10.0.0.5 www
    boot all
    run 60
    ----
    (the transcript of these sixty seconds)

    crash alpha
    run 30
    ----
    ...

Comments begin with C{#} and stay.  The whole vocabulary is
L{hatwist.sim.vocabulary.COMMANDS}.
"""

from __future__ import annotations

import shlex
from inspect import signature
from typing import TYPE_CHECKING, Final

from attrs import define, field, frozen

from hatwist.config.model import NodeName
from hatwist.errors import HatwistError
from hatwist.sim.auditors import every
from hatwist.sim.plan import Plan
from hatwist.sim.vocabulary import COMMANDS
from hatwist.sim.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hatwist.config.model import LinkName
    from hatwist.sim.auditor import Auditor
    from hatwist.sim.host import Host

SEPARATOR: Final = "----"


class ScriptError(ValueError):
    """A scenario that cannot be understood; says which line."""


@frozen
class Block:
    """
    Orders, and what happened the last time they were given.

    @ivar orders: the lines above the separator, comments included.
    @ivar recorded: the lines below it.
    """

    orders: tuple[str, ...]
    recorded: tuple[str, ...]


def read_blocks(text: str) -> list[Block]:
    """
    Read a scenario file.

    @raise ScriptError: for a block without separator.
    """
    blocks: list[Block] = []
    for part in text.strip("\n").split("\n\n"):
        lines = part.split("\n")
        if SEPARATOR not in lines:
            raise ScriptError(f"no line {SEPARATOR!r} after {lines[0]!r}")
        at = lines.index(SEPARATOR)
        blocks.append(Block(tuple(lines[:at]), tuple(lines[at + 1 :])))
    return blocks


def write_blocks(blocks: Iterable[Block]) -> str:
    """Write a scenario file."""
    parts = ("\n".join([*block.orders, SEPARATOR, *block.recorded]) for block in blocks)
    return "\n\n".join(parts) + "\n"


@define
class Script:
    """
    Gives the orders of a scenario to a world.

    The world is made by the first order that needs one.

    @ivar auditors: makes those who watch it.
    """

    auditors: Callable[[], tuple[Auditor, ...]] = every
    _plan: Plan = field(factory=Plan)
    _world: World | None = None

    @property
    def plan(self) -> Plan:
        """
        The configuration in the making.

        @raise ValueError: when the world is already made of it.
        """
        if self._world is not None:
            raise ValueError("the world is already made; this comes before everything else")
        return self._plan

    @property
    def world(self) -> World:
        """The world; what is planned so far is what it is made of."""
        if self._world is None:
            self._world = World(self._plan.config(), self._plan.seed, self.auditors())
        return self._world

    def play(self, block: Block) -> Block:
        """
        Give the orders of a block.

        @return: the block with what happened now.
        @raise ScriptError: for an order that cannot be understood.
        @raise Violation: when something happened that never must.
        """
        for line in block.orders:
            self.order(line)
        return Block(block.orders, tuple(self.take()))

    def take(self) -> list[str]:
        """Return what happened since the last time."""
        return [] if self._world is None else self._world.transcript.take()

    @property
    def digest(self) -> str:
        """A short name of everything that happened."""
        return self.world.transcript.digest

    def order(self, line: str) -> None:
        """
        Give one order; an empty line or a comment is none.

        @raise ScriptError: for an order that cannot be understood.
        @raise Violation: when something happened that never must.
        """
        try:
            words = shlex.split(line, comments=True)
            if words:
                self._obey(words[0], words[1:])
        except (HatwistError, ValueError) as error:
            raise ScriptError(f"cannot do {line!r}: {error}") from error

    def host(self, name: str) -> Host:
        """
        Return a host.

        @raise ValueError: when there is none of that name.
        """
        found = self.world.hosts.get(NodeName(name))
        if found is None:
            raise ValueError(f"no such node: {name}; there are {', '.join(self.world.hosts)}")
        return found

    def end(self, name: str) -> NodeName:
        """
        Return who is at an end of a path: a host or a ping node.

        @raise ValueError: when there is none of that name.
        """
        return NodeName(name) if name in self.world.config.cf.ping_nodes else self.host(name).name

    def hosts(self, word: str) -> list[Host]:
        """Return one host, or C{all}."""
        return list(self.world.hosts.values()) if word == "all" else [self.host(word)]

    def links(self, words: tuple[str, ...]) -> list[LinkName]:
        """
        Return the named links, or all if none is named.

        @raise ValueError: when there is none of that name.
        """
        links = [medium.link for medium in self.world.config.cf.media]
        unknown = sorted(set(words).difference(links))
        if unknown:
            raise ValueError(f"no such link: {unknown[0]}; there are {', '.join(links)}")
        return [link for link in links if not words or link in words]

    def _obey(self, verb: str, words: list[str]) -> None:
        command = COMMANDS.get(verb)
        if command is None:
            raise ValueError(f"no such order; there are {', '.join(sorted(COMMANDS))}")
        try:
            signature(command).bind(self, *words)
        except TypeError as error:
            raise ValueError(f"{error} (see the table of orders)") from error
        command(self, *words)

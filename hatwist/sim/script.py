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

Comments begin with C{#} and stay.  L{COMMANDS} is the whole vocabulary.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from attrs import define, field, frozen

from hatwist.cluster.events import LeaveWanted, StandbyWanted, TakeoverWanted
from hatwist.cluster.names import Holding, Verb
from hatwist.config.durations import seconds
from hatwist.config.model import NodeName
from hatwist.sim.auditors import agreement, every
from hatwist.sim.plan import Plan
from hatwist.sim.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from hatwist.config.model import LinkName

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

    @ivar world: made by the first order that needs one.
    """

    seed: int
    plan: Plan = field(factory=Plan)
    _world: World | None = None

    @property
    def world(self) -> World:
        """The world; what is planned so far is what it is made of."""
        if self._world is None:
            self._world = World(self.plan.config(), self.seed, every())
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
        recorded = tuple(self._world.transcript.take()) if self._world is not None else ()
        return Block(block.orders, recorded)

    def order(self, line: str) -> None:
        """Give one order; an empty line or a comment is none."""
        words = shlex.split(line, comments=True)
        if not words:
            return
        command = COMMANDS.get(words[0])
        if command is None:
            raise ScriptError(f"no such order: {line!r}; there are {', '.join(sorted(COMMANDS))}")
        try:
            command(self, *words[1:])
        except (TypeError, KeyError, ValueError) as error:
            raise ScriptError(f"cannot do {line!r}: {error}") from error

    def names(self, word: str) -> list[NodeName]:
        """Return one node, or all."""
        if word == "all":
            return list(self.world.hosts)
        return [self.world.hosts[NodeName(word)].name]

    def links(self, words: tuple[str, ...]) -> list[LinkName]:
        """Return the named links, or all."""
        return [medium.link for medium in self.world.config.cf.media if not words or medium.link in words]


def _nodes(script: Script, *words: str) -> None:
    script.plan.set_nodes(words)


def _group(script: Script, *words: str) -> None:
    script.plan.add_group(words)


def _clock(script: Script, name: str, offset: str, drift: str) -> None:
    host = script.world.hosts[NodeName(name)]
    host.offset, host.drift = seconds(offset), float(drift)


def _run(script: Script, duration: str) -> None:
    script.world.run(seconds(duration))


def _boot(script: Script, which: str) -> None:
    for name in script.names(which):
        script.world.boot(name)


def _crash(script: Script, which: str) -> None:
    for name in script.names(which):
        script.world.crash(name)


def _kill(script: Script, which: str) -> None:
    for name in script.names(which):
        script.world.kill(name)


def _pause(script: Script, name: str, duration: str) -> None:
    script.world.pause(script.names(name)[0], seconds(duration))


def _leave(script: Script, which: str) -> None:
    for name in script.names(which):
        script.world.feed(script.world.hosts[name], LeaveWanted())


def _standby(script: Script, name: str, which: str = "all") -> None:
    script.world.feed(script.world.hosts[NodeName(name)], StandbyWanted(Holding.of(which)))


def _takeover(script: Script, name: str, which: str = "all") -> None:
    script.world.feed(script.world.hosts[NodeName(name)], TakeoverWanted(Holding.of(which)))


def _cut(script: Script, pair: str, *links: str) -> None:
    """C{a|b} cuts both directions, C{a>b} only what goes from a to b."""
    one_way = ">" in pair
    first, second = pair.split(">" if one_way else "|")
    for link in script.links(links):
        ends = [(first, second)] if one_way else [(first, second), (second, first)]
        for sender, hearer in ends:
            path = (script.names(sender)[0], script.names(hearer)[0], link)
            script.world.network.cut(path)
    script.world.note(f"*** cut {pair} {' '.join(links)}".rstrip())


def _heal(script: Script) -> None:
    script.world.network.heal()
    script.world.note("*** heal")


def _network(script: Script, *settings: str) -> None:
    """C{loss=10% delay=1ms..20ms duplicate=1% flip=1% truncate=1%}, on every path."""
    changes: dict[str, float] = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        if name == "delay":
            shortest, _, longest = value.partition("..")
            changes["shortest"], changes["longest"] = seconds(shortest), seconds(longest or shortest)
        else:
            changes[name] = float(value.rstrip("%")) / (100 if value.endswith("%") else 1)
    script.world.network.everywhere(**changes)


def _agent(script: Script, name: str, key: str, verb: str, how: str) -> None:
    """C{agent beta www start fail}, and C{... mend}."""
    broken = script.world.hosts[NodeName(name)].agents.broken
    if how == "fail":
        broken.add((key, Verb(verb)))
    else:
        broken.discard((key, Verb(verb)))


def _pace(script: Script, name: str, shortest: str, longest: str) -> None:
    script.world.hosts[NodeName(name)].agents.pace = (seconds(shortest), seconds(longest))


def _status(script: Script, name: str) -> None:
    """Write what a node would show."""
    node = script.world.hosts[NodeName(name)].node
    if node is None:
        script.world.note(f"{name} does not run")
        return
    status = node.status()
    stable = "stable" if status.stable else "moving"
    script.world.note(f"{name} {status.status.value} holds {status.holding.word}, {stable}")
    for view in status.nodes:
        links = " ".join(f"{link.link}={link.status.value}" for link in view.links)
        script.world.note(f"  node {view.name} {view.status.value} {links}")
    for group in status.groups:
        script.world.note(f"  group {group.key} owner={group.owner} here={group.state.value} why={group.why}")


def _agree(script: Script) -> None:
    agreement(script.world)
    script.world.note("*** all agree")


COMMANDS: Final[Mapping[str, Callable[..., None]]] = {
    "nodes": _nodes,
    "group": _group,
    "clock": _clock,
    "run": _run,
    "boot": _boot,
    "crash": _crash,
    "kill": _kill,
    "pause": _pause,
    "leave": _leave,
    "standby": _standby,
    "takeover": _takeover,
    "cut": _cut,
    "heal": _heal,
    "network": _network,
    "agent": _agent,
    "pace": _pace,
    "status": _status,
    "agree": _agree,
}

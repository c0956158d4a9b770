"""
Without the key: a node that has heard real traffic takes what was made of it for noise.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from attrs import define, field

from hatwist.cluster.actions import Log
from hatwist.cluster.events import DatagramReceived
from hatwist.errors import RemoteError
from hatwist.wire.envelope import open_datagram
from tests.cluster.builders import ETH0
from tests.cluster.test_captured import Listener, listen
from tests.fuzz.mutants import mutants
from tests.fuzz.state import knowledge
from tests.wire.captures import datagrams, keyring

if TYPE_CHECKING:
    from hatwist.cluster.node import Node
    from hatwist.wire.message import Message

MAX_LINE: Final = 300
"""Characters of a line about what was not authentic."""

KINDS: Final = ("not authentic", "malformed")
"""What such datagrams are counted as, and one line a minute each."""


class Effect(AssertionError):
    """Something that was not authentic had an effect."""


@define
class Forger:
    """
    One who has recorded a run of real heartbeats, and has no key.

    @ivar tried: how many datagrams had no effect.
    """

    name: str
    rng: Random
    listener: Listener = field(init=False)
    samples: dict[str, bytes] = field(init=False)
    tried: int = 0

    def __attrs_post_init__(self) -> None:
        self.listener = listen(self.name)
        keys = keyring(self.name)
        recorded = datagrams(self.name)
        self.samples = {open_datagram(one, keys).get("t"): one for one in recorded}

    @property
    def node(self) -> Node:
        """The node that is attacked."""
        return self.listener.node

    def attack(self, each: int) -> None:
        """Try some mutants of every kind of every type of message, all in one minute."""
        if self.tried:
            self.listener.wait(self.listener.now + 61.0)
        self._send([one for sample in self.samples.values() for one in self._forged(sample, each)])

    def _forged(self, sample: bytes, each: int) -> list[bytes]:
        forged = []
        original = open_datagram(sample, keyring(self.name))
        for one in mutants(sample, self.rng, each):
            opened = self._opened(one)
            if opened is None:
                forged.append(one)
            elif opened.without("auth") != original.without("auth"):
                raise Effect(f"{one[:2000]!r} passes for authentic and says something else")
        return forged

    def _opened(self, data: bytes) -> Message | None:
        try:
            return open_datagram(data, keyring(self.name))
        except RemoteError:
            return None

    def _send(self, forged: list[bytes]) -> None:
        before, counted = knowledge(self.node), self._counted()
        lines: list[str] = []
        for one in forged:
            for action in self.node.handle(DatagramReceived(ETH0, one, "192.0.2.66:694"), self.listener.now):
                if not isinstance(action, Log):
                    raise Effect(f"{one[:2000]!r} causes {action!r:.500}")
                lines.append(action.text)
        if knowledge(self.node) != before:
            raise Effect("the node knows something else now")
        counted = self._counted() - counted
        if counted != len(forged):
            raise Effect(f"{len(forged)} were sent, {counted} are counted")
        if len(lines) > len(KINDS) or not all(one.isprintable() and len(one) < MAX_LINE for one in lines):
            raise Effect(f"{lines!r:.2000} is logged")
        self.tried += len(forged)

    def _counted(self) -> int:
        counters = self.node.complaints.counters
        return sum(counters.get(kind, 0) for kind in KINDS)


def forge(seed: int, name: str, each: int, minutes: int = 1) -> int:
    """
    Attack a node with what can be made of a capture.

    @param each: mutants of each kind, of each type of message, in each minute.
    @return: how many datagrams that were.
    """
    forger = Forger(name, Random(f"{seed} {name}"))
    for _ in range(minutes):
        forger.attack(each)
    return forger.tried

# -*- test-case-name: tests.lab.test_traffic -*-
"""
What a node hears in a cluster where nothing happens: heartbeats and acknowledgements.

The datagrams are heartbeat's to the byte: its fields in its order, the inner
C{auth} field, its trailer.  One round is one keepalive of virtual time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from hatwist.cluster.identity import Identity
from hatwist.cluster.sequence import ACK_MODULUS
from hatwist.config.model import AutoFailback, HaCf, HaConfig, LinkName, MediumSpec, NodeName, Position
from hatwist.wire.auth import Key, Keyring
from hatwist.wire.envelope import seal
from hatwist.wire.message import Field, FieldType, Message

KEEPALIVE: Final = 1.0
LINK: Final = LinkName("eth1")
SOURCE: Final = "172.16.20.209"
GENERATION: Final = 0x6B032552
EPOCH: Final = 0x6B032551

Round = tuple[tuple[float, bytes], ...]
"""When each datagram comes, in seconds since the round began, and its bytes."""


def configuration(nodes: int, method: str) -> HaConfig:
    """Make the configuration of a cluster without resources."""
    names = tuple(NodeName(f"node{number:02}") for number in range(1, nodes + 1))
    media = (MediumSpec("bcast", LINK, Position("ha.cf"), interface=LINK),)
    cf = HaCf(
        names,
        media,
        keepalive=KEEPALIVE,
        warntime=5 * KEEPALIVE,
        deadtime=10 * KEEPALIVE,
        auto_failback=AutoFailback.ON,
    )
    return HaConfig(cf, Keyring(1, (Key(1, method, b"only-for-the-bench"),)), ())


def identity(name: NodeName) -> Identity:
    """Say who a node of such a cluster is."""
    return Identity(name, name.encode().ljust(16, b"-"), GENERATION, epoch=EPOCH)


@dataclass
class Traffic:
    """
    The peers of the first node of a configuration.

    @ivar sequence: the number of the newest message of every peer; they move in step.
    """

    config: HaConfig
    sequence: int = 0
    _names: tuple[NodeName, ...] = field(init=False)

    def __post_init__(self) -> None:
        self._names = self.config.cf.nodes[1:]

    def says(self, **strings: str) -> Iterator[bytes]:
        """Let every peer send a message with a number."""
        self.sequence += 1
        for name in self._names:
            yield self._seal(Message.of(**strings), name, self.sequence)

    def beat(self, word: str = "active") -> Iterator[bytes]:
        """Let every peer send its status."""
        return self.says(t="status", st=word, dt=f"{round(10_000 * KEEPALIVE):x}", protocol="1")

    def round(self, ours: int) -> Round:
        """
        Make one keepalive: every peer's status, and one in L{ACK_MODULUS} acknowledges ours.

        What peers acknowledge to each other is left out.

        @param ours: the number of the node's own newest message.
        """
        datagrams = list(self.beat())
        for place, name in enumerate(self._names):
            if (ours + place) % ACK_MODULUS == 0:
                datagrams.append(self._acknowledge(name, ours))
        step = KEEPALIVE / (len(datagrams) + 1)
        return tuple((number * step, data) for number, data in enumerate(datagrams, 1))

    def _acknowledge(self, name: NodeName, number: int) -> bytes:
        node = self.config.cf.nodes[0]
        message = Message.of(t="NS_ackmsg", dest=node, ackseq=f"{number:x}")
        return self._seal(message.plus([Field("destuuid", identity(node).uuid, FieldType.BINARY)]), name)

    def _seal(self, message: Message, name: NodeName, sequence: int | None = None) -> bytes:
        """Add what every message has (protocol section 5), and sign."""
        fields = [Field("src", name), Field("srcuuid", identity(name).uuid, FieldType.BINARY)]
        if sequence is not None:
            fields.append(Field("seq", f"{sequence:x}"))
        fields.append(Field("hg", f"{GENERATION:x}"))
        fields.append(Field("ts", f"{EPOCH + self.sequence:x}"))
        if sequence is not None:
            fields.append(Field("ld", f"0.{sequence % 100:02} 0.26 0.15 2/106 {sequence % 90 + 10}"))
        fields.append(Field("ttl", str(1 + len(self.config.cf.nodes))))
        return seal(message.plus(fields), self.config.keys)

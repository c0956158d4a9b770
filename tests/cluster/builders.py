"""
Small parts that the tests of the core are put together from.

C{alpha} is the node under test, C{beta} its peer; each is home to one group.
"""

from __future__ import annotations

from heapq import heappop, heappush
from math import inf
from random import Random
from typing import TYPE_CHECKING, Final

from attrs import define, evolve, field

from hatwist.cluster.actions import (
    CancelFence,
    Deliver,
    Fence,
    Log,
    PauseClients,
    Persist,
    Probe,
    PushDeadline,
    Record,
    RunGroup,
    Stop,
    Transmit,
)
from hatwist.cluster.events import DatagramReceived, DeadlinePassed, GroupFinished, Started
from hatwist.cluster.facts import Send
from hatwist.cluster.identity import Identity
from hatwist.cluster.ledger import Ledger, Phase
from hatwist.cluster.names import NodeStatus, Outcome, Verb
from hatwist.cluster.node import Node
from hatwist.config.model import (
    AutoFailback,
    HaCf,
    HaConfig,
    LinkName,
    MediumSpec,
    NodeName,
    Position,
    Resource,
    ResourceGroup,
)
from hatwist.wire.auth import Key, Keyring
from hatwist.wire.envelope import open_datagram, seal
from hatwist.wire.message import Field, FieldType, Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hatwist.cluster.actions import Action
    from hatwist.cluster.events import Event

ALPHA: Final = NodeName("alpha")
BETA: Final = NodeName("beta")
GAMMA: Final = NodeName("gamma")

ETH0: Final = LinkName("eth0")
ETH1: Final = LinkName("eth1")

KEYS: Final = Keyring(1, (Key(1, "sha1", b"secret"),))

UUIDS: Final = {ALPHA: b"a" * 16, BETA: b"b" * 16, GAMMA: b"c" * 16}


def medium(link: LinkName, kind: str = "bcast") -> MediumSpec:
    """Make a medium."""
    return MediumSpec(kind, link, Position("ha.cf"), interface=link)


CF: Final = HaCf(
    nodes=(ALPHA, BETA),
    media=(medium(ETH0), medium(ETH1)),
    keepalive=1.0,
    warntime=5.0,
    deadtime=10.0,
    initdead=30.0,
    auto_failback=AutoFailback.ON,
)

LEGACY: Final = evolve(CF, auto_failback=AutoFailback.LEGACY)
FAILBACK_OFF: Final = evolve(CF, auto_failback=AutoFailback.OFF)
THREE: Final = evolve(CF, nodes=(ALPHA, BETA, GAMMA))


def group(node: NodeName, *resources: str) -> ResourceGroup:
    """Make a line of haresources."""
    return ResourceGroup(
        node, tuple(Resource(text, text.partition("::")[0]) for text in resources), Position("haresources")
    )


WEB: Final = group(ALPHA, "10.0.0.1", "apache")
SQL: Final = group(BETA, "10.0.0.2", "mysql")
GROUPS: Final = (WEB, SQL)


def config(cf: HaCf = CF, groups: tuple[ResourceGroup, ...] = GROUPS) -> HaConfig:
    """Make a configuration."""
    return HaConfig(cf, KEYS, groups)


def identity(name: NodeName = ALPHA, generation: int = 7) -> Identity:
    """Say who a node is; the daemon has process id 4711, and monotonic time began at 1000."""
    return Identity(name, UUIDS[name], generation, epoch=1000.0, process=4711)


def node(cf: HaCf = CF, groups: tuple[ResourceGroup, ...] = GROUPS) -> Node:
    """Make C{alpha}, at time 0."""
    return Node(config(cf, groups), identity(), Random(1), 0.0)


def settled_ledger(*, nice: bool = True) -> Ledger:
    """Make the ledger of C{alpha} when both sides have found their peace and C{beta} lives."""
    return Ledger(
        ALPHA,
        GROUPS,
        nice,
        peers={BETA: NodeStatus.ACTIVE},
        phase=Phase.STABLE,
        their_stable=True,
    )


def from_peer(
    message: Message,
    *,
    seq: int | None = None,
    src: str = BETA,
    hg: int = 3,
    ts: int = 1000,
    uuid: bytes | None = None,
) -> Message:
    """Add the standard fields of a peer; without C{seq} those of an C{NS_} message."""
    made = message.with_field("src", src)
    if uuid is not None:
        made = made.plus([Field("srcuuid", uuid, FieldType.BINARY)])
    if seq is not None:
        made = made.with_field("seq", f"{seq:x}")
    return made.with_field("hg", f"{hg:x}").with_field("ts", f"{ts:x}")


def datagram(message: Message, link: LinkName = ETH0, keys: Keyring = KEYS) -> DatagramReceived:
    """Let a message come in."""
    return DatagramReceived(link, seal(message, keys), "192.0.2.2")


def status(word: str = "active", dt: str = "2710") -> Message:
    """Make a heartbeat; C{dt} is hexadecimal milliseconds."""
    return Message.of(t="status", st=word, dt=dt, protocol="1")


def sent(outcomes: Sequence[object]) -> list[Message]:
    """Pick the messages that machines ask to be sent."""
    return [one.message for one in outcomes if isinstance(one, Send)]


def logged(outcomes: Iterable[object]) -> list[str]:
    """Pick what is written to the log, in words."""
    return [one.text for one in outcomes if isinstance(one, Log)]


def transmitted(actions: Iterable[object]) -> list[Message]:
    """Pick and open the datagrams that go out."""
    return [open_datagram(one.data, KEYS) for one in actions if isinstance(one, Transmit)]


def line(message: Message) -> str:
    """Say the gist of a message of the resource layer, as protocol 10.10 writes it."""
    names = ("rsc_hold", "isstable", "ipaddr", "weown", "result", "info")
    return " ".join([message.get("t"), *(message.get(name) for name in names if message.has(name))])


@define
class Cluster:
    """
    Nodes joined by a list, and what runs on their hosts.

    A datagram takes a millisecond, a script C{script} seconds; time goes from
    event to event.

    @ivar said: what was said of resources, C{"alpha: starting"}, in order.
    @ivar running: the keys of the groups that run, by node.
    @ivar unfit: the (node, key) whose start fails.
    @ivar cut: no datagram arrives.
    @ivar most: the largest number of nodes that ran one group at a time.
    @ivar up: the nodes whose daemon runs.
    """

    nodes: dict[NodeName, Node]
    now: float = 0.0
    script: float = 0.1
    said: list[str] = field(factory=list)
    done: list[tuple[float, NodeName, Action]] = field(factory=list)
    running: dict[NodeName, set[str]] = field(init=False)
    unfit: set[tuple[NodeName, str]] = field(factory=set)
    cut: bool = False
    most: int = 0
    up: set[NodeName] = field(factory=set)
    _told: int = 0
    _due: list[tuple[float, int, NodeName, Node, Event]] = field(factory=list)
    _count: int = 0

    def __attrs_post_init__(self) -> None:
        self.running = {name: set() for name in self.nodes}

    @classmethod
    def of(cls, cf: HaCf = CF, groups: tuple[ResourceGroup, ...] = GROUPS) -> Cluster:
        """Make all nodes of a configuration; none is started."""
        nodes = {name: Node(config(cf, groups), identity(name), Random(name), 0.0) for name in cf.nodes}
        return cls(nodes)

    def start(self, *names: NodeName) -> None:
        """Start daemons."""
        for name in names:
            self.up.add(name)
            self.feed(name, Started())

    def reboot(self, name: NodeName, generation: int = 8) -> None:
        """Give a host a new daemon, and nothing runs there."""
        old = self.nodes[name]
        self.nodes[name] = Node(old.config, identity(name, generation), Random(name), self.now)
        self.running[name] = set()
        self.start(name)

    def crash(self, name: NodeName) -> None:
        """Let a host lose its power."""
        self.up.discard(name)
        self.running[name] = set()

    def feed(self, name: NodeName, event: Event) -> list[Action]:
        """Let something happen to a node now."""
        actions = self.nodes[name].handle(event, self.now)
        for action in actions:
            self.done.append((self.now, name, action))
            self._perform(name, action)
        return actions

    def run(self, seconds: float) -> list[str]:
        """
        Let time pass.

        @return: what was said of resources since the last time.
        """
        end = self.now + seconds
        while self._step(end):
            pass
        self.now = end
        before, self._told = self._told, len(self.said)
        return self.said[before:]

    def decisions(self) -> list[str]:
        """Say who decided what, in order."""
        return [
            f"{name}: {action.decision} {action.subject}"
            for _, name, action in self.done
            if isinstance(action, Record)
        ]

    def _step(self, end: float) -> bool:
        """Go on to the next event, if it is not after the end."""
        at, name = min(((self.nodes[name].next_deadline(), name) for name in self.up), default=(inf, ALPHA))
        if self._due and self._due[0][0] <= min(at, end):
            self.now, _, name, recipient, event = heappop(self._due)
            if name in self.up and self.nodes[name] is recipient:
                self.feed(name, event)
            return True
        if at > end:
            return False
        self.now = max(self.now, at)
        self.feed(name, DeadlinePassed())
        return True

    def _perform(self, name: NodeName, action: Action) -> None:
        match action:
            case Transmit(data):
                message = open_datagram(data, KEYS)
                kind = message.get("t")
                if kind not in ("status", "reqnodes", "repnodes") and not kind.startswith("NS_"):
                    self.said.append(f"{name}: {line(message)}")
                if not self.cut:
                    for other in self.nodes:
                        if other != name:
                            self._later(0.001, other, DatagramReceived(ETH0, data))
            case RunGroup(ticket, what, verb):
                outcome = self._run(name, what.key, verb)
                self._later(self.script, name, GroupFinished(ticket, outcome))
            case Stop():
                self.crash(name)
            case (
                Log()
                | Record()
                | Deliver()
                | PauseClients()
                | Persist()
                | Probe()
                | PushDeadline()
                | Fence()
                | CancelFence()
            ):
                pass

    def _run(self, name: NodeName, key: str, verb: Verb) -> Outcome:
        running = self.running[name]
        match verb:
            case Verb.STATUS | Verb.SEARCH:
                return Outcome.RUNNING if key in running else Outcome.STOPPED
            case Verb.STOP:
                running.discard(key)
            case Verb.START | Verb.RECOVER:
                if (name, key) in self.unfit:
                    return Outcome.FAILED
                running.add(key)
                self.most = max(self.most, sum(key in those for those in self.running.values()))
            case Verb.ANNOUNCE:
                pass
        return Outcome.OK

    def _later(self, delay: float, name: NodeName, event: Event) -> None:
        self._count += 1
        heappush(self._due, (self.now + delay, self._count, name, self.nodes[name], event))

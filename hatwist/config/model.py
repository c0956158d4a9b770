# -*- test-case-name: tests.config.test_model -*-
"""
What the three files say, as values.  Times are seconds, sizes bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from string import ascii_lowercase, ascii_uppercase
from types import MappingProxyType
from typing import Final, NewType

from attrs import field, frozen

from hatwist.config.builtin import USUAL, Addresses
from hatwist.wire.auth import Keyring

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


class AutoFailback(Enum):
    """What happens to groups when their home node returns."""

    ON = "on"
    OFF = "off"
    LEGACY = "legacy"


class MessageFormat(Enum):
    """The directive C{msgfmt}: whether the inner C{auth} field is added."""

    CLASSIC = "classic"
    NETSTRING = "netstring"


class GenerationMethod(Enum):
    """Where the generation comes from."""

    FILE = "file"
    TIME = "time"


class UuidSource(Enum):
    """Where the uuid comes from."""

    FILE = "file"
    NODENAME = "nodename"


@frozen
class MediumSpec:
    """
    One configured medium.

    @ivar kind: the directive: C{bcast}, C{mcast}, C{ucast}, C{mcast6},
        C{ucast6}, C{serial}, C{ping}, C{ping6}, C{ping_group}.
    @ivar link: the name of the link it makes.
    @ivar interface: network interface; empty for serial and ping.
    @ivar address: multicast group or peer, as written; empty where none.
    @ivar port: UDP port; 0 where none.
    @ivar ttl: of multicast, 0..4.
    @ivar loop: whether multicast is heard by its sender.
    @ivar baud: of a serial line; 0 elsewhere.
    @ivar members: the hosts of a ping group.
    """

    kind: str
    link: LinkName
    where: Position
    interface: str = ""
    address: str = ""
    port: int = 0
    ttl: int = 1
    loop: bool = False
    baud: int = 0
    members: tuple[str, ...] = ()

    @property
    def is_ping(self) -> bool:
        """Whether it is a ping node, and carries nothing to the nodes of the cluster."""
        return self.kind.startswith("ping")

    @property
    def is_serial(self) -> bool:
        """Whether it is a serial line, on which messages have a form of their own."""
        return self.kind == "serial"


@frozen
class LogSettings:
    """Where messages go.  Empty paths mean: nowhere."""

    logfile: str = ""
    debugfile: str = ""
    facility: str = ""
    use_logd: bool = False
    syslogmsgfmt: bool = True


@frozen
class Respawn:
    """A child to be kept running (directives C{respawn} and C{failfast})."""

    user: str
    command: str
    where: Position
    failfast: bool = False


@frozen
class ApiAuth:
    """Who may sign on to the client API under a name."""

    client: str
    uids: tuple[str, ...]
    gids: tuple[str, ...]
    where: Position


@frozen
class Stonith:
    """One fencing device; C{host} is C{*} for every node."""

    type: str
    where: Position
    host: str = "*"
    file: str = ""
    parameters: str = field(default="", repr=False)
    "As they stand in ha.cf; a password may be among them."


@frozen
class HaCf:
    """What ha.cf says, defaults filled in."""

    nodes: tuple[NodeName, ...]
    media: tuple[MediumSpec, ...]
    keepalive: Seconds = 1.0
    deadtime: Seconds = 30.0
    warntime: Seconds = 15.0
    initdead: Seconds = 30.0
    deadping: Seconds = 30.0
    auto_failback: AutoFailback = AutoFailback.LEGACY
    hopfudge: int = 1
    max_rexmit_delay: Seconds = 0.25
    udpport: int = 694
    baud: int = 19200
    hbgenmethod: GenerationMethod = GenerationMethod.FILE
    uuidfrom: UuidSource = UuidSource.FILE
    msgfmt: MessageFormat = MessageFormat.CLASSIC
    compression: str = "zlib"
    compression_threshold: int = 2048
    "Bytes."
    traditional_compression: bool = False
    log: LogSettings = LogSettings()
    log_badpack: bool = True
    debug: int = 0
    cluster: str = "linux-ha"
    pacemaker: str | None = None
    "The value of the directive C{crm} or C{pacemaker} as written; None if absent."
    realtime: bool = True
    use_apphbd: bool = False
    "Listen to the heartbeats of applications."
    respawn: tuple[Respawn, ...] = ()
    ipfail: Seconds | None = None
    "Give up groups if the peer sees more ping nodes for so many seconds; None: not asked for."
    apiauth: tuple[ApiAuth, ...] = ()
    stonith: Stonith | None = None
    watchdog: str = ""
    environment: Mapping[str, str] = field(factory=lambda: MappingProxyType({}))
    "The directive C{env}, without the prefix C{HA_}."
    parameters: Mapping[str, str] = field(factory=lambda: MappingProxyType({}))
    "Every recorded directive and its text as written or by default."

    @property
    def heartbeat_media(self) -> tuple[MediumSpec, ...]:
        """The media that carry heartbeats to nodes, in file order."""
        return tuple(one for one in self.media if not one.is_ping)

    @property
    def ping_media(self) -> tuple[MediumSpec, ...]:
        """The others, in file order."""
        return tuple(one for one in self.media if one.is_ping)

    @property
    def serial_lines(self) -> tuple[MediumSpec, ...]:
        """Those among the first that are serial lines."""
        return tuple(one for one in self.media if one.is_serial)

    @property
    def ping_nodes(self) -> tuple[NodeName, ...]:
        """The pseudo members, in file order."""
        return tuple(NodeName(one.link) for one in self.ping_media)


@frozen
class Resource:
    """
    One resource of a group.

    @ivar text: as written; the first one of a group is the group's key.
    @ivar script: name of the program, C{IPaddr} for the address shorthand.
    @ivar arguments: what stands between the C{::}.
    @ivar where: its place, for messages; resources compare without it.
    """

    text: str
    script: str
    arguments: tuple[str, ...] = ()
    where: Position = field(default=Position("haresources"), eq=False)


@frozen
class ResourceGroup:
    """One line of haresources: its home node and its resources in start order."""

    node: NodeName
    resources: tuple[Resource, ...]
    where: Position

    @property
    def key(self) -> str:
        """The group's name: its first resource as written."""
        return self.resources[0].text


class FencingAction(Enum):
    """What a device does to a node."""

    RESET = "reset"
    OFF = "off"


@frozen
class FencingDevice:
    """
    What can fence nodes.

    @ivar type: of the C{stonith} command, a fence agent, or C{meatware}.
    @ivar hosts: the nodes it can fence, each with the device's name for it; none:
        every node, by its own name.
    @ivar file: where its parameters are.
    @ivar parameters: they themselves, where they stand in ha.cf.
    @ivar timeout: of one try.
    @ivar retries: after the first try.
    """

    name: str
    type: str
    where: Position
    hosts: tuple[tuple[NodeName, str], ...] = ()
    file: str = ""
    parameters: str = field(default="", repr=False)
    level: int = 1
    timeout: Seconds = 60.0
    retries: int = 1
    action: FencingAction = FencingAction.RESET


@frozen
class Fencing:
    """
    How nodes are fenced.

    @ivar timeout: of one fencing, all devices and tries together.
    @ivar test_fencing: whether devices that prove nothing count.
    @ivar fence_delay: how long the node that owns less waits before it fences a
        peer that may fence it; None: twice the deadtime.
    @ivar check_every: time between two looks whether the devices answer.
    """

    devices: tuple[FencingDevice, ...] = ()
    timeout: Seconds = 300.0
    test_fencing: bool = False
    fence_delay: Seconds | None = None
    check_every: Seconds = 3600.0


@frozen
class Monitoring:
    """
    How a group that runs is watched.

    @ivar interval: seconds between two looks; 0: nobody looks.
    @ivar timeout: seconds one look at a resource may take.
    @ivar restart_within: seconds within which what failed has to run again.
    @ivar migration_threshold: failures that are borne before the group moves; 0: any number.
    @ivar failure_timeout: seconds for which a failure counts.
    @ivar pidfiles: name processes whose end is a reason to look at once.
    """

    interval: Seconds = 120.0
    timeout: Seconds = 20.0
    restart_within: Seconds = 60.0
    migration_threshold: int = 3
    failure_timeout: Seconds = 3600.0
    pidfiles: tuple[str, ...] = ()
    where: Position = field(default=Position("hatwist.toml"), eq=False)


@frozen
class Monitors:
    """
    How groups are watched.

    @ivar usual: those of which nothing else is said.
    @ivar groups: the others, by key.
    """

    usual: Monitoring = Monitoring()
    groups: Mapping[str, Monitoring] = field(factory=lambda: MappingProxyType({}))

    def of(self, key: str) -> Monitoring:
        """Return how a group is watched."""
        return self.groups.get(key, self.usual)


@frozen
class Settings:
    """
    What hatwist.toml says.

    @ivar native: a node that was never heard counts as one that speaks hatwist's own protocol.
    @ivar version: of that protocol, as this node states it; 0: it states none. No file sets it.
    @ivar parallel: how many groups are started or stopped at a time.
    """

    native: bool = False
    version: int = 1
    parallel: int = 10
    fencing: Fencing = Fencing()
    monitors: Monitors = Monitors()
    addresses: Addresses = USUAL


@frozen
class HaConfig:
    """Everything a node is told: the three files and hatwist.toml."""

    cf: HaCf
    keys: Keyring
    groups: tuple[ResourceGroup, ...]
    settings: Settings = Settings()

# -*- test-case-name: tests.config.test_model -*-
"""
What the three files say, as values.  Times are seconds, sizes bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from attrs import field, frozen

from hatwist.config.settings import Fencing as Fencing
from hatwist.config.settings import FencingAction as FencingAction
from hatwist.config.settings import FencingDevice as FencingDevice
from hatwist.config.settings import Monitoring as Monitoring
from hatwist.config.settings import Monitors as Monitors
from hatwist.config.settings import Settings as Settings
from hatwist.config.words import Gravity as Gravity
from hatwist.config.words import LinkName as LinkName
from hatwist.config.words import NodeName as NodeName
from hatwist.config.words import Position as Position
from hatwist.config.words import Problem as Problem
from hatwist.config.words import Seconds as Seconds
from hatwist.config.words import node_name as node_name
from hatwist.wire.auth import Keyring


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


@frozen
class HaConfig:
    """Everything a node is told: the three files and hatwist.toml."""

    cf: HaCf
    keys: Keyring
    groups: tuple[ResourceGroup, ...]
    settings: Settings = Settings()  # noqa: RUF009  (it is frozen)

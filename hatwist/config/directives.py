# -*- test-case-name: tests.config.test_directives -*-
"""
THE table: every directive of ha.cf, how it is read, and what it means.

L{hatwist.config.hacf} reads by it, C{docs/configuration.md} is printed from it
(C{python -m hatwist.config.directives}).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final, Generic, TypeVar

from attrs import frozen

from hatwist.config import clauses, durations, media, values
from hatwist.config.model import AutoFailback, GenerationMethod, MessageFormat, UuidSource

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
    """A directive with a reader of its own."""

    read: clauses.Reader
    recorded: bool = False
    repeat: Repeat = Repeat.ADDS


def _auto_failback(text: str) -> AutoFailback:
    if text.lower() == "legacy":
        return AutoFailback.LEGACY
    try:
        return AutoFailback.ON if values.boolean(text) else AutoFailback.OFF
    except ValueError as error:
        raise ValueError(f"{error}, or legacy") from None


class NotSupported(ValueError):
    """The value is a right one, and cannot be had here."""


def _pacemaker(text: str) -> str:
    if text.lower() in ("manual", "respawn", "minimal", "ccm-only", "valgrind") or values.boolean(text):
        raise NotSupported("write no, or remove the line: groups are managed by haresources")
    return text


def _bytes_of_kilobytes(text: str) -> int:
    return values.integer(1, 1024)(text) * 1024


def _max_rexmit_delay(text: str) -> float:
    return values.integer(1, 3_600_000)(text) / 1000


KEEPALIVE: Final = Scalar(
    name="keepalive",
    syntax="TIME",
    parse=values.positive_seconds,
    default="1000ms",
    unit="seconds",
    explanation="Time between two heartbeats of a node.",
)
DEADTIME: Final = Scalar(
    name="deadtime",
    syntax="TIME",
    parse=durations.seconds,
    default="30000ms",
    unit="seconds",
    explanation="Silence after which a node is declared dead; more than twice keepalive.",
)
WARNTIME: Final = Scalar(
    name="warntime",
    syntax="TIME",
    parse=durations.seconds,
    unit="seconds",
    complaint="Warn time [%s] is invalid.",
    explanation="Silence after which a late heartbeat is logged; half of deadtime by default.",
)
INITDEAD: Final = Scalar(
    name="initdead",
    syntax="TIME",
    parse=durations.seconds,
    unit="seconds",
    explanation=(
        "The deadtime of a node never heard since the start; by default deadtime if above 10 s, "
        "12 s if deadtime is below 6 s, else twice deadtime."
    ),
)
DEADPING: Final = Scalar(
    name="deadping",
    syntax="TIME",
    parse=durations.seconds,
    unit="seconds",
    life=Life.LATER,
    explanation="The deadtime of ping nodes; deadtime by default.",
)
AUTO_FAILBACK: Final = Scalar(
    name="auto_failback",
    syntax="BOOLEAN or legacy",
    parse=_auto_failback,
    default="legacy",
    explanation="Whether groups go home when their home node returns.",
)
HOPFUDGE: Final = Scalar(
    name="hopfudge",
    syntax="NUMBER",
    parse=values.integer(0, 255),
    default="1",
    explanation="A message travels over at most this many nodes more than there are (serial rings).",
)
CLUSTER: Final = Scalar(
    name="cluster",
    syntax="NAME",
    parse=values.word,
    default="linux-ha",
    explanation="A label of the cluster.",
)
HBGENMETHOD: Final = Scalar(
    name="hbgenmethod",
    syntax="file or time",
    parse=values.choice({one.value: one for one in GenerationMethod}),
    default="file",
    complaint="Illegal hb generation method [%s]",
    explanation="Where the generation number comes from: a file that counts, or the clock.",
)
UUIDFROM: Final = Scalar(
    name="uuidfrom",
    syntax="file or nodename",
    parse=values.choice({one.value: one for one in UuidSource}),
    default="file",
    complaint="Invalid uuidfrom directive [%s]",
    explanation="Where the uuid of the node comes from.",
)
AUTOJOIN: Final = Scalar(
    name="autojoin",
    syntax="none",
    parse=values.choice({one: one for one in ("none", "other", "any")}),
    default="none",
    complaint="Invalid autojoin directive [%s]",
    explanation="Whether nodes may join that are not listed; haresources needs none.",
)
MAX_REXMIT_DELAY: Final = Scalar(
    name="max_rexmit_delay",
    syntax="NUMBER",
    parse=_max_rexmit_delay,
    default="250",
    unit="milliseconds",
    complaint="Invalid max_rexmit_delay time(%s)",
    explanation="The longest random wait before a lost message is asked for again.",
)
UDPPORT: Final = Scalar(
    name="udpport",
    syntax="PORT",
    parse=values.integer(1, 65535),
    complaint="udpport: invalid port [%s] specified.",
    explanation=(
        "Port of the bcast, ucast and ucast6 lines below it; by default that of the service "
        "ha-cluster, else 694."
    ),
)
BAUD: Final = Scalar(
    name="baud",
    syntax="NUMBER",
    parse=values.number_of(9600, 19200, 38400, 57600, 115200, 230400, 460800),
    default="19200",
    unit="bits a second",
    repeat=Repeat.ONCE,
    complaint="invalid baudrate [%s] specified.",
    twice="Baudrate multiply specified.",
    life=Life.LATER,
    explanation="Speed of the serial lines below it.",
)
MSGFMT: Final = Scalar(
    name="msgfmt",
    syntax="classic or netstring",
    parse=values.choice({one.value: one for one in MessageFormat}),
    default="classic",
    explanation="The encoding of messages sent; both are understood.",
)
COMPRESSION: Final = Scalar(
    name="compression",
    syntax="zlib or bz2",
    parse=values.choice({one: one for one in ("zlib", "bz2")}),
    default="zlib",
    complaint="Compression module(%s) not found",
    explanation="How large messages are compressed.",
)
COMPRESSION_THRESHOLD: Final = Scalar(
    name="compression_threshold",
    syntax="NUMBER",
    parse=_bytes_of_kilobytes,
    default="2",
    unit="KiB",
    complaint="compress_threshhold(%s) invalid",
    explanation="Messages above this size are compressed.",
)
TRADITIONAL_COMPRESSION: Final = Scalar(
    name="traditional_compression",
    syntax="BOOLEAN",
    parse=values.boolean,
    default="no",
    explanation="Compress whole messages, not only the fields made for it.",
)
LOG_BADPACK: Final = Scalar(
    name="log_badpack",
    syntax="BOOLEAN",
    parse=values.boolean,
    default="true",
    explanation="Log datagrams that are damaged or wrongly signed.",
)
LOGFILE: Final = Scalar(
    name="logfile",
    syntax="PATH",
    parse=values.path,
    explanation="File for messages; /dev/null for none.",
)
DEBUGFILE: Final = Scalar(
    name="debugfile",
    syntax="PATH",
    parse=values.path,
    explanation="File for messages and debug messages.",
)
LOGFACILITY: Final = Scalar(
    name="logfacility",
    syntax="FACILITY or none",
    parse=values.facility,
    complaint="Log facility(%s) not valid",
    explanation="Facility for syslog.",
)
USE_LOGD: Final = Scalar(
    name="use_logd",
    syntax="BOOLEAN",
    parse=values.boolean,
    default="no",
    life=Life.LATER,
    explanation="Send messages to the logging daemon ha_logd.",
)
SYSLOGMSGFMT: Final = Scalar(
    name="syslogmsgfmt",
    syntax="BOOLEAN",
    parse=values.boolean,
    default="true",
    explanation="Whether lines of the log files look like those of syslog, or like those of version 1.",
)
DEBUG: Final = Scalar(
    name="debug",
    syntax="NUMBER",
    parse=values.integer(0, 255),
    default="0",
    explanation="How much debug output there is, 0 for none.",
)
PACEMAKER: Final = Scalar(
    name="pacemaker",
    syntax="no",
    parse=_pacemaker,
    default="no",
    repeat=Repeat.ONCE,
    twice="pacemaker/crm directive used multiple times!",
    explanation="Must be off: groups are managed by haresources.",
)
REALTIME: Final = Scalar(
    name="realtime",
    syntax="BOOLEAN",
    parse=values.boolean,
    default="true",
    life=Life.LATER,
    explanation="Run with real-time priority and locked memory.",
)
WATCHDOG: Final = Scalar(
    name="watchdog",
    syntax="PATH",
    parse=values.path,
    repeat=Repeat.ONCE,
    twice="Watchdog device multiply specified.",
    life=Life.LATER,
    explanation="Device that resets the host when the node's own heart stops.",
)

_SCALARS: Final[tuple[Directive, ...]] = (
    *(CLUSTER, HOPFUDGE, KEEPALIVE, DEADTIME, DEADPING, WARNTIME, INITDEAD, HBGENMETHOD, UUIDFROM),
    *(AUTOJOIN, AUTO_FAILBACK, MAX_REXMIT_DELAY, UDPPORT, BAUD, MSGFMT, COMPRESSION),
    *(COMPRESSION_THRESHOLD, TRADITIONAL_COMPRESSION, LOG_BADPACK, LOGFILE, DEBUGFILE, LOGFACILITY),
    *(USE_LOGD, SYSLOGMSGFMT, DEBUG, REALTIME, WATCHDOG, PACEMAKER),
    Scalar(
        name="crm",
        syntax="no",
        parse=_pacemaker,
        key="pacemaker",
        repeat=Repeat.ONCE,
        twice=PACEMAKER.twice,
        recorded=False,
        explanation="The older name of pacemaker.",
    ),
    Scalar(
        name="quorum_server",
        syntax="HOST",
        parse=values.host,
        life=Life.LATER,
        explanation="Host that decides which half of a split cluster goes on.",
    ),
    Scalar(
        name="conn_logd_time",
        syntax="TIME",
        parse=durations.seconds,
        default="60",
        unit="seconds",
        life=Life.LATER,
        explanation="Time between two attempts to reach the logging daemon.",
    ),
    Scalar(
        name="rtprio",
        syntax="NUMBER",
        parse=values.integer(1, 99),
        complaint="Illegal realtime priority [%s]",
        life=Life.LATER,
        explanation="The real-time priority.",
    ),
    Scalar(
        name="memreserve",
        syntax="NUMBER",
        parse=values.integer(1, 2**31 - 1),
        default="6500",
        unit="KiB",
        life=Life.INERT,
        explanation="Memory to be had in advance.",
    ),
    Scalar(
        name="coredumps",
        syntax="BOOLEAN",
        parse=values.boolean,
        default="true",
        life=Life.INERT,
        explanation="Whether a crash leaves a core file.",
    ),
    Scalar(
        name="coreroot",
        syntax="PATH",
        parse=values.path,
        default="/var/lib/heartbeat/cores",
        complaint="Invalid core directory [%s]",
        life=Life.INERT,
        explanation="Where core files go.",
    ),
    *(
        Scalar(
            name=name,
            syntax="BOOLEAN",
            parse=values.boolean,
            default=default,
            recorded=recorded,
            life=Life.INERT,
            explanation=explanation,
        )
        for name, default, recorded, explanation in (
            ("normalpoll", "true", True, "Which poll function is called."),
            ("use_apphbd", "no", False, "Register with the daemon apphbd."),
            ("record_config_changes", "on", True, "For the cluster resource manager only."),
            ("record_pengine_inputs", "on", True, "For the cluster resource manager only."),
            ("enable_config_writes", "on", True, "For the cluster resource manager only."),
            ("crmd_spawns_pengine", "", True, "For the cluster resource manager only."),
        )
    ),
    Scalar(
        name="crm_daemon_dir",
        syntax="PATH",
        parse=values.path,
        life=Life.INERT,
        explanation="For the cluster resource manager only.",
    ),
)

_MEDIA: Final[tuple[Directive, ...]] = (
    Medium(
        name="bcast",
        kind="bcast",
        syntax="INTERFACE...",
        parse=media.bcast,
        each=True,
        explanation="Heartbeats by UDP broadcast.",
    ),
    Medium(
        name="udp",
        kind="bcast",
        syntax="INTERFACE...",
        parse=media.bcast,
        each=True,
        explanation="The older name of bcast.",
    ),
    Medium(
        name="mcast",
        kind="mcast",
        syntax="INTERFACE GROUP PORT TTL LOOP",
        parse=media.mcast,
        most=5,
        explanation="Heartbeats by UDP multicast; TTL 0 to 4, LOOP 0 or 1.",
    ),
    Medium(
        name="mcast6",
        kind="mcast6",
        syntax="INTERFACE GROUP PORT HOPS LOOP",
        parse=media.mcast6,
        most=5,
        life=Life.LATER,
        explanation="Heartbeats by UDP multicast over IPv6.",
    ),
    Medium(
        name="ucast",
        kind="ucast",
        syntax="INTERFACE PEER",
        parse=media.ucast,
        most=2,
        explanation="Heartbeats by UDP to one peer; a line naming this node itself does no harm.",
    ),
    Medium(
        name="ucast6",
        kind="ucast6",
        syntax="INTERFACE PEER",
        parse=media.ucast6,
        most=2,
        life=Life.LATER,
        explanation="Heartbeats by UDP over IPv6 to one peer.",
    ),
    Medium(
        name="serial",
        kind="serial",
        syntax="DEVICE...",
        parse=media.serial,
        each=True,
        life=Life.LATER,
        explanation="Heartbeats over a serial line.",
    ),
    Medium(
        name="ping",
        kind="ping",
        syntax="HOST...",
        parse=media.ping,
        each=True,
        life=Life.LATER,
        explanation="A ping node: a host outside of the cluster that shows that the network works.",
    ),
    Medium(
        name="ping6",
        kind="ping6",
        syntax="HOST...",
        parse=media.ping6,
        each=True,
        life=Life.LATER,
        explanation="A ping node reached over IPv6.",
    ),
    Medium(
        name="ping_group",
        kind="ping_group",
        syntax="NAME HOST...",
        parse=media.ping_group,
        life=Life.LATER,
        explanation="A ping node of several hosts; it is up while one of them answers.",
    ),
)

_CLAUSES: Final[tuple[Directive, ...]] = (
    Clause(
        name="node",
        syntax="NAME...",
        read=clauses.read_nodes,
        explanation="The nodes of the cluster, named as uname -n prints it on each.",
    ),
    Clause(
        name="nice_failback",
        syntax="BOOLEAN",
        read=clauses.read_nice_failback,
        repeat=Repeat.LAST,
        explanation="Obsolete: on means auto_failback off, off means auto_failback legacy.",
    ),
    Clause(
        name="env",
        syntax="NAME=VALUE",
        read=clauses.read_env,
        explanation="Sets HA_NAME for scripts and children.",
    ),
    Clause(
        name="respawn",
        syntax="USER COMMAND",
        read=clauses.read_respawn,
        life=Life.LATER,
        explanation="A program to be kept running while the node is up; exit status 100 ends it.",
    ),
    Clause(
        name="failfast",
        syntax="USER COMMAND",
        read=clauses.read_respawn,
        life=Life.LATER,
        explanation="As respawn; the host is restarted when it dies.",
    ),
    Clause(
        name="apiauth",
        syntax="CLIENT [uid=UIDS] [gid=GIDS]",
        read=clauses.read_apiauth,
        life=Life.LATER,
        explanation="Who may sign on to the client API under a name.",
    ),
    Clause(
        name="stonith",
        syntax="TYPE FILE",
        read=clauses.read_stonith,
        repeat=Repeat.LAST,
        life=Life.LATER,
        explanation="The fencing device; its parameters are in a file.",
    ),
    Clause(
        name="stonith_host",
        syntax="HOST TYPE PARAMETERS",
        read=clauses.read_stonith_host,
        repeat=Repeat.LAST,
        life=Life.LATER,
        explanation="The fencing device that HOST can reach; * for every host.",
    ),
    *(
        Directive(
            name=name,
            syntax=syntax,
            explanation=explanation,
            recorded=False,
            repeat=Repeat.ADDS,
            life=Life.REFUSED,
        )
        for name, syntax, explanation in (
            ("hbaping", "ADAPTER...", "A ping node on Fibre Channel."),
            ("rds", "INTERFACE PEER", "Heartbeats over Reliable Datagram Sockets."),
            ("tipc", "...", "Heartbeats over TIPC."),
        )
    ),
)

TABLE: Final[Mapping[str, Directive]] = MappingProxyType(
    {row.name: row for row in sorted((*_SCALARS, *_MEDIA, *_CLAUSES), key=lambda row: row.name)}
)
"""By name, in alphabetical order."""

# -*- test-case-name: tests.config.test_directives -*-
"""
The rows of the directives with one value that something here asks for.
"""

from __future__ import annotations

from typing import Final

from hatwist.config import durations, values
from hatwist.config.directive import Directive, Life, Repeat, Scalar
from hatwist.config.model import AutoFailback, GenerationMethod, MessageFormat, UuidSource


def _auto_failback(text: str) -> AutoFailback:
    if text.lower() == "legacy":
        return AutoFailback.LEGACY
    try:
        return AutoFailback.ON if values.boolean(text) else AutoFailback.OFF
    except ValueError as error:
        raise ValueError(f"{error}, or legacy") from None


class NotSupported(ValueError):
    """The value is a right one, and cannot be had here."""


def pacemaker(text: str) -> str:
    """
    Read the value of C{crm} and C{pacemaker}: whatever means no.

    @raise NotSupported: for what means yes.
    """
    if text.lower() in ("manual", "respawn", "minimal", "ccm-only", "valgrind") or values.boolean(text):
        raise NotSupported("write no, or remove the line: groups are managed by haresources")
    return text


def _bytes_of_kilobytes(text: str) -> int:
    return values.integer(1, 2**20)(text) * 1024


def _max_rexmit_delay(text: str) -> float:
    return values.integer(1, 2**31 - 1)(text) / 1000


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
    parse=values.positive_seconds,
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
    parse=values.word,
    explanation="File for messages; /dev/null for none.",
)
DEBUGFILE: Final = Scalar(
    name="debugfile",
    syntax="PATH",
    parse=values.word,
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
    parse=pacemaker,
    default="false",
    repeat=Repeat.ONCE,
    twice="pacemaker/crm directive used multiple times!",
    explanation="Must be off: groups are managed by haresources.",
)
USE_APPHBD: Final = Scalar(
    name="use_apphbd",
    syntax="BOOLEAN",
    parse=values.boolean,
    default="no",
    recorded=False,
    explanation="Listen to the heartbeats of applications: docs/children.md.",
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
    parse=values.word,
    repeat=Repeat.ONCE,
    twice="Watchdog device multiply specified.",
    explanation="Device that resets the host when what runs here cannot be released: docs/guardian.md.",
)

ROWS: Final[tuple[Directive, ...]] = (
    KEEPALIVE,
    DEADTIME,
    WARNTIME,
    INITDEAD,
    DEADPING,
    AUTO_FAILBACK,
    HOPFUDGE,
    CLUSTER,
    HBGENMETHOD,
    UUIDFROM,
    AUTOJOIN,
    MAX_REXMIT_DELAY,
    UDPPORT,
    BAUD,
    MSGFMT,
    COMPRESSION,
    COMPRESSION_THRESHOLD,
    TRADITIONAL_COMPRESSION,
    LOG_BADPACK,
    LOGFILE,
    DEBUGFILE,
    LOGFACILITY,
    USE_LOGD,
    SYSLOGMSGFMT,
    DEBUG,
    PACEMAKER,
    USE_APPHBD,
    REALTIME,
    WATCHDOG,
)
"""All of the above."""

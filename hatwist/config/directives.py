# -*- test-case-name: tests.config.test_directives -*-
"""
THE table: every directive of ha.cf, how it is read, and what it means.

L{hatwist.config.hacf} reads by it, and L{hatwist.config.reference} prints the
documentation from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hatwist.config import clauses, durations, media, scalars, values
from hatwist.config.directive import Clause, Directive, Life, Medium, Repeat, Scalar

_SCALARS: Final[tuple[Directive, ...]] = (
    *scalars.ROWS,
    Scalar(
        name="crm",
        syntax="no",
        parse=scalars.pacemaker,
        key="pacemaker",
        repeat=Repeat.ONCE,
        twice=scalars.PACEMAKER.twice,
        recorded=False,
        explanation="The older name of pacemaker.",
    ),
    Scalar(
        name="quorum_server",
        syntax="HOST",
        parse=values.word,
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
        explanation="Heartbeats by UDP multicast over IPv6; HOPS 0 to 4, LOOP 0 or 1.",
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
        explanation="Heartbeats by UDP over IPv6 to one peer.",
    ),
    Medium(
        name="serial",
        kind="serial",
        syntax="DEVICE...",
        parse=media.serial,
        each=True,
        explanation="Heartbeats over a null modem cable between two serial ports: docs/media.md.",
    ),
    Medium(
        name="ping",
        kind="ping",
        syntax="HOST...",
        parse=media.ping,
        each=True,
        explanation="A ping node: a host outside of the cluster that shows that the network works.",
    ),
    Medium(
        name="ping6",
        kind="ping6",
        syntax="HOST...",
        parse=media.ping6,
        each=True,
        explanation="A ping node reached over IPv6.",
    ),
    Medium(
        name="ping_group",
        kind="ping_group",
        syntax="NAME HOST...",
        parse=media.ping_group,
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
        missing="Invalid uid [] specified for client child",
        syntax="USER COMMAND",
        read=clauses.read_respawn,
        explanation="A program to be kept running while the node is active: docs/children.md.",
    ),
    Clause(
        name="failfast",
        missing="Invalid uid [] specified for client child",
        syntax="USER COMMAND",
        read=clauses.read_respawn,
        explanation="As respawn; the host is restarted when it ends, but with status 0.",
    ),
    Clause(
        name="apiauth",
        missing="Invalid apiauth directive []",
        syntax="CLIENT [uid=UIDS] [gid=GIDS]",
        read=clauses.read_apiauth,
        explanation="Who may sign on to the client API under a name: docs/clients.md.",
    ),
    Clause(
        name="stonith",
        missing="No Stonith type given",
        syntax="TYPE FILE",
        read=clauses.read_stonith,
        repeat=Repeat.LAST,
        explanation="The fencing device; its parameters are in a file.",
    ),
    Clause(
        name="stonith_host",
        missing="No Stonith hostname argument given",
        syntax="HOST TYPE PARAMETERS",
        read=clauses.read_stonith_host,
        repeat=Repeat.LAST,
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
